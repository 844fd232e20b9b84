import Foundation
import Sealing
import Testing
import TransparencyLog
import Vocabulary

@testable import AuditTrail

/// What somebody who has the folder, but not the key, can do to it.
struct FolderManipulationTests {
    private func expect(
        _ report: LogFolderReport, _ code: FolderFinding.Code, at positions: Range<Int>? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(report.codes == [code], sourceLocation: sourceLocation)
        if let positions { #expect(report.findings.first?.positions == positions, sourceLocation: sourceLocation) }
        #expect(report.findings.first?.epoch == 1, sourceLocation: sourceLocation)
        #expect(!report.isSound, sourceLocation: sourceLocation)
    }

    // MARK: Entries

    @Test(arguments: [0, 255, 256, 600, 699]) func `a changed entry is named`(position: Int) throws {
        let log = try ExportedLog(700)
        var bundle = log.bundle(position / 256)
        bundle[position % 256] = ExportedLog.entry(position, action: "list")
        try log.putBundle(position / 256, bundle)
        expect(try log.verify(), .entryChanged, at: position..<position + 1)
    }

    @Test(arguments: [0, 300, 511, 650, 699]) func `an entry that was taken out is named`(position: Int) throws {
        let log = try ExportedLog(700)
        var bundle = log.bundle(position / 256)
        let width = bundle.count
        bundle.remove(at: position % 256)
        try log.putBundle(position / 256, bundle, width: width)
        expect(try log.verify(), .entryMissing, at: position..<position + 1)
    }

    @Test func `entries that were put in are named`() throws {
        let log = try ExportedLog(700)
        var bundle = log.bundle(1)
        bundle.insert(ExportedLog.entry(5000), at: 10)
        try log.putBundle(1, bundle, width: 256)
        expect(try log.verify(), .entryAdded, at: 266..<267)
    }

    @Test func `entries behind those that were signed are named`() throws {
        let log = try ExportedLog(700)
        try log.putBundle(2, log.bundle(2) + [ExportedLog.entry(5000)], width: 188)
        expect(try log.verify(), .entryAdded, at: 700..<701)
        try log.write()
        try log.putBundle(2, log.bundle(2))
        try log.putBundle(3, [ExportedLog.entry(5000), ExportedLog.entry(5001)])
        let report = try log.verify()
        #expect(report.codes == [.entryAdded])
        #expect(report.findings.first?.positions == 768..<770)
    }

    @Test func `a wider bundle in place of the last one tells of the entries behind`() throws {
        let log = try ExportedLog(700)
        try log.remove("tile/entries/002.p/188")
        try log.putBundle(2, log.bundle(2) + [ExportedLog.entry(5000), ExportedLog.entry(5001)])
        expect(try log.verify(), .entryAdded, at: 700..<702)
    }

    @Test func `entries that were exchanged are named with their places`() throws {
        let log = try ExportedLog(700)
        var bundle = log.bundle(1)
        bundle.swapAt(4, 9)
        try log.putBundle(1, bundle)
        let report = try log.verify()
        #expect(report.codes == [.entryOrder, .entryOrder])
        #expect(report.findings.map(\.positions) == [260..<261, 265..<266])
        #expect(report.findings.first?.sentence == "entry 265 of epoch 1 stands at position 260")
    }

    @Test func `an entry moved to another bundle is missing there and added here`() throws {
        let log = try ExportedLog(700)
        var (first, second) = (log.bundle(0), log.bundle(1))
        second.insert(first.remove(at: 20), at: 30)
        try log.putBundle(0, first, width: 256)
        try log.putBundle(1, second, width: 256)
        let report = try log.verify()
        #expect(report.codes == [.entryMissing, .entryAdded])
        #expect(report.findings.map(\.positions) == [20..<21, 286..<287])
    }

    @Test func `bundles that are gone or cannot be read are found`() throws {
        let log = try ExportedLog(700)
        try log.remove("tile/entries/000")
        try log.remove("tile/entries/001")
        expect(try log.verify(), .entryMissing, at: 0..<512)
        try FileManager.default.createSymbolicLink(atPath: log.path("tile/entries/000"), withDestinationPath: "/dev/null")
        #expect(try log.verify().codes == [.fileUnreadable, .entryMissing])
    }

    @Test func `a changed entry is found though its hash was changed with it`() throws {
        var log = try ExportedLog(700)
        let checkpoint = try log.read("checkpoint")
        log.entries[300] = ExportedLog.entry(300, action: "list")
        try log.putBundle(1, log.bundle(1))
        try log.put(try #require(try log.tiles()[TileID(level: 0, index: 1)]), "tile/0/001")
        #expect(try log.read("checkpoint") == checkpoint)
        expect(try log.verify(), .entryChanged, at: 256..<512)
    }

    @Test func `a changed entry is found though every tile was made anew`() throws {
        var log = try ExportedLog(700)
        let checkpoint = try log.read("checkpoint")
        log.entries[300] = ExportedLog.entry(300, action: "list")
        try FileManager.default.removeItem(atPath: log.folder)
        try log.write()
        try log.put(checkpoint, "checkpoint")
        expect(try log.verify(), .rootWrong, at: 0..<700)
    }

    @Test func `an entry that is signed but no event of this tenant is found`() throws {
        var log = try ExportedLog(300)
        log.entries[3] = Array(#"{"v":1}"#.utf8)
        log.entries[5] = Array(String(decoding: log.entries[5], as: UTF8.self).replacing(":", with: ": ").utf8)
        log.entries[6] = ExportedLog.entry(6, tenant: TenantID(UUIDv7(high: 1, low: 2)))
        log.entries[299] = log.entries[200]
        try FileManager.default.removeItem(atPath: log.folder)
        try log.write()
        let report = try log.verify()
        #expect(report.codes == [.entryMalformed, .entryMalformed, .entryForeign, .entryRepeated])
        #expect(report.findings.map(\.positions) == [3..<4, 5..<6, 6..<7, 299..<300])
    }

    // MARK: Tiles

    @Test(arguments: ["tile/0/000", "tile/0/002.p/188", "tile/1/000.p/2"]) func `a changed tile is told from changed entries`(name: String) throws {
        let log = try ExportedLog(700)
        var bytes = try log.read(name)
        bytes[40] ^= 1
        try log.put(bytes, name)
        let report = try log.verify()
        expect(report, .tileChanged)
        #expect(report.findings.first?.file == name)
    }

    @Test(arguments: ["tile/0/000", "tile/0/002.p/188", "tile/1/000.p/2"]) func `a tile that is gone or cut is named`(name: String) throws {
        let log = try ExportedLog(700)
        let bytes = try log.read(name)
        try log.put(bytes.dropLast(32), name)
        #expect(try log.verify().findings.map(\.file) == [name])
        try log.remove(name)
        let report = try log.verify()
        expect(report, .tileMissing)
        #expect(report.findings.first?.file == name)
    }

    @Test(arguments: ["tile/1/000", "tile/2/000.p/1", "tile/1/001.p/1", "tile/0/007"])
    func `a changed tile of a log of three levels is named`(name: String) throws {
        let log = try ExportedLog.great()
        var bytes = try log.read(name)
        bytes[3] ^= 0x80
        try log.put(bytes, name)
        let report = try log.verify()
        #expect(report.findings.map(\.file) == [name])
        #expect(report.codes == [.tileChanged])
    }

    @Test func `two changed tiles, one above the other, are both named`() throws {
        let log = try ExportedLog.great()
        for name in ["tile/1/000", "tile/2/000.p/1"] {
            var bytes = try log.read(name)
            bytes[3] ^= 0x80
            try log.put(bytes, name)
        }
        #expect(try log.verify().findings.compactMap(\.file).sorted() == ["tile/1/000", "tile/2/000.p/1"])
    }

    @Test func `a bundle and its tile that are gone together are both named`() throws {
        let log = try ExportedLog(700)
        for name in ["tile/0/001", "tile/entries/001"] { try log.remove(name) }
        #expect(try log.verify().codes.sorted { $0.rawValue < $1.rawValue } == [.entryMissing, .tileMissing])
        for name in ["tile/0/002.p/188", "tile/entries/002.p/188"] { try log.remove(name) }
        let report = try log.verify([try log.checkpoint(600).kept()])
        #expect(report.codes.contains(.checkpointUnchecked))
        #expect(!report.isSound)
    }

    // MARK: Checkpoints

    @Test func `a checkpoint that is not the key's is refused, and the rest is verified all the same`() throws {
        let log = try ExportedLog(700)
        try log.put(Array(try log.checkpoint(key: 9).note.utf8), "checkpoint")
        expect(try log.verify(), .checkpointUnverified)
        try log.remove("checkpoint")
        expect(try log.verify(), .checkpointUnverified)
        var bundle = log.bundle(0)
        bundle[9] = ExportedLog.entry(9, action: "list")
        try log.putBundle(0, bundle)
        #expect(try log.verify().codes == [.checkpointUnverified, .entryChanged])
    }

    @Test func `a checkpoint of another epoch or another log is none of this one`() throws {
        let log = try ExportedLog(10)
        try log.put(
            Array(try SignedCheckpoint.sign(try log.head(), of: log.origin.epoch(2), with: try ExportedLog.signingKey()).note.utf8), "checkpoint")
        expect(try log.verify(), .checkpointUnverified)
        let other = LogOrigin(name: "other.example.com", tenant: ExportedLog.tenant, epoch: 1)
        try log.put(Array(try SignedCheckpoint.sign(try log.head(), of: other, with: try ExportedLog.signingKey()).note.utf8), "checkpoint")
        expect(try log.verify(), .checkpointUnverified)
    }

    @Test func `a cut tail shows against a checkpoint that was kept elsewhere`() throws {
        let log = try ExportedLog(700)
        let kept = try log.checkpoint(700).kept("2026-11.txt")
        try FileManager.default.removeItem(atPath: log.folder)
        try log.write(size: 300)
        #expect(try log.verify().isSound)
        let report = try log.verify([kept, try log.checkpoint(300).kept()])
        expect(report, .tailCut, at: 300..<700)
        #expect(report.findings.first?.sentence == "the checkpoint 2026-11.txt has 700 entries of epoch 1, of which 300 are left")
    }

    @Test(arguments: [1, 100, 256, 300, 699, 700]) func `another history shows against a checkpoint that was kept elsewhere`(size: Int) throws {
        var log = try ExportedLog(700)
        let kept = try log.checkpoint(size).kept()
        #expect(try log.verify([kept]).isSound)
        log.entries[0] = ExportedLog.entry(0, action: "list")
        try FileManager.default.removeItem(atPath: log.folder)
        try log.write()
        #expect(try log.verify().isSound)
        expect(try log.verify([kept]), .fork, at: 0..<size)
    }

    @Test func `a checkpoint kept elsewhere has to be signed, and cosigned where a witness kept it`() throws {
        let log = try ExportedLog(700)
        let checkpoint = try log.checkpoint(300)
        let witness = try ExportedLog.witness()
        #expect(try log.verify([try log.checkpoint(300, key: 9).kept()]).codes == [.outsideUnverified])
        #expect(try log.verify([OutsideCheckpoint(label: "x", note: [1, 2])]).codes == [.outsideUnverified])
        #expect(try log.verify([checkpoint.kept(witness: witness)]).codes == [.cosignatureUnverified])
        let time = Instant(microseconds: 1_795_339_800_000_000)
        let line = try Cosignature.make(of: checkpoint.text, as: witness.name, with: try ExportedLog.signingKey(7), at: time).line
        let cosigned = try checkpoint.adding([line])
        #expect(try log.verify([cosigned.kept(witness: witness)]).findings == [])
        let older = try log.checkpoint(299).adding([line])
        #expect(try log.verify([older.kept()]).isSound)
        #expect(try log.verify([older.kept()], witnesses: [witness]).codes == [.cosignatureUnverified])
        try log.put(Array(older.note.utf8), "checkpoints/299")
        #expect(try log.verify(witnesses: [witness]).codes == [.cosignatureUnverified])
    }

    @Test func `the key of another log verifies nothing`() throws {
        let log = try ExportedLog(10)
        let strange = try NoteKey(name: "x/\(ExportedLog.tenant)/1", key: try ExportedLog.signingKey().verifyingKey)
        expect(try log.verify(key: strange), .checkpointUnverified)
        let bare = try NoteKey(name: "x", key: try ExportedLog.signingKey().verifyingKey)
        #expect(throws: LogFolderError.self) { try log.verify(key: bare) }
        #expect(throws: LogFolderError.self) { try LogFolderVerifier(folder: "/none", key: try ExportedLog.key()).verify() }
    }

    // MARK: Files

    @Test(arguments: [
        "notes.txt", "tile/0/003.p/1", "tile/0/002.p/100", "tile/3/000.p/1", "tile/entries/002.p/100", "tile/0/0", "checkpoints/x", "checkpoints/01",
        "a/b",
    ])
    func `a file that does not belong there is named`(name: String) throws {
        let log = try ExportedLog(700)
        try log.put([0], name)
        let report = try log.verify()
        expect(report, .fileUnexpected)
        #expect(report.findings.first?.file == name)
    }

    /// ASVS 5.0, V16.4.2: logs are protected from being changed unseen.
    @Test(arguments: 0..<4) func `V16.4.2: a changed byte in any file is found`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let log = try ExportedLog(700)
        try log.put(Array(try log.checkpoint(400).note.utf8), "checkpoints/400")
        #expect(try log.verify().isSound)
        var names: [String] = []
        FolderFile.walk("\(log.folder)/1") { names.append($0) }
        for name in names {
            let bytes = try log.read(name)
            for _ in 0..<8 {
                var changed = bytes
                changed[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                try log.put(changed, name)
                let report = try log.verify()
                if report.isSound { Issue.record("\(name)") }
            }
            try log.put(Array(bytes.prefix(Int.random(in: 0..<bytes.count, using: &random))), name)
            #expect(try !log.verify().isSound)
            try log.remove(name)
            #expect(try !log.verify().isSound || name.hasPrefix("checkpoints/"))
            try log.put(bytes, name)
        }
        #expect(try log.verify().isSound)
    }

    @Test(arguments: 0..<4) func `whatever is done to several files at once, the log is not sound`(seed: UInt64) throws {
        var random = SplitMix64(seed: 100 + seed)
        let log = try ExportedLog(700)
        var names: [String] = []
        FolderFile.walk("\(log.folder)/1") { names.append($0) }
        let originals = try Dictionary(uniqueKeysWithValues: names.map { ($0, try log.read($0)) })
        for _ in 0..<40 {
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let name = names[Int.random(in: 0..<names.count, using: &random)]
                guard var bytes = try? log.read(name), !bytes.isEmpty else { continue }
                switch Int.random(in: 0..<6, using: &random) {
                case 0: try log.remove(name)
                case 1: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
                case 2: bytes += [UInt8](repeating: 0, count: Int.random(in: 1...64, using: &random))
                case 3: bytes = originals[names[Int.random(in: 0..<names.count, using: &random)]] ?? []
                default: bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 0x40
                }
                if FolderFile.exists(log.path(name)) { try log.put(bytes, name) }
            }
            let isAsBefore = originals.allSatisfy { name, bytes in (try? log.read(name)) == bytes }
            #expect(try log.verify([try log.checkpoint(600).kept()]).isSound == isAsBefore)
            for (name, bytes) in originals { try log.put(bytes, name) }
        }
    }

    @Test func `a file of a name without end is only a file too many`() throws {
        let log = try ExportedLog(700)
        let names = ["tile/0/x999/x999/x999/x999/x999/999", "tile/entries/x009/x223/x372/x036/x854/x775/807", "tile/63/x999/x999/x999/x999/x999/999"]
        for name in names { try log.put([0], name) }
        #expect(try log.verify().findings.compactMap(\.file) == names.sorted())
        // Nor does it make a log longer whose checkpoint is gone.
        try log.remove("checkpoint")
        #expect(try log.verify().findingCount < 10)
    }

    @Test func `lines under a checkpoint that nobody can verify are counted`() throws {
        let log = try ExportedLog(10)
        let witness = try ExportedLog.witness()
        let time = Instant(microseconds: 1_795_339_800_000_000)
        let checkpoint = try log.checkpoint()
        let line = try Cosignature.make(of: checkpoint.text, as: witness.name, with: try ExportedLog.signingKey(7), at: time).line
        try log.put(Array(try checkpoint.adding([line]).note.utf8), "checkpoint")
        #expect(try log.verify().uncheckedSignatures == 1)
        #expect(try log.verify(witnesses: [witness]).uncheckedSignatures == 0)
        #expect(try log.verify(witnesses: [witness]).isSound)
    }

    @Test func `findings beyond the limit are counted`() throws {
        let log = try ExportedLog(700)
        let bundle = log.bundle(0).enumerated().map { $0.isMultiple(of: 2) ? ExportedLog.entry($0, action: "list") : $1 }
        try log.putBundle(0, bundle)
        var verifier = LogFolderVerifier(folder: log.folder, key: try ExportedLog.key())
        verifier.findingLimit = 5
        let report = try verifier.verify()
        #expect(report.findings.count == 5)
        #expect(report.findingCount == 128)
        #expect(report.counts == [.entryChanged: 128])
    }
}

import Foundation
import Testing
import TransparencyLog

@testable import AuditTrail

struct FolderEpochTests {
    private func head(_ log: ExportedLog, _ size: Int) throws -> Checkpoint { Checkpoint(origin: log.origin, head: try log.head(size)) }

    /// Two epochs: the second goes on from 300 of the 700 entries of the first.
    private func epochs(kept: Checkpoint? = nil, first: [UInt8]? = nil) throws -> (ExportedLog, ExportedLog) {
        let one = try ExportedLog(700)
        let beginning = try ExportedLog.beginning(2, kept: kept ?? head(one, 300), lost: head(one, 700))
        return (one, try ExportedLog(400, epoch: 2, folder: one.folder, first: first ?? beginning))
    }

    @Test func `a chain of epochs verifies and tells what was lost`() throws {
        let (one, two) = try epochs()
        let report = try two.verify([try one.checkpoint(500).kept(), try two.checkpoint(1).kept()], key: try ExportedLog.key().of(two.origin))
        #expect(report.findings == [])
        #expect(report.epochs.map(\.entries) == [700, 400])
        #expect(report.epochs.last?.kept == (try head(one, 300)))
        #expect(report.epochs.last?.lost?.head.size == 700)
        #expect(report.epochs.first?.comparedCheckpoints == 2)
    }

    @Test func `an epoch that goes on from another history is broken`() throws {
        let one = try ExportedLog(700)
        let kept = Checkpoint(origin: one.origin, head: TreeHead(size: 300, root: try one.head(299).root))
        let report = try epochs(kept: kept).1.verify()
        #expect(report.codes == [.epochBroken])
        #expect(report.findings.first?.epoch == 2)
    }

    @Test func `an epoch that goes on from more than there is, is broken`() throws {
        let (one, two) = try epochs()
        try FileManager.default.removeItem(atPath: "\(one.folder)/1")
        try one.write(size: 200)
        let report = try two.verify()
        #expect(report.codes == [.epochBroken])
        #expect(report.findings.first?.sentence == "epoch 2 goes on from 300 entries of epoch 1, which has 200")
    }

    @Test func `an epoch that does not say what it goes on from is broken`() throws {
        #expect(try epochs(first: ExportedLog.entry(0, epoch: 2)).1.verify().codes == [.epochBroken])
        let one = try ExportedLog(10)
        let strange = Checkpoint(origin: one.origin.epoch(2), head: try one.head())
        #expect(try epochs(kept: strange).1.verify().codes == [.epochBroken])
    }

    @Test func `a missing epoch is named`() throws {
        let (one, two) = try epochs()
        let kept = try two.checkpoint(100).kept()
        try FileManager.default.removeItem(atPath: "\(one.folder)/1")
        #expect(try two.verify().codes == [.epochMissing])
        try FileManager.default.removeItem(atPath: "\(one.folder)/2")
        try one.write()
        #expect(try one.verify().isSound)
        let report = try one.verify([kept])
        #expect(report.codes == [.epochMissing])
        #expect(report.findings.first?.epoch == 2)
        try FileManager.default.moveItem(atPath: "\(one.folder)/1", toPath: "\(one.folder)/7")
        #expect(try one.verify().findings.first?.sentence == "epochs 1 to 6 are not there")
    }

    @Test func `an empty folder is no log`() throws {
        let log = try ExportedLog(1)
        try FileManager.default.removeItem(atPath: "\(log.folder)/1")
        #expect(try log.verify().codes == [.epochMissing])
        try FileManager.default.createDirectory(atPath: "\(log.folder)/01", withIntermediateDirectories: true)
        #expect(try log.verify().codes == [.fileUnexpected, .epochMissing])
    }

    // MARK: Pruning

    @Test func `a beginning that was taken out under a policy is told, and breaks nothing`() throws {
        let (_, two) = try epochs()
        try two.remove("tile/entries/000")
        try two.put(Array("256\n".utf8), "pruned")
        let report = try two.verify()
        #expect(report.findings == [])
        #expect(report.epochs.map(\.isBeginningPruned) == [false, true])
        #expect(report.epochs.last?.kept == nil)
    }

    private func pruned() throws -> ExportedLog {
        let log = try ExportedLog(1000)
        for name in ["tile/entries/000", "tile/entries/001"] { try log.remove(name) }
        try log.put(Array("512\n".utf8), "pruned")
        return log
    }

    @Test func `entries that were taken out under a policy are counted, and the rest verifies`() throws {
        let log = try pruned()
        let report = try log.verify([try log.checkpoint(256).kept(), try log.checkpoint(300).kept(), try log.checkpoint(900).kept()])
        #expect(report.findings == [])
        #expect(report.epochs.first?.pruned == 512)
        #expect(report.epochs.first?.entries == 488)
        #expect(report.epochs.first?.comparedCheckpoints == 3)
    }

    @Test func `a log that is pruned already is exported as it is`() throws {
        let log = try ExportedLog(1000)
        try FileManager.default.removeItem(atPath: log.folder)
        try log.write(pruned: 512)
        #expect(try log.verify().findings == [])
        #expect(try log.verify().epochs.first?.pruned == 512)
        #expect(try log.read("pruned") == Array("512\n".utf8))
    }

    @Test func `what is missing behind the pruned part is found`() throws {
        let log = try pruned()
        try log.remove("tile/entries/002")
        #expect(try log.verify().codes == [.entryMissing])
        try log.remove("pruned")
        #expect(try log.verify().findings.map(\.positions) == [0..<768])
    }

    @Test func `the hashes of the pruned part are verified all the same`() throws {
        let log = try pruned()
        var bytes = try log.read("tile/0/001")
        bytes[99] ^= 1
        try log.put(bytes, "tile/0/001")
        #expect(try log.verify().codes == [.tileChanged])
        try log.remove("tile/0/001")
        #expect(try log.verify().codes == [.tileMissing])
    }

    @Test(arguments: [
        "", "\n", "512", "511\n", "0\n", "0512\n", "-256\n", "1024\n", "1000\n", "768\n", " 512\n", "512\n\n", "512 \n", "9223372036854775807\n",
    ])
    func `a position that is none, or says too much, is found`(text: String) throws {
        let log = try pruned()
        try log.put(Array(text.utf8), "pruned")
        let report = try log.verify()
        #expect(report.codes.first == .prunedWrong)
        try log.put(Array("256\n".utf8), "pruned")
        #expect(try log.verify().codes == [.entryMissing])
    }
}

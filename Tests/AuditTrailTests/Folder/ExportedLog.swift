import DataFormats
import Foundation
import Sealing
import TestPostgres
import TransparencyLog
import Vocabulary

@testable import AuditTrail

/// A log of made-up entries and the folder it was exported to, for tests to spoil.
struct ExportedLog {
    static let tenant = TenantID(UUIDv7(high: 0x0190_A000_0000_7000, low: 0x8000_0000_0000_0001))
    static let origin = LogOrigin(name: "audit.example.com/gatehouse", tenant: tenant, epoch: 1)

    let folder: String
    let origin: LogOrigin
    var entries: [[UInt8]]

    struct NoKey: Error {}

    static func signingKey(_ number: UInt8 = 1) throws -> SigningKey {
        guard let key = SigningKey(seed: SecretBytes(copying: [UInt8](repeating: number, count: 32))) else { throw NoKey() }
        return key
    }

    static func key() throws -> NoteKey { try NoteKey(name: origin.description, key: try signingKey().verifyingKey) }

    static func witness(_ number: UInt8 = 7) throws -> NoteKey {
        try NoteKey(name: "witness.example.com", key: try signingKey(number).verifyingKey, kind: .cosignature)
    }

    static func entry(_ number: Int, epoch: Int = 1, tenant: TenantID = tenant, action: String = "read") -> [UInt8] {
        let id = UUIDv7(high: 0x0190_A000_0000_7000 + UInt64(epoch) << 20, low: 0x9000_0000_0000_0000 + UInt64(number))
        let filler = String(repeating: "x", count: number % 50)
        return Array(#"{"action":"\#(action)","entity":"contact","id":"\#(id)","request":"\#(filler)","tenant":"\#(tenant)","v":1}"#.utf8)
    }

    /// The first entry of a further epoch.
    static func beginning(_ epoch: Int, kept: Checkpoint, lost: Checkpoint) -> [UInt8] {
        func told(_ head: Checkpoint) -> String { head.text.split(separator: "\n").joined(separator: " ") }
        let id = UUIDv7(high: 0x0190_A000_0000_7000 + UInt64(epoch) << 20, low: 0x9FFF_0000_0000_0000)
        return Array(
            #"{"action":"begin","entity":"log","id":"\#(id)","kept":"\#(told(kept))","lost":"\#(told(lost))","tenant":"\#(tenant)","v":1}"#.utf8
        )
    }

    init(_ count: Int, epoch: Int = 1, folder: String? = nil, first: [UInt8]? = nil) throws {
        origin = Self.origin.epoch(epoch)
        entries = (0..<count).map { Self.entry($0, epoch: epoch) }
        if let first { entries[0] = first }
        self.folder = try folder ?? TemporaryFolder.make() + "/log"
        try write()
    }

    private static let greatOne = Result { try ExportedLog(65_836) }

    /// A log of three levels in a folder of its own; made once, because that takes a while.
    static func great() throws -> ExportedLog {
        let original = try greatOne.get()
        return try ExportedLog(copyOf: original)
    }

    private init(copyOf original: ExportedLog) throws {
        origin = original.origin
        entries = original.entries
        folder = try TemporaryFolder.make() + "/log"
        try FileManager.default.copyItem(atPath: original.folder, toPath: folder)
    }

    /// The head at a size, the whole by default.
    func head(_ size: Int? = nil) throws -> TreeHead {
        var tree = TreeFrontier()
        try tree.append(entries: entries.prefix(size ?? entries.count))
        return tree.head
    }

    func checkpoint(_ size: Int? = nil, key: UInt8 = 1) throws -> SignedCheckpoint {
        try .sign(try head(size), of: origin, with: try Self.signingKey(key))
    }

    func tiles() throws -> [TileID: [UInt8]] {
        var tree = TreeFrontier()
        try tree.append(entries: entries)
        return Dictionary(uniqueKeysWithValues: tree.takeChanges().map { ($0.tile, $0.bytes) })
    }

    /// Writes everything as the log has it, over what is there.
    func write(size: Int? = nil, pruned: Int = 0) throws {
        var writer = try LogFolderWriter(folder: folder, checkpoint: try checkpoint(size), pruned: pruned)
        let tiles = try tiles()
        for tile in writer.missingTiles { try writer.write(tile, tiles[tile] ?? []) }
        while writer.nextEntry < size ?? entries.count { try writer.add(entries[writer.nextEntry]) }
        try writer.finish()
    }

    func path(_ name: String) -> String { "\(folder)/\(origin.epoch)/\(name)" }

    func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path(name)))) }

    func put(_ bytes: [UInt8], _ name: String) throws { try FolderFile.write(bytes, to: path(name)) }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path(name)) }

    /// Exchanges the entries of one bundle.
    func putBundle(_ index: Int, _ entries: [[UInt8]], width: Int? = nil) throws {
        var bundle: [UInt8] = []
        for entry in entries { try EntryBundle.append(entry, to: &bundle) }
        try put(bundle, TilePath(entries: index, width: width ?? entries.count).description)
    }

    func bundle(_ index: Int) -> [[UInt8]] { Array(entries[index * 256..<min(entries.count, (index + 1) * 256)]) }

    func verify(
        _ outside: [OutsideCheckpoint] = [], witnesses: [NoteKey] = [], key: NoteKey? = nil,
        isTimestampValid: LogFolderVerifier.TimestampCheck? = nil
    ) throws -> LogFolderReport {
        var verifier = LogFolderVerifier(folder: folder, key: try key ?? Self.key())
        verifier.outside = outside
        verifier.witnesses = witnesses
        verifier.isTimestampValid = isTimestampValid
        return try verifier.verify()
    }
}

extension SignedCheckpoint {
    func kept(_ label: String = "kept", witness: NoteKey? = nil) -> OutsideCheckpoint {
        OutsideCheckpoint(label: label, note: Array(note.utf8), witness: witness)
    }
}

extension LogFolderReport {
    var codes: [FolderFinding.Code] { findings.map(\.code) }
}

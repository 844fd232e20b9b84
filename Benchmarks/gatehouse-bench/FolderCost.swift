import ArgumentParser
import AuditTrail
import Foundation
import PolicyFiles
import Sealing
import TransparencyLog
import Vocabulary

/// What exporting a log into a folder and verifying it offline cost, against SHA-256 over the same bytes once.
struct FolderCost: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "log-folder")
    @Option(help: "The folder of policies.") var policies: String
    @Option var events = 1_000_000

    func run() async throws {
        let origin = LogOrigin(name: "bench", tenant: TenantID(.make()), epoch: 1)
        let template = try EventTemplate(try PolicyFolder.load(policies), tenant: origin.tenant)
        let entries = (0..<events).map { _ in template.entry(.make(), [.make()]) }
        let folder = NSTemporaryDirectory() + "gatehouse-bench-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        print("a log of \(events) entries, \(entries.reduce(0) { $0 + $1.count } / max(1, events)) bytes each               seconds")

        var tree = TreeFrontier()
        Self.line("hash entries into a tree", try Self.time { try tree.append(entries: entries) })
        let key = SigningKey.make()
        let checkpoint = try SignedCheckpoint.sign(tree.head, of: origin, with: key)
        let tiles = Dictionary(tree.takeChanges().map { ($0.tile, $0.bytes) }, uniquingKeysWith: { $1 })
        let writing = try Self.time {
            var writer = try LogFolderWriter(folder: folder, checkpoint: checkpoint)
            for entry in entries { try writer.add(entry) }
            for tile in writer.missingTiles { try writer.write(tile, tiles[tile] ?? []) }
            try writer.finish()
        }
        Self.line("write the folder, to the disk", writing)

        var bundles: [[UInt8]] = []
        for start in stride(from: 0, to: events, by: TileID.width) {
            var bundle: [UInt8] = []
            for entry in entries[start..<min(start + TileID.width, events)] { try EntryBundle.append(entry, to: &bundle) }
            bundles.append(bundle)
        }
        let verifier = LogFolderVerifier(folder: folder, key: try NoteKey(name: origin.description, key: key.verifyingKey))
        var rounds: [(floor: Double, verified: Double)] = []
        for _ in 0..<3 {
            let floor = Self.time { for bundle in bundles { _ = SHA256.hash(bundle) } }
            let verified = try Self.time {
                let report = try verifier.verify()
                guard report.findings.isEmpty, report.epochs.first?.entries == events else { throw BenchError(what: "the folder does not verify") }
            }
            rounds.append((floor, verified))
        }
        rounds.sort { $0.verified < $1.verified }
        Self.line("SHA-256 over the same bytes, once", rounds[1].floor)
        Self.line("verify the folder offline", rounds[1].verified)
        print(String(format: "verifying is %.1f x SHA-256", rounds[1].verified / rounds[1].floor))
    }

    private static func line(_ name: String, _ seconds: Double) {
        print(name.padding(toLength: 58, withPad: " ", startingAt: 0), String(format: "%8.2f", seconds))
    }

    private static func time(_ body: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        try body()
        return Stages.microseconds(ContinuousClock.now - start) / 1e6
    }
}

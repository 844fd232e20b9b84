import Sealing
import TestAuthority
import TransparencyLog
import Vocabulary
import Witnesses

/// A log of made-up entries at any of its sizes, and others that fork off it.
struct TestLog: Sendable {
    static let tenant = TenantID(UUIDv7(high: 0x0190_A000_0000_7000, low: 0x8000_0000_0000_0001))

    let origin: LogOrigin
    private let key: UInt8
    /// From which entry on it has other entries than the log without a fork.
    private let forkedAt: Int?

    init(epoch: Int = 1, tenant: TenantID = tenant, key: UInt8 = 1, forkedAt: Int? = nil) {
        origin = LogOrigin(name: "audit.example.com/gatehouse", tenant: tenant, epoch: epoch)
        self.key = key
        self.forkedAt = forkedAt
    }

    var noteKey: NoteKey { get throws { try NoteKey(name: origin.description, key: try TestKey.of(key).verifyingKey) } }

    private func frontier(_ size: Int) throws -> TreeFrontier {
        var frontier = TreeFrontier()
        try frontier.append(
            entries: (0..<size).map { number in Array("\(forkedAt.map { number >= $0 } == true ? "other " : "")entry \(number)".utf8) }
        )
        return frontier
    }

    func head(_ size: Int) throws -> TreeHead { try frontier(size).head }

    func checkpoint(_ size: Int) throws -> SignedCheckpoint { try .sign(head(size), of: origin, with: try TestKey.of(key)) }

    func proof(from old: Int, to size: Int) throws -> [TreeHash] {
        var frontier = try frontier(size)
        var tiles: [TileID: [UInt8]] = [:]
        for (tile, bytes) in frontier.takeChanges() { tiles[tile] = bytes }
        return try ConsistencyProof(from: old, to: size, tiles: tiles).hashes
    }

    /// Shows one of its sizes to a witness, with proofs from any smaller one.
    @discardableResult
    func show(_ size: Int, to witness: any Witness, lastSize: Int) async throws -> WitnessEvidence {
        try await witness.witness(checkpoint(size), lastSize: lastSize) { (from) throws(WitnessError) in
            do { return try proof(from: from, to: size) } catch { throw WitnessError(.unproven) }
        }
    }
}

import Foundation
import Sealing
import TestAuthority
import TestPostgres
import Testing
import TransparencyLog
import Witnesses

/// A witness of each kind, with what stands behind it.
struct WitnessPlace {
    enum Kind: String, Sendable, CaseIterable {
        case file, witness, timestamp

        /// Whether it remembers what it has seen.
        var remembers: Bool { self != .timestamp }
        var isTestable: Bool { self != .timestamp || OpenSSLAuthority.isInstalled }
    }

    static let kinds = Kind.allCases.filter(\.isTestable)
    static let remembering = kinds.filter(\.remembers)

    let kind: Kind
    let witness: any Witness
    /// Behind it: kept for as long as it is asked.
    private let holding: [any Sendable]
    private let check: @Sendable (WitnessEvidence, SignedCheckpoint) throws -> Bool

    /// Whether the evidence is of this kind, and stands up to somebody else's verification.
    func accepts(_ evidence: WitnessEvidence, for checkpoint: SignedCheckpoint) throws -> Bool { try check(evidence, checkpoint) }

    static func make(_ kind: Kind, knowing logs: [TestLog]) async throws -> WitnessPlace {
        switch kind {
        case .file:
            let folder = try TemporaryFolder.make()
            return WitnessPlace(kind: kind, witness: FileWitness(name: "archive", folder: folder), holding: []) { evidence, checkpoint in
                let file = "\(folder)/\(checkpoint.origin.tenant)-\(checkpoint.origin.epoch).checkpoint"
                return try evidence == .kept && String(contentsOfFile: file, encoding: .utf8) == checkpoint.note
            }
        case .witness:
            let strict = StrictWitness(knowing: try logs.map { try $0.noteKey })
            let server = try await strict.server()
            let key = try StrictWitness.key
            let witness = HTTPWitness(name: "strict", key: key, post: WitnessPost(to: try WitnessAddress(server.url), patience: .seconds(60)))
            return WitnessPlace(kind: kind, witness: witness, holding: [server]) { evidence, checkpoint in
                guard case .cosignatures(let lines) = evidence else { return false }
                let signatures = lines.compactMap { NoteSignature(line: $0) }
                return try signatures.count == lines.count && !checkpoint.adding(signatures).cosignatures(of: key).isEmpty
            }
        case .timestamp:
            let authority = try OpenSSLAuthority()
            let server = try await TestServer { TimestampServer.answer($0, authority) }
            let witness = TimestampWitness(
                name: "stamp", authorities: try TimestampAuthorities(pem: authority.root),
                post: WitnessPost(to: try WitnessAddress(server.url + "/tsr"), patience: .seconds(60))
            )
            return WitnessPlace(kind: kind, witness: witness, holding: [server, authority]) { evidence, checkpoint in
                guard case .timestamp(let reply) = evidence else { return false }
                return try authority.accepts(reply, for: Array(checkpoint.note.utf8))
            }
        }
    }
}

/// Expects one of the errors of witnesses.
func refused(_ expected: WitnessError, _ location: SourceLocation = #_sourceLocation, _ body: () async throws -> Void) async {
    let error = await #expect(throws: WitnessError.self, sourceLocation: location) { try await body() }
    #expect(error == expected, sourceLocation: location)
}

import Sealing
import Testing
import TransparencyLog
import Vocabulary

/// Names and keys that tests sign with; the same in every run.
enum TestLog {
    static let tenant = TenantID(UUIDv7(high: 0x0190_A000_0000_7000, low: 0x8000_0000_0000_0001))
    static let origin = LogOrigin(name: "audit.example.com/gatehouse", tenant: tenant, epoch: 1)

    struct NoKey: Error {}

    static func key(_ number: UInt8) throws -> SigningKey {
        guard let key = SigningKey(seed: SecretBytes(copying: [UInt8](repeating: number, count: 32))) else { throw NoKey() }
        return key
    }

    static func hash(_ number: UInt8) throws -> TreeHash { try #require(TreeHash(bytes: [UInt8](repeating: number, count: 32))) }

    static func checkpoint(size: Int, of origin: LogOrigin = origin, root: UInt8 = 7, key: UInt8 = 1) throws -> SignedCheckpoint {
        try .sign(TreeHead(size: size, root: try hash(root)), of: origin, with: try Self.key(key))
    }

    static func noteKey(_ number: UInt8 = 1, name: String = origin.description, kind: NoteKey.Kind = .note) throws -> NoteKey {
        try NoteKey(name: name, key: try key(number).verifyingKey, kind: kind)
    }
}

package import Sealing
package import TransparencyLog

extension Sequencer {
    /// What verifies the heads of a log, of the public key that the store has.
    package static func noteKey(_ publicKey: [UInt8], of origin: LogOrigin) -> NoteKey? {
        VerifyingKey(bytes: publicKey).flatMap { try? NoteKey(name: origin.description, key: $0) }
    }
}

/// The key that signs heads of the log.
package struct LogSigner: Sendable {
    private let key: SharedKey

    /// SAFETY: the key is only read after it was made; libsodium signs without changing it.
    private final class SharedKey: @unchecked Sendable {
        let key: SigningKey
        init(_ key: consuming SigningKey) { self.key = key }
    }

    package init(_ key: consuming SigningKey) { self.key = SharedKey(key) }

    package var publicKey: [UInt8] { key.key.verifyingKey.bytes }

    /// What an operator gives to whoever verifies: the name of the log with its public key.
    package func noteKey(of origin: LogOrigin) throws(LogError) -> NoteKey { try NoteKey(name: origin.description, key: key.key.verifyingKey) }

    func sign(_ head: TreeHead, of origin: LogOrigin) throws(LogError) -> SignedCheckpoint {
        try SignedCheckpoint.sign(head, of: origin, with: key.key)
    }
}

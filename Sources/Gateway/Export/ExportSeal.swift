import Dispatch
package import Sealing
package import SubjectRights
package import Vocabulary

/// Whom a package is sealed for. Nobody else opens it, the gateway included.
package enum ExportSeal: Sendable {
    /// Told to the requester on another way than the link; used once and not kept.
    case passphrase(Passphrase)
    /// The requester's own `age1…` key.
    case recipient(AgeRecipient)

    /// Deriving takes a quarter of a gigabyte: one at a time, and not on a thread that others wait for.
    private static let queue = DispatchQueue(label: "gatehouse.scrypt")

    func writer() async throws(Refusal) -> AgeWriter {
        switch self {
        case .recipient(let recipient): return AgeWriter(to: [recipient])
        case .passphrase(let passphrase):
            let key = await withCheckedContinuation { continuation in
                Self.queue.async { continuation.resume(returning: passphrase.withSecret { AgePassphraseKey.make(from: $0) }) }
            }
            guard let key else { throw Refusal(.busy, "there is no memory to seal for a passphrase", hint: "try again in a moment") }
            return AgeWriter(to: key)
        }
    }

    /// How the manifest names it: a key in full, since it is public.
    var name: String {
        switch self {
        case .passphrase: "a passphrase"
        case .recipient(let recipient): recipient.description
        }
    }
}

/// A package that waits for the person to fetch it.
package struct ExportedPackage: Sendable {
    package let id: UUIDv7
    /// Where it can be fetched, by whoever has the address: shown this once, since only a hash of its token is kept.
    package let link: Personal<String>
    package let expiresAt: Instant
    package let byteCount: Int
    /// Of records, by entity; those about others that name the person are under `mentions`.
    package let counts: [(entity: String, count: Int)]
    /// What the person can verify offline; also the last file of the package.
    package let manifest: SignedDocument
}

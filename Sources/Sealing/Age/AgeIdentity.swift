/// Who can open an age file: an X25519 secret key, `AGE-SECRET-KEY-1…`, in guarded memory.
///
/// SAFETY: the memory is written in `init` and read-only afterwards.
package final class AgeIdentity: @unchecked Sendable, CustomStringConvertible, CustomReflectable {
    static let prefix: StaticString = "AGE-SECRET-KEY-"

    /// Whom files that this identity opens are made for.
    package let recipient: AgeRecipient
    private let secret: SecretBytes

    /// Reads the text form, strictly: upper case, its checksum right, nothing around it. There is no initialiser from a `String`,
    /// because nothing can wipe one.
    package init(_ text: borrowing SecretBytes) throws(AgeError) {
        var isRead = false
        let secret = SecretBytes(count: AgeX25519.byteCount) { secret in
            isRead = text.withBytes { Bech32.decode($0, prefix: Self.prefix, into: secret) }
        }
        guard isRead else { throw .identityMalformed }
        self.recipient = AgeRecipient(point: secret.withBytes { AgeX25519.point(of: $0) })
        self.secret = secret
    }

    private init(secret: consuming SecretBytes) {
        self.recipient = AgeRecipient(point: secret.withBytes { AgeX25519.point(of: $0) })
        self.secret = secret
    }

    /// A new identity from the operating system's generator.
    package static func make() -> AgeIdentity { AgeIdentity(secret: .random(count: AgeX25519.byteCount)) }

    /// The text form, to be written where only its owner reads it.
    package func text() -> SecretBytes {
        SecretBytes(count: Bech32.textCount(prefix: Self.prefix, byteCount: AgeX25519.byteCount)) { text in
            secret.withBytes { Bech32.encode($0, prefix: Self.prefix, into: text) }
        }
    }

    /// The file key from a stanza; `nil` when the stanza is of another type or for somebody else.
    func unwrap(_ stanza: AgeStanza) throws(AgeError) -> AgeFileKey? {
        guard let share = try AgeX25519.share(of: stanza) else { return nil }
        var isOurs: Bool? = false
        let fileKey = SecretBytes(count: AgeFileKey.byteCount) { fileKey in
            isOurs = secret.withBytes { secret in
                AgeX25519.withWrapKey(secret, share, share: share, recipient: recipient.point) { key in
                    AEADCipher.chacha20Poly1305.open(
                        stanza.body, count: AgeFileKey.byteCount, key: key, nonce: AgeX25519.nonce,
                        associatedData: UnsafeBufferPointer(start: nil, count: 0), into: fileKey
                    )
                }
            }
        }
        guard let isOurs else { throw .headerMalformed }
        return isOurs ? AgeFileKey(fileKey) : nil
    }

    package var description: String { "redacted" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

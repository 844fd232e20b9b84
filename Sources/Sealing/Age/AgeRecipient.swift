/// Whom an age file is for: an X25519 public key, `age1…`. Public; may be printed and kept.
package struct AgeRecipient: Hashable, Sendable, CustomStringConvertible {
    static let prefix: StaticString = "age"

    let point: [UInt8]

    /// Reads the text form, strictly: lower case, its checksum right, nothing around it.
    package init(_ text: String) throws(AgeError) {
        var point = [UInt8](repeating: 0, count: AgeX25519.byteCount)
        let isRead = Array(text.utf8).withUnsafeBytes { text in
            point.withUnsafeMutableBytes { Bech32.decode(text, prefix: Self.prefix, into: $0) }
        }
        guard isRead else { throw .recipientMalformed }
        // A point of low order agrees with everybody on zero: a file for it would be for all. Any secret finds that out.
        let probe = SecretBytes.random(count: AgeX25519.byteCount)
        guard probe.withBytes({ AgeX25519.withSharedSecret($0, point) { _ in true } }) == true else { throw .recipientMalformed }
        self.point = point
    }

    init(point: [UInt8]) { self.point = point }

    /// The text form.
    package var description: String {
        var text = [UInt8](repeating: 0, count: Bech32.textCount(prefix: Self.prefix, byteCount: point.count))
        point.withUnsafeBytes { point in text.withUnsafeMutableBytes { Bech32.encode(point, prefix: Self.prefix, into: $0) } }
        return String(decoding: text, as: UTF8.self)
    }

    /// The stanza from which this recipient gets the file key, with an ephemeral key of its own.
    func wrap(_ fileKey: borrowing AgeFileKey) -> AgeStanza {
        let ephemeral = SecretBytes.random(count: AgeX25519.byteCount)
        let share = ephemeral.withBytes { AgeX25519.point(of: $0) }
        var body = [UInt8](repeating: 0, count: AgeFileKey.byteCount + AEADCipher.tagByteCount)
        let isWrapped = ephemeral.withBytes { secret in
            fileKey.withBytes { fileKey in
                AgeX25519.withWrapKey(secret, point, share: share, recipient: point) { key in
                    AEADCipher.chacha20Poly1305.seal(
                        fileKey, key: key, nonce: AgeX25519.nonce, associatedData: UnsafeBufferPointer(start: nil, count: 0), into: &body
                    )
                    return true
                }
            }
        }
        precondition(isWrapped == true, "a recipient's point is not of low order")
        return AgeStanza([AgeX25519.stanzaType, AgeBase64.encode(share)], body: body)
    }
}

import CSodium

/// What a recipient and an identity do alike: a key that both sides of an X25519 (RFC 7748) agreement come to.
enum AgeX25519 {
    static let byteCount = 32
    static let stanzaType = Array("X25519".utf8)
    private static let info = Array("age-encryption.org/v1/X25519".utf8)
    /// The wrap key serves one file key, so its nonce may be all zero.
    static let nonce = [UInt8](repeating: 0, count: AEADCipher.nonceByteCount)

    /// The public point of a secret.
    static func point(of secret: UnsafeRawBufferPointer) -> [UInt8] {
        _ = Sodium.isReady
        var point = [UInt8](repeating: 0, count: byteCount)
        let code = crypto_scalarmult_curve25519_base(&point, start(secret))
        precondition(code == 0, "every secret has a point")
        return point
    }

    /// The ephemeral share that a stanza brings; `nil` when the stanza is of another type. One that is of this type and not
    /// of its shape makes the whole header invalid.
    static func share(of stanza: AgeStanza) throws(AgeError) -> [UInt8]? {
        guard stanza.arguments[0] == stanzaType else { return nil }
        guard stanza.arguments.count == 2, let share = AgeBase64.decode(stanza.arguments[1]), share.count == byteCount,
            stanza.body.count == AgeFileKey.byteCount + AEADCipher.tagByteCount
        else { throw .headerMalformed }
        return share
    }

    /// Lends the shared secret; `nil` when it is all zero, which points of low order make of every secret.
    static func withSharedSecret<Value>(
        _ secret: UnsafeRawBufferPointer, _ point: [UInt8], _ body: (UnsafeRawBufferPointer) -> Value
    ) -> Value? {
        _ = Sodium.isReady
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: byteCount) { memory in
            let shared = UnsafeMutableRawBufferPointer(memory)
            defer { wipe(shared) }
            guard let output = memory.baseAddress else { preconditionFailure("a secret is never empty") }
            guard crypto_scalarmult_curve25519(output, start(secret), point) == 0, sodium_is_zero(output, byteCount) == 0 else { return nil }
            return body(UnsafeRawBufferPointer(shared))
        }
    }

    /// Lends the key that wraps a file key, from one's own secret and the other's point; `nil` as above.
    static func withWrapKey<Value>(
        _ secret: UnsafeRawBufferPointer, _ point: [UInt8], share: [UInt8], recipient: [UInt8], _ body: (UnsafePointer<UInt8>) -> Value
    ) -> Value? {
        withSharedSecret(secret, point) { shared in
            withUnsafeTemporaryAllocation(byteCount: SymmetricKey.byteCount, alignment: 16) { key in
                defer { wipe(key) }
                HKDF.expand(input: shared, salt: share + recipient, info: info, into: key)
                return body(start(UnsafeRawBufferPointer(key)))
            }
        }
    }

    private static func start(_ bytes: UnsafeRawBufferPointer) -> UnsafePointer<UInt8> {
        guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { preconditionFailure("a key is never empty") }
        return start
    }
}

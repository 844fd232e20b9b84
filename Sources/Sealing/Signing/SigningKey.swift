import CSodium

/// An Ed25519 key pair (RFC 8032 section 5.1) that signs. Its secret lies in guarded memory; it can be lent, but neither copied nor printed.
///
/// Signatures are deterministic: the same message has the same one, and no source of randomness can spoil it.
package struct SigningKey: ~Copyable {
    package static let seedByteCount = 32

    /// The seed, then the public key, as libsodium wants them.
    private let secret: SecretBytes
    package let verifyingKey: VerifyingKey

    /// A new key of the system's randomness.
    package static func make() -> SigningKey {
        let seed = SecretBytes.random(count: seedByteCount)
        guard let key = SigningKey(seed: seed) else { preconditionFailure("a seed has 32 bytes") }
        return key
    }

    /// The key that this seed always gives; `nil` for another number of bytes than 32.
    package init?(seed: borrowing SecretBytes) {
        guard seed.count == Self.seedByteCount else { return nil }
        var point: [UInt8] = []
        secret = SecretBytes(count: Self.secretByteCount) { memory in
            point = seed.withBytes { Self.expand($0, into: memory) }
        }
        verifyingKey = VerifyingKey(point: point)
    }

    /// The same for bytes that the caller lends, and wipes.
    package init?(seed: UnsafeRawBufferPointer) {
        guard seed.count == Self.seedByteCount else { return nil }
        var point: [UInt8] = []
        secret = SecretBytes(count: Self.secretByteCount) { memory in point = Self.expand(seed, into: memory) }
        verifyingKey = VerifyingKey(point: point)
    }

    private static let secretByteCount = seedByteCount + VerifyingKey.byteCount

    /// - Returns: the public key.
    private static func expand(_ seed: UnsafeRawBufferPointer, into memory: UnsafeMutableRawBufferPointer) -> [UInt8] {
        _ = Sodium.isReady
        guard let start = seed.baseAddress?.assumingMemoryBound(to: UInt8.self),
            let output = memory.baseAddress?.assumingMemoryBound(to: UInt8.self)
        else { preconditionFailure("a key is never empty") }
        var point = [UInt8](repeating: 0, count: VerifyingKey.byteCount)
        let code = crypto_sign_ed25519_seed_keypair(&point, output, start)
        precondition(code == 0, "every seed has a key")
        return point
    }

    /// - Returns: 64 bytes.
    package borrowing func sign(_ message: [UInt8]) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: VerifyingKey.signatureByteCount)
        secret.withBytes { secret in
            guard let start = secret.baseAddress?.assumingMemoryBound(to: UInt8.self) else { preconditionFailure("a key is never empty") }
            let code = crypto_sign_ed25519_detached(&signature, nil, message, UInt64(message.count), start)
            precondition(code == 0, "every message has a signature")
        }
        return signature
    }

    /// Lends the 32 bytes that are the whole secret, to be written to a guarded file; no pointer leaves the closure.
    package borrowing func withSeed<Value, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try secret.withBytes { (secret) throws(Failure) in
            try body(UnsafeRawBufferPointer(rebasing: secret.prefix(Self.seedByteCount)))
        }
    }
}

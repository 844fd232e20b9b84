import CSodium

/// The public half of an Ed25519 key pair (RFC 8032 section 5.1), which tells whether its other half signed something.
package struct VerifyingKey: Sendable, Hashable {
    package static let byteCount = 32
    package static let signatureByteCount = 64

    /// The encoded point, exactly 32 bytes.
    package let bytes: [UInt8]

    /// `nil` for another number of bytes. Whether they are a point shows when something is verified: under bytes that are none, nothing is.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = Array(bytes)
    }

    /// Of the 32 bytes that a key pair begins with.
    init(point: [UInt8]) {
        precondition(point.count == Self.byteCount, "a public key has 32 bytes")
        bytes = point
    }

    /// Refuses more than RFC 8032 demands: points of small order and encodings that are not the only one, so that a signature
    /// has one form and no key fits every signature.
    package func isValid(_ signature: some Collection<UInt8>, for message: [UInt8]) -> Bool {
        guard signature.count == Self.signatureByteCount else { return false }
        _ = Sodium.isReady
        return crypto_sign_ed25519_verify_detached(Array(signature), message, UInt64(message.count), bytes) == 0
    }
}

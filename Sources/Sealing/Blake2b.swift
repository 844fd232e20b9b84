import CSodium

/// BLAKE2b (RFC 7693) with and without a key.
package enum Blake2b {
    /// A digest of 16 to 64 bytes.
    package static func hash(_ message: [UInt8], byteCount: Int = 32, key: SymmetricKey? = nil) -> [UInt8] {
        guard let key else { return hash(message, byteCount: byteCount, key: UnsafeRawBufferPointer(start: nil, count: 0)) }
        return key.withBytes { hash(message, byteCount: byteCount, key: $0) }
    }

    /// With a key of any length the algorithm takes, as the published vectors have them; an empty one is none.
    static func hash(_ message: [UInt8], byteCount: Int, key: UnsafeRawBufferPointer) -> [UInt8] {
        _ = Sodium.isReady
        var digest = [UInt8](repeating: 0, count: byteCount)
        let code = crypto_generichash(
            &digest, byteCount, message, UInt64(message.count), key.baseAddress?.assumingMemoryBound(to: UInt8.self), key.count
        )
        precondition(code == 0, "BLAKE2b takes keys of up to 64 bytes and makes digests of up to 64")
        return digest
    }
}

/// Equality in a time that does not depend on where the first difference is; different lengths are unequal at once.
package func isEqualInConstantTime(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && sodium_memcmp(left, right, left.count) == 0
}

/// Unpredictable bytes from the operating system's generator.
package func randomBytes(count: Int) -> [UInt8] {
    _ = Sodium.isReady
    var bytes = [UInt8](repeating: 0, count: count)
    randombytes_buf(&bytes, count)
    return bytes
}

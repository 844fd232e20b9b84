import CSodium

/// BLAKE2b (RFC 7693) with and without a key.
package enum Blake2b {
    /// A digest of 16 to 64 bytes.
    package static func hash(_ message: [UInt8], byteCount: Int = 32, key: SymmetricKey? = nil) -> [UInt8] {
        _ = Sodium.isReady
        var digest = [UInt8](repeating: 0, count: byteCount)
        if let key {
            key.withBytes { key in
                _ = crypto_generichash(
                    &digest, byteCount, message, UInt64(message.count), key.baseAddress?.assumingMemoryBound(to: UInt8.self), key.count
                )
            }
        } else {
            crypto_generichash(&digest, byteCount, message, UInt64(message.count), nil, 0)
        }
        return digest
    }
}

/// SHA-256 (FIPS 180-4).
package enum SHA256 {
    package static func hash(_ message: [UInt8]) -> [UInt8] {
        _ = Sodium.isReady
        var digest = [UInt8](repeating: 0, count: 32)
        crypto_hash_sha256(&digest, message, UInt64(message.count))
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

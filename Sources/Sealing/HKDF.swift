import CSodium

/// HMAC-SHA-256 (RFC 2104) over libsodium, with keys of any length.
package enum HMACSHA256 {
    package static let byteCount = 32

    package static func authenticate(_ message: [UInt8], key: UnsafeRawBufferPointer) -> [UInt8] {
        _ = Sodium.isReady
        var state = crypto_auth_hmacsha256_state()
        var code = [UInt8](repeating: 0, count: byteCount)
        guard let start = key.baseAddress?.assumingMemoryBound(to: UInt8.self) else { preconditionFailure("a key is never empty") }
        crypto_auth_hmacsha256_init(&state, start, key.count)
        crypto_auth_hmacsha256_update(&state, message, UInt64(message.count))
        crypto_auth_hmacsha256_final(&state, &code)
        sodium_memzero(&state, MemoryLayout.size(ofValue: state))
        return code
    }
}

/// HKDF-SHA-256 (RFC 5869); libsodium 1.0.18 has none of its own.
package enum HKDF {
    /// Fills `output` (at most 255 × 32 bytes).
    package static func expand(
        input: UnsafeRawBufferPointer, salt: [UInt8], info: [UInt8], into output: UnsafeMutableRawBufferPointer
    ) {
        precondition(output.count <= 255 * HMACSHA256.byteCount, "HKDF cannot make that much")
        // RFC 5869 section 2.2: an absent salt is 32 zero bytes.
        let salt = salt.isEmpty ? [UInt8](repeating: 0, count: HMACSHA256.byteCount) : salt
        var message = Array(input)
        var pseudorandomKey = salt.withUnsafeBytes { HMACSHA256.authenticate(message, key: $0) }
        wipe(&message)
        var block: [UInt8] = []
        var offset = 0
        var counter: UInt8 = 1
        while offset < output.count {
            message = block + info + [counter]
            wipe(&block)
            block = pseudorandomKey.withUnsafeBytes { HMACSHA256.authenticate(message, key: $0) }
            wipe(&message)
            for byte in block where offset < output.count {
                output[offset] = byte
                offset += 1
            }
            counter &+= 1
        }
        wipe(&block)
        wipe(&pseudorandomKey)
    }
}

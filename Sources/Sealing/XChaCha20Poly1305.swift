import CSodium

/// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) of libsodium. Suite 1 of an ``Envelope``.
enum XChaCha20Poly1305 {
    /// Writes the ciphertext and then the tag to `output`.
    static func seal(
        _ plaintext: UnsafeRawBufferPointer, key: UnsafePointer<UInt8>, nonce: UnsafePointer<UInt8>,
        associatedData: UnsafeBufferPointer<UInt8>, into output: UnsafeMutablePointer<UInt8>
    ) {
        crypto_aead_xchacha20poly1305_ietf_encrypt(
            output, nil, plaintext.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(plaintext.count),
            associatedData.baseAddress, UInt64(associatedData.count), nil, nonce, key
        )
    }

    /// Opens `count` bytes of ciphertext with the tag behind them. False, and nothing of worth written, when they are not genuine.
    static func open(
        _ ciphertext: UnsafePointer<UInt8>, count: Int, key: UnsafePointer<UInt8>, nonce: UnsafePointer<UInt8>,
        associatedData: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableRawBufferPointer
    ) -> Bool {
        crypto_aead_xchacha20poly1305_ietf_decrypt(
            output.baseAddress?.assumingMemoryBound(to: UInt8.self), nil, nil, ciphertext, UInt64(count + Envelope.tagByteCount),
            associatedData.baseAddress, UInt64(associatedData.count), nonce, key
        ) == 0
    }
}

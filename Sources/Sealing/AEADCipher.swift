import COpenSSL

/// An authenticated cipher of OpenSSL with 32 bytes of key, 12 of nonce and 16 of tag. A nonce serves a key once: whoever calls
/// sees to that, which is why nothing outside this module can. A message has less than 2 GiB.
struct AEADCipher {
    static let nonceByteCount = 12
    static let tagByteCount = 16

    private let algorithm: OpaquePointer

    /// AES-256-GCM (NIST SP 800-38D).
    static var aes256GCM: AEADCipher { AEADCipher(algorithm: OpenSSL.aes256GCM) }
    /// ChaCha20-Poly1305 (RFC 8439).
    static var chacha20Poly1305: AEADCipher { AEADCipher(algorithm: OpenSSL.chacha20Poly1305) }

    /// Writes the ciphertext and then the tag to `output`.
    func seal(
        _ plaintext: UnsafeRawBufferPointer, key: UnsafePointer<UInt8>, nonce: UnsafePointer<UInt8>,
        associatedData: UnsafeBufferPointer<UInt8>, into output: UnsafeMutablePointer<UInt8>
    ) {
        let isSealed = CipherContext().with { context in
            var count: Int32 = 0
            guard EVP_EncryptInit_ex2(context, algorithm, key, nonce, nil) == 1 else { return false }
            if !associatedData.isEmpty {
                guard EVP_EncryptUpdate(context, nil, &count, associatedData.baseAddress, Int32(associatedData.count)) == 1 else { return false }
            }
            if let start = plaintext.baseAddress?.assumingMemoryBound(to: UInt8.self), plaintext.count > 0 {
                guard EVP_EncryptUpdate(context, output, &count, start, Int32(plaintext.count)) == 1 else { return false }
            }
            guard EVP_EncryptFinal_ex(context, output + plaintext.count, &count) == 1 else { return false }
            return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagByteCount), output + plaintext.count) == 1
        }
        precondition(isSealed, "OpenSSL does not encrypt: out of memory")
    }

    /// Opens `count` bytes of ciphertext with the tag behind them. False, and `output` wiped, when they are not genuine.
    func open(
        _ ciphertext: UnsafePointer<UInt8>, count: Int, key: UnsafePointer<UInt8>, nonce: UnsafePointer<UInt8>,
        associatedData: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableRawBufferPointer
    ) -> Bool {
        let isGenuine = CipherContext().with { context in
            var written: Int32 = 0
            guard EVP_DecryptInit_ex2(context, algorithm, key, nonce, nil) == 1 else { return false }
            let tag = UnsafeMutableRawPointer(mutating: ciphertext + count)
            guard EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagByteCount), tag) == 1 else { return false }
            if !associatedData.isEmpty {
                guard EVP_DecryptUpdate(context, nil, &written, associatedData.baseAddress, Int32(associatedData.count)) == 1 else { return false }
            }
            let start = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            if count > 0 {
                guard let start, EVP_DecryptUpdate(context, start, &written, ciphertext, Int32(count)) == 1 else { return false }
            }
            // Both ciphers are stream ciphers: the final step writes nothing, but wants an address.
            var nothing: UInt8 = 0
            return EVP_DecryptFinal_ex(context, &nothing, &written) == 1
        }
        if !isGenuine { wipe(UnsafeMutableRawBufferPointer(rebasing: output[0..<count])) }
        return isGenuine
    }
}

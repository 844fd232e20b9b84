import COpenSSL

/// XAES-256-GCM (c2sp.org/XAES-256-GCM): AES-256-GCM under a key of its own for each nonce, which AES-256-CMAC derives from the
/// first half of 24 random bytes. Suite 2 of an ``Envelope``.
enum XAES256GCM {
    /// Writes the ciphertext and then the tag to `output`.
    static func seal(
        _ plaintext: UnsafeRawBufferPointer, key: UnsafePointer<UInt8>, nonce: UnsafePointer<UInt8>,
        associatedData: UnsafeBufferPointer<UInt8>, into output: UnsafeMutablePointer<UInt8>
    ) {
        withSubkey(of: key, nonce: nonce) { subkey in
            AEADCipher.aes256GCM.seal(plaintext, key: subkey, nonce: nonce + 12, associatedData: associatedData, into: output)
        }
    }

    /// Opens `count` bytes of ciphertext with the tag behind them. False, and `output` wiped, when they are not genuine.
    static func open(
        _ ciphertext: UnsafePointer<UInt8>, count: Int, key: UnsafePointer<UInt8>, nonce: UnsafePointer<UInt8>,
        associatedData: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableRawBufferPointer
    ) -> Bool {
        withSubkey(of: key, nonce: nonce) { subkey in
            AEADCipher.aes256GCM.open(
                ciphertext, count: count, key: subkey, nonce: nonce + 12, associatedData: associatedData, into: output
            )
        }
    }

    /// Lends the key of one message, in memory that is wiped afterwards.
    ///
    /// The steps and their names are the specification's: a CMAC of one whole block is one encryption of the block and K1.
    static func withSubkey<Value>(
        of key: UnsafePointer<UInt8>, nonce: UnsafePointer<UInt8>, _ body: (UnsafePointer<UInt8>) -> Value
    ) -> Value {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32 + 16) { memory in
            defer { wipe(UnsafeMutableRawBufferPointer(memory)) }
            memory.initialize(repeating: 0)
            guard let blocks = memory.baseAddress else { preconditionFailure("48 bytes are not none") }
            let k1 = blocks + 32
            let isDerived = CipherContext().with { context in
                var count: Int32 = 0
                guard EVP_EncryptInit_ex2(context, OpenSSL.aes256, key, nil, nil) == 1 else { return false }
                guard EVP_EncryptUpdate(context, k1, &count, k1, 16) == 1 else { return false }
                double(k1)
                for (index, block) in [blocks, blocks + 16].enumerated() {
                    block[1] = UInt8(index + 1)
                    block[2] = 0x58
                    for offset in 0..<12 { block[4 + offset] = nonce[offset] }
                    for offset in 0..<16 { block[offset] ^= k1[offset] }
                }
                return EVP_EncryptUpdate(context, blocks, &count, blocks, 32) == 1
            }
            precondition(isDerived, "OpenSSL does not encrypt: out of memory")
            return body(UnsafePointer(blocks))
        }
    }

    /// L to K1 in the field of NIST SP 800-38B section 6.1, without a branch on a secret bit.
    private static func double(_ block: UnsafeMutablePointer<UInt8>) {
        let carried = 0 &- (block[0] >> 7)
        for index in 0..<15 { block[index] = block[index] << 1 | block[index + 1] >> 7 }
        block[15] = block[15] << 1 ^ carried & 0x87
    }
}

import COpenSSL

/// AES-256-CMAC (NIST SP 800-38B) of messages of exactly one block, the only ones that ``XAES256GCM`` has: the code is one
/// encryption of the message and the subkey K1.
enum AES256CMAC {
    static let byteCount = 16

    /// Puts in the place of each of `count` messages, which stand one behind the other, its code.
    static func authenticate(_ messages: UnsafeMutablePointer<UInt8>, count: Int, key: UnsafePointer<UInt8>) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: byteCount) { memory in
            defer { wipe(UnsafeMutableRawBufferPointer(memory)) }
            memory.initialize(repeating: 0)
            guard let k1 = memory.baseAddress else { preconditionFailure("a block is not empty") }
            let isDone = CipherContext().with { context in
                var written: Int32 = 0
                guard EVP_EncryptInit_ex2(context, OpenSSL.aes256, key, nil, nil) == 1 else { return false }
                guard EVP_EncryptUpdate(context, k1, &written, k1, Int32(byteCount)) == 1 else { return false }
                double(k1)
                for offset in 0..<count * byteCount { messages[offset] ^= k1[offset % byteCount] }
                return EVP_EncryptUpdate(context, messages, &written, messages, Int32(count * byteCount)) == 1
            }
            precondition(isDone, "OpenSSL does not encrypt: out of memory")
        }
    }

    /// The encryption of zero to K1, in the field of section 6.1, without a branch on a secret bit.
    private static func double(_ block: UnsafeMutablePointer<UInt8>) {
        let carried = 0 &- (block[0] >> 7)
        for index in 0..<byteCount - 1 { block[index] = block[index] << 1 | block[index + 1] >> 7 }
        block[byteCount - 1] = block[byteCount - 1] << 1 ^ carried & 0x87
    }
}

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

    /// Lends the key of one message, in memory that is wiped afterwards: the codes of two blocks, which count to two and carry the
    /// label `X` and the nonce's first half.
    static func withSubkey<Value>(
        of key: UnsafePointer<UInt8>, nonce: UnsafePointer<UInt8>, _ body: (UnsafePointer<UInt8>) -> Value
    ) -> Value {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2 * AES256CMAC.byteCount) { memory in
            defer { wipe(UnsafeMutableRawBufferPointer(memory)) }
            guard let blocks = memory.baseAddress else { preconditionFailure("two blocks are not none") }
            for index in 0..<2 {
                let block = blocks + index * AES256CMAC.byteCount
                block[0] = 0
                block[1] = UInt8(index + 1)
                block[2] = UInt8(ascii: "X")
                block[3] = 0
                for offset in 0..<12 { block[4 + offset] = nonce[offset] }
            }
            AES256CMAC.authenticate(blocks, count: 2, key: key)
            return body(UnsafePointer(blocks))
        }
    }
}

import COpenSSL

/// SHA-256 of a message that comes in pieces.
package struct SHA256Stream: ~Copyable {
    private let context: OpaquePointer

    package init() {
        guard let context = EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
        self.context = context
        precondition(EVP_DigestInit_ex(context, OpenSSL.sha256, nil) == 1, "OpenSSL has no SHA-256")
    }

    deinit { EVP_MD_CTX_free(context) }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        precondition(EVP_DigestUpdate(context, start, bytes.count) == 1, "OpenSSL does not hash: out of memory")
    }

    /// The 32 bytes of the digest.
    package consuming func finish() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: SHA256Context.byteCount) { digest, initialized in
            precondition(EVP_DigestFinal_ex(context, digest.baseAddress, nil) == 1, "OpenSSL does not hash: out of memory")
            initialized = SHA256Context.byteCount
        }
    }
}

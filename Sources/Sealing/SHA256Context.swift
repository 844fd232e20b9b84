import COpenSSL

/// SHA-256 of many short messages one after the other, without memory of its own for each: for trees of hashes.
package struct SHA256Context: ~Copyable {
    package static let byteCount = 32
    private let context: OpaquePointer

    package init() {
        guard let context = EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
        precondition(EVP_DigestInit_ex(context, OpenSSL.sha256, nil) == 1, "OpenSSL has no SHA-256")
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Hashes one byte and what follows it.
    ///
    /// - Parameter digest: takes 32 bytes; may lie in the message, which has been read by then.
    package borrowing func hash(_ first: UInt8, _ rest: UnsafeRawBufferPointer, into digest: UnsafeMutableRawPointer) {
        var first = first
        let isHashed =
            EVP_DigestInit_ex(context, nil, nil) == 1 && EVP_DigestUpdate(context, &first, 1) == 1
            && (rest.isEmpty || EVP_DigestUpdate(context, rest.baseAddress, rest.count) == 1)
            && EVP_DigestFinal_ex(context, digest.assumingMemoryBound(to: UInt8.self), nil) == 1
        precondition(isHashed, "OpenSSL does not hash: out of memory")
    }
}

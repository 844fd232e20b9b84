import COpenSSL

/// The certificates that a time-stamp has to lead to.
package struct TimestampAuthorities: Sendable, Equatable {
    private let pem: [UInt8]

    /// - Parameter pem: one or more certificates as PEM text; other text between them is passed over.
    /// - Throws: `malformed` when there is none, or one that cannot be read.
    package init(pem: [UInt8]) throws(TimestampError) {
        self.pem = pem
        _ = try store()
    }

    /// All of them, for one verification.
    func store() throws(TimestampError) -> OpenSSLHandle<OpaquePointer> {
        _ = OpenSSL.sha256
        guard let store = OpenSSLHandle(owning: X509_STORE_new(), X509_STORE_free) else { preconditionFailure("out of memory") }
        defer { ERR_clear_error() }
        var count = 0
        let isWhole = pem.withUnsafeBytes { bytes in
            guard let source = OpenSSLHandle(owning: BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count)), { BIO_free($0) }) else {
                return false
            }
            while let certificate = OpenSSLHandle(owning: source.with { PEM_read_bio_X509($0, nil, nil, nil) }, X509_free) {
                guard certificate.with({ certificate in store.with { X509_STORE_add_cert($0, certificate) } }) == 1 else { return false }
                count += 1
            }
            let error = ERR_peek_last_error()
            return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE
        }
        guard isWhole, count > 0 else { throw .malformed }
        return store
    }
}

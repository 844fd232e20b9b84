import COpenSSL

/// The algorithms of OpenSSL 3 that this module uses, each looked up once a process: a look-up costs more than the algorithm.
///
/// SAFETY: a fetched algorithm is immutable and counts its users atomically; none is ever given back.
enum OpenSSL {
    nonisolated(unsafe) static let aes256 = fetch("AES-256-ECB", EVP_CIPHER_fetch)
    nonisolated(unsafe) static let aes256GCM = fetch("AES-256-GCM", EVP_CIPHER_fetch)
    nonisolated(unsafe) static let chacha20Poly1305 = fetch("ChaCha20-Poly1305", EVP_CIPHER_fetch)
    nonisolated(unsafe) static let sha256 = fetch("SHA256", EVP_MD_fetch)
    nonisolated(unsafe) static let hmac = fetch("HMAC", EVP_MAC_fetch)

    /// Without OpenSSL's clean-up at exit: it would free the algorithms under threads that still seal.
    private static let isReady = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil) == 1

    private static func fetch(
        _ name: String, _ find: (OpaquePointer?, UnsafePointer<CChar>?, UnsafePointer<CChar>?) -> OpaquePointer?
    ) -> OpaquePointer {
        guard isReady, let algorithm = find(nil, name, nil) else { preconditionFailure("OpenSSL has no \(name)") }
        return algorithm
    }
}

/// One use of a cipher under one key. What the key became is overwritten when the context goes, so none is kept for the next use;
/// making one anew costs a twentieth of the encryption of a field.
struct CipherContext: ~Copyable {
    private let context: OpaquePointer

    init() {
        guard let context = EVP_CIPHER_CTX_new() else { preconditionFailure("out of memory") }
        self.context = context
    }

    deinit { EVP_CIPHER_CTX_free(context) }

    borrowing func with<Value>(_ body: (OpaquePointer) -> Value) -> Value { body(context) }
}

import COpenSSL

/// HMAC-SHA-256 (RFC 2104) of OpenSSL, with keys of any length but none.
package enum HMACSHA256 {
    package static let byteCount = 32

    package static func authenticate(_ message: [UInt8], key: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { code, initialized in
            guard let start = code.baseAddress else { preconditionFailure("a code is never empty") }
            let context = Context(key: key)
            message.withUnsafeBytes { context.update($0) }
            context.finish(into: start)
            initialized = byteCount
        }
    }

    /// One code under way; what the key became is overwritten when it goes.
    struct Context: ~Copyable {
        private let context: OpaquePointer

        /// Copied by each context: to name the hash function costs as much as the code itself.
        ///
        /// SAFETY: keyed with a public byte, never changed after it is made, and copying only reads it.
        private nonisolated(unsafe) static let template: OpaquePointer = {
            guard let context = EVP_MAC_CTX_new(OpenSSL.hmac) else { preconditionFailure("out of memory") }
            var name = Array("SHA256".utf8CString)
            var key: UInt8 = 0
            let isReady = name.withUnsafeMutableBufferPointer { name in
                var parameters = [
                    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.baseAddress, 0), OSSL_PARAM_construct_end(),
                ]
                return EVP_MAC_init(context, &key, 1, &parameters) == 1
            }
            precondition(isReady, "OpenSSL has no HMAC-SHA-256")
            return context
        }()

        init(key: UnsafeRawBufferPointer) {
            guard let start = key.baseAddress?.assumingMemoryBound(to: UInt8.self), key.count > 0 else {
                preconditionFailure("a key is never empty")
            }
            guard let context = EVP_MAC_CTX_dup(Self.template) else { preconditionFailure("out of memory") }
            self.context = context
            precondition(EVP_MAC_init(context, start, key.count, nil) == 1, "out of memory")
        }

        deinit { EVP_MAC_CTX_free(context) }

        borrowing func update(_ bytes: UnsafeRawBufferPointer) {
            guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            precondition(EVP_MAC_update(context, start, bytes.count) == 1, "OpenSSL does not authenticate")
        }

        /// Writes the code's 32 bytes.
        consuming func finish(into code: UnsafeMutablePointer<UInt8>) {
            var count = 0
            precondition(EVP_MAC_final(context, code, &count, HMACSHA256.byteCount) == 1, "OpenSSL does not authenticate")
        }
    }
}

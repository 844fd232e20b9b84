import COpenSSL

/// SHA-256 (FIPS 180-4) of OpenSSL.
package enum SHA256 {
    package static func hash(_ message: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { digest, initialized in
            let isHashed = EVP_Digest(message, message.count, digest.baseAddress, nil, OpenSSL.sha256, nil) == 1
            precondition(isHashed, "OpenSSL does not hash: out of memory")
            initialized = 32
        }
    }
}

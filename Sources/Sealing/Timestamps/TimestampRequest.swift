import COpenSSL

/// Asks a time-stamping authority (RFC 3161) to confirm that some bytes exist now. It sees their SHA-256 digest only.
package struct TimestampRequest: Sendable, Equatable {
    package static let contentType = "application/timestamp-query"

    /// Of the bytes.
    package let digest: [UInt8]
    /// Comes back in the reply, so that an old one does not pass for a new one.
    package let nonce: UInt64

    /// A request with a nonce of its own.
    package init(for bytes: [UInt8]) {
        digest = SHA256.hash(bytes)
        nonce = randomBytes(count: 8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// What is sent: version 1, with the wish for the authority's certificate in the reply.
    package var der: [UInt8] {
        Self.handle(digest: digest, nonce: nonce).with { request in
            let count = Int(i2d_TS_REQ(request, nil))
            precondition(count > 0, "OpenSSL does not encode: out of memory")
            return [UInt8](unsafeUninitializedCapacity: count) { bytes, initialized in
                var end = bytes.baseAddress
                initialized = Int(i2d_TS_REQ(request, &end))
            }
        }
    }

    static func handle(digest: [UInt8], nonce: UInt64?) -> OpenSSLHandle<OpaquePointer> {
        _ = OpenSSL.sha256
        guard let request = OpenSSLHandle(owning: TS_REQ_new(), TS_REQ_free),
            let imprint = OpenSSLHandle(owning: TS_MSG_IMPRINT_new(), TS_MSG_IMPRINT_free),
            let algorithm = OpenSSLHandle(owning: X509_ALGOR_new(), X509_ALGOR_free),
            let number = OpenSSLHandle(owning: ASN1_INTEGER_new(), ASN1_INTEGER_free)
        else { preconditionFailure("out of memory") }
        // Each call copies what it is given.
        let isMade = request.with { request in
            imprint.with { imprint in
                algorithm.with { algorithm in
                    X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, nil) == 1
                        && TS_MSG_IMPRINT_set_algo(imprint, algorithm) == 1
                }
                    && digest.withUnsafeBufferPointer { digest in
                        let start = UnsafeMutablePointer(mutating: digest.baseAddress)
                        return TS_MSG_IMPRINT_set_msg(imprint, start, Int32(digest.count)) == 1
                    }
                    && TS_REQ_set_msg_imprint(request, imprint) == 1
            }
                && number.with { number in
                    guard let nonce else { return true }
                    return ASN1_INTEGER_set_uint64(number, nonce) == 1 && TS_REQ_set_nonce(request, number) == 1
                }
                && TS_REQ_set_version(request, 1) == 1 && TS_REQ_set_cert_req(request, 1) == 1
        }
        precondition(isMade, "OpenSSL makes no request: out of memory")
        return request
    }
}

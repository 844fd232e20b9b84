import COpenSSL
import Glibc
package import Vocabulary

/// What an authority answers to a ``TimestampRequest``, once it was verified. Only verifying makes one.
package struct TimestampReply: Sendable, Equatable {
    package static let contentType = "application/timestamp-reply"

    /// The whole reply as it came: `openssl ts -verify` takes it.
    package let der: [UInt8]
    /// The authority's time, whole seconds.
    package let at: Instant
    /// Whether the authority says that it changed something about the request (status `grantedWithMods`).
    package let isModified: Bool

    /// Verifies the reply to a request that was just made.
    package init(_ der: [UInt8], to request: TimestampRequest, trusting authorities: TimestampAuthorities) throws(TimestampError) {
        try self.init(der, digest: request.digest, nonce: request.nonce, trusting: authorities)
    }

    /// Verifies a reply that was kept: digest, chain and signature. The authority's certificate has to be valid now, not only when it signed.
    ///
    /// OpenSSL makes sure that the signing certificate is for time-stamping alone and says so critically, and that the token names it (ESS).
    ///
    /// - Parameters:
    ///   - digest: SHA-256 of the bytes that the stamp is for.
    ///   - nonce: of the request; without one, any reply about the digest does.
    package init(
        _ der: [UInt8], digest: [UInt8], nonce: UInt64?, trusting authorities: TimestampAuthorities
    ) throws(TimestampError) {
        let store = try authorities.store()
        let request = TimestampRequest.handle(digest: digest, nonce: nonce)
        defer { ERR_clear_error() }
        let response = try Self.parse(der)
        let status = try response.with { response throws(TimestampError) in
            guard let info = TS_RESP_get_status_info(response), let status = TS_STATUS_INFO_get0_status(info) else { throw .malformed }
            var number: Int64 = -1
            guard ASN1_INTEGER_get_int64(&number, status) == 1 else { throw .malformed }
            return Int(number)
        }
        guard status == Int(TS_STATUS_GRANTED) || status == Int(TS_STATUS_GRANTED_WITH_MODS) else { throw .refused(status: status) }

        guard let context = OpenSSLHandle(owning: request.with { TS_REQ_to_TS_VERIFY_CTX($0, nil) }, TS_VERIFY_CTX_free) else {
            preconditionFailure("out of memory")
        }
        let isVerified = context.with { context in
            store.with { store in
                // The context gives back what it is set to.
                X509_STORE_up_ref(store)
                TS_VERIFY_CTX_set_store(context, store)
            }
            TS_VERIFY_CTX_add_flags(context, Int32(TS_VFY_SIGNATURE))
            ERR_clear_error()
            return response.with { TS_RESP_verify_response(context, $0) } == 1
        }
        guard isVerified else { throw Self.reason() }
        at = try response.with { response throws(TimestampError) in try Self.time(response) }
        isModified = status == Int(TS_STATUS_GRANTED_WITH_MODS)
        self.der = der
    }

    private static func parse(_ der: [UInt8]) throws(TimestampError) -> OpenSSLHandle<OpaquePointer> {
        let (pointer, read) = der.withUnsafeBufferPointer { bytes in
            var end = bytes.baseAddress
            let pointer = d2i_TS_RESP(nil, &end, bytes.count)
            return (pointer, bytes.baseAddress.flatMap { start in end.map { start.distance(to: $0) } } ?? 0)
        }
        guard let response = OpenSSLHandle(owning: pointer, TS_RESP_free), read == der.count else { throw .malformed }
        return response
    }

    private static func time(_ response: OpaquePointer) throws(TimestampError) -> Instant {
        var calendar = tm()
        guard let info = TS_RESP_get_tst_info(response), let time = TS_TST_INFO_get_time(info), ASN1_TIME_to_tm(time, &calendar) == 1 else {
            throw .malformed
        }
        return Instant(microseconds: Int64(timegm(&calendar)) * 1_000_000)
    }

    /// What OpenSSL says about a verification that failed. Signature and chain are checked before the content is.
    private static func reason() -> TimestampError {
        var reasons: Set<Int32> = []
        while case let error = ERR_get_error(), error != 0 {
            if ERR_GET_LIB(error) == ERR_LIB_TS { reasons.insert(ERR_GET_REASON(error)) }
        }
        if !reasons.isDisjoint(with: [TS_R_MESSAGE_IMPRINT_MISMATCH, TS_R_NONCE_MISMATCH, TS_R_NONCE_NOT_RETURNED]) { return .mismatched }
        let shapes = [
            TS_R_BAD_PKCS7_TYPE, TS_R_BAD_TYPE, TS_R_DETACHED_CONTENT, TS_R_NO_CONTENT, TS_R_NO_TIME_STAMP_TOKEN, TS_R_PKCS7_TO_TS_TST_INFO_FAILED,
            TS_R_THERE_MUST_BE_ONE_SIGNER, TS_R_TOKEN_NOT_PRESENT, TS_R_UNSUPPORTED_VERSION, TS_R_WRONG_CONTENT_TYPE,
        ]
        return reasons.isDisjoint(with: shapes) ? .untrusted : .malformed
    }
}

import COpenSSL

/// How somebody else's public key verifies, by the names of RFC 7518 section 3.1 and RFC 8037 section 3.1.
///
/// There is no symmetric one and no `none`: whoever can verify cannot sign.
package enum SignatureAlgorithm: String, Sendable, CaseIterable {
    case rs256 = "RS256"
    case ps256 = "PS256"
    case es256 = "ES256"
    case edDSA = "EdDSA"
}

/// The public key of somebody else, who signs what is presented here. It verifies with the algorithms of its kind alone.
package struct PublicKey: Sendable {
    private enum Kind: Sendable {
        case rsa(PublicKeyHandle)
        case p256(PublicKeyHandle)
        case ed25519(VerifyingKey)
    }

    /// A longer modulus verifies slowly, and comes from whoever publishes the key.
    private static let rsaBits = 2048...8192

    private let kind: Kind

    /// An RSA key (RFC 7518 section 6.3.1) of 2,048 to 8,192 bits with an odd exponent of at most 32; else `nil`.
    package static func rsa(modulus: [UInt8], exponent: [UInt8]) -> PublicKey? {
        let (modulus, exponent) = (Array(modulus.drop { $0 == 0 }), Array(exponent.drop { $0 == 0 }))
        guard let top = modulus.first, rsaBits.contains(modulus.count * 8 - top.leadingZeroBitCount), (modulus.last ?? 0) & 1 == 1,
            (1...4).contains(exponent.count), (exponent.last ?? 0) & 1 == 1, exponent != [1]
        else { return nil }
        let key = DER.sequence(DER.integer(modulus) + DER.integer(exponent))
        let algorithm: [UInt8] = [0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00]
        return PublicKeyHandle(der: DER.sequence(algorithm + DER.bits(key))).map { PublicKey(kind: .rsa($0)) }
    }

    /// A point of P-256 by its coordinates, 32 bytes each (RFC 7518 section 6.2.1); `nil` for what is not on the curve.
    package static func p256(x: [UInt8], y: [UInt8]) -> PublicKey? {
        guard x.count == 32, y.count == 32 else { return nil }
        let algorithm: [UInt8] = [
            0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07,
        ]
        return PublicKeyHandle(der: DER.sequence(algorithm + DER.bits([4] + x + y))).map { PublicKey(kind: .p256($0)) }
    }

    /// An Ed25519 key (RFC 8037 section 2).
    package static func ed25519(_ bytes: [UInt8]) -> PublicKey? { VerifyingKey(bytes: bytes).map { PublicKey(kind: .ed25519($0)) } }

    private init(kind: Kind) { self.kind = kind }

    /// Whether a key of this kind may be used with the algorithm.
    package func fits(_ algorithm: SignatureAlgorithm) -> Bool {
        switch (kind, algorithm) {
        case (.rsa, .rs256), (.rsa, .ps256), (.p256, .es256), (.ed25519, .edDSA): true
        case (.rsa, _), (.p256, _), (.ed25519, _): false
        }
    }

    /// Signatures have the form of RFC 7518 section 3: of ECDSA both numbers, 32 bytes each, and not DER.
    package func isValid(_ signature: [UInt8], _ algorithm: SignatureAlgorithm, for message: [UInt8]) -> Bool {
        guard fits(algorithm) else { return false }
        switch kind {
        case .ed25519(let key): return key.isValid(signature, for: message)
        case .rsa(let key): return key.verifies(signature, message, isPSS: algorithm == .ps256)
        case .p256(let key):
            guard signature.count == 64 else { return false }
            let numbers = DER.integer(Array(signature[..<32])) + DER.integer(Array(signature[32...]))
            return key.verifies(DER.sequence(numbers), message, isPSS: false)
        }
    }
}

/// SAFETY: OpenSSL's public keys are not changed by verifying, and count their users atomically; this one is given back when the last goes.
private final class PublicKeyHandle: @unchecked Sendable {
    private let key: OpaquePointer

    /// A SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7).
    init?(der: [UInt8]) {
        defer { ERR_clear_error() }
        let key = der.withUnsafeBufferPointer { bytes in
            var end = bytes.baseAddress
            return d2i_PUBKEY(nil, &end, bytes.count)
        }
        guard let key else { return nil }
        self.key = key
    }

    deinit { EVP_PKEY_free(key) }

    func verifies(_ signature: [UInt8], _ message: [UInt8], isPSS: Bool) -> Bool {
        guard let context = EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
        defer {
            EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        var parameters: OpaquePointer?
        guard EVP_DigestVerifyInit(context, &parameters, OpenSSL.sha256, nil, key) == 1 else { return false }
        if isPSS {
            // The salt is as long as the hash (RFC 7518 section 3.5).
            guard EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1,
                EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, 32) == 1
            else { return false }
        }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}

/// The little of DER (ITU-T X.690) that public keys and signatures are written in.
private enum DER {
    static func sequence(_ content: [UInt8]) -> [UInt8] { tagged(0x30, content) }

    /// A number without sign, its bytes in big-endian order.
    static func integer(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array(bytes.drop { $0 == 0 })
        let isNegativeLooking = (digits.first ?? 0x80) & 0x80 != 0
        return tagged(0x02, (isNegativeLooking ? [0] : []) + digits)
    }

    static func bits(_ content: [UInt8]) -> [UInt8] { tagged(0x03, [0] + content) }

    private static func tagged(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        switch content.count {
        case 0..<0x80: [tag, UInt8(content.count)] + content
        case 0x80..<0x100: [tag, 0x81, UInt8(content.count)] + content
        default: [tag, 0x82, UInt8(content.count >> 8 & 0xFF), UInt8(content.count & 0xFF)] + content
        }
    }
}

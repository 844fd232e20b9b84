package import DataFormats
package import Sealing

/// A JSON Web Signature in compact form (RFC 7515 section 3.1), read and not believed yet.
package struct SignedToken: Sendable {
    static let greatestByteCount = 8192

    package let algorithm: SignatureAlgorithm
    package let keyName: String
    package let type: String?
    /// The payload's own word for who issued it: what says whose keys to try, and nothing else.
    package let claimedIssuer: String
    private let payload: JSONObject
    private let signed: [UInt8]
    private let signature: [UInt8]

    /// Reads the three parts. Members of the header that say where keys are to be had (`jku`, `x5u`, `jwk`, `x5c`) are not looked at.
    package init(_ text: String) throws(TokenFlaw) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.greatestByteCount else { throw .tooLong }
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let head = Base64URL.decode(Array(parts[0])), let body = Base64URL.decode(Array(parts[1])),
            let signature = Base64URL.decode(Array(parts[2]))
        else { throw .malformed }
        // A name that stands twice is refused by the reader (RFC 7515 section 4).
        guard let header = (try? JSONReader.read(head, maximumDepth: 8))?.objectValue, let named = header["alg"]?.stringValue else {
            throw .malformed
        }
        guard let algorithm = SignatureAlgorithm(rawValue: named) else { throw .algorithm }
        guard header["crit"] == nil else { throw .critical }
        if let type = header["typ"], type.stringValue == nil { throw .malformed }
        guard let keyName = header["kid"]?.stringValue else { throw .keyUnknown }
        guard let payload = (try? JSONReader.read(body, maximumDepth: 16))?.objectValue, let issuer = payload["iss"]?.stringValue else {
            throw .malformed
        }
        self.algorithm = algorithm
        self.keyName = keyName
        type = header["typ"]?.stringValue
        claimedIssuer = issuer
        self.payload = payload
        self.signature = signature
        signed = Array(bytes[..<(parts[0].count + 1 + parts[1].count)])
    }

    /// The claims, once the signature is found to be the key's.
    package func verified(by key: PublicKey) throws(TokenFlaw) -> JSONObject {
        guard key.isValid(signature, algorithm, for: signed) else { throw .signature }
        return payload
    }
}

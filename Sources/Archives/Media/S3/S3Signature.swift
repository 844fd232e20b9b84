import DataFormats
import Sealing
import Vocabulary

/// AWS Signature Version 4 for S3, in the `Authorization` header.
///
/// Source: Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header". Every header that is given is signed.
enum S3Signature {
    /// - Parameters:
    ///   - path: percent-encoded, as it is sent.
    ///   - query: names and values that are not encoded.
    ///   - headers: names in lower case, among them `host`; those of the signature are added.
    /// - Returns: the headers with `x-amz-date`, `x-amz-content-sha256` and `authorization`.
    static func signed(
        _ method: String, _ path: String, query: [(String, String)], headers: [(String, String)], bodyDigest: [UInt8], region: String,
        keys: borrowing S3Credentials.Keys, at time: Instant
    ) -> [(String, String)] {
        let moment = stamp(time)
        let day = String(moment.prefix(8))
        let digest = Hex.encode(bodyDigest)
        var headers = headers + [("x-amz-content-sha256", digest), ("x-amz-date", moment)]
        if let token = keys.sessionToken { headers.append(("x-amz-security-token", token)) }
        let sorted = headers.sorted { $0.0 < $1.0 }
        let names = sorted.map(\.0).joined(separator: ";")
        let lines = sorted.map { "\($0.0):\($0.1)\n" }.joined()
        let canonical = "\(method)\n\(path)\n\(self.query(query))\n\(lines)\n\(names)\n\(digest)"
        let scope = "\(day)/\(region)/s3/aws4_request"
        let text = "AWS4-HMAC-SHA256\n\(moment)\n\(scope)\n\(Hex.encode(SHA256.hash(Array(canonical.utf8))))"

        var key = keys.secret.withBytes { HMACSHA256.authenticate(Array(day.utf8), key: $0) }
        defer { wipe(&key) }
        for word in [region, "s3", "aws4_request"] {
            var next = key.withUnsafeBytes { HMACSHA256.authenticate(Array(word.utf8), key: $0) }
            swap(&key, &next)
            wipe(&next)
        }
        let signature = Hex.encode(key.withUnsafeBytes { HMACSHA256.authenticate(Array(text.utf8), key: $0) })
        headers.append(
            ("authorization", "AWS4-HMAC-SHA256 Credential=\(keys.accessKeyID)/\(scope),SignedHeaders=\(names),Signature=\(signature)")
        )
        return headers
    }

    /// As it is sent and signed: sorted, encoded, each name with its `=`.
    static func query(_ query: [(String, String)]) -> String {
        query.map { (encoded($0.0), encoded($0.1)) }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    /// Percent-encodes everything but RFC 3986's unreserved characters.
    static func encoded(_ text: String, sparing spared: String = "") -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                if spared.utf8.contains(byte) { bytes.append(byte) } else { bytes += "%\(Hex.encode([byte]).uppercased())".utf8 }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `20130524T000000Z`
    private static func stamp(_ time: Instant) -> String {
        String(time.description.prefix(19).filter { $0 != "-" && $0 != ":" }) + "Z"
    }
}

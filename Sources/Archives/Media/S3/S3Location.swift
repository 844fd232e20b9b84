import Foundation

/// A bucket of an S3 service, and where in it a repository begins.
package struct S3Location: Sendable, Equatable {
    package let bucket: String
    /// Empty, or ends with a slash.
    let prefix: String
    package let region: String
    /// `https://` or, to this host or when the operator has said so, `http://`.
    let scheme: String
    /// With the port, where it is not the scheme's own: as the `Host` header has it.
    let host: String
    /// Before every key, percent-encoded: `/bucket/` when the bucket is not part of the host's name.
    let root: String

    /// As operators write it.
    package var name: String { prefix.isEmpty ? "s3://\(bucket)" : "s3://\(bucket)/\(prefix.dropLast())" }

    /// - Parameters:
    ///   - text: `s3://bucket/prefix`.
    ///   - endpoint: `https://minio.example.com:9000`, where the bucket is the first word of every path; `https://{bucket}.s3.example.com` where it
    ///     is part of the name; AWS in the region when it is not given. `insecure-http://…` for an endpoint without TLS on another host.
    ///   - region: `us-east-1` when it is not given: services that have no regions take it.
    /// - Throws: `misconfigured`, with a sentence for operators.
    package init(_ text: String, endpoint: String?, region: String?) throws(MediumError) {
        guard text.hasPrefix("s3://"), case let parts = text.dropFirst(5).split(separator: "/", omittingEmptySubsequences: true).map(String.init),
            let bucket = parts.first, Self.isBucket(bucket), parts.dropFirst().allSatisfy(Self.isWord), parts.joined().utf8.count <= 400
        else {
            throw MediumError(
                .misconfigured, "repository", "an S3 repository is written s3://bucket/prefix, with letters, digits, '.', '-' and '_' in the prefix")
        }
        let region = region ?? "us-east-1"
        guard Self.isWord(region) else { throw MediumError(.misconfigured, "region", "this is no region of an S3 service") }
        self.bucket = bucket
        self.region = region
        prefix = parts.dropFirst().map { $0 + "/" }.joined()
        // A bucket with dots in its name fits no certificate as part of a host's.
        let standard = bucket.contains(".") ? "https://s3.\(region).amazonaws.com" : "https://{bucket}.s3.\(region).amazonaws.com"
        let written = endpoint ?? standard
        let isMarked = written.contains("{bucket}.")
        let isAllowed = written.hasPrefix("insecure-http://")
        let plain = (isAllowed ? String(written.dropFirst("insecure-".count)) : written).replacingOccurrences(of: "{bucket}", with: bucket)
        guard let url = URLComponents(string: plain), let scheme = url.scheme?.lowercased(), ["https", "http"].contains(scheme),
            let name = url.host, !name.isEmpty, url.user == nil, url.password == nil, url.query == nil, url.fragment == nil,
            ["", "/"].contains(url.path), plain.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw MediumError(.misconfigured, "endpoint", "the S3 endpoint is not the address of a server, such as https://minio.example.com:9000")
        }
        guard scheme == "https" || isAllowed || Self.isLoopback(name) else {
            throw MediumError(.misconfigured, "endpoint", "the S3 endpoint is plain HTTP to another host; use https, or write insecure-http://")
        }
        self.scheme = scheme
        let isOwnPort = url.port == nil || url.port == (scheme == "https" ? 443 : 80)
        host = isOwnPort ? name : "\(name):\(url.port ?? 0)"
        root = isMarked ? "/" : "/\(bucket)/"
    }

    /// The path of an object, percent-encoded as it is sent and signed; of the bucket, when the key is empty.
    func path(_ key: String) -> String {
        let path = root + S3Signature.encoded(key, sparing: "/")
        return key.isEmpty && path.count > 1 ? String(path.dropLast()) : path
    }

    private static func isBucket(_ text: String) -> Bool {
        (3...63).contains(text.utf8.count) && isWord(text)
            && text.utf8.allSatisfy { !(0x41...0x5A).contains($0) && $0 != UInt8(ascii: "_") }
    }

    private static func isWord(_ text: String) -> Bool {
        !text.isEmpty && text != "." && text != ".."
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || [0x2D, 0x2E, 0x5F].contains($0)
            }
    }

    private static func isLoopback(_ host: String) -> Bool {
        let host = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]")).lowercased()
        if host == "localhost" || host == "::1" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return numbers.count == 4 && numbers[0] == 127 && numbers.allSatisfy { $0 != nil }
    }
}

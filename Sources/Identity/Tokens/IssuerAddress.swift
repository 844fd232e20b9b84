import Foundation

/// An address of an issuer: over TLS, unless it is on this host.
package struct IssuerAddress: Sendable, Equatable {
    package let url: String
    /// Host and port, as they tell one server from another.
    package let server: String
    package let isLoopback: Bool
    private let scheme: String
    private let authority: String
    private let path: String

    /// `nil` for what has a name and a password, a query or a fragment in it, or goes over plain HTTP to another host.
    package init?(_ text: String) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), text.utf8.count <= 1024, let parts = URLComponents(string: text),
            let scheme = parts.scheme?.lowercased(), let host = parts.host?.lowercased(), !host.isEmpty, parts.user == nil, parts.password == nil,
            parts.query == nil, parts.fragment == nil
        else { return nil }
        isLoopback = Self.isLoopback(host)
        guard scheme == "https" || (scheme == "http" && isLoopback) else { return nil }
        url = text
        self.scheme = scheme
        let port = parts.port ?? (scheme == "https" ? 443 : 80)
        server = "\(scheme)://\(host):\(port)"
        authority = parts.port.map { "\(parts.encodedHost ?? host):\($0)" } ?? parts.encodedHost ?? host
        path = parts.percentEncodedPath.hasSuffix("/") ? String(parts.percentEncodedPath.dropLast()) : parts.percentEncodedPath
    }

    /// Where the issuer's metadata may stand, the usual place first (OpenID Connect Discovery section 4, RFC 8414 section 3.1).
    package var metadata: [String] {
        [
            "\(scheme)://\(authority)\(path)/.well-known/openid-configuration",
            "\(scheme)://\(authority)/.well-known/oauth-authorization-server\(path)",
        ]
    }

    /// No other name is looked up for this: whoever answers could say what it likes.
    private static func isLoopback(_ host: String) -> Bool {
        let host = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        if host == "localhost" || host == "::1" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return numbers.count == 4 && numbers[0] == 127 && numbers.allSatisfy { $0 != nil }
    }
}

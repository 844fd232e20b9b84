/// Where messages are handed over, and how.
package struct SMTPServer: Sendable {
    package enum Protection: Sendable, Equatable {
        /// TLS from the first byte (`smtps:`, port 465; RFC 8314).
        case implicit
        /// STARTTLS before anything is said (`smtp:`, port 587; RFC 3207). A server that does not offer it gets nothing.
        case upgrade
        /// None: `smtp:` to this host alone.
        case none
    }

    package let host: String
    package let port: Int
    package let protection: Protection
    package let user: String?
    /// Asked for at each message, so that it is nowhere in between; `nil` when it cannot be had.
    let password: @Sendable () -> [UInt8]?

    package init(host: String, port: Int, protection: Protection, user: String? = nil, password: @escaping @Sendable () -> [UInt8]? = { nil }) {
        self.host = host
        self.port = port
        self.protection = protection
        self.user = user
        self.password = password
    }

    /// Reads `smtp://user@host:port` or `smtps://user@host:port`; user and port may be left out. A password has no place in it.
    ///
    /// - Parameter password: goes with a user.
    package init?(url: String, password: @escaping @Sendable () -> [UInt8]?) {
        let isSecure = url.hasPrefix("smtps://")
        guard isSecure || url.hasPrefix("smtp://") else { return nil }
        var rest = url.drop { $0 != "/" }.dropFirst(2)
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        var user: String?
        if let at = rest.lastIndex(of: "@") {
            user = String(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        var host = String(rest)
        var port = isSecure ? 465 : 587
        let isBracketed = host.hasPrefix("[")
        if let colon = rest.lastIndex(of: ":"), !isBracketed || rest[..<colon].hasSuffix("]") {
            guard let number = Int(rest[rest.index(after: colon)...]), (1...65_535).contains(number) else { return nil }
            port = number
            host = String(rest[..<colon])
        }
        if isBracketed {
            guard host.hasSuffix("]") else { return nil }
            host = String(host.dropFirst().dropLast())
        }
        let isPlain = host.utf8.allSatisfy { byte in
            (0x30...0x3A).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D || byte == 0x2E
        }
        guard !host.isEmpty, isPlain, isBracketed || !host.contains(":"),
            user.map({ !$0.isEmpty && !$0.contains(":") && !$0.utf8.contains(0) }) ?? true
        else { return nil }
        let isHere = host == "localhost" || host == "::1" || host.hasPrefix("127.")
        self.init(host: host, port: port, protection: isSecure ? .implicit : isHere ? .none : .upgrade, user: user, password: password)
    }

    /// Certificates are held against a name; an address has none to send along.
    var serverName: String? { host.contains(":") || host.utf8.allSatisfy { $0 == 0x2E || (0x30...0x39).contains($0) } ? nil : host }
}

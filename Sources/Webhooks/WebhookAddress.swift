import Foundation
import NIOCore
import NIOPosix

/// Where a recipient is told: resolved once, checked, and connected to as checked, so that no name leads into the gateway's own network.
struct WebhookAddress: Sendable {
    enum Problem: String, Error, Sendable {
        case malformed = "address-malformed"
        /// Plain HTTP, which whoever is on the way could read and change.
        case insecure = "address-insecure"
        case unresolved = "address-unresolved"
        /// Leads to this host, to a private network, or to nobody.
        case inward = "address-inward"
        /// A port below 1024 that is not of HTTPS: where mail, names and logins are served.
        case port = "address-port"
    }

    let url: String
    let host: String
    /// The address that was checked, as text.
    let resolved: String

    typealias LookUp = @Sendable (_ host: String, _ port: Int) throws -> [SocketAddress]

    /// - Parameters:
    ///   - allowsPrivate: for recipients in the operator's own network: also plain HTTP and any port are then allowed.
    ///   - lookUp: asked once; what it answers is judged, and what was judged is connected to.
    init(resolving text: String, allowsPrivate: Bool, lookUp: @escaping LookUp = WebhookAddress.lookUp) async throws(Problem) {
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(), let name = parts.host, !name.isEmpty,
            parts.user == nil, parts.password == nil, parts.fragment == nil, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw .malformed }
        guard scheme == "https" || (scheme == "http" && allowsPrivate) else { throw scheme == "http" ? .insecure : .malformed }
        host = name.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        url = text
        // This host by its own name is no question for a resolver, of whom some do not know it with a dot or in capitals (RFC 6761 section 6.3).
        let bare = host.lowercased().hasSuffix(".") ? host.lowercased().dropLast() : host.lowercased()[...]
        let asked = bare == "localhost" || bare.hasSuffix(".localhost") ? "localhost" : host
        let port = parts.port ?? (scheme == "https" ? 443 : 80)
        guard allowsPrivate || port == 443 || (1024...65535).contains(port) else { throw .port }
        let found: [SocketAddress]
        do {
            // getaddrinfo waits for servers: not on a thread that others run on.
            found = try await NIOThreadPool.singleton.runIfActive { try lookUp(asked, port) }
        } catch { throw .unresolved }
        guard let first = found.first, let ip = first.ipAddress else { throw .unresolved }
        guard allowsPrivate || found.allSatisfy({ Self.isOutward($0) }) else { throw .inward }
        resolved = ip
    }

    @Sendable static func lookUp(_ host: String, _ port: Int) throws -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0 else { throw Problem.unresolved }
        defer { freeaddrinfo(list) }
        var found: [SocketAddress] = []
        var next = list
        while let entry = next {
            if let address = entry.pointee.ai_addr {
                switch entry.pointee.ai_family {
                case AF_INET: address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { found.append(SocketAddress($0.pointee)) }
                case AF_INET6: address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { found.append(SocketAddress($0.pointee)) }
                default: break
                }
            }
            next = entry.pointee.ai_next
        }
        return found
    }

    /// Whether an address leads out into the public network.
    static func isOutward(_ address: SocketAddress) -> Bool {
        switch address {
        case .v4(let address): isOutward(v4: withUnsafeBytes(of: address.address.sin_addr) { Array($0) })
        case .v6(let address): isOutward(v6: withUnsafeBytes(of: address.address.sin6_addr) { Array($0) })
        case .unixDomainSocket: false
        }
    }

    /// Special purposes of IPv4 (RFC 6890): this network, private, shared, loopback, link-local, test, relay, benchmark, multicast, reserved.
    static func isOutward(v4 bytes: [UInt8]) -> Bool {
        guard bytes.count == 4 else { return false }
        switch (bytes[0], bytes[1], bytes[2]) {
        case (0, _, _), (10, _, _), (127, _, _), (169, 254, _), (172, 16...31, _), (192, 168, _), (100, 64...127, _), (192, 0, 0), (192, 0, 2),
            (192, 88, 99), (198, 18...19, _), (198, 51, 100), (203, 0, 113), (224...255, _, _):
            return false
        default: return true
        }
    }

    /// Global unicast alone (2000::/3), without what maps or tunnels an IPv4 address, which is then judged as that one.
    static func isOutward(v6 bytes: [UInt8]) -> Bool {
        guard bytes.count == 16 else { return false }
        if bytes[0..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF { return isOutward(v4: Array(bytes[12...])) }
        // The well-known prefix of NAT64 alone (RFC 6052); networks of their own behind 64:ff9b:1::/48 lead nobody knows where.
        if bytes.starts(with: [0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]) { return isOutward(v4: Array(bytes[12...])) }
        if bytes.starts(with: [0x20, 0x02]) { return isOutward(v4: Array(bytes[2..<6])) }
        // For documentation; and 2001::/23, where nothing is but tunnels, tests and keys (RFC 6890).
        if bytes.starts(with: [0x20, 0x01, 0x0D, 0xB8]) || bytes.starts(with: [0x3F, 0xFF]) { return false }
        if bytes.starts(with: [0x20, 0x01]), bytes[2] < 0x02 { return false }
        return bytes[0] & 0xE0 == 0x20
    }
}

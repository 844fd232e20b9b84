/// Where a server listens, with what, and whose word about others it takes.
///
/// Only loopback can be listened on without TLS: the two ways to make one leave no third.
package struct Listener: Sendable {
    let host: String
    let port: Int
    let tls: ServerTLS?
    let trusted: TrustedPeers

    /// - Parameter port: 0 takes a free one.
    package init(host: String, port: Int, tls: ServerTLS, trusted: TrustedPeers = TrustedPeers()) {
        self.host = host
        self.port = port
        self.tls = tls
        self.trusted = trusted
    }

    /// - Returns: `nil` when the host is not loopback.
    package init?(plainOn host: String, port: Int, trusted: TrustedPeers = TrustedPeers()) {
        guard Self.isLoopback(host) else { return nil }
        self.host = host
        self.port = port
        tls = nil
        self.trusted = trusted
    }

    /// A name is none, whatever it leads to now.
    package static func isLoopback(_ host: String) -> Bool {
        guard let loopback = TrustedPeers("127.0.0.0/8,::1") else { return false }
        return loopback.contains(host)
    }
}

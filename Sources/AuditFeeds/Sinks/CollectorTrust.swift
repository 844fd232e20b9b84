import NIOSSL

/// How a collector proves who it is: always by a certificate for its name, of an authority that is trusted.
struct CollectorTrust: Sendable {
    private let authorities: [NIOSSLCertificate]?

    /// The authorities that the system trusts.
    static let system = CollectorTrust(authorities: nil)

    private init(authorities: [NIOSSLCertificate]?) { self.authorities = authorities }

    /// The authorities in a PEM file, and no others; `nil` when there are none to be read in it.
    init?(authoritiesFile path: String) {
        guard let authorities = try? NIOSSLCertificate.fromPEMFile(path), !authorities.isEmpty else { return nil }
        self.authorities = authorities
    }

    /// Nothing older than TLS 1.2 (RFC 9325 section 3.1.1).
    var configuration: TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .fullVerification
        configuration.trustRoots = authorities.map { .certificates($0) } ?? .default
        return configuration
    }
}

extension FeedError {
    /// What a failure of the network means; its text stays behind.
    init(_ failure: any Error) {
        self.init(Self.isDistrust(failure) ? .unverified : .unreachable)
    }

    private static func isDistrust(_ failure: any Error) -> Bool {
        switch failure {
        // Who goes away while greeting has proved nothing, but does not pretend to be somebody either.
        case NIOSSLError.handshakeFailed(.sslError([.eofDuringHandshake])), NIOSSLError.uncleanShutdown: false
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: true
        default: false
        }
    }
}

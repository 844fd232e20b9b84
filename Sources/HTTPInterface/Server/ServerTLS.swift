import Glibc
import NIOSSL
package import Sealing
import Synchronization

/// The server's certificate and key, and whom it takes for a client; exchanged while connections go on.
///
/// TLS 1.2 and 1.3 alone, with ephemeral keys and authenticated encryption alone (RFC 9325), and HTTP/1.1 by ALPN. A connection keeps what it was
/// opened with. Sessions are resumed only with what they were made with: after an exchange everybody proves itself anew.
package final class ServerTLS: Sendable {
    /// Who connects without a certificate of ``Material/clientAuthorities``.
    package enum ClientCertificates: String, Sendable, CaseIterable {
        /// Is let in, without one; a bad one is refused all the same.
        case optional
        case required
    }

    /// What was read from the files, in PEM.
    package struct Material: Sendable {
        let chain: [UInt8]
        let key: [UInt8]
        let clientAuthorities: [UInt8]?
        let clientCertificates: ClientCertificates

        /// - Parameter chain: the server's certificate first, then those that lead to the root.
        package init(chain: [UInt8], key: borrowing SecretBytes, clientAuthorities: [UInt8]?, clientCertificates: ClientCertificates) {
            self.chain = chain
            self.key = key.withBytes { Array($0) }
            self.clientAuthorities = clientAuthorities
            self.clientCertificates = clientCertificates
        }
    }

    /// Why material is not served with; names no content of a file.
    package enum Failure: Error, Sendable {
        case chainUnreadable
        case keyUnreadable
        case keyOfAnother
        case expired
        case notYetValid
        case authoritiesUnreadable
    }

    private struct Standing: Sendable {
        let context: NIOSSLContext
        let expiry: Int
    }

    private let standing: Mutex<Standing>

    package init(_ material: Material) throws(Failure) { standing = Mutex(try Self.make(material)) }

    /// Connections from now on are served with this; when it throws, they go on as they were.
    package func exchange(_ material: Material) throws(Failure) {
        let next = try Self.make(material)
        standing.withLock { $0 = next }
    }

    /// When the server's certificate ends, in seconds since 1970.
    package var expiry: Int { standing.withLock { $0.expiry } }

    func handler() -> NIOSSLServerHandler { NIOSSLServerHandler(context: standing.withLock { $0.context }) }

    private static func make(_ material: Material) throws(Failure) -> Standing {
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(material.chain), let own = chain.first else { throw .chainUnreadable }
        guard let key = try? NIOSSLPrivateKey(bytes: material.key, format: .pem) else { throw .keyUnreadable }
        let now = time(nil)
        guard own.notValidAfter > now else { throw .expired }
        guard own.notValidBefore <= now else { throw .notYetValid }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.cipherSuiteValues = [
            .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
            .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        ]
        configuration.curves = [.x25519_MLKEM768, .x25519, .secp256r1, .secp384r1]
        configuration.applicationProtocols = ["http/1.1"]
        configuration.renegotiationSupport = .none
        if let bytes = material.clientAuthorities {
            guard let authorities = try? NIOSSLCertificate.fromPEMBytes(bytes), !authorities.isEmpty else { throw .authoritiesUnreadable }
            configuration.trustRoots = .certificates(authorities)
            // A client has no host name to be checked; who it is, is for whoever looks at its names.
            configuration.certificateVerification = material.clientCertificates == .required ? .noHostnameVerification : .optionalVerification
            configuration.sendCANameList = true
        }
        guard let context = try? NIOSSLContext(configuration: configuration) else { throw .keyOfAnother }
        return Standing(context: context, expiry: Int(own.notValidAfter))
    }
}

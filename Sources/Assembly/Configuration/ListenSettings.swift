import Foundation
import HTTPInterface
import KeyProviders
import Sealing

/// Where the gateway listens, and with which certificate.
///
/// | variable | meaning |
/// |---|---|
/// | `GATEHOUSE_LISTEN` | HOST:PORT, `127.0.0.1:8080` when not set; only loopback is served without TLS |
/// | `GATEHOUSE_TLS_CERTIFICATE_FILE` | the certificate in PEM, then those that lead to its root |
/// | `GATEHOUSE_TLS_KEY_FILE` | its key in PEM; a file that only its owner can read |
/// | `GATEHOUSE_TLS_CLIENT_CA_FILE` | authorities in PEM whose client certificates are taken |
/// | `GATEHOUSE_TLS_CLIENT_CERTIFICATES` | `optional` (when not set) or `required` |
/// | `GATEHOUSE_TRUSTED_PROXIES` | addresses and networks of proxies whose X-Forwarded-For and Client-Cert count |
struct ListenSettings: Sendable {
    let host: String
    let port: Int
    let tls: TLSFiles?
    let trusted: TrustedPeers

    /// - Parameters:
    ///   - listen: HOST:PORT, before what the environment says.
    ///   - port: a port of 127.0.0.1, instead.
    init(listen: String? = nil, port: Int? = nil, environment: [String: String]) throws(CommandFailure) {
        guard listen == nil || port == nil else { throw CommandFailure(.invalid, "--port and --listen both say where to listen", hint: "keep one") }
        let text = listen ?? port.map { "127.0.0.1:\($0)" } ?? environment["GATEHOUSE_LISTEN"] ?? "127.0.0.1:8080"
        guard let (host, port) = Self.address(text) else {
            throw CommandFailure(
                .invalid, "'\(text)' is no address to listen on", hint: "HOST:PORT, as 127.0.0.1:8080 or [::1]:8080; port 0 takes a free one")
        }
        guard let trusted = TrustedPeers(environment["GATEHOUSE_TRUSTED_PROXIES"] ?? "") else {
            throw CommandFailure(.unfit, "GATEHOUSE_TRUSTED_PROXIES names something that is no address or network", hint: "10.0.0.7, 192.168.4.0/24")
        }
        self.host = host
        self.port = port
        self.trusted = trusted
        tls = try TLSFiles(environment: environment)
        guard tls != nil || Listener.isLoopback(host) else {
            throw CommandFailure(
                .unfit, "\(host) is not loopback, and without TLS nothing else is served",
                hint: "set GATEHOUSE_TLS_CERTIFICATE_FILE and GATEHOUSE_TLS_KEY_FILE, or listen on 127.0.0.1 behind a proxy of this host")
        }
    }

    /// `HOST:PORT` or `[ADDRESS]:PORT`; `localhost` is 127.0.0.1.
    private static func address(_ text: String) -> (host: String, port: Int)? {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (0...65535).contains(port) else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        return (host == "localhost" ? "127.0.0.1" : host, port)
    }

    /// The address as it stands in a URL.
    var authority: String { host.contains(":") ? "[\(host)]" : host }

    func url(port: Int) -> String { "\(tls == nil ? "http" : "https")://\(authority):\(port)" }
}

/// The files that TLS is served with.
struct TLSFiles: Sendable {
    let certificate: String
    let key: SecretFile
    let clientAuthorities: String?
    let clientCertificates: ServerTLS.ClientCertificates

    /// - Returns: `nil` when none is named.
    init?(environment: [String: String]) throws(CommandFailure) {
        let (certificate, key) = (environment["GATEHOUSE_TLS_CERTIFICATE_FILE"], environment["GATEHOUSE_TLS_KEY_FILE"])
        clientAuthorities = environment["GATEHOUSE_TLS_CLIENT_CA_FILE"]
        let word = environment["GATEHOUSE_TLS_CLIENT_CERTIFICATES"]
        guard let certificate, let key else {
            if certificate != nil || key != nil {
                throw CommandFailure(.unfit, "GATEHOUSE_TLS_CERTIFICATE_FILE and GATEHOUSE_TLS_KEY_FILE go together", hint: "set both, or neither")
            }
            if clientAuthorities != nil || word != nil {
                throw CommandFailure(.unfit, "client certificates need TLS", hint: "set GATEHOUSE_TLS_CERTIFICATE_FILE and GATEHOUSE_TLS_KEY_FILE")
            }
            return nil
        }
        guard let clientCertificates = ServerTLS.ClientCertificates(rawValue: word ?? "optional") else {
            throw CommandFailure(.unfit, "GATEHOUSE_TLS_CLIENT_CERTIFICATES is optional or required")
        }
        guard word == nil || clientAuthorities != nil else {
            throw CommandFailure(
                .unfit, "GATEHOUSE_TLS_CLIENT_CERTIFICATES needs authorities to check them with", hint: "set GATEHOUSE_TLS_CLIENT_CA_FILE")
        }
        self.certificate = certificate
        self.key = SecretFile(key, credentialsDirectory: environment["CREDENTIALS_DIRECTORY"])
        self.clientCertificates = clientCertificates
    }

    /// Reads the files; what they hold is looked at by ``ServerTLS``.
    func read() throws(CommandFailure) -> ServerTLS.Material {
        guard let chain = FileManager.default.contents(atPath: certificate) else {
            throw CommandFailure(.unfit, "the certificate file \(certificate) cannot be read")
        }
        var authorities: [UInt8]?
        if let path = clientAuthorities {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw CommandFailure(.unfit, "the client authorities' file \(path) cannot be read")
            }
            authorities = Array(data)
        }
        let key: SecretBytes
        do { key = try self.key.read("TLS key") } catch { throw CommandFailure(error) }
        return ServerTLS.Material(chain: Array(chain), key: key, clientAuthorities: authorities, clientCertificates: clientCertificates)
    }

    func open() throws(CommandFailure) -> ServerTLS {
        let material = try read()
        do { return try ServerTLS(material) } catch { throw failure(error) }
    }

    func exchange(_ tls: ServerTLS) throws(CommandFailure) {
        let material = try read()
        do { try tls.exchange(material) } catch { throw failure(error) }
    }

    private func failure(_ failure: ServerTLS.Failure) -> CommandFailure {
        switch failure {
        case .chainUnreadable: CommandFailure(.unfit, "\(certificate) holds no certificates in PEM")
        case .keyUnreadable: CommandFailure(.unfit, "\(key.path) holds no key in PEM", hint: "a key without passphrase")
        case .keyOfAnother: CommandFailure(.unfit, "the key in \(key.path) is not that of the certificate in \(certificate)")
        case .expired: CommandFailure(.unfit, "the certificate in \(certificate) has expired", hint: "renew it")
        case .notYetValid: CommandFailure(.unfit, "the certificate in \(certificate) is not valid yet", hint: "is this host's clock right?")
        case .authoritiesUnreadable: CommandFailure(.unfit, "\(clientAuthorities ?? "") holds no certificates in PEM")
        }
    }

    /// Sizes, times and identities of the files, to see a renewal by.
    var fingerprint: FolderFingerprint { FolderFingerprint.of(files: [certificate, key.path] + (clientAuthorities.map { [$0] } ?? [])) }
}

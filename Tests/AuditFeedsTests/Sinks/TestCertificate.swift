import Foundation
import NIOSSL
import TestPostgres

/// A certificate that signs itself, and its key, made by `openssl` in a folder of its own.
struct TestCertificate: Sendable {
    /// The certificate in PEM: who trusts it as an authority trusts the server that has its key.
    let path: String
    private let keyPath: String

    /// - Parameter names: as in `subjectAltName`.
    static func make(names: String = "DNS:localhost,IP:127.0.0.1") throws -> TestCertificate {
        let folder = try TemporaryFolder.make()
        let certificate = TestCertificate(path: folder + "/cert.pem", keyPath: folder + "/key.pem")
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        openssl.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=gatehouse test",
            "-addext", "subjectAltName=\(names)", "-keyout", certificate.keyPath, "-out", certificate.path,
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        guard openssl.terminationStatus == 0 else { throw TestFailure("openssl makes no certificate") }
        return certificate
    }

    /// What a server with this certificate offers.
    func serverContext(newest: TLSVersion? = nil) throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMFile(path).map { NIOSSLCertificateSource.certificate($0) }
        let key = try NIOSSLPrivateKey(file: keyPath, format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv1
        configuration.maximumTLSVersion = newest
        return try NIOSSLContext(configuration: configuration)
    }
}

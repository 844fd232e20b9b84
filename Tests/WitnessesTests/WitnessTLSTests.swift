import NIOSSL
import Sealing
import TestAuthority
import Testing
import TransparencyLog

@testable import Witnesses

/// Whom a witness's server is taken for.
@Suite(.enabled(if: OpenSSLAuthority.isInstalled, "openssl is not on the PATH: certificates of servers are not tried"))
struct WitnessTLSTests {
    private let log = TestLog()

    private func context(_ authority: OpenSSLAuthority, _ extensions: String) throws -> NIOSSLContext {
        try authority.issue("tls", extensions: extensions)
        let chain = try NIOSSLCertificate.fromPEMFile(authority.folder + "/tls.pem").map { NIOSSLCertificateSource.certificate($0) }
        let key = try NIOSSLPrivateKey(file: authority.folder + "/tls.key", format: .pem)
        return try NIOSSLContext(configuration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key)))
    }

    private func witness(_ url: String, _ options: String = "") throws -> any Witness {
        try #require(try WitnessSettings(text: "witness strict \(StrictWitness.key) \(url) \(options)").open().first)
    }

    @Test func `V12.3.2: a server whose certificate leads to the named ones is believed, and no other`() async throws {
        let (authority, other) = (try OpenSSLAuthority(), try OpenSSLAuthority())
        let strict = StrictWitness(knowing: [try log.noteKey])
        let server = try await TestServer(tls: context(authority, "server")) { strict.answer($0) }
        try await log.show(3, to: witness(server.url, "ca=\(authority.rootPath)"), lastSize: 0)
        for options in ["", "ca=\(other.rootPath)"] {
            await refused(WitnessError(.unreachable)) { try await log.show(4, to: witness(server.url, options), lastSize: 3) }
        }
        #expect(strict.size(of: log.origin) == 3 && server.requests.count == 1)
    }

    @Test func `a certificate for another host is not believed`() async throws {
        let authority = try OpenSSLAuthority()
        let server = try await TestServer(tls: context(authority, "elsewhere")) { _ in .answer(404) }
        await refused(WitnessError(.unreachable)) { try await log.show(4, to: witness(server.url, "ca=\(authority.rootPath)"), lastSize: 3) }
        #expect(server.requests.isEmpty)
    }

    @Test func `a time-stamping authority has one authority for its stamps and another for its server`() async throws {
        let (stamps, tls) = (try OpenSSLAuthority(), try OpenSSLAuthority())
        let server = try await TestServer(tls: context(tls, "server")) { TimestampServer.answer($0, stamps) }
        func witness(_ options: String) throws -> any Witness {
            try #require(try WitnessSettings(text: "timestamp stamp \(server.url)/tsr \(options)").open().first)
        }
        let evidence = try await log.show(5, to: witness("ca=\(stamps.rootPath) tls-ca=\(tls.rootPath)"), lastSize: 0)
        guard case .timestamp = evidence else {
            Issue.record("\(evidence)")
            return
        }
        await refused(WitnessError(.unverified)) {
            try await log.show(5, to: witness("ca=\(tls.rootPath) tls-ca=\(tls.rootPath)"), lastSize: 0)
        }
        await refused(WitnessError(.unreachable)) { try await log.show(5, to: witness("ca=\(stamps.rootPath)"), lastSize: 0) }
    }
}

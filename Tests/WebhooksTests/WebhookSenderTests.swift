import SubjectRights
import TestAuthority
import Testing

@testable import Webhooks

/// Messages over real connections.
struct WebhookSenderTests {
    @Test(.enabled(if: OpenSSLAuthority.isInstalled)) func `V12.3.2: whoever has a certificate that nobody vouches for is told nothing`() async throws
    {
        let authority = try OpenSSLAuthority()
        try authority.issue("server", extensions: "server")
        let server = try await TestServer(tls: try authority.serverContext()) { _ in .answer(204) }
        let sender = WebhookSender(allowsPrivate: true)
        #expect(await sender.call(Array("{}".utf8), to: server.url) == .failed(code: "unreachable", retryAfter: nil))
        #expect(server.requests.isEmpty)
        // The same without TLS, which the operator's own networks may do.
        let plain = try await TestServer { _ in .answer(204) }
        #expect(await sender.call(Array("{}".utf8), to: plain.url) == .taken)
    }
}

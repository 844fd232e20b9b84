import Foundation
import HTTPInterface
import NIOCore
import TestPostgres
import Testing

/// The server's TLS, seen by `openssl`.
@Suite(.timeLimit(.minutes(15)))
struct TLSTests {
    @Test func `V12.1.1 [API8]: TLS 1.2 and 1.3 are spoken, and nothing older`() async throws {
        let chain = try await TestChain.make()
        try await chain.issue("server")
        let tls = try ServerTLS(chain.material("server"))
        try await ServedAnswers.with(tls: tls) { server in
            for version in ["-tls1_3", "-tls1_2"] {
                let outcome = try await server.client([version, "-verify_return_error", "-CAfile", chain.path("ca.pem"), "-alpn", "h2,http/1.1"])
                #expect(outcome.output.contains("HTTP/1.1 200 OK"), "\(version): \(outcome.errors)")
                #expect(outcome.output.contains("Strict-Transport-Security: max-age=31536000"))
                #expect(outcome.output.contains("ALPN protocol: http/1.1"), "\(version)")
            }
            for version in ["-tls1_1", "-tls1"] {
                let outcome = try await server.client([version, "-cipher", "ALL:@SECLEVEL=0"])
                #expect(outcome.status != 0 && !outcome.output.contains("HTTP/1.1"), "\(version)")
                // The server said so, and not the client alone.
                #expect(outcome.errors.contains("alert protocol version"), "\(version): \(outcome.errors)")
            }
        }
    }

    @Test(arguments: ["AES128-SHA", "AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "aNULL", "eNULL"])
    func `V12.1.2 [API8]: ciphers without ephemeral keys or authenticated encryption are refused`(cipher: String) async throws {
        let chain = try await TestChain.make()
        try await chain.issue("server")
        try await ServedAnswers.with(tls: try ServerTLS(chain.material("server"))) { server in
            let outcome = try await server.client(["-tls1_2", "-cipher", cipher + ":@SECLEVEL=0"])
            #expect(outcome.status != 0 && !outcome.output.contains("HTTP/1.1"))
            #expect(outcome.errors.contains("handshake failure"), "\(outcome.errors)")
        }
    }

    @Test func `V12.1.3: a client certificate counts when an authority of ours signed it and it has not expired`() async throws {
        let (chain, others) = (try await TestChain.make(), try await TestChain.make())
        for name in ["server", "client"] { try await chain.issue(name) }
        try await chain.issue("former", isExpired: true)
        try await others.issue("client")
        func identity(_ chain: TestChain, _ name: String) -> [String] { ["-cert", chain.path(name + ".pem"), "-key", chain.path(name + ".key")] }
        for clients in ServerTLS.ClientCertificates.allCases {
            try await ServedAnswers.with(tls: try ServerTLS(chain.material("server", clients: clients))) { server in
                for version in ["-tls1_2", "-tls1_3"] {
                    for bad in [identity(chain, "former"), identity(others, "client")] {
                        let outcome = try await server.client([version] + bad)
                        #expect(!outcome.output.contains("HTTP/1.1"), "\(clients) \(version) \(bad)")
                    }
                    #expect(server.requests.isEmpty)
                }
                let nobody = try await server.client([])
                #expect(nobody.output.contains("HTTP/1.1 200") == (clients == .optional))
                #expect(server.requests.count == (clients == .optional ? 1 : 0))
                #expect(server.requests.allSatisfy { $0.clientCertificate == nil })
                let somebody = try await server.client(identity(chain, "client"))
                #expect(somebody.output.contains("HTTP/1.1 200"))
                let text = try #require(server.requests.last?.clientCertificate)
                #expect(Self.pem(text) == chain.bytes("client.pem").filter { $0 != 10 })
            }
        }
    }

    @Test func `a client certificate that expires ends what was opened with it, resumed sessions among it`() async throws {
        let chain = try await TestChain.make()
        try await chain.issue("server")
        let versions = ["-tls1_2", "-tls1_3"]
        try await ServedAnswers.with(tls: try ServerTLS(chain.material("server", clients: .optional))) { server in
            // Where everything takes its time, a certificate of longer life is tried.
            for seconds in [8, 30, 90] {
                try await chain.issue("brief", lasting: seconds)
                let end = ContinuousClock.now + .seconds(seconds)
                let identity = ["-cert", chain.path("brief.pem"), "-key", chain.path("brief.key")]
                var (opened, resumed): ([String], [String]) = ([], [])
                for version in versions {
                    opened.append(try await server.client([version, "-sess_out", chain.path(version)] + identity).output)
                    resumed.append(try await server.client([version, "-sess_in", chain.path(version)] + identity).output)
                }
                guard ContinuousClock.now < end - .seconds(2) else { continue }
                #expect((opened + resumed).allSatisfy { $0.contains("HTTP/1.1 200") })
                #expect(resumed.allSatisfy { $0.contains("Reused, ") })
                #expect(server.requests.allSatisfy { $0.clientCertificate != nil })
                let count = server.requests.count
                try await Task.sleep(until: end + .seconds(2), clock: .continuous)
                for version in versions {
                    let late = try await server.client([version, "-sess_in", chain.path(version)] + identity).output
                    #expect(late.contains("Reused, ") && late.contains("HTTP/1.1 401"), "\(version): \(late)")
                    #expect(try await !server.client([version] + identity).output.contains("HTTP/1.1"), "\(version)")
                }
                #expect(server.requests.count == count)
                return
            }
            Issue.record("four connections took a minute and a half")
        }
    }

    @Test func `a renewed certificate is served with, and one that is not fit is not`() async throws {
        let chain = try await TestChain.make()
        for name in ["server", "renewed"] { try await chain.issue(name) }
        try await chain.issue("former", isExpired: true)
        let tls = try ServerTLS(chain.material("server"))
        try await ServedAnswers.with(tls: tls) { server in
            #expect(try await server.client([]).output.contains("subject=CN = server"))
            try tls.exchange(chain.material("renewed"))
            #expect(try await server.client([]).output.contains("subject=CN = renewed"))
            for (name, key) in [("former", "former"), ("server", "renewed"), ("nothing", "server"), ("server", "nothing")] {
                #expect(throws: ServerTLS.Failure.self) { try tls.exchange(chain.material(name, key: key)) }
            }
            #expect(try await server.client([]).output.contains("subject=CN = renewed"))
        }
    }

    @Test func `V13.1.2 [API4]: whoever does not come to the end of a handshake is let go`() async throws {
        let chain = try await TestChain.make()
        try await chain.issue("server")
        var limits = ServerLimits()
        limits.handshake = .milliseconds(200)
        limits.idle = .hours(1)
        try await ServedAnswers.with(tls: try ServerTLS(chain.material("server")), limits: limits) { server in
            // The beginning of a ClientHello, and nothing at all.
            let begun = try await server.exchange(["\u{16}\u{03}\u{01}"])
            #expect(begun.isEmpty)
            let silent = try await server.exchange([])
            #expect(silent.isEmpty)
            // Whoever speaks without TLS is not answered in the clear.
            let clear = try await server.exchange(["GET / HTTP/1.1\r\nHost: x\r\n\r\n"])
            #expect(!clear.contains("HTTP/1.1 200"))
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `a shutdown answers over TLS what was accepted, and does not wait for ever`() async throws {
        let chain = try await TestChain.make()
        try await chain.issue("server")
        let (holds, hold) = AsyncStream.makeStream(of: Void.self)
        let (arrivals, arrive) = AsyncStream.makeStream(of: Void.self)
        try await ServedAnswers.with(
            tls: try ServerTLS(chain.material("server")),
            hold: {
                arrive.yield()
                for await _ in holds { break }
            }
        ) { server in
            async let outcome = server.client([])
            for await _ in arrivals { break }
            await server.shutDown()
            hold.finish()
            let output = try await outcome.output
            #expect(output.contains("HTTP/1.1 200"))
        }
        var limits = ServerLimits()
        limits.farewell = .milliseconds(100)
        // A request whose body never comes would else hold the server.
        try await ServedAnswers.with(limits: limits) { server in
            async let answer = server.exchange(["GET /a HTTP/1.1\r\nHost: x\r\n\r\nPOST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab"])
            while server.requests.isEmpty { await Task.yield() }
            await server.shutDown()
            let heard = try await answer
            #expect(heard.contains("HTTP/1.1 200"))
        }
    }

    @Test func `nothing but loopback is listened on without TLS`() {
        for host in ["127.0.0.1", "127.8.9.10", "::1"] { #expect(Listener(plainOn: host, port: 0) != nil, "\(host)") }
        for host in ["0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "localhost.example.org", "localhost", "", "127.1"] {
            #expect(Listener(plainOn: host, port: 0) == nil, "\(host)")
        }
    }

    /// The certificate's text in PEM without line breaks.
    private static func pem(_ bytes: [UInt8]) -> [UInt8] {
        Array("-----BEGIN CERTIFICATE-----\(Data(bytes).base64EncodedString())-----END CERTIFICATE-----".utf8)
    }
}

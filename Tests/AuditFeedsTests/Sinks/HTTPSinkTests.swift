import AuditFeeds
import DataFormats
import NIOSSL
import Testing

/// Events by HTTP, against a server with a real socket.
@Suite(.timeLimit(.minutes(15)))
struct HTTPSinkTests {
    @Test
    func `events are posted over TLS, a line each, with the token`() async throws {
        let certificate = try TestCertificate.make()
        let server = try await CollectorServer(.answering([CollectorServer.taken]), tls: certificate.serverContext())
        let token = try secretFile("open-sesame\n")
        let sink = try sink("http siem https://localhost:\(server.port)/in?x=1 token-file=\(token) ca=\(certificate.path)")
        try await sink.deliver(SampleEntry.events(3))
        try await sink.deliver(SampleEntry.events(1))
        let requests = server.requests
        #expect(requests.count == 2)
        let first = try #require(requests.first)
        #expect(first.head.first == "POST /in?x=1 HTTP/1.1")
        #expect(first.header("content-type") == "application/x-ndjson")
        #expect(first.header("authorization") == "Bearer open-sesame")
        #expect(first.body.last == 0x0A)
        let lines = first.body.split(separator: 0x0A)
        #expect(try lines.map { find("metadata.uid", in: try JSONReader.read(Array($0)))?.stringValue } == ["1.0", "1.1", "1.2"])
        // The connection is kept.
        #expect(server.connections.count == 1)
    }

    @Test(arguments: ["https://127.0.0.1", "https://localhost"])
    func `V12.3.2: a certificate of another authority, or for another name, is not trusted`(_ host: String) async throws {
        let own = try TestCertificate.make(names: "DNS:elsewhere.example")
        let other = try TestCertificate.make()
        for (served, trusted) in [(own, other), (other, own), (own, own)] {
            let server = try await CollectorServer(.answering([CollectorServer.taken]), tls: served.serverContext())
            #expect(await failure(try sink("http siem \(host):\(server.port) ca=\(trusted.path)")) == .unverified)
            #expect(server.requests.isEmpty)
        }
    }

    @Test
    func `V12.3.2: a certificate that the system does not know is not trusted`() async throws {
        let certificate = try TestCertificate.make()
        let server = try await CollectorServer(.answering([CollectorServer.taken]), tls: certificate.serverContext())
        #expect(await failure(try sink("http siem https://localhost:\(server.port)")) == .unverified)
        #expect(server.requests.isEmpty)
    }

    @Test
    func `TLS before 1_2 is not spoken`() async throws {
        let certificate = try TestCertificate.make()
        let server = try await CollectorServer(.answering([CollectorServer.taken]), tls: certificate.serverContext(newest: .tlsv11))
        #expect(await failure(try sink("http siem https://localhost:\(server.port) ca=\(certificate.path)")) == .unverified)
    }

    @Test(arguments: ["500 Failed", "503 Busy", "401 Who", "404 None", "304 Same", "199 What"])
    func `any other status than 2xx is a refusal`(_ status: String) async throws {
        let server = try await CollectorServer(.answering([CollectorServer.answer(status)]))
        // An informational status is no answer; none follows it.
        let isAnswer = !status.hasPrefix("1")
        let code = await failure(try sink("http siem http://127.0.0.1:\(server.port)", patience: isAnswer ? .seconds(60) : .seconds(2)))
        #expect(code == (isAnswer ? .refused : .unreachable))
    }

    @Test
    func `a redirect is not followed`() async throws {
        let elsewhere = try await CollectorServer(.answering([CollectorServer.taken]))
        let answer = CollectorServer.answer("307 There", headers: "Location: http://127.0.0.1:\(elsewhere.port)/\r\n")
        let server = try await CollectorServer(.answering([answer]))
        #expect(await failure(try sink("http siem http://127.0.0.1:\(server.port)")) == .refused)
        #expect(elsewhere.connections.isEmpty)
    }

    @Test
    func `a server that is gone cannot be reached, and can once it is back`() async throws {
        let server = try await CollectorServer(.answering([CollectorServer.taken]))
        let sink = try sink("http siem http://127.0.0.1:\(server.port)")
        try await sink.deliver(SampleEntry.events(1))
        try await server.stop()
        #expect(await failure(sink) == .unreachable)
        let next = try await CollectorServer(.answering([CollectorServer.taken]), port: server.port)
        try await sink.deliver(SampleEntry.events(1))
        #expect(next.requests.count == 1)
    }

    @Test
    func `a server that hangs up within a request has not taken it`() async throws {
        let server = try await CollectorServer(.hangingUp(after: 400))
        #expect(await failure(try sink("http siem http://127.0.0.1:\(server.port)"), SampleEntry.events(400)) == .unreachable)
    }

    @Test
    func `half a head is no answer, half a body is one`() async throws {
        let half = try await CollectorServer(.answering(["HTTP/1.1 200 OK\r\nContent-Le"]))
        #expect(await failure(try sink("http siem http://127.0.0.1:\(half.port)")) == .unreachable)
        let cut = try await CollectorServer(.answering(["HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhello"]))
        #expect(await failure(try sink("http siem http://127.0.0.1:\(cut.port)")) == nil)
    }

    @Test
    func `a server that says nothing is given up in time`() async throws {
        let server = try await CollectorServer(.silent)
        #expect(await failure(try sink("http siem http://127.0.0.1:\(server.port)", patience: .milliseconds(300))) == .unreachable)
    }

    @Test
    func `many events go in several requests, in order`() async throws {
        let server = try await CollectorServer(.answering([CollectorServer.taken]))
        try await sink("http siem http://127.0.0.1:\(server.port)").deliver(SampleEntry.events(1201))
        let counts = server.requests.map { $0.body.split(separator: 0x0A).count }
        #expect(counts.reduce(0, +) == 1201)
        #expect(counts.count >= 3 && counts.allSatisfy { $0 <= 500 })
        #expect(server.requests.allSatisfy { $0.body.count <= 1 << 20 })
    }

    @Test
    func `when a later request fails the batch has failed`() async throws {
        let server = try await CollectorServer(.answering([CollectorServer.taken, CollectorServer.answer("500 Failed")]))
        #expect(await failure(try sink("http siem http://127.0.0.1:\(server.port)"), SampleEntry.events(900)) == .refused)
    }

    @Test
    func `an event that is none holds up the others before anything is sent`() async throws {
        let server = try await CollectorServer(.answering([CollectorServer.taken]))
        let events = SampleEntry.events(2) + [FeedEvent(position: 2, epoch: 1, entry: Array("?".utf8))]
        let sink = try sink("http siem http://127.0.0.1:\(server.port)")
        #expect(await failure(sink, events) == .malformed)
        try await sink.deliver([])
        #expect(server.connections.isEmpty)
    }

    @Test
    func `the token is read anew for each delivery, and not taken from a file that others may read`() async throws {
        let server = try await CollectorServer(.answering([CollectorServer.taken]))
        let file = try secretFile("first")
        let sink = try sink("http siem http://127.0.0.1:\(server.port) token-file=\(file)")
        try await sink.deliver(SampleEntry.events(1))
        try rewrite(file, "second\r\n")
        try await sink.deliver(SampleEntry.events(1))
        #expect(server.requests.map { $0.header("authorization") } == ["Bearer first", "Bearer second"])
        for (text, mode) in [("third", 0o644), ("third", 0o660), ("two words", 0o600), ("", 0o600), ("line\nline", 0o600)] {
            try rewrite(file, text, mode: mode)
            #expect(await failure(sink) == .misconfigured)
        }
        #expect(server.requests.count == 2)
    }
}

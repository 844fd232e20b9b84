@testable import AuditFeeds
import DataFormats
import NIOSSL
import Testing

/// Events as syslog messages, against a server with a real socket.
@Suite(.timeLimit(.minutes(15)))
struct SyslogSinkTests {
    /// The messages of octet-counted frames; fails on anything else between them.
    private func messages(_ bytes: [UInt8]) throws -> [String] {
        var messages: [String] = []
        var rest = bytes[...]
        while let space = rest.firstIndex(of: 0x20) {
            let count = try #require(Int(String(decoding: rest[..<space], as: UTF8.self)))
            try #require(rest.endIndex - space > count)
            messages.append(String(decoding: rest[(space + 1)...(space + count)], as: UTF8.self))
            rest = rest[(space + 1 + count)...]
        }
        #expect(rest.isEmpty)
        return messages
    }

    @Test
    func `events are messages with their octets counted, over TLS`() async throws {
        let certificate = try TestCertificate.make()
        for host in ["localhost", "127.0.0.1"] {
            let server = try await CollectorServer(.silent, tls: certificate.serverContext())
            let sink = try sink("syslog logs tls://\(host):\(server.port) ca=\(certificate.path)")
            try await sink.deliver(SampleEntry.events(700))
            try await sink.deliver(SampleEntry.events(2))
            #expect(try await eventually { (try? messages(server.connections.first ?? []).count) == 702 })
            #expect(server.connections.count == 1)
            let first = try #require(try messages(server.connections[0]).first)
            let parts = first.split(separator: " ", maxSplits: 7).map(String.init)
            #expect(parts[0] == "<110>1")
            #expect(parts[1] == "2026-11-22T09:30:00.000001Z")
            #expect(parts[3...6] == ["gatehouse", parts[4], "audit", "-"])
            #expect(Int(parts[4]) != nil)
            #expect(find("class_uid", in: try JSONReader.read(Array(parts[7].utf8))) == 6005)
        }
    }

    @Test
    func `a refused access is a warning, a log taken back is critical, a time that is not there a dash`() throws {
        func header(_ event: FeedEvent) throws -> String {
            let message = SyslogMessage(try OCSFEvent(event), host: "h", process: 7)
            return String(decoding: message.bytes.prefix { $0 != UInt8(ascii: "{") }, as: UTF8.self)
        }
        #expect(try header(SampleEntry().with("decision", "deny").event()).hasPrefix("<108>1 "))
        let begin = SampleEntry().with("action", "begin").with("entity", "log").with("outcome", "changed")
        #expect(try header(begin.event(epoch: 2)).hasPrefix("<106>1 "))
        #expect(try header(SampleEntry().with("at", nil).event()) == "<110>1 - h gatehouse 7 audit - ")
    }

    @Test
    func `events go in the clear to this host`() async throws {
        let server = try await CollectorServer(.silent)
        try await sink("syslog logs tcp://127.0.0.1:\(server.port)").deliver(SampleEntry.events(2))
        #expect(try await eventually { (try? messages(server.connections.first ?? []).count) == 2 })
    }

    @Test
    func `a certificate of another authority, or for another name, is not trusted`() async throws {
        let own = try TestCertificate.make(names: "DNS:elsewhere.example")
        let other = try TestCertificate.make()
        for (served, trusted) in [(own, other), (other, own), (own, own)] {
            for host in ["localhost", "127.0.0.1"] {
                let server = try await CollectorServer(.silent, tls: served.serverContext())
                #expect(await failure(try sink("syslog logs tls://\(host):\(server.port) ca=\(trusted.path)")) == .unverified)
                #expect(server.connections.isEmpty)
            }
        }
    }

    @Test
    func `TLS before 1_2 is not spoken, nor to a server without TLS`() async throws {
        let certificate = try TestCertificate.make()
        let old = try await CollectorServer(.silent, tls: certificate.serverContext(newest: .tlsv11))
        #expect(await failure(try sink("syslog logs tls://localhost:\(old.port) ca=\(certificate.path)")) == .unverified)
        let plain = try await CollectorServer(.answering([CollectorServer.taken]))
        let code = await failure(try sink("syslog logs tls://localhost:\(plain.port) ca=\(certificate.path)", patience: .milliseconds(300)))
        #expect(code == .unreachable)
    }

    @Test
    func `a lost connection is opened again`() async throws {
        let certificate = try TestCertificate.make()
        let server = try await CollectorServer(.silent, tls: certificate.serverContext())
        let sink = try sink("syslog logs tls://localhost:\(server.port) ca=\(certificate.path)")
        try await sink.deliver(SampleEntry.events(1))
        #expect(try await eventually { server.connections.count == 1 })
        try await server.hangUp()
        // Whether the loss is noticed before or while writing, the batch after that gets through.
        if await failure(sink) != nil { try await sink.deliver(SampleEntry.events(1)) }
        #expect(try await eventually { server.connections.count == 2 })
    }

    @Test
    func `a server that is gone cannot be reached, and can once it is back`() async throws {
        // An address of its own: on the usual one somebody else's server may take the port meanwhile.
        let host = "127.93.71.5"
        let server = try await CollectorServer(.silent, host: host)
        let sink = try sink("syslog logs tcp://\(host):\(server.port)")
        try await sink.deliver(SampleEntry.events(1))
        try await server.stop()
        var code = await failure(sink)
        if code == nil { code = await failure(sink) }
        #expect(code == .unreachable)
        let next = try await CollectorServer(.silent, host: host, port: server.port)
        try await sink.deliver(SampleEntry.events(1))
        #expect(try await eventually { next.connections.count == 1 })
    }

    @Test
    func `a server that hangs up within a batch has not taken it`() async throws {
        let certificate = try TestCertificate.make()
        for tls in [nil, try certificate.serverContext()] as [NIOSSLContext?] {
            let server = try await CollectorServer(.hangingUp(after: 1000), tls: tls)
            let address = tls == nil ? "tcp://127.0.0.1:\(server.port)" : "tls://localhost:\(server.port) ca=\(certificate.path)"
            #expect(await failure(try sink("syslog logs \(address)"), SampleEntry.events(5000)) == .unreachable)
        }
    }

    @Test
    func `a cancelled delivery comes back`() async throws {
        let certificate = try TestCertificate.make()
        // It never greets, so the batch cannot be written.
        let server = try await CollectorServer(.silent)
        let sink = try sink("syslog logs tls://localhost:\(server.port) ca=\(certificate.path)", patience: .seconds(3600))
        let delivery = Task { await failure(sink) }
        #expect(try await eventually { server.connections.count == 1 })
        delivery.cancel()
        #expect(await delivery.value == .unreachable)
    }

    @Test
    func `an event that is none holds up the others before anything is sent`() async throws {
        let server = try await CollectorServer(.silent)
        let sink = try sink("syslog logs tcp://127.0.0.1:\(server.port)")
        #expect(await failure(sink, SampleEntry.events(1) + [FeedEvent(position: 1, epoch: 1, entry: [])]) == .malformed)
        try await sink.deliver([])
        #expect(server.connections.isEmpty)
    }
}

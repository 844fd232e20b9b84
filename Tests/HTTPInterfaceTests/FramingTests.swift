import Foundation
import HTTPInterface
import NIOCore
import NIOHTTP1
import Synchronization
import TestPostgres
import Testing

/// Bytes that no client library would send.
@Suite(.timeLimit(.minutes(15)))
struct FramingTests {
    @Test(arguments: [
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 6\r\n\r\nabcdef",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n\r\nabcde",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nabcde",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nReason: a\u{0}b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nReason: a\rb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n Reason: folded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nNo colon\r\n\r\n",
        "G\u{1}T / HTTP/1.1\r\nHost: x\r\n\r\n",
        "\u{16}\u{3}\u{1}\r\n\r\n",
    ])
    func `V4.2.1 V4.2.4 [API8]: bytes that two readers could take for different requests are no request`(text: String) async throws {
        let next = "GET /smuggled HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        try await ServedAnswers.with { server in
            let answer = try await server.exchange([text + next])
            #expect(answer.hasPrefix("HTTP/1.1 400"), "\(answer.prefix(200))")
            #expect(server.requests.allSatisfy { $0.segments != ["smuggled"] })
        }
    }

    @Test func `API4: who waits too long is answered: a read has ended then, a change goes on`() async throws {
        let (ends, ended) = AsyncStream.makeStream(of: Bool.self)
        let isAnswered = Mutex(false)
        var limits = ServerLimits()
        limits.answer = .milliseconds(200)
        try await ServedAnswers.with(
            limits: limits,
            hold: {
                while !Task.isCancelled, !isAnswered.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(20)) }
                ended.yield(Task.isCancelled)
            }
        ) { server in
            var iterator = ends.makeAsyncIterator()
            let read = try await server.exchange(["GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n"])
            #expect(read.hasPrefix("HTTP/1.1 503") && read.contains("\"busy\"") && read.components(separatedBy: "HTTP/1.1").count == 2, "\(read)")
            #expect(!read.contains("Strict-Transport-Security"))
            #expect(await iterator.next() == true)
            let change = try await server.exchange(["POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"])
            #expect(change.hasPrefix("HTTP/1.1 503") && change.contains("outcome-unknown"), "\(change)")
            isAnswered.withLock { $0 = true }
            #expect(await iterator.next() == false)
            #expect(server.requests.map(\.segments) == [["a"], ["a"]])
        }
    }

    @Test func `V13.1.2 [API4]: all bodies together have a size, and what is answered or gone counts no more`() async throws {
        var limits = ServerLimits()
        limits.bodies = 100_000
        try await ServedAnswers.with(limits: limits) { server in
            let body = String(repeating: "a", count: 60_000)
            func post(_ more: String) -> String { "POST /\(more) HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 60001\r\n\r\n\(body)" }
            var isOneRefused = false
            // Until the server has read of the one before it has read all of the other.
            while !isOneRefused {
                // Lacks one byte, and keeps what it has sent until the other was answered.
                let gate = DispatchSemaphore(value: 0)
                async let first = server.exchange([post("first"), "b"], gate: gate)
                try await Task.sleep(for: .milliseconds(50))
                let second = try await server.exchange([post("second") + "b"])
                gate.signal()
                let answers = [try await first, second]
                let refused = answers.filter { $0.hasPrefix("HTTP/1.1 503") && $0.contains("\"busy\"") }
                #expect(answers.count { $0.hasPrefix("HTTP/1.1 200") } == 2 - refused.count && refused.count < 2, "\(answers)")
                isOneRefused = !refused.isEmpty
            }
            // Who leaves before the end gives back what it had, and so does who was answered.
            for number in 0..<5 { #expect(try await server.exchange([post("again\(number)") + "b"]).hasPrefix("HTTP/1.1 200"), "\(number)") }
            #expect(
                server.requests.compactMap(\.segments.first).filter { $0.hasPrefix("again") } == ["again0", "again1", "again2", "again3", "again4"])
        }
    }

    @Test func `V4.2.4 [API4]: a head has a size, and a number of fields`() async throws {
        let heads = [
            (0..<200).map { "X-\($0): y\r\n" }.joined(), "Reason: " + String(repeating: "a", count: 20_000) + "\r\n",
            (0..<12).map { "X-\($0): " + String(repeating: "a", count: 8_000) + "\r\n" }.joined(),
        ]
        for head in heads {
            try await ServedAnswers.with { server in
                let answer = try await server.exchange(["GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + head + "\r\n"])
                #expect(answer.hasPrefix("HTTP/1.1 400") && server.requests.isEmpty, "\(head.prefix(20)): \(answer.prefix(100))")
            }
        }
    }

    @Test(arguments: [
        // A head that never ends, a body that never ends, the same in chunks.
        "GET / HTTP/1.1\r\nHost: x\r\nX-A: ", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n384\r\n",
    ])
    func `V13.1.2 [API4]: a request that drips in is dropped, however steadily it drips`(beginning: String) async throws {
        var limits = ServerLimits()
        limits.arrival = .milliseconds(300)
        limits.idle = .hours(1)
        try await ServedAnswers.with(limits: limits) { server in
            let drops = [String](repeating: "a", count: 300)
            let heard = try await server.exchange([beginning] + drops, pause: .milliseconds(20))
            #expect(heard.isEmpty)
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `requests that are sent ahead are answered in their order, and time the server takes is not held against the client`() async throws {
        var limits = ServerLimits()
        limits.arrival = .milliseconds(50)
        try await ServedAnswers.with(limits: limits, hold: { try? await Task.sleep(for: .milliseconds(150)) }) { server in
            let ahead = ["/a", "/b", "/c"].map { "GET \($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined()
            let answer = try await server.exchange([ahead + "GET /d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"])
            #expect(answer.ranges(of: "HTTP/1.1 200 OK").count == 4)
            #expect(server.requests.map(\.segments) == [["a"], ["b"], ["c"], ["d"]])
        }
    }

    @Test func `V4.1.3 [API8]: what proxies say about others is taken from those that are listed alone`() throws {
        let sent: [(String, String)] = [
            ("X-Forwarded-For", "203.0.113.9, 198.51.100.4"), ("x-forwarded-for", "10.1.2.3"), ("Client-Cert", ":MIIB:"),
            ("Forwarded", "for=203.0.113.1"),
            ("X-Real-IP", "203.0.113.2"), ("X-Forwarded-Proto", "https"), ("Reason", "kept"),
        ]
        var headers = HTTPHeaders(sent)
        let stranger = try #require(TrustedPeers().origin(peer: "10.0.0.1", certificate: [7], &headers))
        #expect(stranger.address == "10.0.0.1" && stranger.certificate == [7])
        #expect(headers.map(\.name) == ["Reason"])

        let proxies = try #require(TrustedPeers("10.0.0.0/8, fd00::1"))
        headers = HTTPHeaders(sent)
        // The last that no proxy of ours is: what stands before it the client may have written.
        let proxied = try #require(proxies.origin(peer: "10.0.0.1", certificate: [7], &headers))
        #expect(proxied.address == "198.51.100.4" && proxied.certificate == [0x30, 0x82, 0x01])
        #expect(headers.map(\.name) == ["Reason"])
        // The proxy's own certificate is not that of whoever is behind it.
        var none = HTTPHeaders()
        #expect(proxies.origin(peer: "::ffff:10.0.0.1", certificate: [7], &none)?.certificate == nil)
        #expect(proxies.origin(peer: "11.0.0.1", certificate: [7], &none)?.certificate == [7])
        for bad in ["MIIB", "::", ":%%:", "\"MIIB\""] {
            var headers = HTTPHeaders([("Client-Cert", bad)])
            #expect(proxies.origin(peer: "fd00::1", certificate: nil, &headers) == nil, "\(bad)")
        }
        var twice = HTTPHeaders([("Client-Cert", ":MIIB:"), ("Client-Cert", ":MIIC:")])
        #expect(proxies.origin(peer: "fd00::1", certificate: nil, &twice) == nil)
        for bad in ["10.0.0.0/33", "10.0.0.1/8", "example.org", "10.0.0.0/x", "fd00::/129"] { #expect(TrustedPeers(bad) == nil, "\(bad)") }
    }

    @Test func `a request carries the address and the certificate that stand for it`() async throws {
        let request = "GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\nClient-Cert: :MIIB:\r\nConnection: close\r\n\r\n"
        for (trusted, address) in [(TrustedPeers(), "127.0.0.1"), (TrustedPeers("127.0.0.1") ?? TrustedPeers(), "203.0.113.9")] {
            try await ServedAnswers.with(trusted: trusted) { server in
                _ = try await server.exchange([request])
                #expect(server.requests.map(\.peer) == [address])
                #expect(server.requests.map { $0.clientCertificate != nil } == [address != "127.0.0.1"])
                #expect(server.requests.allSatisfy { !$0.headers.contains(name: "Client-Cert") })
            }
        }
    }
}

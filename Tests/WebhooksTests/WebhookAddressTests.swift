import NIOCore
import SubjectRights
import Synchronization
import Testing

@testable import Webhooks

struct WebhookAddressTests {
    @Test(arguments: [
        "127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "198.18.0.1", "192.0.2.1", "::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "::7f00:1", "64:ff9b:1::808:808", "2001:10::1", "3fff::1", "0x7f000001", "2130706433",
        "017700000001", "0x7f.1", "127.1", "0", "[::ffff:7f00:1]", "[::ffff:169.254.169.254]", "localhost", "LOCALHOST.",
    ])
    func `V13.2.4, V15.3.2 [API7]: an address that leads inward is refused`(text: String) async {
        let url = text.contains(":") && !text.hasPrefix("[") ? "https://[\(text)]/hook" : "https://\(text)/hook"
        await #expect(throws: WebhookAddress.Problem.inward) { try await WebhookAddress(resolving: url, allowsPrivate: false) }
        await #expect(throws: Never.self) { try await WebhookAddress(resolving: url, allowsPrivate: true) }
    }

    @Test(arguments: ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8"])
    func `an address that leads outward is connected to as it was checked`(text: String) async throws {
        let url = text.contains(":") ? "https://[\(text)]/hook" : "https://\(text)/hook"
        let address = try await WebhookAddress(resolving: url, allowsPrivate: false)
        #expect(address.host == text && !address.resolved.isEmpty)
    }

    @Test func `V13.2.4, V15.3.2 [API7]: a name that leads inward is refused by what it resolves to`() async {
        await #expect(throws: WebhookAddress.Problem.inward) { try await WebhookAddress(resolving: "https://localhost/hook", allowsPrivate: false) }
    }

    @Test(arguments: [
        "ftp://example.org/", "https://user@example.org/", "https:///x", "https://exa mple.org/", "example.org", "https://example.org/#f",
    ])
    func `what is no address of a webhook is refused`(text: String) async {
        await #expect(throws: WebhookAddress.Problem.malformed) { try await WebhookAddress(resolving: text, allowsPrivate: true) }
    }

    @Test func `plain HTTP is for the operator's own network alone`() async {
        await #expect(throws: WebhookAddress.Problem.insecure) { try await WebhookAddress(resolving: "http://8.8.8.8/hook", allowsPrivate: false) }
    }

    @Test func `statuses mean what the specification says`() {
        #expect(WebhookSender.outcome(204, retryAfter: nil) == .taken)
        #expect(WebhookSender.outcome(410, retryAfter: nil) == .gone)
        #expect(WebhookSender.outcome(302, retryAfter: nil) == .failed(code: "status-302", retryAfter: nil))
        #expect(WebhookSender.outcome(429, retryAfter: "120") == .failed(code: "status-429", retryAfter: .seconds(120)))
        #expect(WebhookSender.outcome(503, retryAfter: "999999999") == .failed(code: "status-503", retryAfter: .seconds(86_400)))
        #expect(WebhookSender.outcome(500, retryAfter: "120") == .failed(code: "status-500", retryAfter: nil))
    }

    @Test(arguments: [22, 25, 53, 80, 0, 1023])
    func `V13.2.4, V15.3.2 [API7]: ports where mail, names and logins are served are refused`(port: Int) async {
        await #expect(throws: WebhookAddress.Problem.port) {
            try await WebhookAddress(resolving: "https://8.8.8.8:\(port)/hook", allowsPrivate: false)
        }
    }

    @Test func `V13.2.4, V15.3.2 [API7]: a name that has one good address and one inward is refused`() async throws {
        let (good, bad) = (try SocketAddress(ipAddress: "8.8.8.8", port: 443), try SocketAddress(ipAddress: "10.0.0.1", port: 443))
        await #expect(throws: WebhookAddress.Problem.inward) {
            try await WebhookAddress(resolving: "https://hook.example/", allowsPrivate: false) { _, _ in [good, bad] }
        }
    }

    @Test func `V13.2.4, V15.3.2 [API7]: a name that leads elsewhere the next time is judged again, and asked once for each message`() async throws {
        let asked = Mutex(0)
        let sender = WebhookSender(allowsPrivate: false) { _, _ in
            let count = asked.withLock { count in
                count += 1
                return count
            }
            return [try SocketAddress(ipAddress: count == 1 ? "8.8.8.8" : "127.0.0.1", port: 443)]
        }
        #expect(await sender.problem(with: "https://hook.example/") == nil)
        let secrets = try #require(WebhookSecrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        let outcome = await sender.send([], id: "e", to: "https://hook.example/", signing: secrets, now: 1)
        #expect(outcome == .failed(code: "address-inward", retryAfter: nil))
        #expect(asked.withLock { $0 } == 2)
    }

    @Test func `a signature is the one that the specification's example has`() throws {
        let secrets = try #require(WebhookSecrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        let signature = secrets.signature(id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8))
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }
}

import DataFormats
import Sealing
import SubjectRights
import Testing

struct WebhookSecretsTests {
    private let id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
    private let body = Array(#"{"test": 2432232314}"#.utf8)

    /// The known answer of Standard Webhooks 1.0.0.
    @Test func `a shared secret signs as the specification says`() throws {
        let secrets = try #require(WebhookSecrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"))
        #expect(secrets.signature(id: id, timestamp: 1_614_265_330, body: body) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        #expect(secrets.signature(id: id, timestamp: 1_614_265_331, body: body) != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test func `while secrets are exchanged both sign, and a key of its own signs with Ed25519`() throws {
        let seed = [UInt8](repeating: 7, count: 32)
        guard let key = SigningKey(seed: SecretBytes(copying: seed)) else {
            Issue.record("32 bytes are a seed")
            return
        }
        let secrets = try #require(WebhookSecrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\nwhsk_\(Base64.encode(seed))"))
        let parts = secrets.signature(id: id, timestamp: 1_614_265_330, body: body).split(separator: " ")
        #expect(parts.count == 2 && parts[0] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" && parts[1].hasPrefix("v1a,"))
        let signature = try #require(Base64.decode(Array(parts[1].utf8.dropFirst(4))))
        #expect(key.verifyingKey.isValid(signature, for: Array("\(id).1614265330.".utf8) + body))
    }

    @Test(arguments: ["", "\n", "whsec_", "whsec_c2hvcnQ=", "secret", "whsk_c2hvcnQ=", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\nwhsec_x"])
    func `what is no secret is refused as a whole`(text: String) {
        #expect(WebhookSecrets(text) == nil)
    }

    @Test func `tries go on for three days, each later than the one before, and then somebody is asked`() {
        let waits = (1...9).compactMap { NoticeSchedule.wait(after: $0, spread: 0) }
        let (minutes, hours) = ([5.0, 30].map { Duration.seconds($0 * 60) }, [2.0, 5, 10, 14, 20, 24].map { Duration.seconds($0 * 3600) })
        #expect(waits == [.seconds(5)] + minutes + hours)
        #expect(NoticeSchedule.wait(after: 10) == nil && NoticeSchedule.wait(after: 0) == nil)
        #expect(NoticeSchedule.wait(after: 1, spread: 1) == .milliseconds(5500))
    }
}

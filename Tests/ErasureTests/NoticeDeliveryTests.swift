import DataFormats
import Foundation
import Gateway
import Storage
import SubjectRights
import Synchronization
import TestAuthority
import TestPostgres
import Testing
import Vocabulary
import Webhooks

@testable import Assembly

/// Recipients are told by signed webhooks, as long as it takes, and nothing that is told names anybody.
@Suite(.timeLimit(.minutes(15)))
struct NoticeDeliveryTests {
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    /// Lends a site whose first recipient has a webhook at a server that answers as told.
    private func with(
        _ statuses: [Int], hasSecret: Bool = true, _ body: @escaping @Sendable (ErasureSite, NoticeKeeper, TestServer, UUIDv7) async throws -> Void
    ) async throws {
        let answers = Mutex(statuses)
        let server = try await TestServer { _ in
            let status = answers.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
            return .answer(status, headers: ["Location": "http://127.0.0.1:9/elsewhere", "Retry-After": "7200"])
        }
        let policies = try TemporaryFolder.make() + "/policies"
        try FileManager.default.copyItem(atPath: Repository.policies, toPath: policies)
        let path = policies + "/processing.yaml"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let changed = text.replacing(
            "hosting:       { label: \"Runs the servers\",", with: "hosting:       { label: \"Runs the servers\", webhook: \"\(server.url)/hook\",")
        #expect(changed != text)
        try changed.write(toFile: path, atomically: true, encoding: .utf8)
        try await ErasureSite.with(policies: policies) { site in
            if hasSecret {
                try FileManager.default.createDirectory(atPath: site.folder + "/state/keys/webhooks", withIntermediateDirectories: true)
                try StateDirectory.writeSecret(Self.secret, to: site.folder + "/state/keys/webhooks/hosting")
            }
            let ann = try await site.make("contact", ["given_name": "Ann", "email": "ann@example.org", "external_id": "crm-7"])
            let id = UUIDv7.make()
            _ = try await site.gateway.runErasure(id, of: [SubjectID(ann.uuid)], try await site.context(as: "compliance-officer"))
            let keeper = NoticeKeeper(site.runtime, sender: WebhookSender(allowsPrivate: true))
            try await body(site, keeper, server, id)
        }
    }

    private func notice(_ site: ErasureSite) async throws -> NoticeRow {
        let notices = try await site.gateway.listNotices(openOnly: false, try await site.context(as: "compliance-officer"))
        return try #require(notices.first { $0.recipient == "hosting" })
    }

    @Test func `a notice is tried again with the same id and body, signed each time, until it is taken and acknowledged`() async throws {
        try await with([500, 204]) { site, keeper, server, id in
            let context = try await site.context()
            try await keeper.tell(of: context)
            let first = try await notice(site)
            #expect(first.state == .waiting && first.attempts == 1 && first.failure == "status-500")
            // Not before its time.
            try await keeper.tell(of: context)
            #expect(server.requests.count == 1)
            _ = try await site.store("UPDATE recipient_notice SET next_at = now() WHERE next_at IS NOT NULL")
            try await keeper.tell(of: context)
            let second = try await notice(site)
            #expect(second.state == .delivered && second.deliveredAt != nil && second.failure == nil)
            #expect(server.requests.count == 2)
            let (one, two) = (server.requests[0], server.requests[1])
            #expect(
                one.body == two.body && one.headers["webhook-id"] == second.id.description && one.headers["webhook-id"] == two.headers["webhook-id"])
            let secrets = try #require(WebhookSecrets(Self.secret))
            for request in [one, two] {
                let time = try #require(request.headers["webhook-timestamp"].flatMap { Int64($0) })
                #expect(request.headers["webhook-signature"] == secrets.signature(id: second.id.description, timestamp: time, body: request.body))
            }
            let event = try #require((try? JSONReader.read(one.body))?.objectValue)
            #expect(event["type"] == "subject.erased")
            let data = try #require(event["data"]?.objectValue)
            #expect(data["request"] == .string(id.description) && data["records"]?.arrayValue?.count == 1)
            let text = String(decoding: one.body, as: UTF8.self)
            #expect(text.contains("crm-7") && !text.contains("Ann") && !text.contains("ann@"))
            // A program with the recipient's key says that it has done so.
            let program = try await site.context(as: "integration-app")
            #expect(try await site.gateway.acknowledgeNotice(second.id, program).acknowledgedBy == "host")
            #expect(try await site.store("SELECT payload IS NULL FROM recipient_notice WHERE recipient = 'hosting'") == "t")
        }
    }

    @Test func `a recipient that is gone, or sends elsewhere, is left to somebody or tried again`() async throws {
        try await with([410]) { site, keeper, server, _ in
            try await keeper.tell(of: try await site.context())
            #expect(try await notice(site).state == .byHand)
            #expect(server.requests.count == 1)
        }
        try await with([302]) { site, keeper, server, _ in
            try await keeper.tell(of: try await site.context())
            let notice = try await notice(site)
            #expect(notice.state == .waiting && notice.failure == "status-302")
            #expect(server.requests.map(\.path) == ["/hook"])
        }
        try await with([429]) { site, keeper, _, _ in
            try await keeper.tell(of: try await site.context())
            let next = try #require(try await notice(site).nextAt)
            #expect(next > Instant.now().advanced(by: .seconds(7000)))
        }
    }

    @Test func `without a secret nothing leaves, and the list says why`() async throws {
        try await with([204], hasSecret: false) { site, keeper, server, _ in
            try await keeper.tell(of: try await site.context())
            #expect(server.requests.isEmpty)
            #expect(try await notice(site).failure == "secret-missing")
        }
    }

    @Test func `V13.2.4, V13.2.5, V15.3.2 [API7]: inward addresses are not reached unless the operator allows them`() async throws {
        try await with([204]) { site, _, server, _ in
            try await NoticeKeeper(site.runtime, sender: WebhookSender(allowsPrivate: false)).tell(of: try await site.context())
            #expect(server.requests.isEmpty)
            #expect(try await notice(site).failure == "address-insecure")
        }
    }
}

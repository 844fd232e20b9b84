import Catalog
import DataFormats
import Disclosure
import Gateway
import Identity
import NIOCore
import Storage
import SubjectRights
import Synchronization
import TestAuthority
import TestPostgres
import Testing
import Vocabulary
import Webhooks

@testable import Assembly

/// Subscribers are told of what their owners may know, for as long as it takes, and of nothing else.
@Suite(.timeLimit(.minutes(15)))
struct EventDeliveryTests {
    /// A site, a scripted subscriber, and keepers of one or two gateways over it.
    private struct Scene: Sendable {
        let site: ErasureSite
        let server: TestServer
        let keeper: EventKeeper

        /// A key with roles, and its owner as a caller.
        func key(_ roles: [String], purpose: String? = nil) async throws -> (id: String, context: RequestContext) {
            var order = CredentialOrder(roles: roles)
            order.purpose = purpose
            let (key, _) = try await site.gateway.issueCredential(order, try await site.context())
            let principal = try await site.gateway.authenticator().authenticate(PresentedCredential(key.revealed), at: .now())
            let name = site.gateway.usualPurpose(of: principal)
            let context = RequestContext(
                principal: principal, purpose: name.flatMap { site.gateway.catalog.purposes[$0] }, policies: site.gateway.policies, requestID: .make()
            )
            return (key.id, context)
        }

        func endpoint(_ types: [String], filter: String? = nil, _ context: RequestContext) async throws -> (endpoint: Endpoint, secret: String) {
            var order = EndpointOrder()
            (order.url, order.types, order.filter) = (server.url + "/hook", types, filter)
            let made = try await site.gateway.createEndpoint(order, context)
            return (made.endpoint, made.secret)
        }

        /// What is due is told, and what was to be tried later, too.
        func tell() async throws {
            _ = try await site.store("UPDATE event_delivery SET next_at = now() WHERE next_at IS NOT NULL")
            _ = try await site.store("UPDATE webhook_endpoint SET paused_until = NULL")
            await keeper.tell(of: try await site.context())
        }

        var told: [JSONObject] { server.requests.compactMap { (try? JSONReader.read($0.body))?.objectValue } }
        func types() -> [String] { told.compactMap { $0["type"]?.stringValue } }

        func amend(_ entity: String, _ id: RecordID, _ patch: JSONObject) async throws {
            let entity = try #require(site.gateway.catalog.entity(named: entity))
            _ = try await site.gateway.amend(entity, id, patch, ifMatch: nil, try await site.context())
        }

        func remove(_ entity: String, _ id: RecordID) async throws {
            let entity = try #require(site.gateway.catalog.entity(named: entity))
            try await site.gateway.remove(entity, id, ifMatch: nil, try await site.context())
        }
    }

    private func with(_ replies: [TestServer.Reply], patience: Int64 = 20, _ body: @escaping @Sendable (Scene) async throws -> Void) async throws {
        let waiting = Mutex(replies)
        let server = try await TestServer { _ in waiting.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] } }
        try await ErasureSite.with(environment: ["GATEHOUSE_WEBHOOKS_ALLOW_PRIVATE": "1"]) { site in
            let sender = WebhookSender(allowsPrivate: true, patience: .seconds(patience))
            try await body(Scene(site: site, server: server, keeper: EventKeeper(site.runtime, sender: sender)))
        }
    }

    @Test func `a change is told signed, thin, with the names that changed and no values, and each telling is on record`() async throws {
        try await with([.answer(204)]) { scene in
            let (_, owner) = try await scene.key(["administrator"])
            let (endpoint, secret) = try await scene.endpoint(["contact.*"], owner)
            let id = try await scene.site.make("contact", ["given_name": "Xanthippe", "email": "xanthippe@example.org"])
            try await scene.amend("contact", id, ["given_name": "Aspasia"])
            _ = try await scene.site.make("account", ["name": "Ltd"])
            try await scene.tell()
            #expect(Set(scene.types()) == ["contact.created", "contact.updated"] && scene.told.count == 2)
            let update = try #require(scene.told.first { $0["type"] == "contact.updated" })
            let data = try #require(update["data"]?.objectValue)
            #expect(data["id"] == .string(id.description) && data["entity"] == "contact" && data["version"] == 2)
            #expect(data["fields"] == .array(["given_name"]))
            for request in scene.server.requests {
                let text = String(decoding: request.body, as: UTF8.self)
                #expect(!text.contains("Xanthippe") && !text.contains("Aspasia") && !text.contains("example.org") && request.body.count < 20_000)
                let message = try #require(request.headers["webhook-id"])
                #expect(!message.contains("."))
                let time = try #require(request.headers["webhook-timestamp"].flatMap { Int64($0) })
                let signature = WebhookSecrets(secret)?.signature(id: message, timestamp: time, body: request.body)
                #expect(request.headers["webhook-signature"] == signature)
            }
            #expect(try await scene.site.store("SELECT count(*) FROM event_delivery WHERE state = 'delivered'") == "2")
            let rows = try await scene.site.gateway.deliveries(to: endpoint.id, owner)
            #expect(rows.count == 2 && rows.allSatisfy { $0.attempts == 1 && $0.failure == nil })
            // Nothing of it rests in the clear.
            #expect(try await scene.site.store("SELECT count(*) FROM webhook_endpoint WHERE position('hook'::bytea IN content) > 0") == "0")
        }
    }

    @Test func `each try is a span of its own, in the trace that its entry in the trail has`() async throws {
        try await with([.answer(500), .answer(204)]) { scene in
            let (_, owner) = try await scene.key(["administrator"])
            _ = try await scene.endpoint(["contact.created"], owner)
            _ = try await scene.site.make("contact", ["given_name": "Ann"])
            for _ in 0..<2 { try await scene.tell() }
            let parents = scene.server.requests.compactMap { $0.headers["traceparent"]?.split(separator: "-") }
            #expect(parents.count == 2 && Set(parents).count == 2)
            for parent in parents {
                #expect(parent.map(\.count) == [2, 32, 16, 2] && parent[0] == "00")
                let told = "'\(#""request":"\#(parent[1])""#)'::bytea"
                let count = try await scene.site.store(
                    """
                    SELECT (SELECT count(*) FROM audit_inbox WHERE position(\(told) IN events) > 0)
                      + (SELECT count(*) FROM audit_event WHERE position(\(told) IN entry) > 0)
                    """)
                #expect(count == "1")
            }
        }
    }

    @Test func `nothing is written down where nobody asked`() async throws {
        try await with([.answer(204)]) { scene in
            _ = try await scene.site.make("contact", ["given_name": "Ann"])
            let (_, owner) = try await scene.key(["administrator"])
            _ = try await scene.endpoint(["deal.*"], owner)
            _ = try await scene.site.make("contact", ["given_name": "Bea"])
            #expect(try await scene.site.store("SELECT count(*) FROM change_event") == "0")
        }
    }

    @Test func `an event that is not taken is tried again with the same id and body, and given up after the last try`() async throws {
        try await with([.answer(500), .answer(302, headers: ["Location": "http://127.0.0.1:9/"]), .hangUp, .answer(503)]) { scene in
            let (_, owner) = try await scene.key(["administrator"])
            let (endpoint, _) = try await scene.endpoint(["contact.created"], owner)
            _ = try await scene.site.make("contact", ["given_name": "Ann"])
            for attempt in 1...10 {
                try await scene.tell()
                #expect(scene.server.requests.count == attempt)
            }
            let requests = scene.server.requests
            #expect(Set(requests.map { $0.headers["webhook-id"] }).count == 1 && Set(requests.map(\.body)).count == 1)
            let dead = try await scene.site.gateway.deliveries(to: endpoint.id, in: .dead, owner)
            #expect(dead.count == 1 && dead[0].attempts == 10 && dead[0].failure == "status-503" && dead[0].nextAt == nil)
            let after = try await scene.site.gateway.endpoint(endpoint.id, owner)
            #expect(after.disabledBecause == "failing")
            // Until its owner wants it again.
            var enabling = EndpointOrder()
            enabling.isEnabled = true
            _ = try await scene.site.gateway.changeEndpoint(endpoint.id, enabling, owner)
            try await scene.site.gateway.replay(.dead, to: endpoint.id, owner)
            try await scene.tell()
            #expect(scene.server.requests.count == 11)
            #expect(scene.server.requests.last?.headers["webhook-id"] == requests[0].headers["webhook-id"])
        }
    }

    @Test func `an endpoint that is gone is told of nothing any more`() async throws {
        try await with([.answer(410)]) { scene in
            let (_, owner) = try await scene.key(["administrator"])
            let (endpoint, _) = try await scene.endpoint(["*"], owner)
            _ = try await scene.site.make("contact", ["given_name": "Ann"])
            try await scene.tell()
            _ = try await scene.site.make("contact", ["given_name": "Bea"])
            try await scene.tell()
            #expect(scene.server.requests.count == 1)
            #expect(try await scene.site.gateway.endpoint(endpoint.id, owner).disabledBecause == "gone")
        }
    }

    @Test func `an endpoint that asks for time gets it, for everything that is meant for it`() async throws {
        try await with([.answer(429, headers: ["Retry-After": "3600"])]) { scene in
            let (_, owner) = try await scene.key(["administrator"])
            _ = try await scene.endpoint(["contact.created"], owner)
            _ = try await scene.site.make("contact", ["given_name": "Ann"])
            try await scene.tell()
            _ = try await scene.site.make("contact", ["given_name": "Bea"])
            await scene.keeper.tell(of: try await scene.site.context())
            #expect(scene.server.requests.count == 1)
            #expect(try await scene.site.store("SELECT paused_until > now() + interval '50 minutes' FROM webhook_endpoint") == "t")
        }
    }

    @Test func `API10: an endpoint that never answers is a failed try, and holds up no other`() async throws {
        try await with([.silence], patience: 1) { scene in
            let (_, owner) = try await scene.key(["administrator"])
            let (slow, _) = try await scene.endpoint(["contact.created"], owner)
            let quick = try await TestServer { _ in .answer(204) }
            var order = EndpointOrder()
            (order.url, order.types) = (quick.url, ["contact.created"])
            _ = try await scene.site.gateway.createEndpoint(order, owner)
            for number in 0..<10 { _ = try await scene.site.make("contact", ["given_name": .string("Ann \(number)")]) }
            try await scene.tell()
            #expect(quick.requests.count == 8)
            let failed = try await scene.site.gateway.deliveries(to: slow.id, owner)
            #expect(failed.count == 8 && failed.allSatisfy { $0.failure == "unreachable" && $0.state == .waiting })
        }
    }

    @Test func `two gateways deliver each event once, and what one had taken when it was killed is delivered by the other`() async throws {
        try await with([.answer(204)]) { scene in
            let (_, owner) = try await scene.key(["administrator"])
            _ = try await scene.endpoint(["contact.created"], owner)
            for number in 0..<12 { _ = try await scene.site.make("contact", ["given_name": .string("Ann \(number)")]) }
            let context = try await scene.site.context()
            let other = EventKeeper(scene.site.runtime, sender: WebhookSender(allowsPrivate: true))
            async let one: Void = scene.keeper.tell(of: context)
            async let two: Void = other.tell(of: context)
            _ = await (one, two)
            await scene.keeper.tell(of: context)
            #expect(scene.server.requests.count == 12 && Set(scene.server.requests.map { $0.headers["webhook-id"] }).count == 12)
            // Taken, and never answered: nobody has it until the lease ends, and then somebody else does.
            _ = try await scene.site.make("contact", ["given_name": "Zoe"])
            #expect(try await scene.site.gateway.dueEvents(except: [], each: 8, context).count == 1)
            await other.tell(of: context)
            #expect(scene.server.requests.count == 12)
            try await scene.tell()
            #expect(scene.server.requests.count == 13)
        }
    }

    @Test func `V8.2.2 [API1]: a record that the owner may not read is never told of, in no type, list, count or replay`() async throws {
        try await with([.answer(204)]) { scene in
            // Auditors never look at records; support sees no deals' worth.
            let (_, owner) = try await scene.key(["integration-app", "auditor"], purpose: "operations")
            let (_, nobody) = try await scene.key(["auditor"])
            await #expect(throws: Refusal.self) { _ = try await scene.endpoint(["*"], nobody) }
            let (endpoint, _) = try await scene.endpoint(["*"], owner)
            let id = try await scene.site.make("contact", ["given_name": "Ann"])
            // The key's owner loses what let it read.
            _ = try await scene.site.store("UPDATE credential SET roles = '{auditor}', generation = generation + 1 WHERE id = '\(endpoint.owner)'")
            try await scene.amend("contact", id, ["given_name": "Bea"])
            try await scene.remove("contact", id)
            try await scene.tell()
            #expect(scene.server.requests.isEmpty)
            #expect(try await scene.site.store("SELECT count(*) FROM event_delivery") == "0")
            _ = try await scene.site.store(
                "UPDATE credential SET roles = '{administrator}', generation = generation + 1 WHERE id = '\(endpoint.owner)'")
            let context = try await scene.site.context()
            try await scene.site.gateway.replay(.since(Instant(microseconds: 0)), to: endpoint.id, context)
            try await scene.tell()
            // The record is gone: nobody can tell any more whether it might have been told of.
            #expect(scene.server.requests.isEmpty)
        }
    }

    @Test func `V8.2.3, V15.3.1 [API3]: a change of nothing that the owner may see has not happened for it, and hidden names are left out`()
        async throws
    {
        try await with([.answer(204)]) { scene in
            let (_, owner) = try await scene.key(["integration-app"], purpose: "operations")
            let entity = try #require(scene.site.gateway.catalog.entity(named: "contact"))
            let id = try await scene.site.make("contact", ["given_name": "Ann"])
            let shown = try await scene.site.gateway.read(entity, id, owner)
            let names = Set(try #require((try? JSONReader.read(shown.json))?.objectValue).members.map(\.name))
            let hidden = try #require(["national_id", "health_notes", "bank_account"].first { !names.contains($0) })
            _ = try await scene.endpoint(["contact.updated"], owner)
            try await scene.amend("contact", id, [hidden: "secret 1"])
            try await scene.amend("contact", id, [hidden: "secret 2", "given_name": "Bea"])
            try await scene.tell()
            #expect(scene.told.count == 1)
            #expect(scene.told.first?["data"]?.objectValue?["fields"] == .array(["given_name"]))
            // Nor can it be filtered by, and that is said in the words for a name that does not exist.
            var problems: [Refusal] = []
            for name in [hidden, "no_such_field"] {
                do throws(Refusal) {
                    var order = EndpointOrder()
                    (order.url, order.types, order.filter) = (scene.server.url, ["contact.updated"], "\(name) == \"x\"")
                    _ = try await scene.site.gateway.createEndpoint(order, owner)
                } catch { problems.append(error) }
            }
            #expect(problems.count == 2 && problems.allSatisfy { $0.code == .filterInvalid })
            #expect(problems.first?.detail.replacing(hidden, with: "no_such_field") == problems.last?.detail)
        }
    }

    @Test func `a filter lets through what fits it, by plain fields and by sealed ones`() async throws {
        try await with([.answer(204)]) { scene in
            let (_, owner) = try await scene.key(["administrator"])
            _ = try await scene.endpoint(["contact.created"], filter: #"email == "ann@example.org""#, owner)
            let ann = try await scene.site.make("contact", ["given_name": "Ann", "email": "ann@example.org"])
            _ = try await scene.site.make("contact", ["given_name": "Bea", "email": "bea@example.org"])
            try await scene.tell()
            #expect(scene.told.compactMap { $0["data"]?.objectValue?["id"] } == [.string(ann.description)])
            await #expect(throws: Refusal.self) { _ = try await scene.endpoint(["contact.created", "deal.created"], filter: "true", owner) }
        }
    }

    @Test func `that a record is gone is told to whoever might know of it when it went`() async throws {
        try await with([.answer(204)]) { scene in
            let (_, owner) = try await scene.key(["administrator"])
            let (_, _) = try await scene.endpoint(["contact.deleted"], filter: #"email == "ann@example.org""#, owner)
            let ann = try await scene.site.make("contact", ["given_name": "Ann", "email": "ann@example.org"])
            let bea = try await scene.site.make("contact", ["given_name": "Bea", "email": "bea@example.org"])
            try await scene.remove("contact", bea)
            try await scene.remove("contact", ann)
            try await scene.tell()
            #expect(scene.types() == ["contact.deleted"])
            #expect(scene.told.first?["data"]?.objectValue?["id"] == .string(ann.description))
        }
    }

    @Test func `V8.3.2: an owner whose key was revoked is told nothing, and its endpoint says why`() async throws {
        try await with([.answer(204)]) { scene in
            let (key, owner) = try await scene.key(["administrator"])
            let (endpoint, _) = try await scene.endpoint(["contact.created"], owner)
            _ = try await scene.site.make("contact", ["given_name": "Ann"])
            let host = try await scene.site.context()
            try await scene.site.gateway.revokeCredential(key, host)
            try await scene.tell()
            #expect(scene.server.requests.isEmpty)
            #expect(try await scene.site.gateway.endpoint(endpoint.id, host).disabledBecause == "owner-gone")
        }
    }

    @Test func `V8.2.2 [API1]: an endpoint is its owner's alone`() async throws {
        try await with([.answer(204)]) { scene in
            let (_, owner) = try await scene.key(["administrator"])
            let (_, other) = try await scene.key(["administrator"])
            let (endpoint, secret) = try await scene.endpoint(["contact.created"], owner)
            #expect(try await scene.site.gateway.endpoints(other).isEmpty)
            await #expect(throws: Refusal.self) { try await scene.site.gateway.endpoint(endpoint.id, other) }
            await #expect(throws: Refusal.self) { try await scene.site.gateway.deliveries(to: endpoint.id, other) }
            await #expect(throws: Refusal.self) { try await scene.site.gateway.deleteEndpoint(endpoint.id, other) }
            await #expect(throws: Refusal.self) { try await scene.site.gateway.rotateEndpointSecret(endpoint.id, other) }
            // Both secrets sign while they are exchanged.
            let (_, new) = try await scene.site.gateway.rotateEndpointSecret(endpoint.id, owner)
            #expect(new != secret)
            let event = try await scene.site.gateway.testEndpoint(endpoint.id, owner)
            try await scene.tell()
            let request = try #require(scene.server.requests.first)
            #expect(scene.types() == ["webhook.test"] && request.headers["webhook-id"] == "\(event)-\(endpoint.id)")
            let time = try #require(request.headers["webhook-timestamp"].flatMap { Int64($0) })
            let both = WebhookSecrets(new + "\n" + secret)?.signature(id: "\(event)-\(endpoint.id)", timestamp: time, body: request.body)
            #expect(request.headers["webhook-signature"] == both && both?.contains(" ") == true)
            try await scene.site.gateway.deleteEndpoint(endpoint.id, owner)
            #expect(try await scene.site.store("SELECT count(*) FROM event_delivery") == "0")
        }
    }

    @Test func `events that have lasted their time are swept`() async throws {
        try await with([.answer(500)]) { scene in
            let (_, owner) = try await scene.key(["administrator"])
            _ = try await scene.endpoint(["contact.created"], owner)
            _ = try await scene.site.make("contact", ["given_name": "Ann"])
            let context = try await scene.site.context()
            try await scene.site.gateway.sweepEvents(before: Instant.now().advanced(by: .seconds(-60)), context)
            #expect(try await scene.site.store("SELECT count(*) FROM event_delivery") == "1")
            try await scene.site.gateway.sweepEvents(before: Instant.now().advanced(by: .seconds(60)), context)
            #expect(try await scene.site.store("SELECT count(*) FROM change_event") == "0")
            #expect(try await scene.site.store("SELECT count(*) FROM event_delivery") == "0")
        }
    }

    @Test func `what becomes of consents and requests is told to those who may read them`() async throws {
        try await with([.answer(204)]) { scene in
            let (_, officer) = try await scene.key(["compliance-officer"])
            _ = try await scene.endpoint(["consent.*", "hold.*"], officer)
            let ann = try await scene.site.make("contact", ["given_name": "Ann", "email": "ann@example.org"])
            try await scene.site.hold(SubjectID(ann.uuid))
            try await scene.tell()
            #expect(scene.types() == ["hold.placed"])
        }
    }
}

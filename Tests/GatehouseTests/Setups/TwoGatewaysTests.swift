import DataFormats
import Foundation
import TestAuthority
import TestPostgres
import Testing

/// Two gateways over one store, one vault and one folder of keys: whom a balancer sends where makes no difference.
@Suite(.timeLimit(.minutes(15)))
struct TwoGatewaysTests {
    private func with(
        _ settings: [String: String] = [:], policies: String = Repository.policies, _ body: (Site, _ one: Caller, _ two: Caller) async throws -> Void
    ) async throws {
        try await Site.with(policies: policies) { site in
            site.add(settings)
            try await site.serve()
            let second = try await site.serve()
            let one = try site.administrator
            var two = one
            two.url = second.url
            try await body(site, one, two)
        }
    }

    @Test func `a key that is revoked and a person who is erased at one are so at the other`() async throws {
        try await with { site, one, two in
            for (here, there) in [(one, two), (two, one)] {
                let guest = try await site.caller("sales-manager")
                var (near, far) = (guest, guest)
                (near.url, far.url) = (here.url, there.url)
                for caller in [near, far] { #expect(try await caller.get("/v1/contacts?limit=1").status == 200) }
                #expect(try await here.delete("/v1/tokens/\(guest.id)", ifMatch: nil).status == 204)
                for caller in [far, near] { #expect(try await caller.get("/v1/contacts?limit=1").code == "credential-invalid") }
            }
            let scene = try await RequestScene(site)
            let call = try await two.post(
                "/v1/activities", ["kind": "call", "topic": "Prices", "contact_id": .string(scene.contact)])
            #expect(call.status == 201, "\(call.text)")
            for caller in [one, two] { #expect(try await caller.get("/v1/contacts/\(scene.contact)")["family_name"] == .string(scene.name)) }
            let id = try await scene.opened("erasure")
            // Approved at the one and carried out at the other.
            var second = scene.second
            second.url = two.url
            #expect(try await scene.step(id, "approve", by: second)["state"] == "in-progress")
            #expect(try await scene.step(id, "run")["state"] == "fulfilled")
            for caller in [two, one] {
                #expect(try await caller.get("/v1/contacts/\(scene.contact)").status == 404)
                #expect(try await caller.get("/v1/contacts?q=\(scene.name)").data.isEmpty)
                #expect(try await !caller.get("/v1/activities?limit=200").text.contains("Prices"))
            }
            // Who brings the person back at the other one brings nobody back.
            let again = try await two.post("/v1/contacts", ["family_name": .string(scene.name), "email": .string(scene.email)])
            #expect(again.status == 201)
            #expect(try await one.get("/v1/contacts/\(again.id)").status == 404)

            // A key alone, of whom both have it open: at the vault's word.
            let person = try await one.post("/v1/contacts", ["family_name": "Larkspur"])
            for caller in [one, two] { #expect(try await caller.get("/v1/contacts/\(person.id)")["family_name"] == "Larkspur") }
            #expect(try await site.run("key", "destroy", person.id, "--reason", "request 17", "--yes").status == 0)
            for caller in [two, one] {
                try await eventually("the key is forgotten") {
                    try await caller.get("/v1/contacts/\(person.id)")["_meta"]?.objectValue?["erased"] == ["family_name"]
                }
            }
        }
    }

    @Test func `a call that is sent to both at once has one effect and one answer`() async throws {
        try await with { site, one, two in
            for round in 0..<8 {
                let name = unique("Foxglove")
                let body: JSONValue = ["family_name": .string(name), "email": .string("\(name)@example.org")]
                let key = ["Idempotency-Key": "round-\(round)"]
                let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                    for caller in [one, two, one, two] {
                        group.addTask {
                            var answer = try await caller.post("/v1/contacts", body, key)
                            while answer.code == "idempotency-key-in-use" {
                                try await Task.sleep(for: .milliseconds(20))
                                answer = try await caller.post("/v1/contacts", body, key)
                            }
                            return answer
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(answers.allSatisfy { $0.status == 201 }, "\(answers.map(\.text))")
                #expect(Set(answers.map(\.bytes)).count == 1 && Set(answers.map(\.tag)).count == 1)
                #expect(answers.count { $0.headers["idempotency-replayed"] == nil } == 1)
                #expect(try await two.get("/v1/contacts?email=\(name)%40example.org").data.count == 1)
            }
            #expect(try await site.administer("SELECT count(*) FROM contact") == "8")
        }
    }

    @Test func `cursors, tags and conditions of one hold at the other`() async throws {
        try await with { site, one, two in
            var made: Set<String> = []
            for number in 0..<7 {
                let answer = try await (number % 2 == 0 ? one : two).post("/v1/contacts", ["family_name": .string("Person \(number)")])
                made.insert(answer.id)
            }
            for query in ["?limit=2", "?limit=2&sort=-created_at", "?limit=2&q=Person"] {
                var seen: [String] = []
                var cursor: String?
                var callers = [one, two]
                repeat {
                    let page = try await callers[0].get("/v1/contacts\(query)" + (cursor.map { "&cursor=\(percentEncoded($0))" } ?? ""))
                    #expect(page.status == 200, "\(page.text)")
                    seen += page.data.compactMap { $0["id"]?.stringValue }
                    cursor = page.next
                    callers.reverse()
                } while cursor != nil
                #expect(seen.count == 7 && Set(seen) == made, "\(query)")
            }
            let id = try #require(made.first)
            let tag = try #require(try await one.get("/v1/contacts/\(id)").tag)
            #expect(try await two.get("/v1/contacts/\(id)").tag == tag)
            #expect(try await two.send("GET", "/v1/contacts/\(id)", ["If-None-Match": tag]).status == 304)
            let changed = try await two.patch("/v1/contacts/\(id)", ifMatch: tag, ["notes": "called"])
            #expect(changed.status == 200)
            #expect(try await one.patch("/v1/contacts/\(id)", ifMatch: tag, ["notes": "written to"]).code == "precondition-failed")
            #expect(try await one.send("GET", "/v1/contacts/\(id)", ["If-None-Match": try #require(changed.tag)]).status == 304)
        }
    }

    @Test func `people who were shown by either count together, within seconds`() async throws {
        let copy = try PolicyCopy()
        try copy.write("limits.yaml", "people:\n  support-agent: { step_up: 12, most: 20 }\n")
        try await with(policies: copy.path) { site, one, two in
            var ids: [String] = []
            for number in 0..<24 { ids.append(try await one.post("/v1/contacts", ["family_name": .string("Person \(number)")]).id) }
            let ann = try await site.caller("support-agent", user: "ann")
            var there = ann
            there.url = two.url
            #expect(try await there.get("/v1/contacts/\(ids[0])").status == 200)
            for id in ids.prefix(11) { #expect(try await ann.get("/v1/contacts/\(id)").status == 200) }
            // Somebody new now and then, until the other one has heard of those eleven; by its own count alone it would show as many more.
            var shown = 0
            for id in ids.dropFirst(11) {
                let answer = try await there.get("/v1/contacts/\(id)")
                if answer.code == "people-step-up" { break }
                #expect(answer.status == 200, "\(answer.text)")
                shown += 1
                try await Task.sleep(for: .seconds(3))
            }
            #expect(shown < 11)
        }
    }

    @Test func `each event is delivered once, by one of them, while nothing fails`() async throws {
        let server = try await TestServer { _ in .answer(204) }
        try await with(["GATEHOUSE_WEBHOOKS_ALLOW_PRIVATE": "1"]) { site, one, two in
            let endpoint = try await one.post("/v1/webhook-endpoints", ["url": .string(server.url + "/hook"), "types": ["contact.created"]])
            #expect(endpoint.status == 201, "\(endpoint.text)")
            for number in 0..<60 {
                let answer = try await (number % 2 == 0 ? one : two).post("/v1/contacts", ["family_name": .string("Person \(number)")])
                #expect(answer.status == 201)
            }
            try await eventually("everything is delivered") {
                try await site.administer("SELECT count(*) FROM event_delivery WHERE state <> 'delivered'") == "0"
            }
            #expect(server.requests.count == 60 && Set(server.requests.map { $0.headers["webhook-id"] }).count == 60)
            #expect(try await site.administer("SELECT count(*) FROM event_delivery WHERE attempts <> 1") == "0")
        }
    }
}

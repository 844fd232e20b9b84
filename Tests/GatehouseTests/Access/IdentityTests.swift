import Catalog
import DataFormats
import Foundation
import PolicyFiles
import TestPostgres
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(15)))
struct IdentityTests {
    @Test func `V6.3.1 [API2]: without a key, or with a wrong one, nothing is answered`() async throws {
        let site = try await Site.shared()
        let good = try await site.caller("sales-rep")
        let token = try #require(good.token)
        var caller = good
        caller.token = nil
        let missing = try await caller.get("/v1/contacts")
        #expect(missing.status == 401)
        #expect(missing.headers["www-authenticate"] == "Bearer realm=\"gatehouse\"")
        let wrong = [
            String(token.dropLast()) + (token.hasSuffix("A") ? "B" : "A"), "ghk_aaaaaaaaaaaa_" + token.suffix(43), "ghk_", "x", token.uppercased(),
        ]
        var answers: Set<String> = []
        for token in wrong {
            caller.token = token
            let answer = try await caller.get("/v1/contacts")
            #expect(answer.status == 401)
            #expect(answer.headers["www-authenticate"] == "Bearer realm=\"gatehouse\", error=\"invalid_token\"")
            answers.insert(answer.whole)
        }
        #expect(answers.count == 1)
        caller.token = nil
        #expect(try await caller.get("/v1/contacts", ["X-API-Key": token]).status == 200)
        #expect(try await caller.get("/v1/contacts", ["Authorization": "Basic \(token)"]).status == 401)
        #expect(try await caller.get("/v1/contacts?access_token=\(token)").status == 401)
        let both = try await good.get("/v1/contacts", ["X-API-Key": token])
        #expect(both.status == 400 && both.code == "credential-malformed")
        #expect(both.headers["www-authenticate"] == "Bearer realm=\"gatehouse\", error=\"invalid_request\"")
    }

    @Test func `V8.3.2: a revoked key is refused on the very next request, by every gateway`() async throws {
        try await Site.with { site in
            try await site.serve()
            let second = try await site.serve()
            for path in ["/v1/contacts", "/v1/contacts?email=nobody@example.org", "/v1/contacts/019a0000-0000-7000-8000-000000000000"] {
                let here = try await site.caller("sales-manager")
                var there = here
                there.url = second.url
                for caller in [here, there] { #expect(try await caller.get(path).status != 401) }
                #expect(try await site.administrator.delete("/v1/tokens/\(here.id)", ifMatch: nil).status == 204)
                for caller in [here, there] {
                    #expect(try await caller.get(path).code == "credential-invalid")
                    #expect(try await caller.post("/v1/contacts", ["given_name": "x"]).code == "credential-invalid")
                    #expect(try await caller.patch("/v1/contacts/019a0000-0000-7000-8000-000000000000", ifMatch: "*", [:]).status == 401)
                }
            }
            #expect(try await site.administer("SELECT count(*) FROM contact") == "0")
        }
    }

    @Test func `a key ends when it expires`() async throws {
        let site = try await Site.shared()
        let caller = try await site.caller("sales-rep", expires: Instant.now().advanced(by: .seconds(20)).description)
        var answer = try await caller.get("/v1/contacts?limit=1")
        while answer.status == 200 {
            try await Task.sleep(for: .milliseconds(100))
            answer = try await caller.get("/v1/contacts?limit=1")
        }
        #expect(answer.code == "credential-invalid")
        let late = try await site.issuer.post("/v1/tokens", ["roles": ["sales-rep"], "expires_at": "2020-01-01T00:00:00Z"])
        #expect(late.pointers == ["#/expires_at"])
    }

    @Test func `keys are made of known roles by those who may, and their secret is shown once`() async throws {
        let site = try await Site.shared()
        let administrator = try site.administrator
        #expect(try await site.issuer.post("/v1/tokens", ["roles": ["sales-wizard"]]).pointers == ["#/roles"])
        #expect(try await site.issuer.post("/v1/tokens", ["roles": []]).pointers == ["#/roles"])
        #expect(try await site.issuer.post("/v1/tokens", ["roles": ["operator"], "tenant": "x"]).code == "value-invalid")
        let caller = try await site.caller("operator")
        let list = try await caller.get("/v1/tokens")
        #expect(list.status == 200)
        #expect(!list.text.contains(try #require(caller.token).suffix(43)))
        #expect(list.data.contains { $0["id"]?.stringValue == caller.id && $0["token"] == nil })
        #expect(try await caller.post("/v1/tokens", ["roles": ["administrator"]]).status == 403)
        #expect(try await caller.delete("/v1/tokens/\(caller.id)", ifMatch: nil).status == 403)
        #expect(try await administrator.delete("/v1/tokens/aaaaaaaaaaaa", ifMatch: nil).status == 404)
    }

    @Test func `V8.2.2 [API1]: what one tenant has is not there for another`() async throws {
        let site = try await Site.shared()
        let owner = try site.administrator
        let stranger = try await site.stranger()
        let catalog = try site.catalog().catalog
        let marker = unique("tenant")
        let contact = try await owner.post("/v1/contacts", ["external_id": .string(marker), "email": .string("\(marker)@example.org")])
        let deal = try await owner.post("/v1/deals", ["name": .string(marker), "contact_id": .string(contact.id)])
        var ids = ["contact": contact.id, "deal": deal.id]
        ids["account"] = try await owner.post("/v1/accounts", ["name": .string(marker)]).id
        ids["lead"] = try await owner.post("/v1/leads", ["email": .string("\(marker)@example.org")]).id
        ids["activity"] = try await owner.post("/v1/activities", ["kind": "call", "contact_id": .string(contact.id)]).id
        ids["task"] = try await owner.post("/v1/tasks", ["title": .string(marker)]).id
        ids["stage_change"] = try await owner.get("/v1/stage_changes?deal_id=\(deal.id)").data.first?["id"]?.stringValue
        for entity in catalog.entities {
            let id = try #require(ids[entity.name], "the test has to make a \(entity.name)")
            let path = "/v1/\(entity.plural)/\(id)"
            let nothing = "/v1/\(entity.plural)/019a0000-0000-7000-8000-000000000000"
            #expect(try await owner.get(path).status == 200)
            #expect(try await stranger.get(path).stable == stranger.get(nothing).stable)
            #expect(try await stranger.get(path).status == 404)
            let writable = entity.isWrittenByGatewayOnly ? 403 : 404
            #expect(try await stranger.patch(path, ifMatch: "*", [:]).status == writable)
            #expect(try await stranger.delete(path, ifMatch: "*").status == writable)
            #expect(try await stranger.get("/v1/\(entity.plural)").data.isEmpty)
            #expect(try await owner.get(path).status == 200)
        }
        for query in ["email=\(marker)%40example.org", "external_id=\(marker)"] {
            #expect(try await stranger.get("/v1/contacts?\(query)").data.isEmpty)
        }
        // The same unique value, the same person, a reference across: as if the other tenant did not exist.
        let twin = try await stranger.post("/v1/contacts", ["external_id": .string(marker), "email": .string("\(marker)@example.org")])
        #expect(twin.status == 201)
        #expect(twin["_meta"]?.objectValue?["duplicates"] == nil)
        #expect(try await stranger.post("/v1/deals", ["name": "x", "contact_id": .string(contact.id)]).code == "reference-unknown")
        #expect(
            try await stranger.get("/v1/audit/events?record=\(contact.id)&limit=200").data.allSatisfy { $0["user"]?.stringValue != "administrator" })
        let row: JSONValue = [
            "line": 1, "members": ["name": "x"], "lookups": [["member": "contact_id", "field": "external_id", "value": .string(marker)]],
        ]
        _ = try await stranger.delete("/v1/contacts/\(twin.id)", ifMatch: "*")
        #expect(try await stranger.importRows("deals", [row]).text.contains("reference-unknown"))
        #expect(try await stranger.get("/v1/tokens").data.count == 1)
    }

    @Test func `V8.4.1: a tenant is never taken from the request`() async throws {
        let site = try await Site.shared()
        let contact = try await site.administrator.post("/v1/contacts", [:])
        let stranger = try await site.stranger()
        let tenant = try await site.administer("SELECT tenant_id FROM contact WHERE id = '\(contact.id)'")
        for header in ["Tenant", "X-Tenant-Id", "X-Tenant", "Tenant-Id"] {
            #expect(try await stranger.get("/v1/contacts/\(contact.id)", [header: tenant]).status == 404)
        }
        #expect(try await stranger.get("/v1/contacts?tenant_id=\(tenant)").code == "field-unknown")
        #expect(try await stranger.post("/v1/contacts", ["tenant_id": .string(tenant)]).code == "member-unknown")
    }

    @Test func `V16.3.2: a denied access stands in the trail with the rule that decided`() async throws {
        let site = try await Site.shared()
        let auditor = try await site.caller("auditor", user: "edda")
        let contact = try await site.administrator.post("/v1/contacts", [:])
        #expect(try await auditor.get("/v1/contacts/\(contact.id)").code == "denied")
        let events = try await auditor.get("/v1/audit/events?actor=edda&decision=deny&record=\(contact.id)").data
        #expect(events.count == 1)
        #expect(events.first?["rule"] == "default-deny")
        #expect(events.first?["outcome"] == "refused")
    }
}

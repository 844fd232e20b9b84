import DataFormats
import Foundation
import Testing

/// Rules that open for a while: by breaking the glass, by a second person, by a reason, by a stepped-up key.
@Suite(.timeLimit(.minutes(15)))
struct GrantTests {
    private struct Scene {
        let site: Site
        let administrator: Caller
        let officer: Caller
        let agentName = unique("agent")
        let agent: Caller
        let contact: String

        init() async throws {
            site = try await TicketPolicies.site()
            administrator = try site.administrator
            officer = try await site.caller("compliance-officer", user: unique("officer"))
            agent = try await site.caller("support-agent", user: agentName)
            contact = try await administrator.make(
                "contacts",
                ["given_name": "Ada", "family_name": "Byron", "email": "ada@example.org", "national_id": "X-815", "lifecycle": "customer"])
        }

        func ask(_ caller: Caller, _ rule: String, reason: String? = "the caller is in danger") async throws -> Answer {
            try await caller.post("/v1/grants", ["rule": .string(rule)], reason.map { ["Reason": $0] } ?? [:])
        }

        func read(_ caller: Caller, _ grant: String?, _ more: [String: String] = [:]) async throws -> Answer {
            var headers = more
            headers["Grant"] = grant
            return try await caller.get("/v1/contacts/\(contact)", headers)
        }

        func close(_ caller: Caller, _ grant: String) async throws -> Answer {
            try await caller.post("/v1/grants/\(grant)/close", ["finding": "justified", "note": "seen"])
        }
    }

    @Test func `who breaks the glass sees more for a while, and stands in the trail and on the review list`() async throws {
        let scene = try await Scene()
        let without = try await scene.read(scene.agent, nil)
        #expect(without["family_name"] == "B.")
        for reason in [nil, "", "   "] {
            #expect(try await scene.ask(scene.agent, "support-in-an-emergency", reason: reason).code == "reason-required")
        }
        let grant = try await scene.ask(scene.agent, "support-in-an-emergency")
        #expect(grant.status == 201)
        #expect(grant["state"] == "open")
        #expect(grant["kind"] == "break-glass")
        // A key that is narrowed to something else breaks no glass for the person's other keys.
        for (scopes, status): (JSONValue, Int) in [(["task:read"], 403), (["contact:read", "grant:create"], 201)] {
            let narrow = try await scene.site.caller(["roles": ["support-agent"], "user": .string(scene.agentName), "scopes": scopes])
            #expect(try await scene.ask(narrow, "support-in-an-emergency").status == status, "\(scopes)")
        }
        let with = try await scene.read(scene.agent, grant.id)
        #expect(with["family_name"] == "Byron")
        #expect(with["email"] == "ada@example.org")
        #expect(with["national_id"] == nil)
        #expect(with.tag != without.tag)
        #expect(try await scene.read(scene.agent, nil)["family_name"] == "B.")
        // Queries, too, by what the grant shows.
        let byName = "/v1/contacts?family_name=Byron"
        #expect(try await scene.agent.get(byName).code == "field-unknown")
        #expect(try await scene.agent.get(byName, ["Grant": grant.id]).data.contains { $0["id"]?.stringValue == scene.contact })
        // Somebody more, so that there is a second page.
        _ = try await scene.site.administrator.post("/v1/contacts", ["given_name": "Grace"])
        let page = try #require(try await scene.agent.get("/v1/contacts?limit=1", ["Grant": grant.id]).next)
        #expect(
            try await scene.agent.get("/v1/contacts?limit=1&cursor=\(page)").data.allSatisfy { $0["email"]?.stringValue?.contains("***") != false })

        let events = try await scene.site.events("record=\(scene.contact)&actor=\(scene.agentName)").filter { $0["grant"] == .string(grant.id) }
        #expect(!events.isEmpty)
        #expect(events.allSatisfy { $0["reason"] == "the caller is in danger" })
        #expect(events.contains { $0["clear"]?.arrayValue?.contains("family_name") == true })
        let review = try await scene.officer.get("/v1/grants?limit=200").data.first { $0["id"]?.stringValue == grant.id }
        #expect(review?["requester"] == .string(scene.agentName))
        #expect(review?["reason"] == "the caller is in danger")

        #expect(try await scene.close(scene.officer, grant.id)["state"] == "closed")
        #expect(try await scene.read(scene.agent, grant.id).code == "grant-invalid")
        #expect(try await scene.close(scene.officer, grant.id).code == "grant-invalid")
        #expect(try await !scene.officer.get("/v1/grants?limit=200").data.contains { $0["id"]?.stringValue == grant.id })
        #expect(try await scene.officer.get("/v1/grants?state=all&limit=200").data.contains { $0["id"]?.stringValue == grant.id })
    }

    @Test func `a grant is no use to anybody else, nor when its time is over`() async throws {
        let scene = try await Scene()
        let grant = try await scene.ask(scene.agent, "support-in-an-emergency").id
        let other = try await scene.site.caller("support-agent", user: unique("other"))
        let stranger = try await scene.site.stranger()
        for caller in [other, scene.administrator, scene.officer, stranger] {
            #expect(try await scene.read(caller, grant).code == "grant-invalid")
        }
        for text in ["x", "", "0190b8a4-7d3e-7000-8000-000000000000"] {
            #expect(try await scene.read(scene.agent, text).code == "grant-invalid")
        }
        // The same person with a key of another role: the rule is not for that role.
        let elsewhere = try await scene.site.caller("auditor", user: scene.agentName)
        #expect(try await scene.read(elsewhere, grant).code == "denied")
        try await scene.site.administer("UPDATE access_grant SET valid_until = now() - interval '1 second' WHERE id = '\(grant)'")
        #expect(try await scene.read(scene.agent, grant).code == "grant-invalid")
        // What was opened still has to be reviewed.
        #expect(try await scene.officer.get("/v1/grants?limit=200").data.first { $0["id"]?.stringValue == grant }?["state"] == "expired")
        #expect(try await scene.close(scene.officer, grant).status == 200)
    }

    @Test func `a second person opens what needs two, and nobody approves or closes their own`() async throws {
        let scene = try await Scene()
        let managerName = unique("manager")
        let manager = try await scene.site.caller("sales-manager", user: managerName)
        let rule = "managers-check-identity-in-pairs"
        #expect(try await scene.read(manager, nil)["national_id"] == nil)
        let asked = try await scene.ask(manager, rule, reason: "doubts about the signature")
        #expect(asked["state"] == "pending")
        #expect(try await scene.read(manager, asked.id).code == "grant-invalid")
        // Nobody their own: neither with the key that asked, nor with another one of the same person.
        let both = try await scene.site.caller("sales-manager", "compliance-officer", user: managerName)
        for path in ["approve", "close"] {
            let own: JSONValue = ["finding": "justified", "note": "mine"]
            let answer = try await both.post("/v1/grants/\(asked.id)/\(path)", own, ["Purpose": "compliance"])
            #expect(answer.code == "denied")
            #expect(try await manager.post("/v1/grants/\(asked.id)/\(path)", ["finding": "justified", "note": "mine"]).code == "denied")
        }
        let denials = try await scene.site.events("actor=\(managerName)&entity=grant&decision=deny")
        #expect(denials.filter { $0["target"] == .string(asked.id) && $0["rule"] == "own-grant" }.count == 2)
        #expect(denials.count == 4)
        // An administrator needs a stepped-up key for it.
        #expect(try await scene.administrator.post("/v1/grants/\(asked.id)/approve", [:]).code == "step-up-required")
        let approved = try await scene.officer.post("/v1/grants/\(asked.id)/approve", [:])
        #expect(approved["state"] == "open")
        #expect(try await scene.officer.post("/v1/grants/\(asked.id)/approve", [:]).code == "grant-invalid")
        #expect(try await scene.read(manager, asked.id)["national_id"] == "X-815")
        #expect(try await scene.read(manager, nil, ["Reason": "curious"])["national_id"] == nil)
        #expect(try await scene.read(both, asked.id)["national_id"] == "X-815")
        #expect(try await scene.close(scene.officer, asked.id).status == 200)
        #expect(try await scene.read(manager, asked.id).code == "grant-invalid")
        // What is closed is not opened again.
        #expect(try await scene.officer.post("/v1/grants/\(asked.id)/approve", [:]).code == "grant-invalid")
        // A request that nobody approved in time.
        let late = try await scene.ask(manager, rule).id
        try await scene.site.administer("UPDATE access_grant SET valid_until = now() - interval '1 second' WHERE id = '\(late)'")
        #expect(try await scene.officer.post("/v1/grants/\(late)/approve", [:]).code == "grant-invalid")
    }

    @Test func `a role comes for its purposes and no others`() async throws {
        let scene = try await Scene()
        let manager = try await scene.site.caller("sales-manager", user: unique("manager"))
        let both = try await scene.site.caller("sales-manager", "compliance-officer", user: unique("both"))
        for (purpose, caller, status) in [("sales", manager, 200), ("compliance", manager, 403), ("sales", both, 200), ("compliance", both, 200)] {
            #expect(try await caller.get("/v1/contacts?limit=1", ["Purpose": purpose]).status == status, "\(purpose)")
        }
        // Two roles do not add up across purposes: who comes for compliance does not change contacts as a manager.
        let person = try await scene.administrator.make("contacts", ["given_name": "Kim"])
        for (purpose, status) in [("sales", 200), ("compliance", 403)] {
            let headers = ["If-Match": "*", "Purpose": purpose, "Content-Type": "application/merge-patch+json"]
            let answer = try await both.send("PATCH", "/v1/contacts/\(person)", headers, body: Array(#"{"given_name":"Kit"}"#.utf8))
            #expect(answer.status == status, "\(purpose)")
        }
    }

    @Test func `a stepped-up administrator approves, and nobody steps up over the network`() async throws {
        let scene = try await Scene()
        let order: JSONValue = ["roles": ["administrator"], "user": "somebody.else", "step_up": true]
        #expect(try await scene.administrator.post("/v1/tokens", order).code == "step-up-required")
        let manager = try await scene.site.caller("sales-manager", user: unique("manager"))
        let asked = try await scene.ask(manager, "managers-check-identity-in-pairs")
        let steppedUp = try await scene.site.steppedUp("administrator", user: "stepped.up")
        #expect(try await steppedUp.post("/v1/grants/\(asked.id)/approve", [:])["state"] == "open")
        #expect(try await scene.read(manager, asked.id)["national_id"] == "X-815")
    }

    @Test func `rules of others, unknown rules and rules that need no grant cannot be asked for`() async throws {
        let scene = try await Scene()
        var answers: Set<String> = []
        for rule in ["managers-check-identity-in-pairs", "no-such-rule", "support-recognises-callers", "officers-see-special-fields"] {
            let answer = try await scene.ask(scene.agent, rule)
            #expect(answer.code == "denied")
            answers.insert(answer.whole)
        }
        #expect(answers.count == 1)
        #expect(try await scene.site.events("actor=\(scene.agentName)&entity=grant&decision=deny").count == 4)
        #expect(try await scene.site.administer("SELECT count(*) FROM access_grant WHERE requester = '\(scene.agentName)'") == "0")
        for path in ["/v1/grants", "/v1/grants?state=all"] { #expect(try await scene.agent.get(path).code == "denied") }
    }

    @Test func `a reason and a stepped-up key are asked for where a rule wants them`() async throws {
        let scene = try await Scene()
        let program = try await scene.site.caller("integration-app", user: unique("program"))
        let ticket = try await scene.administrator.make("tickets", ["title": "to be removed"])
        let path = "/v1/tickets/\(ticket)"
        #expect(try await program.delete(path, ifMatch: "*").code == "reason-required")
        for reason in ["", " ", "\t"] {
            #expect(try await program.send("DELETE", path, ["If-Match": "*", "Reason": reason]).code == "reason-required", "'\(reason)'")
        }
        #expect(try await scene.officer.delete(path, ifMatch: "*").code == "step-up-required")
        #expect(try await scene.officer.send("DELETE", path, ["If-Match": "*", "Reason": "a good one"]).code == "step-up-required")
        let steppedUp = try await scene.site.steppedUp("compliance-officer", user: "officer.up")
        #expect(try await steppedUp.delete(path, ifMatch: "*").status == 204)
        let other = try await scene.administrator.make("tickets", ["title": "to be removed"])
        #expect(try await program.send("DELETE", "/v1/tickets/\(other)", ["If-Match": "*", "Reason": "asked to"]).status == 204)
        #expect(try await scene.site.events("record=\(other)&action=delete").map { $0["reason"] } == ["asked to"])
        #expect(try await scene.site.events("record=\(other)&reason=asked%20to").count == 1)
    }

    @Test func `a revoked key learns nothing, whatever its headers say`() async throws {
        let scene = try await Scene()
        let caller = try await scene.site.caller("support-agent", user: unique("gone"))
        let grant = try await scene.ask(caller, "support-in-an-emergency").id
        #expect(try await scene.read(caller, grant).status == 200)
        #expect(try await scene.administrator.delete("/v1/tokens/\(caller.id)", ifMatch: nil).status == 204)
        let headers = [
            [:], ["Grant": grant], ["Grant": "x"], ["Purpose": "curiosity"], ["Reason": String(repeating: "x", count: 600)],
        ]
        for header in headers {
            #expect(try await caller.get("/v1/contacts/\(scene.contact)", header).code == "credential-invalid")
            #expect(try await caller.get("/v1/contacts?filter=nothing", header).code == "credential-invalid")
        }
    }

    @Test func `a write to what only the gateway writes is on record`() async throws {
        let scene = try await Scene()
        let caller = try await scene.site.caller("integration-app", user: unique("program"))
        #expect(try await caller.post("/v1/stage_changes", ["to_value": "won"]).code == "denied")
        let actor = try #require(try await scene.site.events("entity=stage_change&action=create").first)
        #expect(actor["outcome"] == "refused")
    }
}

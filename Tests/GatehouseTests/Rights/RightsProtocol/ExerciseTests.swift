import DataFormats
import TestPostgres
import Testing
import Vocabulary

/// Requests that agents send.
@Suite struct ExerciseTests {
    struct Stage {
        let site: Site
        let agent: TestAgent
        let caller: Caller
        /// A contact's id and address.
        let person: String
        let email: String

        func send(_ members: JSONObject, as other: TestAgent? = nil) async throws -> Answer {
            try await caller.send("POST", "/drp/v1/data-rights-request", ["Content-Type": "text/plain"], body: (other ?? agent).message(members))
        }

        func ask(_ exercise: String, _ more: JSONObject = [:]) async throws -> Answer {
            var members: JSONObject = ["exercise": .string(exercise), "regime": "ccpa", "email": .string(email), "email_verified": true]
            for member in more.members { members[member.name] = member.value }
            return try await send(members)
        }
    }

    func stage() async throws -> Stage {
        let site = try await Site.shared()
        let agent = TestAgent()
        try await agent.admit(site)
        let email = "\(UUIDv7.make())@people.example"
        let made = try await site.administrator.post("/v1/contacts", ["given_name": "Ada", "family_name": "Agented", "email": .string(email)])
        guard made.status == 201 else { throw TestFailure("no contact: \(made.text)") }
        return Stage(site: site, agent: agent, caller: try await agent.caller(site), person: made.id, email: email)
    }

    @Test func `a deletion that an agent asks for waits for a second person, and its agent can follow it`() async throws {
        let stage = try await stage()
        let answer = try await stage.ask("deletion", ["agent-request-id": .string("r-\(stage.person)")])
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer["status"] == "in_progress")
        #expect(answer["reason"] == .null)
        #expect(answer["agent_request_id"]?.stringValue == "r-\(stage.person)")
        #expect(answer["expected_by"] != nil)
        let id = try #require(answer["request_id"]?.stringValue)
        #expect(try await stage.caller.get("/drp/v1/data-rights-request/\(id)")["status"] == "in_progress")
        let officer = try await stage.site.caller("compliance-officer", user: "olga")
        let shown = try await officer.get("/v1/requests/\(id)")
        #expect(shown["state"] == "awaiting-approval")
        #expect(shown["channel"] == "agent")
        let again = try await stage.ask("deletion", ["agent-request-id": .string("r-\(stage.person)")])
        #expect(again["request_id"]?.stringValue == id, "the same request sent again is the same request")
        let second = try await stage.ask("deletion")
        #expect(second.status == 400)
        #expect(second["fatal"] == true)
        let revoked = try await stage.caller.send(
            "DELETE", "/drp/v1/data-rights-request/\(id)", ["Content-Type": "text/plain"], body: stage.agent.signed(["reason": "changed my mind"]))
        #expect(revoked["status"] == "revoked")
        #expect(try await officer.get("/v1/requests/\(id)")["state"] == "withdrawn")
    }

    @Test func `what nobody has verified finds nobody`() async throws {
        let stage = try await stage()
        let unverified = try await stage.send(["exercise": "access", "email": .string(stage.email)])
        #expect(unverified.status == 400)
        let stranger = try await stage.ask("access", ["email": "nobody-\(stage.email)".json])
        #expect(stranger["status"] == "denied")
        #expect(stranger["reason"] == "no_match")
        let other = try await stage.ask("sale:opt-in")
        #expect(other.status == 400)
        #expect(other["fatal"] == true)
    }

    @Test func `another agent sees and revokes nothing`() async throws {
        let stage = try await stage()
        let id = try #require(try await stage.ask("access")["request_id"]?.stringValue)
        let other = TestAgent()
        try await other.admit(stage.site)
        let caller = try await other.caller(stage.site)
        #expect(try await caller.get("/drp/v1/data-rights-request/\(id)").status == 403)
        let body = other.signed(["reason": "none"])
        let revoked = try await caller.send("DELETE", "/drp/v1/data-rights-request/\(id)", ["Content-Type": "text/plain"], body: body)
        #expect(revoked.status == 403)
        let forged = try await stage.send(["exercise": "access", "email": .string(stage.email), "email_verified": true], as: other)
        #expect(forged.status == 403)
        #expect(try await stage.caller.get("/drp/v1/data-rights-request/\(id)")["status"] == "in_progress")
    }
}

extension String {
    fileprivate var json: JSONValue { .string(self) }
}

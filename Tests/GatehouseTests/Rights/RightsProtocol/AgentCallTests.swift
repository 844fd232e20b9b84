import DataFormats
import Foundation
import Synchronization
import TestAuthority
import TestPostgres
import Testing
import Vocabulary

/// Agents that want to be told how their requests stand.
@Suite(.timeLimit(.minutes(10)))
struct AgentCallTests {
    /// Lends an agent's deletion that waits for a second person, with a server that its agent wants to be called at.
    private func with(
        _ statuses: [Int], allowsPrivate: Bool = true, _ body: (Site, TestAgent, TestServer, _ request: String) async throws -> Void
    ) async throws {
        let answers = Answers(statuses)
        let server = try await TestServer { _ in .answer(answers.next()) }
        try await Site.with { site in
            if allowsPrivate { site.add(["GATEHOUSE_WEBHOOKS_ALLOW_PRIVATE": "1"]) }
            try await site.serve()
            let agent = TestAgent()
            try await agent.admit(site)
            let caller = try await agent.caller(site)
            let made = try await site.administrator.post("/v1/contacts", ["family_name": "Agented", "email": "ada@people.example"])
            #expect(made.status == 201)
            let message = agent.message([
                "exercise": "deletion", "email": "ada@people.example", "email_verified": true, "agent-request-id": "r-1",
                "status_callback": .string(server.url + "/told"),
            ])
            let answer = try await caller.send("POST", "/drp/v1/data-rights-request", ["Content-Type": "text/plain"], body: message)
            try await body(site, agent, server, try #require(answer["request_id"]?.stringValue, "\(answer.text)"))
        }
    }

    private func told(_ request: TestServer.Request) throws -> JSONObject { try #require(try JSONReader.read(request.body).objectValue) }

    /// Makes the try that is due some time due now. What is being tried is due again in two minutes, what has failed in one, or in more than those.
    private func hurry(_ site: Site) async throws {
        let trying = "agent_call_at BETWEEN now() + interval '61 seconds' AND now() + interval '121 seconds'"
        try await eventually("the try is over") {
            try await site.administer("SELECT count(*) FROM subject_request WHERE \(trying)") == "0"
        }
        try await site.administer("UPDATE subject_request SET agent_call_at = now() WHERE agent_call_at IS NOT NULL")
    }

    @Test func `an agent is told of each change, again until it has heard, and never twice of what it has`() async throws {
        try await with([500, 200]) { site, _, server, id in
            let officer = try await site.caller("compliance-officer", user: "olga")
            let extended = try await officer.post("/v1/requests/\(id)/extend", ["reason": "many"])
            #expect(extended.status == 200, "\(extended.text)")
            try await eventually("the agent was called") { server.requests.count == 1 }
            let first = server.requests[0]
            #expect(first.method == "POST" && first.path == "/told" && first.contentType == "application/json")
            #expect(first.headers["webhook-signature"] == nil)
            #expect(try told(first)["request_id"]?.stringValue == id)
            #expect(try told(first)["agent_request_id"] == "r-1")
            #expect(try told(first)["status"] == "in_progress")
            #expect(try told(first)["processing_details"]?.stringValue?.isEmpty == false, "a later day is told with a reason")
            // It answered 500.
            try await hurry(site)
            try await eventually("the agent was called again") { server.requests.count == 2 }
            #expect(server.requests[1].body == first.body)
            try await eventually("it has heard") {
                try await site.administer("SELECT count(*) FROM subject_request WHERE agent_call_at IS NOT NULL") == "0"
            }
            let refused = try await officer.post("/v1/requests/\(id)/refuse", ["reason": "unfounded"])
            #expect(refused.status == 200, "\(refused.text)")
            try await eventually("the agent was told of the end") { server.requests.count == 3 }
            #expect(try told(server.requests[2])["status"] == "denied")
            try await eventually("nothing waits") {
                try await site.administer("SELECT count(*) FROM subject_request WHERE agent_call_at IS NOT NULL") == "0"
            }
            #expect(server.requests.count == 3)
            try await site.settleLog()
            let events = try await site.administrator.get("/v1/audit/events?outcome=disclosed&limit=200")
            #expect(events.text.components(separatedBy: "agent-told").count - 1 == 3, "each call is in the trail: \(events.text)")
        }
    }

    @Test func `an agent that never answers is called four times`() async throws {
        try await with([503]) { site, _, server, id in
            let officer = try await site.caller("compliance-officer", user: "olga")
            #expect(try await officer.post("/v1/requests/\(id)/extend", ["reason": "many"]).status == 200)
            for number in 1...4 {
                try await eventually("call \(number)") { server.requests.count == number }
                if number < 4 { try await hurry(site) }
            }
            try await eventually("it is given up") {
                try await site.administer("SELECT count(*) FROM subject_request WHERE agent_call_at IS NOT NULL") == "0"
            }
            let metrics = try await site.administrator.get("/metrics").text
            #expect(metrics.contains(#"gatehouse_agent_call_failures_total{code="status-503"} 4"#))
        }
    }

    @Test func `no agent has the gateway call into its own network`() async throws {
        try await with([200], allowsPrivate: false) { site, _, server, id in
            let officer = try await site.caller("compliance-officer", user: "olga")
            #expect(try await officer.post("/v1/requests/\(id)/extend", ["reason": "many"]).status == 200)
            try await eventually("it was refused") {
                try await site.administrator.get("/metrics").text.contains(#"gatehouse_agent_call_failures_total{code="address-insecure"} 1"#)
            }
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `an agent that was removed is told nothing`() async throws {
        try await with([200]) { site, agent, server, id in
            let officer = try await site.caller("compliance-officer", user: "olga")
            #expect(try await site.administrator.send("DELETE", "/v1/rights-agents/\(agent.id)").status == 204)
            #expect(try await officer.post("/v1/requests/\(id)/extend", ["reason": "many"]).status == 200)
            try await eventually("it was looked at") {
                try await site.administer("SELECT count(*) FROM subject_request WHERE agent_calls = 1 AND agent_call_at IS NULL") == "1"
            }
            #expect(server.requests.isEmpty)
        }
    }
}

/// Statuses in turn; the last for ever.
private final class Answers: Sendable {
    private let statuses: Mutex<[Int]>
    init(_ statuses: [Int]) { self.statuses = Mutex(statuses) }
    func next() -> Int { statuses.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] } }
}

import DataFormats
import Foundation
import TestPostgres
import Testing
import Vocabulary

/// Which agents of the Data Rights Protocol are heard.
@Suite struct AgentTests {
    @Test func `an agent that was admitted gets a token for a message it has signed, and a new one ends the old`() async throws {
        let site = try await Site.shared()
        let agent = TestAgent()
        try await agent.admit(site)
        let first = try await agent.caller(site)
        #expect(try await first.get("/drp/v1/agent/\(agent.id)").text == "{}")
        let second = try await agent.caller(site)
        #expect(try await second.get("/drp/v1/agent/\(agent.id)").status == 200)
        let old = try await first.get("/drp/v1/agent/\(agent.id)")
        #expect(old.status == 403)
        #expect(old.text.isEmpty)
    }

    @Test func `whatever is wrong with a message has one answer`() async throws {
        let site = try await Site.shared()
        let (agent, other) = (TestAgent(), TestAgent())
        try await agent.admit(site)
        let nobody = Caller(url: try site.url)
        var forged = agent.message()
        forged[40] = forged[40] == 0x41 ? 0x42 : 0x41
        let bodies: [(String, [UInt8])] = [
            ("nothing", []), ("no base64", Array("!".utf8)), ("changed", forged), ("of another key", other.message(from: agent.id)),
            ("from another", agent.message(from: "SOMEBODY_ELSE")), ("to another", agent.message(to: "OTHER_BUSINESS")),
            ("not yet valid", agent.message(issued: .seconds(60))), ("no longer valid", agent.message(issued: .seconds(-700))),
        ]
        for (what, body) in bodies {
            let answer = try await nobody.send("POST", "/drp/v1/agent/\(agent.id)", ["Content-Type": "text/plain"], body: body)
            #expect(answer.status == 403, "\(what)")
            #expect(answer.text.isEmpty, "\(what)")
        }
        let unknown = try await nobody.send("POST", "/drp/v1/agent/\(other.id)", ["Content-Type": "text/plain"], body: other.message())
        #expect(unknown.status == 403)
    }

    @Test func `a token is for its agent only, and no key opens these doors`() async throws {
        let site = try await Site.shared()
        let (one, two) = (TestAgent(), TestAgent())
        for agent in [one, two] { try await agent.admit(site) }
        let caller = try await one.caller(site)
        _ = try await two.caller(site)
        #expect(try await caller.get("/drp/v1/agent/\(two.id)").status == 403)
        #expect(try await site.administrator.get("/drp/v1/agent/\(one.id)").status == 403)
        #expect(try await caller.get("/v1/contacts").status == 401)
    }

    @Test func `an agent that is removed, or has another key, is heard no more`() async throws {
        let site = try await Site.shared()
        let agent = TestAgent()
        try await agent.admit(site)
        let caller = try await agent.caller(site)
        let replaced = try await site.administrator.post(
            "/v1/rights-agents",
            [
                "business": "EXAMPLE",
                "agents": .array([["id": .string(agent.id), "name": "x", "verify_key": "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="]]),
            ]
        )
        #expect(replaced.status == 204)
        #expect(try await caller.get("/drp/v1/agent/\(agent.id)").status == 403)
        try await agent.admit(site)
        let again = try await agent.caller(site)
        #expect(try await site.administrator.delete("/v1/rights-agents/\(agent.id)", ifMatch: nil).status == 204)
        #expect(try await again.get("/drp/v1/agent/\(agent.id)").status == 403)
        #expect(try await site.administrator.delete("/v1/rights-agents/\(agent.id)", ifMatch: nil).status == 404)
    }

    @Test func `agents are imported and listed from the command line`() async throws {
        let site = try await Site.shared()
        let agent = TestAgent()
        let file = site.folder + "/\(agent.id).json"
        try Data(JSONValue.array([agent.entry]).encoded()).write(to: URL(fileURLWithPath: file))
        let planned = try await site.run("agent", "import", file, "--business", "EXAMPLE", "--dry-run")
        #expect(planned.output.contains(agent.id))
        let before = try await site.run("agent", "list", "--json")
        #expect(!before.output.contains(agent.id))
        #expect(try await site.run("agent", "import", file, "--business", "EXAMPLE").status == 0)
        let after = try await site.run("agent", "list", "--json")
        #expect(after.output.contains(agent.id))
        try Data(Array("[{}]".utf8)).write(to: URL(fileURLWithPath: file))
        let wrong = try await site.run("agent", "import", file, "--business", "EXAMPLE")
        #expect(wrong.status == 5)
        #expect(wrong.errors.contains("agent 1: id takes A to Z"))
    }
}

import DataFormats
import Foundation
import TestPostgres
import Testing

/// Rates, guesses and the number of people, asked of a gateway that serves.
@Suite(.timeLimit(.minutes(15)))
struct LimitTests {
    /// The shipped policies with other limits.
    private func policies(_ limits: String) throws -> String {
        let copy = try PolicyCopy()
        try Data(limits.utf8).write(to: URL(fileURLWithPath: copy.path + "/limits.yaml"))
        return copy.path
    }

    private func seconds(_ answer: Answer) throws -> Int {
        try #require(answer.headers["ratelimit"]?.split(separator: "=").last.flatMap { Int($0) })
    }

    @Test func `who asks for too much is told when to come back, and nobody else is`() async throws {
        // So slow that nothing comes back while the test runs.
        let limits = "rates:\n  default: { units: 600000, seconds: 60 }\n  support-agent: { units: 20, seconds: 86400 }\n"
        try await Site.with(policies: policies(limits)) { site in
            try await site.serve()
            let ann = try await site.caller("support-agent", user: "ann")
            let first = try await ann.get("/v1/contacts?limit=1")
            #expect(first.status == 200)
            #expect(first.headers["ratelimit-policy"] == "\"support-agent\";q=20;w=86400")
            #expect(first.headers["ratelimit"]?.hasPrefix("\"support-agent\";r=19;t=") == true)
            // A search, a page of two hundred: 1 + 20 + 20.
            let search = try await ann.get("/v1/contacts?limit=200&q=nobody")
            #expect(search.status == 429)
            #expect(search.code == "rate-limited")
            #expect(search.headers["retry-after"].flatMap { Int($0) } == (try seconds(search)))
            #expect(search.headers["ratelimit"]?.contains(";r=19;") == true)
            // Another key of the same person, and a person of their own.
            #expect(try await site.caller("support-agent", user: "ann").get("/v1/contacts?limit=200&q=nobody").status == 429)
            #expect(try await site.caller("support-agent", user: "bea").get("/v1/contacts?limit=200&q=nobody").status == 200)
            #expect(try await site.administrator.get("/v1/contacts?limit=200&q=nobody").status == 200)
        }
    }

    @Test func `a batch costs what its operations do, and what goes along costs, too`() async throws {
        let limits = "rates:\n  default: { units: 600000, seconds: 60 }\n  sales-manager: { units: 1000, seconds: 86400 }\n"
        try await Site.with(policies: policies(limits)) { site in
            try await site.serve()
            let id = try await site.administrator.make("contacts", ["family_name": "Person"])
            let caller = try await site.caller("sales-manager", user: "max")
            func left(_ answer: Answer) throws -> Int {
                try #require(answer.headers["ratelimit"]?.firstMatch(of: /r=([0-9]+)/).flatMap { Int($0.1) })
            }
            #expect(try left(try await caller.get("/v1/contacts/\(id)")) == 999)
            #expect(try left(try await caller.get("/v1/contacts/\(id)?include=deals,tasks")) == 958)
            let operation: JSONValue = ["op": "update", "id": .string(id), "if_match": "*", "body": [:]]
            let batch = try await caller.post("/v1/contacts/batch", ["operations": .array(Array(repeating: operation, count: 50))])
            #expect(try left(batch) == 858)
        }
    }

    @Test func `V2.4.1 [API6]: a burst from one address to what needs no key is stopped, and callers with a key go on`() async throws {
        let limits = "addresses:\n  requests: { units: 6, seconds: 86400 }\n"
        try await Site.with(policies: policies(limits)) { site in
            try await site.serve()
            var nobody = try site.administrator
            nobody.token = nil
            var statuses: [Int] = []
            for _ in 0..<8 {
                statuses.append(
                    try await nobody.send("POST", "/drp/v1/data-rights-request", ["Content-Type": "text/plain"], body: Array("x".utf8)).status)
            }
            #expect(statuses.first != 429 && statuses.last == 429, "\(statuses)")
            #expect(try await nobody.get("/consent/" + String(repeating: "A", count: 64)).status == 429)
            #expect(try await site.administrator.get("/v1/contacts").status == 200)
        }
    }

    @Test func `V6.3.1 [API4]: whoever guesses is stopped, and a key that was right there goes on`() async throws {
        let limits = """
            addresses:
              requests: { units: 6, seconds: 86400 }
              wrong_credentials: { units: 4, seconds: 86400 }
              wrong_for_key: { units: 2, seconds: 86400 }
            """
        try await Site.with(policies: policies(limits)) { site in
            try await site.serve()
            let owner = try await site.caller("support-agent", user: "ann")
            #expect(try await owner.get("/v1/contacts").status == 200)
            let late = try await site.caller("support-agent", user: "bea")
            for id in [owner.id, "nobodynobody"] {
                var guesser = owner
                guesser.token = "ghk_\(id)_" + String(repeating: "A", count: 43)
                let answers = [try await guesser.get("/v1/contacts"), try await guesser.get("/v1/contacts")]
                #expect(answers.map(\.code) == ["credential-invalid", "credential-invalid"])
                #expect(answers[0].whole == answers[1].whole)
            }
            var guesser = owner
            guesser.token = "ghk_\(owner.id)_" + String(repeating: "B", count: 43)
            // A wrong secret for a key that was right from this address is looked at, and answered like every other.
            let stopped = try await guesser.get("/v1/contacts")
            #expect(stopped.status == 429)
            #expect(stopped.headers["retry-after"].flatMap { Int($0) } ?? 0 > 0)
            guesser.token = "ghk_nobodynobody_" + String(repeating: "C", count: 43)
            let unknown = try await guesser.get("/v1/contacts")
            #expect(unknown.status == 429)
            #expect(unknown.code == stopped.code)
            #expect(unknown["detail"] == stopped["detail"])
            // The right secret of a key that was never used from here is not told from a guess.
            #expect(try await late.get("/v1/contacts").code == "rate-limited")
            #expect(try await owner.get("/v1/contacts").status == 200)
            // Strangers to public pages are counted apart.
            guesser.token = nil
            var codes: [Int] = []
            for _ in 1...3 { codes.append(try await guesser.get("/consent/nothing").status) }
            #expect(codes.last == 429)
            #expect(try await guesser.get("/healthz").status == 200)
            #expect(try await owner.get("/v1/contacts").status == 200)
        }
    }

    @Test func `nobody sees more people within an hour than the policies let them, here or after a restart`() async throws {
        let limits = "people:\n  support-agent: { step_up: 3, most: 5 }\n"
        try await Site.with(policies: policies(limits)) { site in
            try await site.serve()
            var ids: [String] = []
            for number in 1...7 {
                let made = try await site.administrator.post("/v1/contacts", ["family_name": .string("Person \(number)")])
                #expect(made.status == 201)
                ids.append(made.id)
            }
            let ann = try await site.caller("support-agent", user: "ann")
            for id in ids.prefix(3) + ids.prefix(3) { #expect(try await ann.get("/v1/contacts/\(id)").status == 200) }
            // A list of people of whom one is one too many shows nobody.
            let list = try await ann.get("/v1/contacts")
            #expect(list.code == "budget-exhausted")
            let fourth = try await ann.get("/v1/contacts/\(ids[3])")
            #expect(fourth.code == "people-step-up")
            #expect(fourth.status == 401)
            #expect(fourth.headers["www-authenticate"]?.contains("insufficient_user_authentication") == true)
            #expect(try await ann.get("/v1/contacts/\(ids[0])").status == 200)
            let steppedUp = try await site.steppedUp("support-agent", user: "ann")
            for id in ids.prefix(5) { #expect(try await steppedUp.get("/v1/contacts/\(id)").status == 200) }
            let exhausted = try await steppedUp.get("/v1/contacts/\(ids[5])")
            #expect(exhausted.code == "budget-exhausted")
            #expect(exhausted.status == 429)
            let wait = try #require(exhausted.headers["retry-after"].flatMap { Int($0) })
            #expect((3300...3600).contains(wait))
            #expect(try await site.administrator.get("/v1/contacts").data.count == 7)
            // What refused is on record, with nobody in it.
            let event = try #require(exhausted.headers["audit-event"])
            try await site.settleLog()
            let found = try await site.administrator.get("/v1/audit/events?actor=ann&outcome=refused&limit=200")
            let entry = try #require(found.data.first { $0["id"]?.stringValue == event })
            #expect(entry["target"] == "people:most")
            await site.stop()
            try await site.serve()
            var after = ann
            after.url = try site.url
            #expect(try await after.get("/v1/contacts/\(ids[5])").code == "budget-exhausted")
            #expect(try await after.get("/v1/contacts/\(ids[4])").status == 200)
        }
    }

    @Test func `limits that make no sense are refused with their place`() async throws {
        for (limits, message) in [
            ("rates:\n  sales-reps: { units: 1, seconds: 1 }\n", "limits.yaml:2:3: role 'sales-reps' is not declared in roles.yaml"),
            ("people:\n  default: { step_up: 9, most: 3 }\n", "limits.yaml:2:12: step_up is not more than most"),
            ("rates:\n  default: { units: 0, seconds: 1 }\n", "limits.yaml:2:21: units is 1 to 1000000000"),
        ] {
            let outcome = try await GatehouseProgram.run(["policy", "check", "--policies", policies(limits)])
            #expect(outcome.status != 0)
            #expect((outcome.output + outcome.errors).contains(message), "\(outcome.output + outcome.errors)")
        }
    }

    @Test func `whether requests can be answered is told to everybody, and why not to nobody`() async throws {
        var caller = try await Site.shared().administrator
        caller.token = nil
        #expect(try await caller.get("/readyz").text == #"{"status":"ready"}"#)
        try await Site.with { site in
            try await site.serve()
            var caller = try site.administrator
            caller.token = nil
            #expect(try await caller.get("/readyz").status == 200)
            _ = try await site.administer("ALTER TABLE credential RENAME TO credential_gone")
            try await eventually("not ready") { try await caller.get("/readyz").status == 503 }
            #expect(try await caller.get("/readyz").text == #"{"status":"not-ready"}"#)
            #expect(try await caller.get("/healthz").status == 200)
            _ = try await site.administer("ALTER TABLE credential_gone RENAME TO credential")
            try await eventually("ready") { try await caller.get("/readyz").status == 200 }
        }
    }

    @Test(arguments: [
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true),
        ("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-later", true),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-later", false),
        ("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.later", false),
        ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false),
        ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false),
        ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", false),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7", false),
    ])
    func `a trace goes on if its parent is well-formed, and else begins anew`(_ parent: String, _ isTaken: Bool) async throws {
        let answer = try await Site.shared().administrator.get("/v1/nowhere", ["traceparent": parent])
        let trace = try #require(answer.headers["request-id"])
        #expect((trace == "4bf92f3577b34da6a3ce929d0e0e4736") == isTaken)
        #expect(answer["trace_id"] == .string(trace))
    }

    @Test func `whoever changes a record has seen its person, and groups tell of nobody who is not counted`() async throws {
        let limits = "people:\n  support-agent: { step_up: 2, most: 3 }\n  sales-rep: { step_up: 2, most: 3 }\n"
        try await Site.with(policies: policies(limits)) { site in
            try await site.serve()
            var ids: [String] = []
            for number in 1...4 {
                ids.append(
                    try await site.administrator.make(
                        "contacts", ["family_name": .string("Person \(number)"), "external_id": .string("person-\(number)")]))
            }
            let support = try await site.caller("support-agent", user: "sue")
            for id in ids.prefix(2) { #expect(try await support.get("/v1/contacts/\(id)").status == 200) }
            let change: JSONValue = ["last_activity_at": "2026-01-02T03:04:05Z"]
            let amended = try await support.patch("/v1/contacts/\(ids[2])", ifMatch: "*", change)
            #expect(amended.code == "people-step-up", "\(amended.text)")
            let put = try await support.put("/v1/contacts/by-external-id/person-3", change)
            #expect(put.code == "people-step-up", "\(put.text)")
            // Nor was anything done, not even where there was nothing to do.
            #expect(try await site.administrator.get("/v1/contacts/\(ids[2])")["last_activity_at"] == .null)
            #expect(try await support.patch("/v1/contacts/\(ids[2])", ifMatch: "*", [:]).code == "people-step-up")
            #expect(try await support.patch("/v1/contacts/\(ids[0])", ifMatch: "*", change).status == 200)
            try await site.settleLog()
            let refused = try await site.administrator.get("/v1/audit/events?actor=sue&outcome=refused&action=update").data
            #expect(refused.count == 3 && refused.allSatisfy { $0["target"] == "people:step-up" && $0["subjects"] == nil }, "\(refused)")

            let rep = try await site.caller("sales-rep", user: "rob")
            for id in ids.prefix(2) { #expect(try await rep.patch("/v1/contacts/\(id)", ifMatch: "*", ["source": "web"]).status == 200) }
            #expect(try await rep.get("/v1/contacts/\(ids[2])").code == "people-step-up")
            let groups = try await rep.get("/v1/contacts?group_by=external_id,lifecycle")
            #expect(groups.status == 200 && groups["groups"] == [] && groups["suppressed"] == nil, "\(groups.text)")
            // A restart forgets nothing of it.
            try await site.settleLog()
            await site.stop()
            try await site.serve()
            var again = rep
            again.url = try site.url
            #expect(try await again.get("/v1/contacts/\(ids[2])").code == "people-step-up")
            #expect(try await again.get("/v1/contacts/\(ids[0])").status == 200)
        }
    }
}

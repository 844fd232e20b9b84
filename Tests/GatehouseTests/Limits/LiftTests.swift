import DataFormats
import Foundation
import TestPostgres
import Testing

/// Limits that are lifted for one caller, for a while.
@Suite(.timeLimit(.minutes(15)))
struct LiftTests {
    private func policies() throws -> String {
        let copy = try PolicyCopy()
        try Data("people:\n  support-agent: { step_up: 2, most: 3 }\n".utf8).write(to: URL(fileURLWithPath: copy.path + "/limits.yaml"))
        return copy.path
    }

    @Test func `a limit is lifted for one caller until a time, by somebody else who stepped up`() async throws {
        try await Site.with(policies: policies()) { site in
            try await site.serve()
            var ids: [String] = []
            for number in 1...6 { ids.append(try await site.administrator.make("contacts", ["family_name": .string("Person \(number)")])) }
            let ann = try await site.caller("support-agent", user: "ann")
            let bea = try await site.caller("support-agent", user: "bea")
            for caller in [ann, bea] {
                for id in ids.prefix(2) { #expect(try await caller.get("/v1/contacts/\(id)").status == 200) }
                #expect(try await caller.get("/v1/contacts/\(ids[2])").code == "people-step-up")
            }
            let officer = try await site.steppedUp("compliance-officer", user: "otto")
            func until(_ seconds: Double) -> JSONValue { .string(ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: seconds))) }
            let order: JSONValue = ["principal": "ann", "people": 5, "until": until(3600)]
            // A key alone, no reason, oneself, and times and numbers that make no sense.
            let plain = try await site.caller("compliance-officer", user: "olga")
            #expect(try await plain.post("/v1/limits", order, ["Reason": "recall"]).code == "step-up-required")
            #expect(try await officer.post("/v1/limits", order).code == "reason-required")
            #expect(try await ann.post("/v1/limits", order, ["Reason": "recall"]).code == "denied")
            #expect(try await officer.post("/v1/limits", ["principal": "otto"], ["Reason": "recall"]).code == "denied")
            let wrong: [JSONValue] = [
                ["principal": "ann", "people": 5], ["principal": "ann", "people": 0, "until": until(60)],
                ["principal": "ann", "people": 5, "until": until(-60)], ["principal": "ann", "people": 5, "until": until(40 * 86_400)],
                ["principal": "a b"], ["principal": "ann", "more": 1],
            ]
            for body in wrong { #expect(try await officer.post("/v1/limits", body, ["Reason": "recall"]).code == "value-invalid") }
            #expect(try await officer.get("/v1/limits").data.isEmpty)
            let lifted = try await officer.post("/v1/limits", order, ["Reason": "recall"])
            #expect(lifted.status == 201, "\(lifted.text)")
            for id in ids.prefix(5) { #expect(try await ann.get("/v1/contacts/\(id)").status == 200) }
            #expect(try await ann.get("/v1/contacts/\(ids[5])").code == "budget-exhausted")
            #expect(try await bea.get("/v1/contacts/\(ids[2])").code == "people-step-up")
            #expect(try await officer.get("/v1/limits").data.map { $0["principal"] } == ["ann"])
            // Its time ends it, without anybody; so does whoever ends it.
            #expect(try await officer.delete("/v1/limits/\(lifted.id)", ifMatch: nil).status == 204)
            #expect(try await officer.delete("/v1/limits/\(lifted.id)", ifMatch: nil).status == 404)
            #expect(try await ann.get("/v1/contacts/\(ids[5])").code == "budget-exhausted")
            let brief = try await officer.post("/v1/limits", ["principal": "ann", "people": 6, "until": until(3)], ["Reason": "recall"])
            #expect(brief.status == 201)
            #expect(try await ann.get("/v1/contacts/\(ids[5])").status == 200)
            let fresh = try await site.administrator.make("contacts", ["family_name": "Late"])
            try await eventually("the lift has ended") { try await officer.get("/v1/limits").data.isEmpty }
            #expect(try await ann.get("/v1/contacts/\(fresh)").code == "budget-exhausted")
            #expect(try await officer.get("/v1/limits?state=all").data.allSatisfy { $0["state"] == "ended" })
            try await site.settleLog()
            let events = try await site.administrator.get("/v1/audit/events?entity=limit&actor=otto&outcome=changed").data
            let targets = events.compactMap { $0["target"]?.stringValue?.split(separator: ":").prefix(2).joined(separator: ":") }
            #expect(targets.filter { $0 == "limit:lifted" }.count == 2 && targets.contains("limit:ended"), "\(targets)")
            #expect(events.contains { $0["reason"] == "recall" })
        }
    }

    @Test func `a count begins anew, here and after a restart, on the word of the host`() async throws {
        try await Site.with(policies: policies()) { site in
            try await site.serve()
            var ids: [String] = []
            for number in 1...4 { ids.append(try await site.administrator.make("contacts", ["family_name": .string("Person \(number)")])) }
            let ann = try await site.caller("support-agent", user: "ann")
            for id in ids.prefix(2) { #expect(try await ann.get("/v1/contacts/\(id)").status == 200) }
            #expect(try await ann.get("/v1/contacts/\(ids[2])").code == "people-step-up")
            try await site.settleLog()
            let outcome = try await site.run("limit", "reset", "ann", "--reason", "an import of ours counted")
            #expect(outcome.status == 0, "\(outcome.errors)")
            try await eventually("the gateway knows") { try await ann.get("/v1/contacts/\(ids[2])").status == 200 }
            #expect(try await ann.get("/v1/contacts/\(ids[3])").status == 200)
            #expect(try await ann.get("/v1/contacts/\(ids[0])").code == "people-step-up")
            try await site.settleLog()
            await site.stop()
            try await site.serve()
            var after = ann
            after.url = try site.url
            #expect(try await after.get("/v1/contacts/\(ids[3])").status == 200)
            #expect(try await after.get("/v1/contacts/\(ids[0])").code == "people-step-up")
            let end = ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: 3600))
            let lifted = try await site.run("limit", "lift", "ann", "--people", "4", "--until", end, "--reason", "recall")
            #expect(lifted.status == 0 && lifted.output.hasPrefix("ann may see 4 people an hour until "), "\(lifted.output)\(lifted.errors)")
            #expect(try await site.run("limit", "list").output.contains("ann"))
            try await eventually("the gateway knows") { try await after.get("/v1/contacts/\(ids[0])").status == 200 }
        }
    }
}

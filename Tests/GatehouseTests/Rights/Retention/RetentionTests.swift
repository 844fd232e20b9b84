import DataFormats
import Foundation
import SubjectRights
import TestPostgres
import Testing

/// What has lasted its time goes, and what has a reason to stay does not.
@Suite(.timeLimit(.minutes(15)))
struct RetentionTests {
    /// Makes something old, in a way that no caller could.
    static func age(_ site: Site, _ table: String, _ column: String, _ ids: [String], years: Int) async throws {
        let list = ids.map { "'\($0)'" }.joined(separator: ",")
        try await site.administer("UPDATE \(table) SET \(column) = now() - interval '\(years) years 2 days' WHERE id IN (\(list))")
    }

    static func run(_ site: Site, _ arguments: String...) async throws -> JSONObject {
        let run = try object(try await site.run(["retention", "run", "--json", "--rate", "0"] + arguments))
        #expect(run["state"] == "finished")
        return run
    }

    /// The signed report of a run: rules by name.
    static func report(_ site: Site, _ run: JSONObject) async throws -> (document: JSONObject, outcomes: [String: JSONObject]) {
        let file = try object(try await site.run("retention", "report", run["id"]?.stringValue ?? ""))
        let document = try #require(file["document"]?.objectValue)
        #expect(file["note"]?.stringValue?.contains("retention-report\nsha256 ") == true)
        var outcomes: [String: JSONObject] = [:]
        for rule in (document["rules"]?.arrayValue ?? []).compactMap(\.objectValue) {
            outcomes[rule["rule"]?.stringValue ?? ""] = rule["outcomes"]?.objectValue
        }
        return (document, outcomes)
    }

    @Test func `V14.2.7: people go when their time has come, with what is about them, and nobody else`() async throws {
        try await Site.with { site in
            try await site.serve()
            let caller = try site.administrator
            func contact(_ name: String, _ lifecycle: JSONValue) async throws -> String {
                let body: JSONObject = [
                    "family_name": .string(name), "email": .string("\(name)@example.com"), "lifecycle": lifecycle,
                    "last_activity_at": "2020-01-01T00:00:00Z",
                ]
                return try await caller.post("/v1/contacts", .object(body)).id
            }
            let (old, held, restricted) = (
                try await contact("alt", "former"), try await contact("gehalten", "former"), try await contact("still", "former")
            )
            let (fresh, customer) = (try await contact("frisch", "former"), try await contact("kunde", "customer"))
            _ = try await caller.patch("/v1/contacts/\(fresh)", ifMatch: "*", ["last_activity_at": "2026-01-01T00:00:00Z"])
            let call = try await caller.post("/v1/activities", ["kind": "call", "contact_id": .string(old), "topic": "Prices"]).id
            let won = try await caller.post(
                "/v1/deals", ["name": "D", "contact_id": .string(old), "stage": "won", "close_date": "2022-01-01"]
            ).id
            let officer = try await site.caller("compliance-officer", user: "olga")
            let hold = try await HoldTests.place(officer, ["subject": .string(held)]).id
            #expect(try await caller.put("/v1/subjects/\(restricted)/restriction", ["ground": "claims"]).status == 204)

            let plan = try await officer.get("/v1/retention/plan?rule=contact.former-customers").data
            #expect(plan.first?["records"] == 1 && plan.first?["held"] == 1 && plan.first?["restricted"] == 1, "\(plan)")
            #expect(plan.first?["samples"] == [.string(old)])
            let dry = try await site.run("retention", "run", "--dry-run", "--rule", "former-customers")
            #expect(dry.status == 0 && dry.output.contains("nothing was changed"))
            #expect(try await caller.get("/v1/contacts/\(old)").status == 200)

            let run = try await Self.run(site)
            #expect(try await caller.get("/v1/contacts/\(old)").status == 404)
            #expect(try await caller.get("/v1/activities/\(call)").status == 404)
            for id in [fresh, customer] { #expect(try await caller.get("/v1/contacts/\(id)").status == 200) }
            #expect(try await site.administer("SELECT count(*) FROM contact WHERE id IN ('\(held)', '\(restricted)')") == "2")
            // The books stay, without the person.
            let deal = try await caller.get("/v1/deals/\(won)")
            #expect(deal.status == 200 && deal["contact_id"] == .null)
            #expect(try await site.administerVault("SELECT count(*) FROM data_key WHERE holder = '\(old)'") == "0")
            #expect(try await site.administerVault("SELECT count(*) FROM search_token WHERE holder = '\(old)'") == "0")
            // What a hold keeps is only stored meanwhile.
            let ground = try await caller.get("/v1/subjects/\(held)")["restriction"]?.objectValue?["ground"]
            #expect(ground == .string("legal-hold:\(hold)"))

            let (document, outcomes) = try await Self.report(site, run)
            let outcome = try #require(outcomes["contact.former-customers"])
            #expect(outcome["people"]?.objectValue?["contact"] == 1 && outcome["held"]?.objectValue?["contact"] == 1)
            #expect(outcome["restricted"]?.objectValue?["contact"] == 1)
            #expect(outcome["deleted"] == ["activity": 1, "contact": 1] && outcome["blanked"] == ["deal": 1], "\(outcome)")
            let rules = (document["rules"]?.arrayValue ?? []).compactMap(\.objectValue)
            #expect(rules.allSatisfy { $0["citation"]?.stringValue?.isEmpty == false && $0["over_up_to"]?.stringValue != nil })
            // Its events are in the trail.
            let event = document["events"]?.arrayValue?.first?.stringValue ?? ""
            try await site.settleLog()
            #expect(try await caller.get("/v1/audit/events/\(event)/proof").status == 200)
            // Nothing is left to do.
            #expect(try await site.administer("SELECT count(*) FROM retention_item") == "0")
            let again = try await Self.report(site, try await Self.run(site))
            #expect(again.outcomes["contact.former-customers"]?["people"] == nil)
            // With the hold released the person's time has come.
            #expect(try await HoldTests.release(officer, hold).status == 200)
            _ = try await Self.run(site)
            #expect(try await caller.get("/v1/contacts/\(held)").status == 404)
        }
    }

    @Test func `who became a customer is no cold lead, whatever the lead's status says since`() async throws {
        try await Site.with { site in
            try await site.serve()
            let caller = try site.administrator
            func lead(_ name: String) async throws -> String {
                try await caller.post("/v1/leads", ["family_name": .string(name), "company": .string(name)]).id
            }
            let (cold, customer) = (try await lead("Kalt"), try await lead("Kundin"))
            let converted = try await caller.post("/v1/leads/\(customer)/convert", [:], ["If-Match": "*"])
            #expect(converted.status == 201 || converted.status == 200, "\(converted.text)")
            #expect(try await caller.patch("/v1/leads/\(customer)", ifMatch: "*", ["status": "new"]).status == 200)
            try await Self.age(site, "lead", "updated_at", [cold, customer], years: 2)
            let officer = try await site.caller("compliance-officer", user: "olga")
            let plan = try await officer.get("/v1/retention/plan?rule=lead.cold-leads").data
            #expect(plan.first?["records"] == 1 && plan.first?["samples"] == [.string(cold)], "\(plan)")
        }
    }

    @Test func `records go alone, what points to them is cut, and their history and tokens go with them`() async throws {
        try await Site.with { site in
            try await site.serve()
            let caller = try site.administrator
            let person = try await caller.post("/v1/contacts", ["family_name": "Muster"]).id
            let (old, kept, held) = (
                try await caller.post("/v1/deals", ["name": "alt", "contact_id": .string(person)]).id,
                try await caller.post("/v1/deals", ["name": "buch", "contact_id": .string(person)]).id,
                try await caller.post("/v1/deals", ["name": "streit", "contact_id": .string(person)]).id
            )
            for (deal, day) in [(old, "2010-05-01"), (kept, "2020-05-01"), (held, "2010-05-01")] {
                #expect(try await caller.patch("/v1/deals/\(deal)", ifMatch: "*", ["stage": "won", "close_date": .string(day)]).status == 200)
            }
            let call = try await caller.post(
                "/v1/activities", ["kind": "call", "contact_id": .string(person), "deal_id": .string(old), "topic": "Prices"]
            ).id
            let officer = try await site.caller("compliance-officer", user: "olga")
            let hold = try await HoldTests.place(officer, ["entity": "deal", "condition": "record.name == 'streit'"]).id
            let plan = try await officer.get("/v1/retention/plan?rule=closed-deals").data.first
            #expect(plan?["records"] == 1 && plan?["held"] == 1 && plan?["people"] == 1, "\(String(describing: plan))")
            let run = try await Self.run(site, "--rule", "closed-deals")
            #expect(try await caller.get("/v1/deals/\(old)").status == 404)
            // The person is restricted by the hold: what is left of them is found by asking the database.
            func stays(_ table: String, _ id: String) async throws -> Bool {
                try await site.administer("SELECT count(*) FROM \(table) WHERE id = '\(id)'") == "1"
            }
            for deal in [kept, held] { #expect(try await stays("deal", deal)) }
            #expect(try await site.administer("SELECT count(*) FROM stage_change WHERE deal_id = '\(old)'") == "0")
            #expect(try await site.administer("SELECT count(*) FROM activity WHERE id = '\(call)' AND deal_id IS NULL") == "1")
            #expect(try await stays("contact", person))
            let outcome = try await Self.report(site, run).outcomes["deal.closed-deals"]
            #expect(outcome?["deleted"]?.objectValue?["deal"] == 1 && outcome?["cut"] == ["activity.deal_id": 1], "\(String(describing: outcome))")
            #expect(outcome?["deleted"]?.objectValue?["stage_change"] == 2)

            // What a held record points to stays, too: the link is part of what is kept.
            #expect(try await HoldTests.release(officer, hold).status == 200)
            _ = try await caller.patch("/v1/activities/\(call)", ifMatch: "*", ["deal_id": .string(held)])
            #expect(try await HoldTests.place(officer, ["entity": "activity"]).status == 201)
            _ = try await Self.run(site, "--rule", "closed-deals")
            #expect(try await stays("deal", held))
            try await Self.age(site, "activity", "occurred_at", [call], years: 4)
            #expect(try await officer.get("/v1/retention/plan?rule=old-activities").data.first?["held"] == 1)
        }
    }

    @Test func `what a rule wants looked at waits until somebody has looked, and comes again when something goes on`() async throws {
        try await Site.with { site in
            try await site.serve()
            let caller = try site.administrator
            let account = try await caller.post("/v1/accounts", ["name": "Example"]).id
            try await Self.age(site, "account", "updated_at", [account], years: 11)
            let officer = try await site.caller("compliance-officer", user: "olga")
            #expect(try await officer.get("/v1/retention/reviews").data.map { $0["record"] } == [.string(account)])
            let body: JSONValue = ["rule": "untouched-accounts", "record": .string(account)]
            #expect(try await officer.post("/v1/retention/reviews", body).code == "reason-required")
            #expect(try await officer.post("/v1/retention/reviews", body, ["Reason": "still a customer"]).status == 204)
            #expect(try await officer.get("/v1/retention/reviews").data.isEmpty)
            #expect(try await officer.post("/v1/retention/reviews", body, ["Reason": "twice"]).status == 404)
            try await site.administer("UPDATE account SET updated_at = updated_at + interval '1 day'")
            #expect(try await officer.get("/v1/retention/reviews").data.count == 1)
            #expect(
                try await officer.post("/v1/retention/reviews", ["rule": "cold-leads", "record": .string(account)], ["Reason": "x"]).status == 400)
            _ = try await Self.run(site)
            #expect(try await caller.get("/v1/accounts/\(account)").status == 200)
            let outcome = try await site.run("retention", "plan", "--rule", "nothing")
            #expect(outcome.status == 4, "\(outcome.errors)")
        }
    }
}

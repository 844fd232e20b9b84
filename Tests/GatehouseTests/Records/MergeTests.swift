import DataFormats
import TestPostgres
import Testing

/// Records, and people, that turn out to be the same.
@Suite(.timeLimit(.minutes(15)))
struct MergeTests {
    private let email = unique("same") + "@example.org"

    private func contact(_ caller: Caller, _ body: JSONObject) async throws -> Answer {
        let made = try await caller.post("/v1/contacts", .object(body))
        #expect(made.status == 201, "\(made.text)")
        return made
    }

    private func merge(
        _ caller: Caller, _ winner: Answer, _ losers: [Answer], plural: String = "contacts", fields: JSONObject = [:], query: String = ""
    ) async throws -> Answer {
        var versions = JSONObject()
        for record in losers + [winner] { versions[record.id] = .string(record.tag ?? "") }
        return try await caller.post(
            "/v1/\(plural)/merge\(query)",
            [
                "winner": .string(winner.id), "losers": .array(losers.map { .string($0.id) }), "fields": .object(fields),
                "versions": .object(versions),
            ])
    }

    @Test func `duplicates are found by what the catalog declares, with what agrees and how sure it makes one`() async throws {
        let administrator = try await Site.shared().administrator
        let first = try await contact(administrator, ["family_name": "Müller", "email": .string(email), "phone": "+49 30 7654321"])
        let second = try await contact(administrator, ["family_name": "Mueller", "email": .string(email.uppercased()), "phone": "+49307654321"])
        let answer = try await administrator.get("/v1/contacts/\(first.id)/duplicates")
        let found = try #require(answer.data.first { $0["record"]?.objectValue?["id"]?.stringValue == second.id })
        #expect(found["score"] == 96)
        #expect(found["fields"] == ["email", "phone"])
        #expect(!answer.data.contains { $0["record"]?.objectValue?["id"]?.stringValue == first.id })
        #expect(try await administrator.get("/v1/contacts/019a0000-0000-7000-8000-000000000000/duplicates").status == 404)
    }

    @Test func `what the caller may not see finds nobody, and adds nothing to the score`() async throws {
        let site = try await Site.shared()
        let administrator = try site.administrator
        let rep = try await site.caller("sales-rep", user: unique("rep"))
        let number = "+4915\(Int.random(in: 10_000_000...99_999_999))"
        let name = unique("Name")
        let first = try await contact(administrator, ["family_name": .string(name), "mobile": .string(number), "birth_date": "1980-01-01"])
        let second = try await contact(administrator, ["family_name": .string(name), "mobile": .string(number), "birth_date": "1980-01-01"])
        #expect(try await administrator.get("/v1/contacts/\(first.id)/duplicates").data.count == 1)
        #expect(try await rep.get("/v1/contacts/\(first.id)/duplicates").data.isEmpty)
        // Nor may a colleague's own contact tell of somebody else's.
        let manager = try await site.caller("sales-manager", user: unique("manager"))
        let user = unique("owner")
        let owner = try await site.caller("sales-rep", user: user)
        let read = try await manager.get("/v1/contacts/\(first.id)")
        #expect(try await manager.patch("/v1/contacts/\(first.id)", ifMatch: read.tag, ["owner_id": .string(user)]).status == 200)
        #expect(try await owner.get("/v1/contacts/\(first.id)")["mobile"]?.stringValue == number)
        #expect(try await owner.get("/v1/contacts/\(first.id)/duplicates").data.isEmpty)
        #expect(second.status == 201)
    }

    @Test func `the winner stays with what it lacked, and what pointed to the losers points to it`() async throws {
        let site = try await Site.shared()
        let administrator = try site.administrator
        let manager = try await site.caller("sales-manager", user: unique("manager"))
        let winner = try await contact(administrator, ["family_name": "Winner", "email": .string(email), "city": "Bonn"])
        let loser = try await contact(administrator, ["family_name": "Loser", "phone": "+49301112223", "city": "Kiel", "notes": "knows us"])
        let deal = try await administrator.post("/v1/deals", ["name": "d", "contact_id": .string(loser.id), "notes": "sealed for the loser"])
        let (w, l) = (try await manager.get("/v1/contacts/\(winner.id)"), try await manager.get("/v1/contacts/\(loser.id)"))
        let planned = try await merge(manager, w, [l], query: "?dry_run=true")
        #expect(planned.status == 200, "\(planned.text)")
        #expect(planned["notes"] == "knows us")
        #expect(try await manager.get("/v1/contacts/\(loser.id)").stable == l.stable)

        let answer = try await merge(manager, w, [l], fields: ["city": .string(loser.id)])
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer["family_name"] == "Winner")
        #expect(answer["city"] == "Kiel")
        #expect(answer["phone"] == "+49301112223")
        #expect(answer["notes"] == "knows us")
        let moved = try await manager.get("/v1/deals/\(deal.id)")
        #expect(moved["contact_id"]?.stringValue == winner.id)
        #expect(moved["notes"] == "sealed for the loser")
        #expect(try await site.administer("SELECT subject_id FROM deal WHERE id = '\(deal.id)'") == winner.id)
        #expect(try await manager.get("/v1/contacts?phone=%2B49301112223").data.contains { $0["id"]?.stringValue == winner.id })

        let gone = try await manager.get("/v1/contacts/\(loser.id)")
        #expect(gone.status == 404)
        #expect(gone["hint"]?.stringValue?.contains(winner.id) == true)
        let stranger = try await site.stranger()
        #expect(try await stranger.get("/v1/contacts/\(loser.id)")["hint"] == nil)
        #expect(try await merge(manager, w, [l]).status == 412)
    }

    @Test func `what people have said holds for whom they are now, the stricter of both`() async throws {
        let site = try await Site.shared()
        let administrator = try site.administrator
        let manager = try await site.caller("sales-manager", user: unique("manager"))
        let winner = try await contact(administrator, ["family_name": "W"])
        let loser = try await contact(administrator, ["family_name": "L"])
        let yes: JSONValue = ["state": "given", "channel": "phone", "method": "spoken", "evidence": "said so on the phone"]
        #expect(try await administrator.put("/v1/subjects/\(loser.id)/consents/marketing", yes).status < 300)
        #expect(try await administrator.put("/v1/subjects/\(winner.id)/consents/marketing", ["state": "refused"]).status < 300)
        #expect(try await administrator.put("/v1/subjects/\(loser.id)/consents/partner-offers", yes).status < 300)
        #expect(try await administrator.put("/v1/subjects/\(loser.id)/opt-out", [:]).status < 300)
        #expect(try await administrator.put("/v1/subjects/\(loser.id)/objections/marketing", [:]).status < 300)
        let answer = try await merge(manager, try await manager.get("/v1/contacts/\(winner.id)"), [try await manager.get("/v1/contacts/\(loser.id)")])
        #expect(answer.status == 200, "\(answer.text)")
        let last = try await site.administer(
            "SELECT string_agg(purpose || '=' || state, ' ' ORDER BY purpose) FROM (SELECT DISTINCT ON (purpose) purpose, state FROM consent_event WHERE subject_id = '\(winner.id)' ORDER BY purpose, sequence DESC) AS said"
        )
        #expect(last == "marketing=expired partner-offers=given")
        #expect(try await site.administer("SELECT count(*) FROM consent_event WHERE subject_id = '\(loser.id)'") == "0")
        #expect(try await administrator.get("/v1/subjects/\(winner.id)/consents").text.contains("said so on the phone"))
        for table in ["subject_opt_out", "subject_objection"] {
            #expect(try await site.administer("SELECT count(*) FROM \(table) WHERE subject_id = '\(winner.id)'") == "1")
            #expect(try await site.administer("SELECT count(*) FROM \(table) WHERE subject_id = '\(loser.id)'") == "0")
        }
        // Nothing is written about who is no more, and who asks is told who it is.
        let old = try await administrator.put("/v1/subjects/\(loser.id)/restriction", ["ground": "x"])
        #expect(old.status == 404)
        #expect(old["hint"]?.stringValue?.contains(winner.id) == true)
    }

    @Test func `somebody restricted is not merged by who does not come for what a restriction lets be done`() async throws {
        let site = try await Site.shared()
        let administrator = try site.administrator
        let winner = try await contact(administrator, ["family_name": "W"])
        let loser = try await contact(administrator, ["family_name": "L"])
        #expect(try await administrator.put("/v1/subjects/\(loser.id)/restriction", ["ground": "contested"]).status == 204)
        let manager = try await site.caller("sales-manager", user: unique("manager"))
        for (stays, goes) in [(winner, loser), (loser, winner)] {
            let body: JSONValue = ["winner": .string(stays.id), "losers": .array([.string(goes.id)])]
            #expect(try await manager.post("/v1/contacts/merge?dry_run=true", body).status == 404)
        }
        #expect(try await administrator.delete("/v1/subjects/\(loser.id)/restriction", ifMatch: nil).status == 204)
        #expect(try await merge(administrator, winner, [loser]).status == 200)
    }

    @Test func `a hold on any of them stops a merge`() async throws {
        let site = try await Site.shared()
        let administrator = try site.administrator
        let officer = try await site.caller("compliance-officer", user: unique("officer"))
        let winner = try await contact(administrator, ["family_name": "W"])
        let loser = try await contact(administrator, ["family_name": "L"])
        let hold = try await officer.post(
            "/v1/holds", ["subject": .string(loser.id), "matter": "M", "basis": "B", "review_on": "2999-01-01"], ["Reason": "suit"])
        #expect(hold.status == 201, "\(hold.text)")
        let answer = try await merge(administrator, winner, [loser])
        #expect(answer.code == "hold-in-the-way")
        #expect(try await administrator.get("/v1/contacts/\(loser.id)").status == 200)
    }

    @Test func `a merge needs the version of each record, and the right to change one and delete the others`() async throws {
        let site = try await Site.shared()
        let administrator = try site.administrator
        let winner = try await contact(administrator, ["family_name": "W"])
        let loser = try await contact(administrator, ["family_name": "L"])
        let bare: JSONValue = ["winner": .string(winner.id), "losers": .array([.string(loser.id)])]
        #expect(try await administrator.post("/v1/contacts/merge", bare).code == "precondition-required")
        #expect(try await administrator.patch("/v1/contacts/\(loser.id)", ifMatch: loser.tag, ["city": "Ulm"]).status == 200)
        let stale = try await merge(administrator, winner, [loser])
        #expect(stale.code == "precondition-failed")
        #expect(stale["detail"]?.stringValue?.contains(loser.id) == true)
        for role in ["sales-rep", "integration-app", "marketing", "support-agent", "compliance-officer"] {
            let caller = try await site.caller(role, user: role == "integration-app" ? nil : unique("user"))
            #expect(try await merge(caller, winner, [loser]).code == "denied", "\(role)")
        }
        #expect(try await administrator.post("/v1/deals/merge", bare).status == 404)
        #expect(try await merge(administrator, winner, [winner]).code == "value-invalid")
    }

    @Test func `the trail of both is found under the winner`() async throws {
        let site = try await Site.shared()
        let administrator = try site.administrator
        let auditor = try await site.caller("auditor", user: unique("auditor"))
        let reader = unique("reader")
        let rep = try await site.caller("sales-rep", user: reader)
        let winner = try await contact(administrator, ["family_name": "W"])
        let loser = try await contact(administrator, ["family_name": "L"])
        #expect(try await rep.get("/v1/contacts/\(loser.id)").status == 200)
        let tag = try await administrator.get("/v1/contacts/\(winner.id)")
        #expect(try await merge(administrator, tag, [loser]).status == 200)
        try await site.settleLog()
        let report = try await auditor.get("/v1/audit/reports/subjects/\(winner.id)")
        #expect(report.status == 200, "\(report.text)")
        #expect(report.text.contains(reader))
    }

    @Test func `accounts become one, and an account is no parent of itself`() async throws {
        let administrator = try await Site.shared().administrator
        let name = unique("Firm")
        let winner = try await administrator.post("/v1/accounts", ["name": .string(name), "phone": "+4940123"])
        let loser = try await administrator.post("/v1/accounts", ["name": .string(name), "parent_id": .string(winner.id), "notes": "sealed"])
        #expect(try await administrator.get("/v1/accounts/\(winner.id)/duplicates").data.count == 1)
        let contact = try await contact(administrator, ["family_name": "X", "account_id": .string(loser.id)])
        let answer = try await merge(administrator, winner, [loser], plural: "accounts")
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer["parent_id"] == .null)
        #expect(answer["notes"] == "sealed")
        #expect(answer["phone"] == "+4940123")
        #expect(try await administrator.get("/v1/contacts/\(contact.id)")["account_id"]?.stringValue == winner.id)
    }

    @Test func `a deal's stages are listed with who, when, from what to what, and for how long`() async throws {
        let site = try await Site.shared()
        let user = unique("rep")
        let rep = try await site.caller("sales-rep", user: user)
        let deal = try await rep.post("/v1/deals", ["name": "staged"])
        let changed = try await rep.patch("/v1/deals/\(deal.id)", ifMatch: deal.tag, ["stage": "proposal"])
        #expect(try await rep.patch("/v1/deals/\(deal.id)", ifMatch: changed.tag, ["stage": "won"]).status == 200)
        let history = try await rep.get("/v1/deals/\(deal.id)/history")
        #expect(history.data.map { $0["to_value"]?.stringValue } == ["prospecting", "proposal", "won"])
        #expect(history.data.map { $0["from_value"]?.stringValue } == [nil, "prospecting", "proposal"])
        #expect(history.data.allSatisfy { $0["changed_by"]?.stringValue == user && $0["lasted_seconds"] != nil })
        #expect(history.data.map { $0["stands"] == true } == [false, false, true])
        let support = try await site.caller("support-agent", user: unique("support"))
        #expect(try await support.get("/v1/deals/\(deal.id)/history").status == 403)
        #expect(try await site.stranger().get("/v1/deals/\(deal.id)/history").status == 404)
    }
}

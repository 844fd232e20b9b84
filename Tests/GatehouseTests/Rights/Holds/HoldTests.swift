import DataFormats
import Foundation
import TestPostgres
import Testing

/// Legal holds over the API and the command line, on every path that deletes.
@Suite(.timeLimit(.minutes(15)))
struct HoldTests {
    static let review = "2999-01-31"

    /// Places a hold on what the body says.
    static func place(_ officer: Caller, _ scope: JSONObject, matter: String = "Example against Muster") async throws -> Answer {
        var body: JSONObject = ["matter": .string(matter), "basis": "defence of claims", "review_on": .string(review)]
        for member in scope.members { body[member.name] = member.value }
        return try await officer.post("/v1/holds", .object(body))
    }

    static func release(_ officer: Caller, _ id: String) async throws -> Answer {
        try await officer.send("DELETE", "/v1/holds/\(id)", ["Reason": "settled"])
    }

    @Test func `a hold on a person stops every deletion of theirs until it is released`() async throws {
        try await Site.with { site in
            try await site.serve()
            let (administrator, officer) = (try site.administrator, try await site.caller("compliance-officer", user: "olga"))
            let person = try await administrator.post("/v1/contacts", ["family_name": "Muster"])
            let call = try await administrator.post("/v1/activities", ["kind": "call", "contact_id": .string(person.id), "topic": "Prices"])
            let deal = try await administrator.post("/v1/deals", ["name": "Valves", "contact_id": .string(person.id)])
            let other = try await administrator.post("/v1/contacts", ["family_name": "Beispiel"])

            let placed = try await Self.place(officer, ["subject": .string(person.id)])
            #expect(placed.status == 201 && placed["records"] == 3 && placed["people"] == 1, "\(placed.text)")
            // Nobody who may not read holds hears what it is about.
            for path in ["/v1/contacts/\(person.id)", "/v1/activities/\(call.id)", "/v1/deals/\(deal.id)"] {
                let refused = try await administrator.delete(path, ifMatch: "*")
                #expect(refused.status == 409 && refused.code == "hold-in-the-way", "\(path): \(refused.text)")
                #expect(refused.text.contains(placed.id) && refused.text.contains("Art. 17(3)(e)") && refused.text.contains("18(1)(c)"))
                #expect(!refused.text.contains("Muster"))
                #expect(try await administrator.get(path).status == 200)
            }
            #expect(try await administrator.delete("/v1/contacts/\(other.id)", ifMatch: "*").status == 204)

            // Moving a record to somebody else does not take it out.
            let third = try await administrator.post("/v1/contacts", ["family_name": "Dritte"])
            let moved = try await administrator.patch("/v1/deals/\(deal.id)", ifMatch: "*", ["contact_id": .string(third.id)])
            #expect(moved.status == 200)
            #expect(try await administrator.delete("/v1/deals/\(deal.id)", ifMatch: "*").code == "hold-in-the-way")

            let destroyed = try await site.run("key", "destroy", person.id, "--reason", "request 17", "--yes")
            #expect(destroyed.status == 5 && destroyed.errors.contains("hold-in-the-way"), "\(destroyed.errors)")
            #expect(try await site.administerVault("SELECT count(*) FROM data_key WHERE holder = '\(person.id)'") == "1")
            let standing = try await administrator.get("/v1/subjects/\(person.id)")
            #expect(standing["restriction"]?.objectValue?["ground"]?.stringValue == "legal-hold:\(placed.id)")

            #expect(try await officer.send("DELETE", "/v1/holds/\(placed.id)").code == "reason-required")
            let released = try await Self.release(officer, placed.id)
            #expect(released.status == 200 && released["state"] == "released" && released["release_reason"] == "settled")
            #expect(try await administrator.get("/v1/subjects/\(person.id)")["restriction"] == .null)
            #expect(try await site.administer("SELECT count(*) FROM hold_reach") == "0")
            for path in ["/v1/activities/\(call.id)", "/v1/deals/\(deal.id)", "/v1/contacts/\(person.id)"] {
                #expect(try await administrator.delete(path, ifMatch: "*").status == 204)
            }
            #expect(try await site.run("key", "destroy", person.id, "--reason", "request 17", "--yes").status == 0)
        }
    }

    @Test func `what is held goes with no batch, and stops one that goes in as a whole`() async throws {
        let site = try await Site.shared()
        let (administrator, officer) = (try site.administrator, try await site.caller("compliance-officer", user: unique("olga")))
        let (held, free) = (
            try await administrator.post("/v1/contacts", ["family_name": "Muster"]),
            try await administrator.post("/v1/contacts", ["family_name": "Beispiel"])
        )
        let hold = try await Self.place(officer, ["subject": .string(held.id)])
        let operations = [held, free].map { JSONValue.object(["op": "delete", "id": .string($0.id), "if_match": "*"]) }
        let whole = try await administrator.post("/v1/contacts/batch", ["atomic": true, "operations": .array(operations)])
        #expect(whole.status == 409 && whole.text.contains("hold-in-the-way"), "\(whole.text)")
        #expect(try await administrator.get("/v1/contacts/\(free.id)").status == 200)
        let each = try await administrator.post("/v1/contacts/batch", ["operations": .array(operations)])
        #expect(each["succeeded"] == 1 && each["refused"] == 1, "\(each.text)")
        #expect(each.text.contains(hold.id) && each.text.contains("hold-in-the-way"))
        #expect(try await administrator.get("/v1/contacts/\(held.id)").status == 200)
        #expect(try await administrator.get("/v1/contacts/\(free.id)").status == 404)
    }

    @Test func `a hold on a query keeps what fits and what fitted, and the people they are about`() async throws {
        try await Site.with { site in
            try await site.serve()
            let (administrator, officer) = (try site.administrator, try await site.caller("compliance-officer", user: "olga"))
            func person(_ name: String) async throws -> String { try await administrator.post("/v1/contacts", ["family_name": .string(name)]).id }
            let (first, second, third) = (try await person("Eins"), try await person("Zwei"), try await person("Drei"))
            func deal(_ person: String, _ product: String) async throws -> String {
                try await administrator.post("/v1/deals", ["name": "D", "contact_id": .string(person), "product": .string(product)]).id
            }
            let (fits, later, never) = (try await deal(first, "Valve 7"), try await deal(second, "Pump"), try await deal(third, "Pump"))
            // Whoever may not see a field does not learn of it by the count of a hold.
            let hidden = try await Self.place(officer, ["entity": "contact", "condition": "record.email == 'a@example.com'"])
            let unknown = try await Self.place(officer, ["entity": "contact", "condition": "record.nothing == 'a@example.com'"])
            #expect(hidden.status == 400 && unknown.status == 400 && hidden.code == "filter-invalid")
            let placed = try await Self.place(officer, ["entity": "deal", "condition": "record.product == 'Valve 7'"])
            #expect(placed.status == 201 && placed["records"] == 1 && placed["people"] == 1, "\(placed.text)")

            _ = try await administrator.patch("/v1/deals/\(fits)", ifMatch: "*", ["product": "Pump"])
            _ = try await administrator.patch("/v1/deals/\(later)", ifMatch: "*", ["product": "Valve 7"])
            func isHeld(_ deal: String) async throws -> Bool {
                try await administrator.delete("/v1/deals/\(deal)", ifMatch: "*").code == "hold-in-the-way"
            }
            #expect(try await isHeld(fits))
            #expect(try await isHeld(later))
            for person in [first, second] {
                #expect(try await site.run("key", "destroy", person, "--reason", "r", "--yes").errors.contains("hold-in-the-way"))
            }
            #expect(try await administrator.delete("/v1/deals/\(never)", ifMatch: "*").status == 204)
            #expect(try await site.run("key", "destroy", third, "--reason", "r", "--yes").status == 0)
        }
    }

    @Test func `a held change of a stage keeps its deal, and a held deal its changes`() async throws {
        try await Site.with { site in
            try await site.serve()
            let (administrator, officer) = (try site.administrator, try await site.caller("compliance-officer", user: "olga"))
            let deal = try await administrator.post("/v1/deals", ["name": "Valves"]).id
            _ = try await administrator.patch("/v1/deals/\(deal)", ifMatch: "*", ["stage": "proposal"])
            let change = try await administrator.get("/v1/stage_changes").data.first?["id"]?.stringValue ?? ""
            let placed = try await Self.place(officer, ["entity": "stage_change", "condition": "record.to_value == 'proposal'"])
            #expect(placed["records"] == 1, "\(placed.text)")
            #expect(try await administrator.delete("/v1/deals/\(deal)", ifMatch: "*").code == "hold-in-the-way")
            #expect(try await site.administer("SELECT count(*) FROM stage_change WHERE id = '\(change)'") == "1")
            #expect(try await Self.release(officer, placed.id).status == 200)
            let whole = try await Self.place(officer, ["entity": "stage_change"])
            #expect(try await administrator.delete("/v1/deals/\(deal)", ifMatch: "*").code == "hold-in-the-way")
            #expect(try await Self.release(officer, whole.id).status == 200)
            #expect(try await administrator.delete("/v1/deals/\(deal)?destroy=true", ifMatch: "*").status == 204)
            #expect(try await site.administer("SELECT count(*) FROM stage_change WHERE id = '\(change)'") == "0")
        }
    }

    @Test func `a person's own restriction and those of holds stand beside each other`() async throws {
        try await Site.with { site in
            try await site.serve()
            let (administrator, officer) = (try site.administrator, try await site.caller("compliance-officer", user: "olga"))
            let person = try await administrator.post("/v1/contacts", ["family_name": "Muster"]).id
            let path = "/v1/subjects/\(person)"
            func ground() async throws -> String? { try await administrator.get(path)["restriction"]?.objectValue?["ground"]?.stringValue }
            let first = try await Self.place(officer, ["subject": .string(person)]).id
            let second = try await Self.place(officer, ["entity": "contact"]).id
            #expect(try await site.run("key", "destroy", person, "--reason", "r", "--yes").status == 5)
            let held = try await ground()
            #expect(held == "legal-hold:\(first)" || held == "legal-hold:\(second)")
            #expect(try await administrator.put(path + "/restriction", ["ground": "accuracy contested"]).status == 204)
            #expect(try await ground() == "accuracy contested")
            #expect(try await Self.release(officer, first).status == 200)
            #expect(try await ground() == "accuracy contested")
            #expect(try await administrator.send("DELETE", path + "/restriction").status == 204)
            #expect(try await ground() == "legal-hold:\(second)")
            #expect(try await Self.release(officer, second).status == 200)
            #expect(try await ground() == nil)
            // And the other way round: the hold goes, the person's own stays.
            let third = try await Self.place(officer, ["subject": .string(person)]).id
            #expect(try await site.run("key", "destroy", person, "--reason", "r", "--yes").status == 5)
            #expect(try await administrator.put(path + "/restriction", ["ground": "accuracy contested"]).status == 204)
            #expect(try await Self.release(officer, third).status == 200)
            #expect(try await ground() == "accuracy contested")
        }
    }

    @Test func `words of a hold rest sealed and are for those who may read holds`() async throws {
        try await Site.with { site in
            try await site.serve()
            let officer = try await site.caller("compliance-officer", user: "olga")
            let person = try await site.administrator.post("/v1/contacts", ["family_name": "Muster"]).id
            let placed = try await Self.place(officer, ["subject": .string(person)], matter: "Kowalski-Canary against Example").id
            _ = try await officer.send("DELETE", "/v1/holds/\(placed)", ["Reason": "Release-Canary"])
            let query = try await Self.place(officer, ["entity": "deal", "condition": "record.name == 'Condition-Canary'"]).id
            try await site.settleLog()
            let dump = try await site.dump("gatehouse")
            #expect(!dump.contains("Kowalski") && !dump.contains("Condition-Canary"))
            let shown = try await officer.get("/v1/holds/\(query)")
            #expect(shown["condition"] == "record.name == 'Condition-Canary'")
            #expect(try await site.caller("auditor").get("/v1/holds?state=all").data.count == 2)
            for role in ["sales-manager", "integration-app", "marketing"] {
                #expect(try await site.caller(role).get("/v1/holds").status == 403)
                #expect(try await Self.place(site.caller(role), ["entity": "deal"]).status == 403)
            }
            #expect(try await Self.place(site.administrator, ["entity": "deal"]).status == 403)
            let stranger = try await site.stranger()
            #expect(try await stranger.get("/v1/holds").data.isEmpty)
        }
    }

    @Test func `bad orders are refused by the member that is wrong, and a dry run places nothing`() async throws {
        let site = try await Site.shared()
        let officer = try await site.caller("compliance-officer", user: "olga")
        #expect(try await Self.place(officer, ["subject": "Muster"]).status == 422)
        #expect(try await Self.place(officer, ["subject": "019a0000-0000-7000-8000-000000000000"]).status == 404)
        #expect(try await Self.place(officer, ["entity": "nothing"]).pointers == ["#/entity"])
        #expect(try await Self.place(officer, [:]).status == 422)
        #expect(try await Self.place(officer, ["entity": "deal", "review_on": "2020-01-01"]).pointers == ["#/review_on"])
        #expect(try await Self.place(officer, ["entity": "deal", "review_on": "soon"]).pointers == ["#/review_on"])
        #expect(try await Self.place(officer, ["entity": "deal", "condition": "record.name =="]).code == "filter-invalid")
        #expect(try await officer.get("/v1/holds/019a0000-0000-7000-8000-000000000000").status == 404)
        let before = try await site.administer("SELECT count(*) FROM legal_hold")
        let outcome = try await site.run(
            ["hold", "place", "--entity", "account", "--matter", "M", "--basis", "B", "--review", Self.review, "--dry-run"],
            environment: ["GATEHOUSE_URL": officer.url, "GATEHOUSE_TOKEN": officer.token ?? ""])
        #expect(outcome.status == 0 && outcome.output.contains("nothing was placed"), "\(outcome.errors)")
        #expect(try await site.administer("SELECT count(*) FROM legal_hold") == before)
    }

    @Test func `no deletion that a hold would have stopped commits behind it`() async throws {
        try await Site.with { site in
            try await site.serve()
            let other = try await site.serve()
            let (administrator, officer) = (try site.administrator, try await site.caller("compliance-officer", user: "olga"))
            let twin = Caller(url: other.url, token: administrator.token)
            for round in 0..<4 {
                var deals: [String] = []
                for _ in 0..<40 {
                    deals.append(try await administrator.post("/v1/deals", ["name": "D", "product": .string("Round \(round)")]).id)
                }
                let (half, ids) = (deals.count / 2, deals)
                async let placing = Self.place(officer, ["entity": "deal", "condition": .string("record.product == 'Round \(round)'")])
                let gone = try await withThrowingTaskGroup(of: (String, Int).self) { group in
                    for (index, id) in ids.enumerated() {
                        group.addTask {
                            (id, try await (index < half ? administrator : twin).delete("/v1/deals/\(id)?destroy=true", ifMatch: "*").status)
                        }
                    }
                    return try await group.reduce(into: [String: Int]()) { $0[$1.0] = $1.1 }
                }
                let placed = try await placing
                #expect(placed.status == 201)
                let deleted = gone.values.filter { $0 == 204 }.count
                #expect(gone.values.allSatisfy { $0 == 204 || $0 == 409 })
                // What the hold counted is exactly what nobody could delete.
                let left = try await site.administer("SELECT count(*) FROM deal WHERE product = 'Round \(round)'")
                #expect(Int(left) == ids.count - deleted)
                #expect(placed["records"] == .number(JSONNumber(Int64(ids.count - deleted))))
            }
        }
    }
}

import DataFormats
import TestPostgres
import Testing

@Suite(.timeLimit(.minutes(15)))
struct RecordTests {
    @Test func `a record is made, read, changed and removed`() async throws {
        let caller = try await Site.shared().administrator
        let made = try await caller.post("/v1/contacts", ["given_name": "Ann", "family_name": "Example", "country": "DE"])
        #expect(made.status == 201)
        let path = "/v1/contacts/\(made.id)"
        #expect(made.headers["location"] == path)
        #expect(made.headers["audit-event"] != nil)

        let read = try await caller.get(path)
        #expect(read.status == 200)
        #expect(read.tag == made.tag)
        #expect(read["given_name"] == "Ann")
        #expect(read.headers["cache-control"] == "no-store")
        #expect(read.headers["vary"] == "Authorization")
        #expect(read.headers["content-type"] == "application/json")
        #expect(read.headers["x-content-type-options"] == "nosniff")

        let changed = try await caller.patch(path, ifMatch: read.tag, ["given_name": nil, "family_name": "Muster"])
        #expect(changed.status == 200)
        #expect(changed["given_name"] == .null)
        #expect(changed["family_name"] == "Muster")
        #expect(changed["country"] == "DE")
        #expect(changed.tag != read.tag)
        #expect(try await caller.get(path).stable == changed.stable)

        #expect(try await caller.delete(path, ifMatch: changed.tag).status == 204)
        #expect(try await caller.get(path).code == "not-found")
        #expect(try await caller.patch(path, ifMatch: "*", ["city": "x"]).code == "not-found")
        #expect(try await caller.delete(path, ifMatch: "*").code == "not-found")
    }

    @Test func `an unchanged record is answered with 304 and no body`() async throws {
        let caller = try await Site.shared().administrator
        let made = try await caller.post("/v1/accounts", ["name": "Tag & Co"])
        let tag = try #require(made.tag)
        for condition in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
            let answer = try await caller.get("/v1/accounts/\(made.id)", ["If-None-Match": condition])
            #expect(answer.status == 304)
            #expect(answer.bytes.isEmpty)
            #expect(answer.tag == tag)
            #expect(answer.headers["audit-event"] != nil)
        }
        #expect(try await caller.get("/v1/accounts/\(made.id)", ["If-None-Match": "\"other\""]).status == 200)
    }

    @Test func `a change needs the tag of the record as it is`() async throws {
        let caller = try await Site.shared().administrator
        let made = try await caller.post("/v1/accounts", ["name": "First"])
        let path = "/v1/accounts/\(made.id)"
        let tag = try #require(made.tag)
        #expect(try await caller.patch(path, ifMatch: nil, ["name": "x"]).status == 428)
        #expect(try await caller.delete(path, ifMatch: nil).code == "precondition-required")
        for wrong in ["\"other\"", "W/\(tag)"] {
            #expect(try await caller.patch(path, ifMatch: wrong, ["name": "x"]).status == 412)
            #expect(try await caller.delete(path, ifMatch: wrong).code == "precondition-failed")
        }
        #expect(try await caller.patch(path, ifMatch: "other", ["name": "x"]).status == 400)
        #expect(try await caller.delete(path, ifMatch: "other").code == "parameter-invalid")
        #expect(try await caller.patch(path, ifMatch: "\"other\", \(tag)", ["name": "Second"]).status == 200)
        #expect(try await caller.patch(path, ifMatch: tag, ["name": "Third"]).status == 412)
        #expect(try await caller.patch(path, ifMatch: "*", ["name": "Fourth"]).status == 200)
        #expect(try await caller.get(path)["name"] == "Fourth")
    }

    @Test func `of changes with the same tag one goes through`() async throws {
        let caller = try await Site.shared().administrator
        let made = try await caller.post("/v1/accounts", ["name": "Race"])
        let codes = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<12 {
                group.addTask { try await caller.patch("/v1/accounts/\(made.id)", ifMatch: made.tag, ["name": .string("Race \(number)")]).status }
            }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(codes.filter { $0 == 200 }.count == 1)
        #expect(codes.filter { $0 == 412 }.count == 11)
    }

    @Test func `a change that changes nothing keeps the version`() async throws {
        let caller = try await Site.shared().administrator
        let made = try await caller.post("/v1/contacts", ["given_name": "Same", "country": "FR"])
        let changed = try await caller.patch("/v1/contacts/\(made.id)", ifMatch: made.tag, ["given_name": "Same", "country": "FR", "city": nil])
        #expect(changed.status == 200)
        #expect(changed.tag == made.tag)
    }

    @Test func `unknown, unwritable and wrong members are named and nothing is written`() async throws {
        let site = try await Site.shared()
        let caller = try site.administrator
        let unknown = try await caller.post("/v1/contacts", ["given_name": "A", "shoe/size~": 43, "tenant_id": "x"])
        #expect(unknown.status == 422)
        #expect(unknown.code == "member-unknown")
        #expect(unknown.pointers == ["#/shoe~1size~0", "#/tenant_id"])
        let system = try await caller.post("/v1/contacts", ["created_at": "2026-01-01T00:00:00Z"])
        #expect(system.code == "field-not-writable")
        #expect(system.pointers == ["#/created_at"])
        let made = try await caller.post("/v1/accounts", ["name": "Kept"])
        let wrong = try await caller.patch("/v1/accounts/\(made.id)", ifMatch: made.tag, ["name": "New", "employees": "many", "country": "Utopia"])
        #expect(wrong.status == 422)
        #expect(wrong.pointers == ["#/employees", "#/country"])
        #expect(try await caller.get("/v1/accounts/\(made.id)")["name"] == "Kept")
        #expect(try await caller.post("/v1/accounts", ["industry": "steel"]).pointers == ["#/name"])
        #expect(try await caller.patch("/v1/accounts/\(made.id)", ifMatch: "*", ["name": nil]).pointers == ["#/name"])
    }

    @Test(
        arguments: [
            ("accounts", "employees", 42, 42), ("accounts", "employees", -9_007_199_254_740_992, -9_007_199_254_740_992),
            ("accounts", "website", "https://example.org/ä?q=1", "https://example.org/ä?q=1"),
            ("contacts", "email", "Ann.Ex+tag@Example.ORG", "Ann.Ex+tag@Example.ORG"),
            ("contacts", "phone", "+49 (0)30 123456", "+49 (0)30 123456"), ("contacts", "birth_date", "1904-02-29", "1904-02-29"),
            ("contacts", "country", "LI", "LI"), ("contacts", "lifecycle", "former", "former"),
            ("contacts", "notes", "zwei\nZeilen\t🏳️‍🌈", "zwei\nZeilen\t🏳️‍🌈"),
            ("contacts", "family_name", "e\u{301}", "e\u{301}"),
            ("contacts", "last_activity_at", "2026-11-22T10:30:00+01:00", "2026-11-22T09:30:00.000000Z"),
            ("contacts", "owner_id", "ann@example.org", "ann@example.org"), ("tasks", "is_private", true, true),
            ("tasks", "due_on", "2026-12-31", "2026-12-31"),
        ] as [(String, String, JSONValue, JSONValue)])
    func `a value of every type comes back`(plural: String, field: String, sent: JSONValue, expected: JSONValue) async throws {
        let caller = try await Site.shared().administrator
        var body: JSONObject = plural == "accounts" ? ["name": "n"] : plural == "tasks" ? ["title": "t"] : [:]
        body[field] = sent
        let made = try await caller.post("/v1/\(plural)", .object(body))
        #expect(made.status == 201, "\(made.text)")
        #expect(made[field] == expected)
        #expect(try await caller.get("/v1/\(plural)/\(made.id)")[field] == expected)
    }

    @Test(
        arguments: [
            ("accounts", "employees", true), ("accounts", "employees", "12"), ("accounts", "employees", 9_007_199_254_740_993),
            ("accounts", "website", "javascript:alert(1)"),
            ("accounts", "website", "https://user@example.org"), ("accounts", "currency", "EURO"), ("accounts", "name", "  "),
            ("accounts", "name", 7),
            ("accounts", "name", ["x"]), ("accounts", "annual_revenue", 12), ("contacts", "email", "ann"), ("contacts", "email", "a..b@example.org"),
            ("contacts", "phone", "12"), ("contacts", "birth_date", "1903-02-29"), ("contacts", "birth_date", "3/7/1973"),
            ("contacts", "country", "de"),
            ("contacts", "lifecycle", "Customer"), ("contacts", "last_activity_at", "2026-11-22"), ("contacts", "account_id", "me"),
            ("contacts", "given_name", "two\nlines"),
            ("contacts", "owner_id", "-ann"), ("tasks", "is_private", "true"),
        ] as [(String, String, JSONValue)])
    func `a value that does not fit its type is refused without being repeated`(plural: String, field: String, sent: JSONValue) async throws {
        let caller = try await Site.shared().administrator
        var body: JSONObject = plural == "accounts" ? ["name": "n"] : plural == "tasks" ? ["title": "t"] : [:]
        body[field] = sent
        let refused = try await caller.post("/v1/\(plural)", .object(body))
        #expect(refused.status == 422)
        #expect(refused.pointers == ["#/\(field)"])
    }

    @Test func `money keeps its digits and needs a currency`() async throws {
        let caller = try await Site.shared().administrator
        let made = try await caller.post("/v1/deals", ["name": "d", "amount": "0001200.50", "currency": "EUR"])
        #expect(made["amount"] == "1200.50")
        #expect(try await caller.get("/v1/deals/\(made.id)")["amount"] == "1200.50")
        #expect(try await caller.post("/v1/deals", ["name": "d", "amount": "1"]).pointers == ["#/currency"])
        #expect(try await caller.patch("/v1/deals/\(made.id)", ifMatch: "*", ["currency": nil]).pointers == ["#/currency"])
        #expect(try await caller.patch("/v1/deals/\(made.id)", ifMatch: "*", ["currency": nil, "amount": nil]).status == 200)
        #expect(try await caller.post("/v1/deals", ["name": "d"])["stage"] == "prospecting")
    }

    @Test func `a phone number shows its international form beside the written one`() async throws {
        let caller = try await Site.shared().administrator
        let made = try await caller.post("/v1/contacts", ["phone": "+49 30 99 88 77"])
        #expect(made["_meta"]?.objectValue?["normalized"]?.objectValue?["phone"] == "+4930998877")
        let other = try await caller.post("/v1/contacts", ["phone": "030 / 99 88 77"])
        #expect(other["_meta"]?.objectValue?["normalized"] == nil)
        let found = try await caller.get("/v1/contacts?phone=%2B4930998877")
        #expect(found.data.contains { $0["id"]?.stringValue == made.id })
    }

    @Test func `a second record with an e-mail address is made and pointed out`() async throws {
        let caller = try await Site.shared().administrator
        let mail = "\(unique("dup"))@example.org"
        let first = try await caller.post("/v1/contacts", ["email": .string(mail)])
        #expect(first["_meta"]?.objectValue?["duplicates"] == nil)
        let second = try await caller.post("/v1/contacts", ["email": .string(mail.uppercased())])
        #expect(second.status == 201)
        #expect(second["_meta"]?.objectValue?["duplicates"] == [["field": "email", "id": .string(first.id)]])
        #expect(try await caller.get("/v1/contacts?email=\(percentEncoded(mail))").data.count == 2)
    }

    @Test func `an enforced value is taken once, told without the value, and free again afterwards`() async throws {
        let caller = try await Site.shared().administrator
        let name = unique("kvasir")
        let first = try await caller.post("/v1/leads", ["external_id": .string(name), "company": "a"])
        let second = try await caller.post("/v1/leads", ["external_id": .string(name), "company": "b"])
        #expect(second.status == 409)
        #expect(second.code == "value-taken")
        #expect(second.pointers == ["#/external_id"])
        #expect(!second.text.contains(name))
        let other = try await caller.post("/v1/leads", ["company": "c"])
        #expect(try await caller.patch("/v1/leads/\(other.id)", ifMatch: other.tag, ["external_id": .string(name)]).code == "value-taken")
        // A deleted record keeps its unique values, so that it can come back; a destroyed one does not.
        #expect(try await caller.delete("/v1/leads/\(first.id)", ifMatch: "*").status == 204)
        #expect(try await caller.post("/v1/leads", ["external_id": .string(name)]).code == "value-taken")
        #expect(try await caller.delete("/v1/leads/\(first.id)?destroy=true", ifMatch: "*").status == 204)
        #expect(try await caller.post("/v1/leads", ["external_id": .string(name)]).status == 201)
    }

    @Test func `each change of a deal's stage leaves a row in its history, which only the gateway writes`() async throws {
        let site = try await Site.shared()
        let caller = try await site.caller("administrator", user: "hilde")
        let deal = try await caller.post("/v1/deals", ["name": "d"])
        for stage in ["engaging", "engaging", "won"] as [JSONValue] {
            #expect(try await caller.patch("/v1/deals/\(deal.id)", ifMatch: "*", ["stage": stage]).status == 200)
        }
        let rows = try await caller.get("/v1/stage_changes?deal_id=\(deal.id)").data
        let steps = rows.map { [$0["from_value"] ?? .null, $0["to_value"] ?? .null, $0["changed_by"] ?? .null] }
        #expect(steps == [[nil, "prospecting", "hilde"], ["prospecting", "engaging", "hilde"], ["engaging", "won", "hilde"]])
        let row = try #require(rows.first?["id"]?.stringValue)
        #expect(try await caller.post("/v1/stage_changes", ["to_value": "won"]).status == 403)
        #expect(try await caller.patch("/v1/stage_changes/\(row)", ifMatch: "*", ["to_value": "won"]).status == 403)
        #expect(try await caller.delete("/v1/stage_changes/\(row)", ifMatch: "*").status == 403)
        #expect(try await caller.delete("/v1/deals/\(deal.id)", ifMatch: "*").status == 204)
        #expect(try await caller.get("/v1/stage_changes?deal_id=\(deal.id)").data.isEmpty)
    }

    @Test func `a record that moves to another person is sealed for that person`() async throws {
        let site = try await Site.shared()
        let caller = try site.administrator
        let people = [try await caller.post("/v1/contacts", ["given_name": "A"]).id, try await caller.post("/v1/contacts", ["given_name": "B"]).id]
        let deal = try await caller.post("/v1/deals", ["name": "d", "notes": "kept", "contact_id": .string(people[0])])
        let before = try await site.administer("SELECT subject_id || ' ' || encode(notes, 'hex') FROM deal WHERE id = '\(deal.id)'")
        #expect(before.hasPrefix(people[0]))
        let moved = try await caller.patch("/v1/deals/\(deal.id)", ifMatch: "*", ["contact_id": .string(people[1])])
        #expect(moved["notes"] == "kept")
        let after = try await site.administer("SELECT subject_id || ' ' || encode(notes, 'hex') FROM deal WHERE id = '\(deal.id)'")
        #expect(after.hasPrefix(people[1]))
        #expect(before.dropFirst(36) != after.dropFirst(36))
        let nobody = try await caller.patch("/v1/deals/\(deal.id)", ifMatch: "*", ["contact_id": nil])
        #expect(nobody["notes"] == "kept")
        #expect(try await site.administer("SELECT subject_id IS NULL FROM deal WHERE id = '\(deal.id)'") == "t")
        #expect(try await caller.get("/v1/deals/\(deal.id)")["notes"] == "kept")
    }

    @Test func `references point to records, and a record that is referred to stays`() async throws {
        let caller = try await Site.shared().administrator
        let account = try await caller.post("/v1/accounts", ["name": "Referred"])
        let contact = try await caller.post("/v1/contacts", ["account_id": .string(account.id)])
        #expect(contact.status == 201)
        let refused = try await caller.delete("/v1/accounts/\(account.id)?destroy=true", ifMatch: "*")
        #expect(refused.status == 409)
        #expect(refused.code == "record-in-use")
        let nowhere = try await caller.post("/v1/contacts", ["account_id": "019a0000-0000-7000-8000-000000000000"])
        #expect(nowhere.status == 422)
        #expect(nowhere.code == "reference-unknown")
        #expect(nowhere.pointers == ["#/account_id"])
        #expect(try await caller.delete("/v1/contacts/\(contact.id)?destroy=true", ifMatch: "*").status == 204)
        #expect(try await caller.delete("/v1/accounts/\(account.id)?destroy=true", ifMatch: "*").status == 204)
    }
}

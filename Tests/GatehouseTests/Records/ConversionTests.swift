import DataFormats
import TestPostgres
import Testing

/// A lead becomes an account, a contact and a deal.
@Suite(.timeLimit(.minutes(15)))
struct ConversionTests {
    private func lead(_ caller: Caller, _ more: JSONObject = [:]) async throws -> Answer {
        var body: JSONObject = [
            "given_name": "Ada", "family_name": .string(unique("Lovelace")), "email": .string(unique("ada") + "@example.org"), "phone": "+4930123456",
            "company": .string(unique("Engines")), "country": "GB", "estimated_value": "1200.50", "currency": "GBP", "notes": "met at the fair",
        ]
        for member in more.members { body[member.name] = member.value }
        let made = try await caller.post("/v1/leads", .object(body))
        #expect(made.status == 201, "\(made.text)")
        return made
    }

    private func convert(_ caller: Caller, _ lead: Answer, _ body: JSONValue = [:], tag: String? = nil, query: String = "") async throws -> Answer {
        try await caller.post("/v1/leads/\(lead.id)/convert\(query)", body, ["If-Match": tag ?? lead.tag ?? ""])
    }

    @Test func `a lead becomes an account, a contact and a deal, linked both ways, and the person stays the same`() async throws {
        let site = try await Site.shared()
        let rep = try await site.caller("sales-rep", user: unique("rep"))
        let lead = try await lead(rep)
        let answer = try await convert(rep, lead, ["deal": ["name": "Analytical engine"]])
        #expect(answer.status == 200, "\(answer.text)")
        let contact = try #require(answer["contact"]?.objectValue)
        let account = try #require(answer["account"]?.objectValue)
        let deal = try #require(answer["deal"]?.objectValue)
        #expect(contact["id"]?.stringValue == lead.id)
        #expect(contact["email"] == lead["email"])
        #expect(contact["notes"] == "met at the fair")
        #expect(contact["account_id"] == account["id"])
        #expect(account["name"] == lead["company"])
        #expect(deal["amount"] == "1200.50")
        #expect(deal["contact_id"] == contact["id"])
        #expect(deal["account_id"] == account["id"])
        for record in [contact, account, deal] { #expect(record["lead_id"]?.stringValue == lead.id) }

        let after = try await rep.get("/v1/leads/\(lead.id)")
        #expect(after["status"] == "converted")
        #expect(after["converted_contact_id"] == contact["id"])
        #expect(after["converted_account_id"] == account["id"])
        #expect(after["converted_deal_id"] == deal["id"])
        #expect(after["converted_at"]?.stringValue != nil)
        // Found like any contact.
        let email = try #require(lead["email"]?.stringValue)
        #expect(try await rep.get("/v1/contacts?email=\(email)").data.count == 1)
        #expect(
            try await site.administer(
                "SELECT count(DISTINCT subject_id) FROM (SELECT subject_id FROM lead WHERE id = '\(lead.id)' UNION ALL SELECT subject_id FROM contact WHERE id = '\(lead.id)' UNION ALL SELECT subject_id FROM deal WHERE contact_id = '\(lead.id)') AS all_of_them"
            ) == "1")
        #expect(try await site.administerVault("SELECT count(*) FROM data_key WHERE holder = '\(lead.id)'") == "1")
    }

    @Test func `one event tells of all records that a conversion made`() async throws {
        let site = try await Site.shared()
        let rep = try await site.caller("sales-rep", user: unique("rep"))
        let lead = try await lead(rep)
        let answer = try await convert(rep, lead)
        let event = try #require(answer.headers["audit-event"])
        try await site.settleLog()
        let account = try #require(answer["account"]?.objectValue?["id"]?.stringValue)
        let found = try await site.administer(
            "SELECT action || ' ' || entity || ' ' || (position(uuid_send('\(lead.id)') in records) > 0 AND position(uuid_send('\(account)') in records) > 0)::text FROM audit_event WHERE id = '\(event)'"
        )
        #expect(found == "convert lead true")
        #expect(!(try await site.administer("SELECT convert_from(entry, 'UTF8') FROM audit_event WHERE id = '\(event)'")).contains("Lovelace"))
    }

    @Test func `a second conversion is refused with where the first one went`() async throws {
        let rep = try await Site.shared().caller("sales-rep", user: unique("rep"))
        let lead = try await lead(rep)
        #expect(try await convert(rep, lead).status == 200)
        let again = try await convert(rep, lead)
        #expect(again.status == 409)
        #expect(again.code == "already-converted")
        #expect(again["hint"]?.stringValue?.contains("/v1/contacts/\(lead.id)") == true)
    }

    @Test func `conversions at the same moment make one contact`() async throws {
        let rep = try await Site.shared().caller("sales-rep", user: unique("rep"))
        let lead = try await lead(rep)
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<6 { group.addTask { try await convert(rep, lead).status } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.filter { $0 == 200 }.count == 1, "\(statuses)")
        #expect(statuses.allSatisfy { [200, 409, 503].contains($0) }, "\(statuses)")
    }

    @Test func `a lead that has changed since it was read is not converted`() async throws {
        let rep = try await Site.shared().caller("sales-rep", user: unique("rep"))
        let lead = try await lead(rep)
        #expect(try await rep.patch("/v1/leads/\(lead.id)", ifMatch: lead.tag, ["status": "working"]).status == 200)
        #expect(try await convert(rep, lead).code == "precondition-failed")
        #expect(try await rep.post("/v1/leads/\(lead.id)/convert", [:]).code == "precondition-required")
        #expect(try await rep.get("/v1/contacts/\(lead.id)").status == 404)
    }

    @Test func `a preview shows what would be made and leaves nothing`() async throws {
        let site = try await Site.shared()
        let rep = try await site.caller("sales-rep", user: unique("rep"))
        let lead = try await lead(rep)
        let answer = try await convert(rep, lead, query: "?dry_run=true")
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer["contact"]?.objectValue?["email"] == lead["email"])
        #expect(answer["deal"] == .null)
        #expect(try await rep.get("/v1/contacts/\(lead.id)").status == 404)
        #expect(try await rep.get("/v1/leads/\(lead.id)").stable == lead.stable)
        #expect(try await site.administer("SELECT count(*) FROM account WHERE lead_id = '\(lead.id)'") == "0")
        #expect(try await site.administerVault("SELECT count(*) FROM search_token WHERE record_id = '\(lead.id)' AND place LIKE 'contact.%'") == "0")
    }

    @Test func `an account that is there is linked, and stays as it is`() async throws {
        let rep = try await Site.shared().caller("sales-rep", user: unique("rep"))
        let account = try await rep.post("/v1/accounts", ["name": .string(unique("Known"))])
        let lead = try await lead(rep)
        let answer = try await convert(rep, lead, ["account": ["id": .string(account.id)], "contact": ["family_name": "King"]])
        #expect(answer["account"]?.objectValue?["id"]?.stringValue == account.id)
        #expect(answer["contact"]?.objectValue?["account_id"]?.stringValue == account.id)
        #expect(answer["contact"]?.objectValue?["family_name"] == "King")
        #expect(try await rep.get("/v1/accounts/\(account.id)").stable == account.stable)
    }

    @Test func `what is wrong with a conversion is told by where it lies, and nothing is made`() async throws {
        let rep = try await Site.shared().caller("sales-rep", user: unique("rep"))
        let lead = try await lead(rep, ["company": nil])
        let noName = try await convert(rep, lead)
        #expect(noName.code == "value-invalid")
        #expect(noName.pointers == ["#/account/name"])
        #expect(try await convert(rep, lead, ["account": nil, "contact": ["email": "no address"]]).pointers == ["#/contact/email"])
        #expect(try await convert(rep, lead, ["contact": nil]).pointers == ["#/contact"])
        #expect(try await convert(rep, lead, ["company": [:]]).code == "member-unknown")
        #expect(try await convert(rep, lead, ["account": ["id": "019a0000-0000-7000-8000-000000000000"]]).code == "reference-unknown")
        #expect(try await convert(rep, lead, ["account": nil, "contact": ["birth_date": "1990-01-01"]]).code == "field-not-writable")
        #expect(try await rep.get("/v1/contacts/\(lead.id)").status == 404)
        #expect(try await convert(rep, lead, ["account": nil]).status == 200)
    }

    @Test func `a conversion carries what the caller may not write himself, and is no way to write it`() async throws {
        let site = try await Site.shared()
        let rep = try await site.caller("sales-rep", user: unique("rep"))
        let lead = try await lead(site.administrator, ["owner_id": "somebody.else"])
        let read = try await rep.get("/v1/leads/\(lead.id)")
        let answer = try await convert(rep, read)
        // He may assign neither leads nor contacts: the owner goes along.
        #expect(answer["contact"]?.objectValue?["owner_id"] == "somebody.else")
        #expect(try await convert(rep, read, ["contact": ["owner_id": "me"]]).code == "field-not-writable")
    }

    @Test func `somebody restricted is not converted, and marketing converts nobody`() async throws {
        let site = try await Site.shared()
        let administrator = try site.administrator
        let rep = try await site.caller("sales-rep", user: unique("rep"))
        let lead = try await lead(rep)
        #expect(try await administrator.put("/v1/subjects/\(lead.id)/restriction", ["ground": "contested"]).status == 204)
        #expect(try await convert(rep, lead).status == 404)
        #expect(try await site.administer("SELECT count(*) FROM contact WHERE id = '\(lead.id)'") == "0")
        let marketing = try await site.caller("marketing", user: unique("mark"))
        #expect(try await convert(marketing, lead).code == "denied")
    }

    @Test func `an erasure reaches the lead and what it became, and their links do not keep either`() async throws {
        let site = try await Site.shared()
        let administrator = try site.administrator
        let lead = try await lead(administrator)
        let converted = try await convert(administrator, lead, ["deal": ["name": "x"]])
        #expect(converted.status == 200)
        let contact = try await administrator.get("/v1/contacts/\(lead.id)")
        #expect(try await administrator.delete("/v1/contacts/\(lead.id)?destroy=true", ifMatch: contact.tag).code == "record-in-use")
        let deal = try #require(converted["deal"]?.objectValue?["id"]?.stringValue)
        #expect(try await administrator.delete("/v1/deals/\(deal)?destroy=true", ifMatch: "*").status == 204)
        #expect(try await administrator.delete("/v1/contacts/\(lead.id)?destroy=true", ifMatch: "*").status == 204)
        let after = try await administrator.get("/v1/leads/\(lead.id)")
        #expect(after["converted_contact_id"] == .null)
        #expect(after["email"] == lead["email"])
        // The lead is found still: its tokens are its own.
        let email = try #require(lead["email"]?.stringValue)
        #expect(try await administrator.get("/v1/leads?email=\(email)").data.count == 1)
        #expect(try await administrator.delete("/v1/leads/\(lead.id)?destroy=true", ifMatch: "*").status == 204)
    }

    @Test func `a lead that is linked to a contact who is there becomes about the same person`() async throws {
        let site = try await Site.shared()
        let administrator = try site.administrator
        let manager = try await site.caller("sales-manager", user: unique("manager"))
        let contact = try await administrator.post("/v1/contacts", ["family_name": "There", "email": .string(unique("there") + "@example.org")])
        let lead = try await lead(administrator)
        let call = try await administrator.post("/v1/activities", ["kind": "call", "lead_id": .string(lead.id), "topic": "first call"])
        #expect(call.status == 201, "\(call.text)")
        #expect(try await administrator.put("/v1/subjects/\(lead.id)/objections/marketing", [:]).status == 204)
        let rep = try await site.caller("sales-rep", user: unique("rep"))
        #expect(try await convert(rep, lead, ["account": nil, "contact": ["id": .string(contact.id)]]).code == "denied")
        let read = try await manager.get("/v1/leads/\(lead.id)")
        let answer = try await convert(manager, read, ["account": nil, "contact": ["id": .string(contact.id)]])
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer["lead"]?.objectValue?["email"] == lead["email"])
        for table in ["lead", "activity"] {
            let id = table == "lead" ? lead.id : call.id
            #expect(try await site.administer("SELECT subject_id FROM \(table) WHERE id = '\(id)'") == contact.id)
        }
        #expect(try await administrator.get("/v1/activities/\(call.id)")["topic"] == "first call")
        #expect(try await administrator.get("/v1/subjects/\(contact.id)").text.contains("marketing"))
        #expect(try await administrator.get("/v1/subjects/\(lead.id)").status == 404)
        let email = try #require(lead["email"]?.stringValue)
        #expect(try await administrator.get("/v1/leads?email=\(email)").data.count == 1)
        try await eventually("tokens go with the key of the person of today") {
            try await site.administerVault("SELECT count(*) FROM search_token WHERE holder = '\(lead.id)'") == "0"
        }
    }
}

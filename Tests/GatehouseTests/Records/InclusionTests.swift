import DataFormats
import TestPostgres
import Testing

@Suite(.timeLimit(.minutes(15)))
struct InclusionTests {
    private func included(_ answer: Answer, _ name: String) -> [JSONObject]? {
        answer["_included"]?.objectValue?[name]?.arrayValue?.compactMap(\.objectValue)
    }

    @Test func `related records go along, on either side of a reference`() async throws {
        let caller = try await Site.shared().administrator
        let mark = unique("inc")
        let account = try await caller.post("/v1/accounts", ["name": .string(mark)])
        var contacts: [String] = []
        for number in 0..<3 {
            let made = try await caller.post(
                "/v1/contacts",
                ["given_name": .string("n\(number)"), "owner_id": .string(mark), "account_id": number < 2 ? .string(account.id) : nil])
            contacts.append(made.id)
        }
        let deal = try await caller.post("/v1/deals", ["name": "d", "contact_id": .string(contacts[0])])
        let one = try await caller.get("/v1/contacts/\(contacts[0])?include=account_id,deals,tasks")
        #expect(one.status == 200)
        #expect(one["given_name"] == "n0")
        #expect(included(one, "account_id")?.map { $0["id"] } == [.string(account.id)])
        #expect(included(one, "account_id")?.first?["name"] == .string(mark))
        #expect(included(one, "deals")?.map { $0["id"] } == [.string(deal.id)])
        #expect(included(one, "tasks") == [])
        // The header's tag would promise that what goes along has not changed.
        #expect(one.tag == nil)
        let list = try await caller.get("/v1/contacts?owner_id=\(mark)&include=account_id,deals&fields=id")
        #expect(list.data.count == 3)
        #expect(included(list, "account_id")?.count == 1)
        #expect(included(list, "deals")?.count == 1)
        #expect(list.data.allSatisfy { $0["account_id"] == nil })
        let back = try await caller.get("/v1/accounts/\(account.id)?include=contacts")
        #expect(Set(included(back, "contacts")?.compactMap { $0["id"]?.stringValue } ?? []) == Set(contacts.prefix(2)))
        #expect(try await caller.get("/v1/contacts?include=given_name").code == "field-unknown")
        #expect(try await caller.get("/v1/contacts?include=stage_changes").code == "field-unknown")
        #expect(try await caller.get("/v1/contacts?include=account_id,account_id").code == "parameter-invalid")
        #expect(try await caller.get("/v1/contacts?include=").code == "field-unknown")
    }

    @Test func `what goes along is shown as its own policy says, and on record`() async throws {
        let site = try await Site.shared()
        let administrator = try site.administrator
        let mark = unique("inc")
        let contact = try await administrator.post(
            "/v1/contacts", ["family_name": "Geheimrat", "birth_date": "1980-02-03", "national_id": "N-1", "city": "Ulm"])
        let deal = try await administrator.post(
            "/v1/deals", ["name": .string(mark), "contact_id": .string(contact.id), "amount": "12.50", "currency": "EUR"])
        let support = try await site.caller("support-agent", user: mark)
        let answer = try await support.get("/v1/deals/\(deal.id)?include=contact_id")
        let shown = try #require(included(answer, "contact_id")?.first)
        #expect(shown["family_name"] == "G.")
        #expect(shown["national_id"] == nil)
        #expect(shown["city"] == nil)
        #expect(!answer.text.contains("Geheimrat"))
        let back = try await support.get("/v1/contacts/\(contact.id)?include=deals")
        #expect(included(back, "deals")?.first?["amount"] == nil)
        #expect(included(back, "deals")?.first?["name"] == .string(mark))
        let events = try await administrator.get("/v1/audit/events?record=\(contact.id)&actor=\(mark)&limit=50").data
        #expect(events.count >= 2, "\(events)")
        // Whoever may not read the others is told so, and the denial is on record.
        let marketing = try await site.caller("marketing", user: mark)
        #expect(try await marketing.get("/v1/contacts?include=deals").status == 403)
        // A person who restricts is not shown by way of a deal either.
        #expect(try await administrator.put("/v1/subjects/\(contact.id)/restriction", ["ground": "test"]).status == 204)
        let rep = try await site.caller("sales-rep", user: unique("rep"))
        let restricted = try await rep.get("/v1/deals?filter=" + percentEncoded("name == '\(mark)'") + "&include=contact_id")
        #expect(!restricted.text.contains("Geheimrat"))
    }

    @Test func `no more than two hundred go along, and it is said`() async throws {
        let caller = try await Site.shared().administrator
        let account = try await caller.post("/v1/accounts", ["name": "many"])
        for size in [150, 60] {
            let operations = (0..<size).map { _ -> JSONValue in ["op": "create", "body": ["name": "n", "account_id": .string(account.id)]] }
            #expect(try await caller.post("/v1/deals/batch", ["operations": .array(operations)])["refused"] == 0)
        }
        let answer = try await caller.get("/v1/accounts/\(account.id)?include=deals,contacts")
        #expect(included(answer, "deals")?.count == 200)
        #expect(answer["_included_more"] == ["deals"])
    }
}

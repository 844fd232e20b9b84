import DataFormats
import TestPostgres
import Testing

@Suite(.timeLimit(.minutes(15)))
struct DeletionTests {
    @Test func `a deleted record is found by nothing, until it is restored as it was`() async throws {
        let site = try await Site.shared()
        let caller = try site.administrator
        let mark = unique("mark")
        let mail = "\(mark)@example.org"
        let account = try await caller.post("/v1/accounts", ["name": .string(mark), "industry": .string(mark)])
        let contact = try await caller.post(
            "/v1/contacts",
            [
                "family_name": .string(mark.replacing("-", with: "x")), "email": .string(mail), "external_id": .string(mark),
                "account_id": .string(account.id), "owner_id": .string(mark),
            ])
        let deal = try await caller.post("/v1/deals", ["name": .string(mark), "contact_id": .string(contact.id)])
        #expect(deal.status == 201)
        let path = "/v1/contacts/\(contact.id)"
        func found() async throws -> [Int] {
            let queries = [
                "?owner_id=\(mark)", "?email=\(percentEncoded(mail))", "?external_id=\(mark)", "?q=\(mark.replacing("-", with: "x"))",
                "?filter=" + percentEncoded("owner_id == '\(mark)'"), "?filter=" + percentEncoded("email == '\(mail)'"),
            ]
            var counts: [Int] = []
            for query in queries { counts.append(try await caller.get("/v1/contacts" + query).data.count) }
            let counted = try await caller.get("/v1/contacts?count=true&owner_id=\(mark)")
            if case .number(let count)? = counted["count"] { counts.append(Int(count.text) ?? -1) }
            counts.append(
                try await caller.get("/v1/contacts?group_by=owner_id&filter=" + percentEncoded("owner_id == '\(mark)'"))["groups"]?.arrayValue?.count
                    ?? -1)
            let include = try await caller.get("/v1/deals/\(deal.id)?include=contact_id")
            counts.append(include["_included"]?.objectValue?["contact_id"]?.arrayValue?.count ?? -1)
            let children = try await caller.get("/v1/accounts/\(account.id)?include=contacts")
            counts.append(children["_included"]?.objectValue?["contacts"]?.arrayValue?.count ?? -1)
            return counts
        }
        #expect(try await found() == Array(repeating: 1, count: 10))

        #expect(try await caller.delete(path, ifMatch: contact.tag).status == 204)
        #expect(try await found() == Array(repeating: 0, count: 10))
        #expect(try await caller.get(path).status == 404)
        #expect(try await caller.patch(path, ifMatch: "*", ["city": "x"]).status == 404)
        // Nothing comes to refer to it.
        let pointing = try await caller.post("/v1/deals", ["name": "d", "contact_id": .string(contact.id)])
        #expect(pointing.code == "reference-unknown")
        #expect(pointing.pointers == ["#/contact_id"])
        let nowhere = try await caller.post("/v1/deals", ["name": "d", "contact_id": "019a0000-0000-7000-8000-000000000000"])
        #expect(pointing.stable == nowhere.stable)
        #expect(try await caller.patch("/v1/deals/\(deal.id)", ifMatch: "*", ["contact_id": .string(contact.id), "name": "other"]).status == 422)
        let rows = try await caller.importRows("deals", [["line": 1, "members": ["name": "d", "contact_id": .string(contact.id)]]])
        #expect(rows.text.contains("reference-unknown"))

        // Whoever may restore it sees it when asked for.
        let deleted = try await caller.get("/v1/contacts?deleted=true&owner_id=\(mark)")
        #expect(deleted.data.count == 1)
        #expect(deleted.data.first?["_meta"]?.objectValue?["deleted_by"] != nil)
        let one = try await caller.get(path + "?deleted=true")
        #expect(one["email"] == .string(mail))
        #expect(try await caller.get("/v1/contacts?deleted=true&q=\(mark.replacing("-", with: "x"))").data.count == 1)
        #expect(try await caller.get("/v1/deals/\(deal.id)?deleted=true").status == 404)
        let rep = try await site.caller("sales-rep", user: mark)
        #expect(try await rep.get(path).status == 404)
        #expect(try await rep.get(path + "?deleted=true").status == 403)
        #expect(try await rep.get("/v1/contacts?deleted=true").status == 403)
        #expect(try await rep.send("POST", path + "/restore", ["If-Match": "*"]).status == 403)

        // A tag from before the deletion no longer fits.
        #expect(try await caller.send("POST", path + "/restore", ["If-Match": contact.tag ?? ""]).status == 412)
        let restored = try await caller.send("POST", path + "/restore", ["If-Match": one.tag ?? ""])
        #expect(restored.status == 200)
        #expect(restored["email"] == .string(mail))
        #expect(try await caller.get(path).tag == restored.tag)
        #expect(try await found() == Array(repeating: 1, count: 10))
        #expect(try await caller.send("POST", path + "/restore", ["If-Match": "*"]).status == 404)
    }

    @Test func `deleting, restoring and destroying are three rights`() async throws {
        let site = try await Site.shared()
        let administrator = try site.administrator
        let manager = try await site.caller("sales-manager", user: unique("user"))
        let program = try await site.caller("integration-app", user: unique("user"))
        let lead = try await administrator.post("/v1/leads", ["company": "three rights"])
        let path = "/v1/leads/\(lead.id)"
        #expect(try await program.delete(path, ifMatch: "*").status == 403)
        #expect(try await manager.delete(path + "?destroy=true", ifMatch: "*").status == 403)
        #expect(try await manager.send("POST", path + "/destroy", ["If-Match": "*"]).status == 403)
        #expect(try await manager.delete(path, ifMatch: "*").status == 204)
        #expect(try await program.send("POST", path + "/restore", ["If-Match": "*"]).status == 403)
        #expect(try await manager.send("POST", path + "/restore", ["If-Match": "*"]).status == 200)
        #expect(try await manager.delete(path, ifMatch: "*").status == 204)
        #expect(try await administrator.send("POST", path + "/destroy", [:]).status == 428)
        #expect(try await administrator.send("POST", path + "/destroy", ["If-Match": "*"]).status == 204)
        #expect(try await site.administer("SELECT count(*) FROM lead WHERE id = '\(lead.id)'") == "0")
        #expect(try await administrator.send("POST", path + "/restore", ["If-Match": "*"]).status == 404)
        #expect(try await administrator.get(path + "?deleted=true").status == 404)
        try await site.settleLog()
        let actions = try await site.administer(
            "SELECT string_agg(action, ' ' ORDER BY id) FROM audit_event WHERE position(uuid_send('\(lead.id)'::uuid) in records) > 0 AND decision = 'allow' AND action NOT IN ('read') AND convert_from(entry, 'UTF8')::jsonb ->> 'outcome' = 'changed'"
        )
        #expect(actions == "create delete restore delete destroy")
    }

    @Test func `the history of a deleted record is deleted with it, and what reaches people reaches deleted records`() async throws {
        let site = try await Site.shared()
        let caller = try site.administrator
        let contact = try await caller.post("/v1/contacts", ["given_name": "Ada"])
        let deal = try await caller.post("/v1/deals", ["name": "h", "contact_id": .string(contact.id)])
        #expect(try await caller.get("/v1/stage_changes?deal_id=\(deal.id)").data.count == 1)
        #expect(try await caller.delete("/v1/deals/\(deal.id)", ifMatch: "*").status == 204)
        #expect(try await caller.get("/v1/stage_changes?deal_id=\(deal.id)").data.isEmpty)
        // Records that refer to it keep it from being destroyed, deleted or not.
        #expect(try await caller.delete("/v1/contacts/\(contact.id)?destroy=true", ifMatch: "*").code == "record-in-use")
        #expect(try await caller.send("POST", "/v1/deals/\(deal.id)/restore", ["If-Match": "*"]).status == 200)
        #expect(try await caller.get("/v1/stage_changes?deal_id=\(deal.id)").data.count == 1)
    }

    @Test func `deleted and present records are two lists, page by page`() async throws {
        let caller = try await Site.shared().administrator
        let mark = unique("page")
        for number in 0..<9 {
            let made = try await caller.post("/v1/tasks", ["title": "t", "owner_id": .string(mark)])
            #expect(made.status == 201, "\(made.text)")
            if number.isMultiple(of: 3) { #expect(try await caller.delete("/v1/tasks/\(made.id)", ifMatch: "*").status == 204) }
        }
        func walk(_ query: String) async throws -> Int {
            var (count, next) = (0, try await caller.get("/v1/tasks?limit=2&owner_id=\(mark)\(query)"))
            while true {
                count += next.data.count
                guard let cursor = next.next else { return count }
                next = try await caller.get("/v1/tasks?limit=2&owner_id=\(mark)\(query)&cursor=\(cursor)")
            }
        }
        #expect(try await walk("") == 6)
        #expect(try await walk("&deleted=true") == 3)
        // A cursor of the one is none of the other.
        let cursor = try #require(try await caller.get("/v1/tasks?limit=2&owner_id=\(mark)").next)
        #expect(try await caller.get("/v1/tasks?limit=2&owner_id=\(mark)&deleted=true&cursor=\(cursor)").code == "cursor-invalid")
    }
}

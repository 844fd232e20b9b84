import DataFormats
import Foundation
import TestPostgres
import Testing

@Suite(.timeLimit(.minutes(15)))
struct ListTests {
    private func accounts(_ count: Int, _ caller: Caller) async throws -> String {
        let industry = unique("industry")
        for number in 0..<count {
            var body: JSONObject = ["name": .string("\(industry) \(number % 4)"), "industry": .string(industry)]
            if number % 3 != 0 { body["employees"] = .number(JSONNumber(number % 5)) }
            _ = try await caller.post("/v1/accounts", .object(body))
        }
        return industry
    }

    @Test(arguments: ["", "&sort=name", "&sort=-name", "&sort=employees", "&sort=-employees", "&sort=created_at", "&sort=-id"])
    func `following the cursors shows every record once, in order`(sort: String) async throws {
        let caller = try await Site.shared().administrator
        let industry = try await accounts(17, caller)
        let all = try await caller.get("/v1/accounts?industry=\(industry)&limit=200\(sort)").data.map { $0["id"] }
        #expect(all.count == 17)
        var seen: [JSONValue?] = []
        var path: String? = "/v1/accounts?industry=\(industry)&limit=4\(sort)"
        while let next = path {
            let page = try await caller.get(next)
            #expect(page.status == 200)
            #expect(page.data.count <= 4)
            seen += page.data.map { $0["id"] }
            path = page.headers["link"].map { String($0.dropFirst().prefix { $0 != ">" }) }
            if let path {
                #expect(page.headers["link"]?.hasSuffix(">; rel=\"next\"") == true)
                #expect(path.contains("cursor=\(try #require(page.next))"))
            }
            #expect((page.next == nil) == (path == nil))
        }
        #expect(seen == all)
    }

    @Test func `a cursor belongs to its caller and its question`() async throws {
        let site = try await Site.shared()
        let caller = try site.administrator
        let industry = try await accounts(4, caller)
        let base = "/v1/accounts?industry=\(industry)&limit=2&sort=name"
        let cursor = try #require(try await caller.get(base).next)
        #expect(try await caller.get("\(base)&cursor=\(cursor)").data.count == 2)
        let others = [
            "/v1/accounts?industry=\(industry)&limit=2&cursor=\(cursor)", "/v1/accounts?limit=2&sort=name&cursor=\(cursor)",
            "/v1/accounts?industry=\(industry)&limit=2&sort=-name&cursor=\(cursor)", "/v1/contacts?limit=2&cursor=\(cursor)",
            "/v1/accounts?industry=\(industry)&country=DE&sort=name&cursor=\(cursor)", "\(base)&cursor=\(cursor.dropLast())", "\(base)&cursor=",
            "\(base)&cursor=AAAA", "\(base)&cursor=%00",
        ]
        for other in others {
            let answer = try await caller.get(other)
            #expect(answer.status == 400, "\(other)")
        }
        let colleague = try await site.caller("administrator", user: "colleague")
        #expect(try await colleague.get("\(base)&cursor=\(cursor)").code == "cursor-invalid")
        #expect(try await site.stranger().get("\(base)&cursor=\(cursor)").code == "cursor-invalid")
    }

    @Test(arguments: ["0", "201", "-1", "ten", "", "5.0", "99999999999999999999"])
    func `a limit outside of 1 to 200 is refused`(limit: String) async throws {
        let caller = try await Site.shared().administrator
        for list in ["contacts", "audit/events"] {
            let answer = try await caller.get("/v1/\(list)?limit=\(limit)")
            #expect(answer.status == 400)
            #expect(answer.code == "parameter-invalid")
        }
    }

    @Test func `what is no parameter of ours and no field to filter by is refused`() async throws {
        let caller = try await Site.shared().administrator
        for query in ["shoe_size=43", "notes=x", "given_name=Ann", "sort=notes", "sort=shoe_size", "fields=shoe_size", "fields=given_name,shoe_size"]
        {
            #expect(try await caller.get("/v1/contacts?\(query)").code == "field-unknown", "\(query)")
        }
        for query in ["country=DE&country=FR", "limit=1&limit=2", "country=Utopia", "created_at=yesterday"] {
            #expect(try await caller.get("/v1/contacts?\(query)").code == "parameter-invalid", "\(query)")
        }
        let record = try await caller.post("/v1/contacts", [:])
        #expect(try await caller.get("/v1/contacts/\(record.id)?sort=country").code == "parameter-invalid")
    }

    @Test func `injection in filters, sorts and cursors finds nothing and breaks nothing`() async throws {
        let caller = try await Site.shared().administrator
        for attack in ["' OR 1=1 --", "\"; DROP TABLE contact; --", "$1", "\\", "%", "a' || pg_sleep(60) || '"] {
            let encoded = percentEncoded(attack)
            #expect(try await caller.get("/v1/accounts?name=\(encoded)").data.isEmpty)
            #expect(try await caller.get("/v1/contacts?email=\(percentEncoded("x@example.org"))&family_name=\(encoded)").data.isEmpty)
            #expect(try await caller.get("/v1/accounts?sort=\(encoded)").code == "field-unknown")
            #expect(try await caller.get("/v1/accounts?\(encoded)=1").code == "field-unknown")
            #expect(try await caller.get("/v1/accounts?cursor=\(encoded)").code == "cursor-invalid")
            #expect(try await caller.get("/v1/accounts/\(encoded)").status == 404)
        }
        #expect(try await caller.get("/v1/contacts?limit=1").status == 200)
    }

    @Test func `only the fields asked for are shown and recorded`() async throws {
        let caller = try await Site.shared().administrator
        let made = try await caller.post("/v1/contacts", ["given_name": "Ann", "family_name": "Example"])
        let read = try await caller.get("/v1/contacts/\(made.id)?fields=given_name,country")
        #expect(read.object?.members.map(\.name) == ["id", "given_name", "country", "_meta"])
        let event = try #require(read.headers["audit-event"])
        let trail = try await caller.get("/v1/audit/events?record=\(made.id)&action=read")
        #expect(trail.data.first { $0["id"]?.stringValue == event }?["clear"] == ["country", "given_name"])
    }

    @Test func `a sealed field with exact search is found whatever its case and form`() async throws {
        let caller = try await Site.shared().administrator
        let name = unique("Ämber")
        let made = try await caller.post("/v1/contacts", ["family_name": .string(name)])
        for form in [name, name.lowercased(), name.uppercased(), "  \(name) ", name.decomposedStringWithCanonicalMapping] {
            #expect(try await caller.get("/v1/contacts?family_name=\(percentEncoded(form))").data.map { $0["id"]?.stringValue } == [made.id])
        }
        _ = try await caller.patch("/v1/contacts/\(made.id)", ifMatch: "*", ["family_name": "Other"])
        #expect(try await caller.get("/v1/contacts?family_name=\(percentEncoded(name))").data.isEmpty)
    }
}

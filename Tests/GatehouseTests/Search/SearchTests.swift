import DataFormats
import Foundation
import TestPostgres
import Testing

/// `?q=` as callers use it.
@Suite(.timeLimit(.minutes(15)))
struct SearchTests {
    /// Letters that no other test's names have.
    private static func letters() -> String {
        String(UUID().uuidString.lowercased().filter { $0.isHexDigit && $0.isLetter } + "zqjx").prefix(9) + "vk"
    }

    private func found(_ caller: Caller, _ text: String, _ more: String = "") async throws -> [String] {
        let answer = try await caller.get("/v1/contacts?q=\(percentEncoded(text))\(more)")
        guard answer.status == 200 else { throw TestFailure(answer.text) }
        return answer.data.compactMap { $0["id"]?.stringValue }
    }

    @Test func `a name is found by its words and their beginnings, however it is written`() async throws {
        let caller = try await Site.shared().administrator
        let own = unique("w").filter { $0 != "-" }
        let id = try await caller.make(
            "contacts", ["given_name": .string("Zoë-\(own)"), "family_name": .string("Müller-\(own.uppercased()) O’Brien"), "middle_name": "Ødegård"]
        )
        for text in [
            own, "zoe \(own)", "Muller \(own)", "MÜLLER   \(own)", "mu\u{308}ll \(own)", "\(own) obri", "o'brien \(own)", "o`brien-\(own)",
            "odega \(own)",
            String(own.prefix(20)), "zo mu ob \(own)", "\(own), Müller", "müll \(own) zoë",
        ] {
            #expect(try await found(caller, text) == [id], "\(text)")
        }
        for text in ["\(own) mueller", "\(own)x", "\(own) brien", "\(own) z", "\(own) nobody"] {
            #expect(try await found(caller, text) == [], "\(text)")
        }
        // The whole name by exact search, accents or not.
        #expect(try await caller.listed("/v1/contacts?family_name=\(percentEncoded("MULLER-\(own) O'Brien"))") == [id])
        _ = try await caller.patch("/v1/contacts/\(id)", ifMatch: "*", ["family_name": "Other", "given_name": nil])
        #expect(try await found(caller, own) == [])
        #expect(try await Site.shared().administerVault("SELECT count(*) FROM search_token WHERE record_id = '\(id)'") == "10")
    }

    @Test func `addresses and numbers are found in any writing of them, beside names`() async throws {
        let caller = try await Site.shared().administrator
        let own = unique("w").filter { $0 != "-" }
        let number = String(Int.random(in: 1_000_000...9_999_999))
        let id = try await caller.make(
            "contacts",
            [
                "given_name": .string(own), "email": .string("\(own)+crm@xn--bcher-kva.example"), "phone": .string("+49 (0)30 \(number)"),
                "mobile": .string("0171 \(number)"),
            ]
        )
        for text in [
            "\(own)+CRM@Bücher.example", "<\(own)+crm@bücher.example>", "0049 30 \(number)", "+4930\(number)", "+49 (0)30 \(number) \(own)",
            "\(own) 0171/\(number)", "\(own) +4930\(number) \(own)+crm@bücher.example",
        ] {
            #expect(try await found(caller, text) == [id], "\(text)")
        }
        for text in ["\(own)@bücher.example", "+49 30 \(number)0", "30 \(number) \(own)", "\(own)+crm", "crm \(own)"] {
            #expect(try await found(caller, text) == [], "\(text)")
        }
        #expect(try await caller.listed("/v1/contacts?phone=\(percentEncoded("0049 (0)30/\(number)"))") == [id])
    }

    @Test(arguments: [1, 2, 3, 50]) func `whole words come first, then beginnings, page by page, each once`(limit: Int) async throws {
        let caller = try await Site.shared().administrator
        let own = Self.letters()
        var whole: [String] = []
        var beginning: [String] = []
        for number in 0..<4 {
            beginning.append(try await caller.make("contacts", ["family_name": .string("\(own)ová"), "external_id": .string(unique())]))
            whole.append(
                try await caller.make("contacts", ["family_name": .string("Q \(own)"), "given_name": .string("Ann\(number % 2 == 0 ? "" : "a")")]))
        }
        // Whole in one field and a beginning in another: it is shown once, with the whole words.
        whole.append(try await caller.make("contacts", ["family_name": .string("\(own)ová"), "given_name": .string(own)]))
        #expect(try await pages(caller, "q=\(own)&limit=\(limit)") == whole + beginning)
        let anns = [whole[0], whole[2], whole[1], whole[3]]
        #expect(try await pages(caller, "q=ann+\(own)&limit=\(limit)") == anns)
        #expect(try await pages(caller, "q=\(own)&limit=\(limit)&family_name=\(percentEncoded("\(own)ova"))") == [whole[4]] + beginning)
        let filter = percentEncoded("external_id != null")
        let filtered = try await pages(caller, "q=\(own)&limit=\(limit)&filter=\(filter)")
        #expect(filtered == beginning)
    }

    private func pages(_ caller: Caller, _ query: String) async throws -> [String] {
        var seen: [String] = []
        var path: String? = "/v1/contacts?\(query)"
        while let next = path {
            let page = try await caller.get(next)
            #expect(page.status == 200, "\(page.text)")
            seen += page.data.compactMap { $0["id"]?.stringValue }
            path = page.headers["link"].map { String($0.dropFirst().prefix { $0 != ">" }) }
        }
        return seen
    }

    @Test func `common names are walked through to their end`() async throws {
        let caller = try await Site.shared().administrator
        let own = Self.letters()
        let all = 2300
        for start in stride(from: 0, to: all, by: 460) {
            let rows = (start..<start + 460).map { number -> JSONValue in
                var members: JSONObject = ["given_name": .string("al\(own)a"), "family_name": .string("be\(own)a")]
                if number % 4 == 0 { members["middle_name"] = .string("ga\(own)\(number % 8 == 0 ? "" : "a")") }
                return ["line": .number(JSONNumber(number)), "members": .object(members)]
            }
            #expect(try await caller.importRows("contacts", rows).status == 200)
        }
        let short = String(own.prefix(5))
        for (query, count) in [
            ("al\(own)a+be\(own)a", all), ("al\(short)+be\(short)", all), ("be\(own)a+ga\(own)", 575), ("be\(own)a+ga\(own)a", 287),
            ("ga\(own)+al\(short)+be\(own)", 575), ("al\(own)b+be\(short)", 0), ("ga\(short)", 575), ("al\(own)a+nobody\(own)", 0),
        ] {
            let found = try await pages(caller, "q=\(query)&limit=200&fields=id")
            #expect(found.count == count, "\(query)")
            #expect(Set(found).count == found.count, "\(query)")
        }
        // Three hundred whole words first, then the longer ones, each in the order of their making.
        let ranked = try await pages(caller, "q=al\(short)+ga\(own)&limit=200&fields=id")
        #expect(ranked.count == 575)
        let whole = try await pages(caller, "q=al\(own)a+ga\(own)&limit=200&fields=id")
        #expect(whole.count == 575)
        #expect(Array(whole.prefix(288)) == whole.prefix(288).sorted())
        #expect(Array(whole.dropFirst(288)) == whole.dropFirst(288).sorted())
        #expect(ranked == whole.sorted())
    }

    @Test func `a cursor belongs to its caller and its q`() async throws {
        let site = try await Site.shared()
        let caller = try site.administrator
        let own = Self.letters()
        for _ in 0..<3 { _ = try await caller.make("contacts", ["family_name": .string(own)]) }
        let base = "/v1/contacts?limit=1"
        let cursor = try #require(try await caller.get("\(base)&q=\(own)").next)
        #expect(try await caller.get("\(base)&q=\(own)&cursor=\(cursor)").data.count == 1)
        for other in ["\(base)&cursor=\(cursor)", "\(base)&q=\(own)x&cursor=\(cursor)", "\(base)&q=\(own)&country=DE&cursor=\(cursor)"] {
            #expect(try await caller.get(other).code == "cursor-invalid", "\(other)")
        }
        let listed = try #require(try await caller.get(base).next)
        #expect(try await caller.get("\(base)&q=\(own)&cursor=\(listed)").code == "cursor-invalid")
        let colleague = try await site.caller("administrator", user: "colleague")
        #expect(try await colleague.get("\(base)&q=\(own)&cursor=\(cursor)").code == "cursor-invalid")
    }

    @Test func `what q does not take is said, and repeated nowhere`() async throws {
        let caller = try await Site.shared().administrator
        let queries = [
            "q=", "q=+", "q=-+%27", "q=" + String(repeating: "vka", count: 140), "q=" + (1...9).map { "vka\($0)" }.joined(separator: "+"),
            "q=vka&sort=created_at", "q=vka&count=true", "q=vka&group_by=country", "q=vka&q=vka", "q=vka&limit=0",
        ]
        for query in queries {
            let answer = try await caller.get("/v1/contacts?\(query)")
            #expect(answer.code == "parameter-invalid", "\(query): \(answer.text)")
            #expect(!answer.text.contains("vka"))
        }
        #expect(try await caller.get("/v1/contacts?q=vka&fields=shoe_size").code == "field-unknown")
        // An entity that declares no search, and a record, where there is nothing to look for.
        let deals = try await caller.get("/v1/deals?q=vka")
        #expect(deals.code == "field-unknown")
        #expect(deals["hint"]?.stringValue?.contains("search") == true)
        let id = try await caller.make("contacts", ["family_name": "Vka"])
        #expect(try await caller.get("/v1/contacts/\(id)?q=vka").code == "parameter-invalid")
        #expect(try await caller.get("/v1/contacts?q=vka&fields=country").data.allSatisfy { $0["family_name"] == nil })
    }

    @Test func `a field that cannot be searched says so, to whoever sees it`() async throws {
        let site = try await Site.shared()
        let caller = try site.administrator
        for (query, detail, hint) in [
            ("city=x", "'city' cannot be used here: it is sealed, and the catalog declares no exact search for it", "it cannot be searched at all"),
            (
                "given_name=x", "'given_name' cannot be used here: it is sealed, and the catalog declares no exact search for it",
                "q finds it by its words"
            ),
            ("sort=email", "'email' cannot be used here: it is sealed, and what is sealed has no order", "sort by indexed fields"),
            ("group_by=city", "'city' cannot be used here: it is sealed", "group by plain fields"),
        ] {
            let answer = try await caller.get("/v1/contacts?\(query)")
            #expect(answer.code == "field-unknown")
            #expect(answer["detail"]?.stringValue == detail)
            #expect(answer["hint"]?.stringValue == hint)
        }
        // Whoever does not see it hears what is said of a name that nobody has.
        let support = try await site.caller("support-agent")
        let hidden = try await support.get("/v1/contacts?city=x")
        #expect(hidden.whole.replacing("'city'", with: "'shoe'") == (try await support.get("/v1/contacts?shoe=x").whole))
        let filtered = try await caller.filtered("contacts", "given_name == 'x'")
        #expect(filtered["detail"]?.stringValue == "the filter at 1:12: 'given_name' is sealed and cannot be searched for")
    }

    @Test func `a hint that is false is found out by opening`() async throws {
        let site = try await Site.shared()
        let caller = try site.administrator
        let own = Self.letters()
        let id = try await caller.make("contacts", ["family_name": .string("\(own)a \(own)"), "email": .string("\(own)@example.org")])
        let other = try await caller.make("contacts", ["family_name": "Somebody"])
        // Every token of the one is laid upon the other.
        _ = try await site.administerVault(
            """
            INSERT INTO search_token (tenant_id, token, record_id, holder, place, generation)
            SELECT tenant_id, token, '\(other)', '\(other)', place, generation FROM search_token WHERE record_id = '\(id)'
            """
        )
        #expect(try await site.administerVault("SELECT count(*) > 8 FROM search_token WHERE record_id = '\(other)'") == "t")
        for text in [own, "\(own)a", String(own.prefix(5)), "\(own)@example.org", "\(own) \(own)a"] {
            #expect(try await found(caller, text) == [id], "\(text)")
        }
        for query in ["email=\(own)@example.org", "email=\(own)@example.org&sort=-created_at", "family_name=\(own)a+\(own)"] {
            #expect(try await caller.listed("/v1/contacts?\(query)") == [id], "\(query)")
        }
        let counted = try await caller.get("/v1/contacts?email=\(own)@example.org&count=true")
        #expect(counted["count"] == .number(JSONNumber(1)))
    }

    @Test func `who sees a name masked does not find by it, and reads of the fields that found`() async throws {
        let site = try await Site.shared()
        let own = Self.letters()
        let administrator = try site.administrator
        let id = try await administrator.make(
            "contacts", ["given_name": .string("\(own)given"), "family_name": .string("\(own)family"), "email": .string("\(own)@example.org")])
        let support = try await site.caller("support-agent")
        #expect(try await found(support, "\(own)family") == [])
        #expect(try await found(support, "\(own)@example.org") == [])
        #expect(try await found(support, own) == [id])
        #expect(try await found(support, "\(own)given \(own)family") == [])
        let answer = try await administrator.get("/v1/contacts?q=\(own)given&fields=id")
        let event = try #require(answer.headers["audit-event"])
        let trail = try await site.events("record=\(id)&action=read").first { $0["id"]?.stringValue == event }
        #expect(trail?["clear"] == ["family_name", "given_name", "middle_name"])
        #expect(trail?["count"] == .number(JSONNumber(1)))
        for event in try await site.events("record=\(id)") { #expect(!String(describing: event).contains(own)) }
    }

    @Test func `a field that only some records show is searched in those`() async throws {
        let site = try await TicketPolicies.site()
        let own = Self.letters()
        let region = unique("region")
        let user = unique("agent")
        let agent = try await TicketPolicies.agent(site, region: region, user: user)
        var kept: [String] = []
        for number in 0..<6 {
            var body: JSONObject = ["title": "t", "region": .string(region), "note": .string("\(own) said")]
            if number % 2 == 0 { body["owner_id"] = .string(user) }
            let id = try await site.administrator.make("tickets", .object(body))
            if number % 2 == 0 { kept.append(id) }
        }
        for text in [own, "\(own)+said", "sai+\(own.prefix(4))"] {
            #expect(try await agent.listed("/v1/tickets?q=\(text)") == kept)
            let first = try await agent.get("/v1/tickets?q=\(text)&limit=2")
            #expect(first.data.count == 2)
            #expect(try await agent.get("/v1/tickets?q=\(text)&limit=2&cursor=\(try #require(first.next))").data.count == 1)
        }
        #expect(try await agent.listed("/v1/tickets?limit=200").count == 6)
        // Somebody of another region keeps none of them: the field is usable, and finds nothing.
        let other = try await TicketPolicies.agent(site, region: region)
        #expect(try await other.get("/v1/tickets?q=\(own)").data.isEmpty)
    }

    @Test func `tokens move with the record to whom it comes to be about`() async throws {
        let site = try await TicketPolicies.site()
        let caller = try site.administrator
        let own = Self.letters()
        let people = [try await caller.make("contacts", ["given_name": "A"]), try await caller.make("contacts", ["given_name": "B"])]
        let ticket = try await caller.make(
            "tickets", ["title": "t", "external_id": .string(own), "note": .string("\(own) said"), "contact_id": .string(people[0])])
        func holders() async throws -> String {
            try await site.administerVault(
                "SELECT string_agg(DISTINCT holder::text, ' ') || ' ' || count(*) FROM search_token WHERE record_id = '\(ticket)'")
        }
        let count = try #require(try await holders().split(separator: " ").last)
        #expect(try await holders() == "\(people[0]) \(count)")
        _ = try await caller.patch("/v1/tickets/\(ticket)", ifMatch: "*", ["contact_id": .string(people[1])])
        #expect(try await holders() == "\(people[1]) \(count)")
        #expect(try await caller.listed("/v1/tickets?q=\(own)+said") == [ticket])
        let row: JSONValue = [
            "line": 1, "members": ["external_id": .string(own), "contact_id": .string(people[0]), "note": .string("\(own) wrote")],
        ]
        #expect(try await caller.importRows("tickets", [row]).text.contains("updated"))
        #expect(try await holders().hasPrefix("\(people[0]) "))
        #expect(try await caller.listed("/v1/tickets?q=\(own)+said").isEmpty)
        #expect(try await caller.listed("/v1/tickets?q=\(own)+wrote") == [ticket])
        _ = try await caller.patch("/v1/tickets/\(ticket)", ifMatch: "*", ["contact_id": nil])
        let tenant = try await site.administerVault("SELECT DISTINCT tenant_id FROM search_token WHERE record_id = '\(ticket)'")
        #expect(try await holders().hasPrefix("\(tenant) "))
        #expect(try await caller.delete("/v1/tickets/\(ticket)?destroy=true", ifMatch: "*").status == 204)
        #expect(try await site.administerVault("SELECT count(*) FROM search_token WHERE record_id = '\(ticket)'") == "0")
    }
}

import DataFormats
import Foundation
import Testing

/// Counts and sums of groups, and who is too few to be counted.
@Suite(.timeLimit(.minutes(15)))
struct GroupTests {
    private func integer(_ value: JSONValue?) -> Int? {
        if case .number(let number)? = value { number.integer.map { Int($0) } } else { nil }
    }

    private func counts(_ answer: Answer, by field: String) -> [String: Int] {
        var counts: [String: Int] = [:]
        for group in (answer["groups"]?.arrayValue ?? []).compactMap(\.objectValue) {
            counts[group["key"]?.objectValue?[field]?.stringValue ?? "-"] = integer(group["count"])
        }
        return counts
    }

    @Test func `counts and sums are those of the records that fit and are seen`() async throws {
        let site = try await Site.shared()
        let administrator = try site.administrator
        let product = unique("product")
        for (stage, amount, currency) in [("won", "10.10", "EUR"), ("won", "20.20", "EUR"), ("won", "5", "USD"), ("lost", "1", "EUR")] {
            _ = try await administrator.make(
                "deals",
                ["name": "x", "product": .string(product), "stage": .string(stage), "amount": .string(amount), "currency": .string(currency)])
        }
        _ = try await administrator.make("deals", ["name": "x", "product": .string(product), "stage": "lost"])
        let base = "/v1/deals?product=\(product)"
        let groups = try await administrator.get(base + "&group_by=stage,currency&sum=amount")
        #expect(
            groups["groups"]
                == [
                    ["key": ["stage": "lost", "currency": "EUR"], "count": 1, "sum": ["amount": "1"]],
                    ["key": ["stage": "lost", "currency": .null], "count": 1, "sum": ["amount": .null]],
                    ["key": ["stage": "won", "currency": "EUR"], "count": 2, "sum": ["amount": "30.30"]],
                    ["key": ["stage": "won", "currency": "USD"], "count": 1, "sum": ["amount": "5"]],
                ])
        #expect(counts(try await administrator.get(base + "&group_by=stage&filter=" + percentEncoded("amount > 5")), by: "stage") == ["won": 2])
        #expect(try await administrator.get(base + "&group_by=stage&sum=amount").code == "parameter-invalid")
        #expect(try await administrator.get(base + "&sum=amount").code == "parameter-invalid")
        for query in ["&group_by=notes", "&group_by=nothing", "&group_by=stage&sum=stage", "&group_by=stage&sum=notes"] {
            #expect(try await administrator.get(base + query).code == "field-unknown", "\(query)")
        }
        for query in ["&cursor=x", "&sort=stage", "&fields=stage", "&group_by=stage,stage", "&group_by=stage,"] {
            #expect(try await administrator.get(base + (query.hasPrefix("&group") ? "" : "&group_by=stage") + query).status == 400, "\(query)")
        }
    }

    @Test func `groups of few people are not shown to who may not see who they are`() async throws {
        let site = try await TicketPolicies.site()
        let administrator = try site.administrator
        let region = unique("region")
        let agent = try await TicketPolicies.agent(site, region: region)
        func tickets(_ title: String, people: Int) async throws {
            for _ in 0..<people {
                let contact = try await administrator.make("contacts", ["given_name": "Grouped"])
                for _ in 0..<2 {
                    _ = try await administrator.make(
                        "tickets", ["title": .string(title), "region": .string(region), "contact_id": .string(contact), "level": 1])
                }
            }
        }
        func groups(_ caller: Caller, _ more: String = "") async throws -> Answer {
            try await caller.get("/v1/tickets?region=\(region)&group_by=title\(more)")
        }
        try await tickets("many", people: 7)
        try await tickets("enough", people: 5)
        #expect(counts(try await groups(agent), by: "title") == ["many": 14, "enough": 10])
        // One person too few; the next smallest goes with it, else the total would tell.
        try await tickets("few", people: 4)
        let one = try await groups(agent)
        #expect(counts(one, by: "title") == ["many": 14])
        #expect(one["smallest_group"] == 5)
        // Two that are too few hide each other.
        try await tickets("single", people: 1)
        let two = try await groups(agent, "&sum=level")
        #expect(counts(two, by: "title") == ["many": 14, "enough": 10])
        #expect(two["suppressed"] == nil)
        #expect(!two.text.contains("single"))
        // One group that is too few is all there is: nothing is shown, no matter how it was cut out.
        for more in [
            "&title=single", "&filter=" + percentEncoded("title == 'single'"), "&filter=" + percentEncoded("!(title in ['many', 'enough'])"),
        ] {
            let alone = try await groups(agent, more)
            #expect(alone["groups"] == [], "\(more)")
        }
        // Who sees people sees their groups.
        let everything = try await groups(administrator)
        #expect(counts(everything, by: "title") == ["many": 14, "enough": 10, "few": 8, "single": 2])
        #expect(everything["smallest_group"] == nil)
    }

    @Test func `more groups than an answer takes are refused`() async throws {
        let site = try await TicketPolicies.site()
        let region = unique("region")
        try await site.administer(
            """
            INSERT INTO ticket (tenant_id, id, version, title, region, created_at, updated_at)
            SELECT t.id, gen_random_uuid(), 1, 'title ' || n, '\(region)', now(), now() FROM generate_series(1, 1001) n,
              (SELECT tenant_id AS id FROM credential LIMIT 1) t
            """)
        let administrator = try site.administrator
        #expect(try await administrator.get("/v1/tickets?region=\(region)&group_by=title").code == "parameter-invalid")
        #expect(try await administrator.get("/v1/tickets?region=\(region)&group_by=region").object?["groups"]?.arrayValue?.count == 1)
        try await site.administer("DELETE FROM ticket WHERE region = '\(region)'")
    }
}

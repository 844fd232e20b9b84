import Catalog
import DataFormats
import Gateway
import PolicyFiles
import Storage
import TestPostgres
import Testing

@Suite(.timeLimit(.minutes(15)))
struct SearchReportTests {
    @Test(arguments: [
        // 2 <= C < sqrt(R): a million different values share tokens of 18 bits by threes and fours.
        (field: "phone", tokens: 1_000_000, distinct: 1_000_000, entropy: 19.9, bits: 18, isLow: false),
        (field: "phone", tokens: 1_000_000, distinct: 600, entropy: 9.0, bits: 8, isLow: true),
        (field: "phone", tokens: 1_000_000, distinct: 511, entropy: 8.9, bits: nil, isLow: true),
        (field: "phone", tokens: 63, distinct: 1, entropy: 0, bits: nil, isLow: false),
        // Duplicates are pointed out by whole tokens.
        (field: "email", tokens: 1_000_000, distinct: 1_000_000, entropy: 19.9, bits: nil, isLow: false),
    ])
    func `a length of tokens is advised where it blurs values`(
        field: String, tokens: Int, distinct: Int, entropy: Double, bits: Int?, isLow: Bool
    ) throws {
        let contact = try #require(try PolicyFolder.load(Repository.policies).catalog.entity(named: "contact"))
        let statistics = TokenStatistics(place: "", tokens: tokens, distinct: distinct, largest: 1, entropy: entropy)
        let exposure = SearchExposure(statistics, contact, try #require(contact.field(named: field)), .exact)
        #expect(exposure.suggestedBits == bits)
        #expect(exposure.isLow == isLow)
        if let bits {
            let coincidences = Double(distinct) / Double(1 << bits)
            #expect(coincidences >= 2 && coincidences * coincidences < Double(distinct))
        }
    }

    @Test func `the report counts what tokens tell, warns of few values, and shows none`() async throws {
        try await Site.with { site in
            try await site.serve()
            let rows = (0..<128).map { number -> JSONValue in
                [
                    "line": .number(JSONNumber(number)),
                    "members": [
                        "given_name": .string(["Annabel", "Annabel", "Bo", "Cleo"][number % 4]), "email": .string("person.\(number)@example.org"),
                        "phone": "+49301234567",
                    ],
                ]
            }
            #expect(try await site.administrator.importRows("contacts", rows).status == 200)
            let printed = try await site.run("search", "report", "--entity", "contact", "--json")
            #expect(printed.status == 0, "\(printed.errors)")
            let fields = try #require((try? JSONReader.read(Array(printed.output.utf8)))?.objectValue?["fields"]?.arrayValue).compactMap(
                \.objectValue)
            func find(_ field: String, _ kind: String) -> JSONObject? {
                fields.first { $0["field"] == .string(field) && $0["search"] == .string(kind) }
            }
            let words = try #require(find("given_name", "word"))
            #expect(words["tokens"] == 128)
            #expect(words["distinct_tokens"] == 3)
            #expect(words["largest_bucket"] == 64)
            #expect(words["entropy_bits"] == .number(try #require(JSONNumber(text: "1.500"))))
            #expect(words["min_entropy_bits"] == .number(try #require(JSONNumber(text: "1.000"))))
            #expect(words["suggested_token_bits"] == .null)
            #expect(words["warning"]?.stringValue?.contains("contact.given_name by word") == true)
            let beginnings = try #require(find("given_name", "prefix"))
            #expect(beginnings["tokens"] == .number(JSONNumber(64 * 4 + 32 * 2)))
            #expect(beginnings["distinct_tokens"] == 6)
            let mails = try #require(find("email", "exact"))
            #expect(mails["distinct_tokens"] == 128)
            #expect(mails["warning"] == .null)
            #expect(mails["entropy_bits"] == .number(try #require(JSONNumber(text: "7.000"))))
            #expect(try #require(find("phone", "exact"))["entropy_bits"] == .number(try #require(JSONNumber(text: "0.000"))))
            #expect(find("family_name", "exact") == nil)

            let table = try await site.run("search", "report")
            #expect(table.status == 0)
            #expect(table.output.contains("warning: contact.phone by exact has 0.0 bits over 128 tokens"))
            #expect(table.output.contains("which records share a value and how often each value occurs, and no value"))
            for value in ["Annabel", "annabel", "example.org", "301234567"] { #expect(!(table.output + printed.output).contains(value)) }

            #expect(try await site.run("search", "report", "--entity", "unicorn").status == 5)
            #expect(try await site.run("search", "report", "--tenant", "nobody").status == 4)
            let there = ["GATEHOUSE_URL": try site.url, "GATEHOUSE_TOKEN": try site.administrator.token ?? ""]
            #expect(try await site.run("search", "report", environment: there).status == 5)
        }
    }
}

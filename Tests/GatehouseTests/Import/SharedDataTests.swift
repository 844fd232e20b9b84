import DataFormats
import Foundation
import TestPostgres
import Testing

/// Real, messy files from beside the checkout; nothing of them is part of it.
@Suite(.timeLimit(.minutes(15)))
struct SharedDataTests {
    static let folder = URL(fileURLWithPath: Repository.root + "/../shared/data").standardizedFileURL.path
    static let isThere = FileManager.default.fileExists(atPath: folder)

    private struct Step {
        let file: String
        let plural: String
        let mapping: String
        let created: Int
        var updated = 0
        var skipped = 0
        var refused = 0
        /// Where the refused rows stand.
        var lines: [Int] = []

        var total: Int { created + updated + skipped + refused }
    }

    @Test(.enabled(if: isThere, "the folder shared/data is not beside the checkout"))
    func `every good row arrives, every bad one is named, and a second run changes nothing`() async throws {
        try await Site.with(policies: try policies()) { site in
            #expect(try await site.run("schema", "apply").status == 0)
            // Accounts name others of the same file as their parents: those that come before their parent need a second run.
            let first = try await run(
                site, Step(file: "crm-sales-pipeline/accounts.csv", plural: "accounts", mapping: "pipeline-accounts", created: 0))
            #expect(first.counts["created", default: 0] + first.counts["refused", default: 0] == 85)
            #expect(first.reasons.allSatisfy { $0.contains("parent_id names a external_id that no record has") })
            let second = try await run(
                site, Step(file: "crm-sales-pipeline/accounts.csv", plural: "accounts", mapping: "pipeline-accounts", created: 0))
            #expect(second.counts["created"] == first.counts["refused"])
            #expect(second.counts["skipped"] == first.counts["created"])

            let steps = [
                Step(file: "crm-sales-pipeline/accounts.csv", plural: "accounts", mapping: "pipeline-accounts", created: 0, skipped: 85),
                Step(file: "crm-sales-pipeline/products.csv", plural: "products", mapping: "pipeline-products", created: 7),
                Step(file: "crm-sales-pipeline/sales_teams.csv", plural: "agents", mapping: "pipeline-agents", created: 35),
                Step(file: "crm-sales-pipeline/sales_pipeline.csv", plural: "deals", mapping: "pipeline-deals", created: 8800),
                Step(file: "people-pii/people-10000.csv", plural: "contacts", mapping: "people", created: 10_000),
                Step(file: "people-pii/demo-accounts.csv", plural: "accounts", mapping: "demo-accounts", created: 76),
                Step(file: "people-pii/demo-leads.csv", plural: "leads", mapping: "demo-leads", created: 100),
                Step(file: "people-pii/demo-campaigns.csv", plural: "campaigns", mapping: "campaigns", created: 8),
                Step(
                    file: "people-pii/demo-emails.csv", plural: "mail_templates", mapping: "mail-templates", created: 18, refused: 2, lines: [6, 13]),
                Step(
                    file: "people-pii/contact-import-contact_with_duplicate_address_phone.csv", plural: "contacts", mapping: "wide-contacts",
                    created: 4),
                Step(
                    file: "people-pii/contact-import-contact_with_duplicate_records.csv", plural: "contacts", mapping: "wide-contacts", created: 0,
                    skipped: 2),
                Step(
                    file: "people-pii/contact-import-import_wrong_data.csv", plural: "contacts", mapping: "wide-contacts", created: 0, refused: 1,
                    lines: [2]),
                Step(file: "people-pii/sales-import-lead_export.csv", plural: "leads", mapping: "wide-leads", created: 3),
                Step(file: "people-pii/sales-import-lead_import_exist_contact.csv", plural: "leads", mapping: "wide-leads", created: 2),
                Step(
                    file: "people-pii/sales-import-lead_import_same_phone_address.csv", plural: "leads", mapping: "wide-leads", created: 1, skipped: 1
                ),
            ]
            for step in steps {
                let done = try await run(site, step)
                #expect(
                    done.counts == ["created": step.created, "updated": step.updated, "skipped": step.skipped, "refused": step.refused],
                    "\(step.file)")
                #expect(done.lines == step.lines, "\(step.file)")
                #expect(done.status == (step.refused > 0 ? 2 : 0), "\(step.file)")
            }
            try await checkFacts(site)
            let before = try await site.administer(Self.versions)
            for step in steps {
                let again = try await run(site, step)
                #expect(again.counts == ["created": 0, "updated": 0, "skipped": step.total - step.refused, "refused": step.refused], "\(step.file)")
            }
            #expect(try await site.administer(Self.versions) == before)
        }
    }

    private static let versions = "SELECT (SELECT sum(version) FROM deal), (SELECT sum(version) FROM contact), (SELECT sum(version) FROM account)"

    private func checkFacts(_ site: Site) async throws {
        for (sql, expected) in [
            ("SELECT stage, count(*) FROM deal GROUP BY 1 ORDER BY 1", "engaging|1589\nlost|2473\nprospecting|500\nwon|4238"),
            ("SELECT count(*) FROM deal WHERE account_id IS NULL", "1425"), ("SELECT count(*) FROM deal WHERE opened_on IS NULL", "500"),
            ("SELECT count(*) FROM deal WHERE product = 'GTX Pro'", "1480"),
            ("SELECT count(*) FROM deal WHERE close_date IS NULL AND amount IS NULL", "2089"),
            ("SELECT sum(amount) FROM deal WHERE stage = 'won'", "10005534"), ("SELECT count(*) FROM account WHERE parent_id IS NOT NULL", "15"),
            ("SELECT annual_revenue, country FROM account WHERE name = 'Acme Corporation'", "1100040000|US"),
            ("SELECT count(*) FROM account WHERE industry = 'technolgy'", "0"), ("SELECT count(*) FROM stage_change", "8800"),
            ("SELECT count(*) FROM contact WHERE subject_id = id AND email IS NOT NULL", "10004"),
        ] { #expect(try await site.administer(sql) == expected, "\(sql)") }
        try await site.serve()
        let jerry = try await site.administrator.get("/v1/contacts?email=jerryacoleman%40armyspy.com&fields=birth_date,given_name,national_id")
        #expect(jerry.data.count == 1)
        #expect(jerry.data.first?["birth_date"] == "1973-03-07")
        #expect(try await site.administrator.get("/v1/contacts?email=johnajohnson%40einrot.com").data.count == 2)
    }

    private struct Done {
        let status: Int32
        let counts: [String: Int]
        let lines: [Int]
        let reasons: [String]
    }

    private func run(_ site: Site, _ step: Step) async throws -> Done {
        let refused = site.folder + "/refused.csv"
        unlink(refused)
        let mapping = Repository.root + "/Tests/GatehouseTests/Mappings/\(step.mapping).yaml"
        let outcome = try await site.run(
            "import", "\(Self.folder)/\(step.file)", "--as", step.plural, "--map", mapping, "--refused", refused, "--json"
        )
        guard let summary = (try? JSONReader.read(Array(outcome.output.utf8)))?.objectValue else {
            throw TestFailure("\(step.file): \(outcome.status) \(outcome.errors)")
        }
        var counts: [String: Int] = [:]
        for member in summary.members { if case .number(let number) = member.value { counts[member.name] = number.integer.map { Int($0) } } }
        var rows: [CSVRow] = []
        var reader = CSVReader()
        reader.feed(Array((FileManager.default.contents(atPath: refused) ?? Data()))) { rows.append($0) }
        reader.finish { rows.append($0) }
        let named = rows.dropFirst()
        return Done(
            status: outcome.status, counts: counts, lines: named.compactMap { $0.fields.first.flatMap { Int($0) } },
            reasons: named.compactMap { $0.fields.dropFirst().first }
        )
    }

    /// The shipped policies and entities for what the files have beside.
    private func policies() throws -> String {
        let copy = try TemporaryFolder.make() + "/policies"
        try FileManager.default.copyItem(atPath: Repository.policies, toPath: copy)
        let extra = Repository.root + "/Tests/GatehouseTests/Mappings/catalog"
        for name in try FileManager.default.contentsOfDirectory(atPath: extra) {
            try FileManager.default.copyItem(atPath: "\(extra)/\(name)", toPath: "\(copy)/catalog/\(name)")
        }
        return copy
    }
}

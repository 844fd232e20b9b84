import DataFormats
import Foundation
import TestPostgres
import Testing

/// What a gateway refuses to serve out of.
@Suite(.timeLimit(.minutes(15)))
struct FitnessTests {
    private func refusal(_ site: Site, _ policies: String? = nil) async throws -> Program.Outcome {
        try await GatehouseProgram.run(
            ["serve", "--port", "0", "--state", site.state, "--policies", policies ?? site.policies], environment: site.environment
        )
    }

    private func copiedPolicies(addingToContact field: String) throws -> String {
        let copy = try TemporaryFolder.make() + "/policies"
        try FileManager.default.copyItem(atPath: Repository.policies, toPath: copy)
        let file = copy + "/catalog/contact.yaml"
        try Data(Program.text(file).replacing("fields:\n", with: "fields:\n  \(field)\n", maxReplacements: 1).utf8).write(
            to: URL(fileURLWithPath: file))
        return copy
    }

    @Test func `a new field is refused until the schema is applied, and works everywhere afterwards`() async throws {
        let policies = try copiedPolicies(
            addingToContact: "shoe_size: { type: text, max: 10, class: personal, store: sealed, mask: redacted, label: \"Shoe size\" }")
        try await Site.with(policies: policies) { site in
            let refused = try await refusal(site)
            #expect(refused.status == 7)
            #expect(refused.errors.contains("column contact.shoe_size"))
            #expect(try await site.run("schema", "verify").status == 7)
            let plan = try await site.run("schema", "plan")
            #expect(plan.output.contains("ALTER TABLE \"contact\" ADD COLUMN \"shoe_size\" bytea"))
            #expect(try await refusal(site).status == 7)
            #expect(try await site.run("schema", "apply").output == "vault: nothing to do\nstore: 1 changes applied\n")
            #expect(try await site.run("schema", "verify").status == 0)
            #expect(try await site.run("schema", "plan", "--json").output == "[]\n")
            try await site.serve()
            let caller = try site.administrator
            let made = try await caller.post("/v1/contacts", ["shoe_size": "43kvasir"])
            #expect(try await caller.get("/v1/contacts/\(made.id)")["shoe_size"] == "43kvasir")
            #expect(try await site.administer("SELECT position('kvasir'::bytea in shoe_size) FROM contact") == "0")
            #expect(try await site.caller("marketing").get("/v1/contacts/\(made.id)")["shoe_size"] == nil)
            let file = site.folder + "/shoes.csv"
            try Data("external_id,shoe_size\na,44\n".utf8).write(to: URL(fileURLWithPath: file))
            #expect(try await site.run("import", file, "--as", "contacts").status == 0)
            #expect(try await caller.get("/v1/contacts?external_id=a").data.first?["shoe_size"] == "44")
            // Going back would leave a column that nobody declares.
            let back = try await refusal(site, Repository.policies)
            #expect(back.status == 7)
            #expect(back.errors.contains("column contact.shoe_size is not in the catalog"))
        }
    }

    @Test func `a column or table that the catalog does not know stops the start and is named`() async throws {
        try await Site.with { site in
            try await site.administer("ALTER TABLE contact ADD COLUMN stray text; CREATE TABLE forgotten (n int)")
            let refused = try await refusal(site)
            #expect(refused.status == 7)
            #expect(refused.errors.contains("column contact.stray is not in the catalog"))
            #expect(refused.errors.contains("table forgotten is not in the catalog"))
            #expect(try await site.run("schema", "apply").status == 7)
            try await site.administer("ALTER TABLE contact DROP COLUMN stray; DROP TABLE forgotten; ALTER TABLE contact NO FORCE ROW LEVEL SECURITY")
            #expect(try await refusal(site).errors.contains("row security of contact"))
        }
    }

    @Test func `a personal field that is not sealed and says not why is no policy`() async throws {
        let policies = try copiedPolicies(addingToContact: "shoe_size: { type: text, max: 10, class: personal, store: plain, label: \"Shoe size\" }")
        try await Site.with(policies: policies) { site in
            let refused = try await refusal(site)
            #expect(refused.status == 7)
            #expect(refused.errors.contains("contact.yaml:") && refused.errors.contains("shoe_size"))
        }
    }

    @Test func `a root key that others may read, that is no key, or that is gone, is refused`() async throws {
        try await Site.with { site in
            try await site.serve()
            #expect(try await site.administrator.post("/v1/contacts", ["given_name": "Ann"]).status == 201)
            await site.stop()
            let key = site.state + "/keys/root.key"
            #expect(chmod(key, 0o644) == 0)
            let open = try await refusal(site)
            #expect(open.status == 7)
            #expect(open.errors.contains("mode 644"))
            #expect(chmod(key, 0o600) == 0)
            #expect(rename(key, key + ".away") == 0)
            let missing = try await refusal(site)
            #expect(missing.status == 7)
            #expect(missing.errors.contains("there is no root key"))
            #expect(!FileManager.default.fileExists(atPath: key))
            _ = FileManager.default.createFile(
                atPath: key, contents: Data("gatehouse-root-1 \(String(repeating: "0", count: 64))\n".utf8), attributes: [.posixPermissions: 0o600])
            let other = try await refusal(site)
            #expect(other.status == 7, "\(other.errors)")
            #expect(unlink(key) == 0)
            #expect(rename(key + ".away", key) == 0)
            try await site.serve()
            #expect(try await site.administrator.get("/v1/contacts").data.first?["given_name"] == "Ann")
        }
    }

    @Test func `without policies, or with half a configuration, nothing is served`() async throws {
        try await Site.with { site in
            #expect(try await refusal(site, site.folder + "/nowhere").status == 7)
            let half = try await GatehouseProgram.run(
                ["serve", "--state", site.state], environment: ["DATABASE_URL": site.environment["DATABASE_URL"] ?? ""]
            )
            #expect(half.status == 7)
            let away = try await GatehouseProgram.run(
                ["token", "list", "--state", site.state, "--policies", site.policies],
                environment: ["DATABASE_URL": "host=/nonexistent", "VAULT_URL": "host=/nonexistent"]
            )
            #expect(away.status == 6)
        }
    }
}

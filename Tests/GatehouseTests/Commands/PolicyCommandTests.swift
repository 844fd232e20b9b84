import DataFormats
import Foundation
import TestPostgres
import Testing

/// The tools for people who write policies, as they are used.
@Suite(.timeLimit(.minutes(15)))
struct PolicyCommandTests {
    private func run(_ arguments: String...) async throws -> Program.Outcome { try await GatehouseProgram.run(["policy"] + arguments) }

    private func object(_ outcome: Program.Outcome) throws -> JSONObject {
        try #require((try? JSONReader.read(Array(outcome.output.utf8)))?.objectValue)
    }

    @Test func `the shipped policies are fit, and every case holds`() async throws {
        let checked = try await run("check", Repository.policies, "--strict", "--json")
        #expect(checked.status == 0, "\(checked.errors)")
        #expect(try object(checked)["ok"] == true)
        let tested = try await run("test", Repository.policies, "--strict", "--json")
        #expect(tested.status == 0, "\(tested.errors)")
        let report = try object(tested)
        #expect(report["unguarded"] == [] && report["failed"] == [])
        #expect(report["rules"] == report["guarded"])
    }

    @Test func `a slip is told with its place and the nearest name, by check and by serve alike`() async throws {
        let folder = try PolicyCopy()
        try folder.edit("access/contact.yaml", "record.lifecycle == 'former'", "record.lifecycel == 'former'")
        let checked = try await run("check", folder.path)
        #expect(checked.status == 7)
        let line =
            try #require(
                folder.text("access/contact.yaml").split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.contains("lifecycel") })
            + 1
        #expect(checked.errors.contains("access/contact.yaml:\(line):"), "\(checked.errors)")
        #expect(checked.errors.hasSuffix("record has no 'lifecycel'\n  hint: did you mean 'lifecycle'?\n"))
        let served = try await GatehouseProgram.run(["serve", "--port", "0", "--state", folder.path + "-state", "--policies", folder.path])
        #expect(served.status == 7)
        #expect(served.errors == checked.errors)
        let told = try object(try await run("check", folder.path, "--json"))
        #expect(told["ok"] == false)
        #expect(told["problems"]?.arrayValue?.first?.objectValue?["hint"] == "did you mean 'lifecycle'?")
    }

    @Test func `a failing case ends with 7 and keeps the gateway from serving`() async throws {
        let folder = try PolicyCopy()
        try folder.edit("access/deal.yaml", "when: \"record.stage == 'won'\"", "when: \"record.stage == 'lost'\"")
        let tested = try await run("test", folder.path)
        #expect(tested.status == 7)
        #expect(tested.output.contains("cases/deal.yaml:"))
        #expect(tested.output.contains("visible are [1], not [0]\n  hint: case 'a manager removes deals that are not won', delete"))
        let served = try await GatehouseProgram.run(["serve", "--port", "0", "--state", folder.path + "-state", "--policies", folder.path])
        #expect(served.status == 7)
        #expect(served.errors.contains("case 'a manager removes deals that are not won', delete"))
    }

    @Test func `a rule that no case guards is a warning, and strictly a failure`() async throws {
        let folder = try PolicyCopy()
        try folder.edit("access/deal.yaml", "rules:\n", "rules:\n  - { name: extra, allow: [delete], to: [support-agent] }\n")
        let tested = try await run("test", folder.path)
        #expect(tested.status == 0)
        #expect(tested.output.contains("no case fails when rule 'extra' is deleted"))
        #expect(try await run("test", folder.path, "--strict").status == 7)
        try folder.edit("access/deal.yaml", "to: [support-agent] }", "to: [] }")
        let checked = try await run("check", folder.path)
        #expect(checked.status == 0)
        #expect(checked.output.contains("warning: \(folder.path)/access/deal.yaml:4:5: rule 'extra' is for nobody"))
        #expect(try await run("check", folder.path, "--strict").status == 7)
    }

    @Test func `an explanation names the rule that decides, in both forms`() async throws {
        let arguments = ["explain", "--role", "marketing", "--on", "contact", "--given", "lifecycle=former", "--consent", "marketing"]
        let plain = try await GatehouseProgram.run(["policy"] + arguments + ["--policies", Repository.policies])
        #expect(plain.status == 0, "\(plain.errors)")
        #expect(plain.output.hasPrefix("read contact: not-visible (rule default-deny)\n"))
        #expect(plain.output.contains("nobody-markets-to-former-customers  this record: record.lifecycle == 'former'\n"))
        let json = try await GatehouseProgram.run(["policy"] + arguments + ["--policies", Repository.policies, "--json"])
        let explanation = try #require((try? JSONReader.read(Array(json.output.utf8)))?.arrayValue?.first?.objectValue)
        #expect(explanation["decision"] == "not-visible")
        for wrong in [["--role", "markting"], ["--given", "lifecycel=x"], ["--given", "email=x"], ["--purpose", "sale"], ["--grant", "x"]] {
            let outcome = try await GatehouseProgram.run(
                ["policy", "explain", "--on", "contact", "--policies", Repository.policies] + wrong)
            #expect(outcome.status == 5, "\(wrong)")
            #expect(outcome.errors.contains("hint: "), "\(wrong)")
        }
    }

    @Test func `a matrix is a table, JSON, or a page`() async throws {
        let table = try await run("matrix", Repository.policies, "--entity", "contact")
        #expect(table.output.hasPrefix("FIELD"))
        #expect(table.output.contains("\nbirth_date        identifying  clear w"))
        let file = try TemporaryFolder.make() + "/matrix.html"
        #expect(try await run("matrix", Repository.policies, "--html", file).status == 0)
        let page = Program.text(file)
        #expect(page.hasPrefix("<!doctype html>") && page.contains("<h2>Contact</h2>") && page.contains("masked: last4"))
        #expect(try await run("matrix", Repository.policies, "--entity", "contcat").status == 5)
        let json = try await run("matrix", Repository.policies, "--json")
        #expect((try? JSONReader.read(Array(json.output.utf8)))?.arrayValue?.count == 7)
    }

    @Test func `a comparison tells who loses what`() async throws {
        let folder = try PolicyCopy()
        try folder.edit("access/account.yaml", "industry, website, country", "industry, country")
        try folder.edit("access/contact.yaml", "record.lifecycle == 'former'", "record.lifecycle != 'customer'")
        let same = try await run("diff", Repository.policies, Repository.policies, "--fail-on-change")
        #expect(same.status == 0 && same.output == "no difference\n")
        let compared = try await run("diff", Repository.policies, folder.path)
        #expect(compared.status == 0)
        #expect(compared.output.contains("marketing  loses  read    account  website  clear  hidden"))
        #expect(compared.output.contains("contact: let is_former was record.lifecycle == 'former', is record.lifecycle != 'customer'"))
        #expect(try await run("diff", Repository.policies, folder.path, "--fail-on-change").status == 1)
    }

    @Test func `recorded accesses are decided again, and a record is explained from the store`() async throws {
        let folder = try PolicyCopy()
        try folder.edit(
            "access/contact.yaml", "except: [birth_date, street, mobile]\n      mask: { birth_date: year,",
            "except: [birth_date, street, mobile, email]\n      mask: { birth_date: year,")
        try await Site.with { site in
            try await site.serve()
            let rep = try await site.caller("sales-rep", user: "ann")
            let made = try await site.administrator.post("/v1/contacts", ["given_name": "Ann", "email": "a@example.org", "owner_id": "bob"])
            #expect(try await rep.get("/v1/contacts/\(made.id)")["email"] == "a@example.org")
            #expect(try await rep.send("DELETE", "/v1/contacts/\(made.id)", ["If-Match": "*"]).status == 403)
            let same = try await site.run("policy", "replay", Repository.policies, "--since", "1h", "--fail-on-change")
            #expect(same.status == 0, "\(same.output) \(same.errors)")
            let replayed = try await site.run("policy", "replay", folder.path, "--since", "1h", "--json", "--fail-on-change")
            #expect(replayed.status == 1)
            let differences = try #require(try object(replayed)["differences"]?.arrayValue?.compactMap(\.objectValue))
            #expect(differences.count == 1)
            #expect(differences.first?["difference"] == "was shown, would be hidden: email")
            #expect(differences.first?["roles"] == ["sales-rep"])
            #expect(differences.first?["events"]?.arrayValue?.count == 1)
            for place in ["a@example.org", "Ann"] { #expect(!replayed.output.contains(place)) }

            let explained = try await site.run(
                "policy", "explain", "--role", "sales-rep", "--user", "bob", "--on", "contact", "--record", made.id)
            #expect(explained.status == 0, "\(explained.errors)")
            #expect(explained.output.contains("sales-keeps-its-own-contacts        this record: record.owner_id == 'bob'"))
            let gone = try await site.run(
                "policy", "explain", "--role", "sales-rep", "--on", "contact", "--record", "0199aaaa-0000-7000-8000-000000000000")
            #expect(gone.status == 4)
            let remote = ["GATEHOUSE_URL": try site.url, "GATEHOUSE_TOKEN": try site.administrator.token ?? ""]
            let afar = try await site.run("policy", "replay", folder.path, "--since", "1h", environment: remote)
            #expect(afar.status == 0, "\(afar.errors)")
            #expect(afar.output.contains("records were not looked at"))
            let users = try await site.run("policy", "check", "--users", environment: remote)
            #expect(users.output.contains("nobody has the role 'auditor'"))
            #expect(!users.output.contains("nobody has the role 'sales-rep'"))
        }
    }
}

/// The shipped policies in a folder that a test may change.
struct PolicyCopy: Sendable {
    let path: String

    init() throws {
        path = try TemporaryFolder.make() + "/policies"
        try FileManager.default.copyItem(atPath: Repository.policies, toPath: path)
    }

    func text(_ file: String) -> String { Program.text("\(path)/\(file)") }

    func write(_ file: String, _ text: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(file)")) }

    func edit(_ file: String, _ old: String, _ new: String) throws {
        let text = text(file)
        guard text.contains(old) else { throw TestFailure("\(file) has no '\(old)'") }
        try write(file, text.replacing(old, with: new, maxReplacements: 1))
    }
}

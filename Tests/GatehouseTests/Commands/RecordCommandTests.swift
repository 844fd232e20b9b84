import DataFormats
import Foundation
import TestPostgres
import Testing

/// The program as a client: records of a running gateway without curl.
struct RecordCommandTests {
    /// A caller with a profile of its own.
    private struct Client {
        let site: Site
        let environment: [String: String]
        let folder: String

        init(_ site: Site, _ caller: Caller) async throws {
            self.site = site
            folder = site.folder + "/" + unique("client")
            environment = ["XDG_CONFIG_HOME": folder]
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let file = folder + "/token"
            try Data("\(caller.token ?? "")\n".utf8).write(to: URL(filePath: file))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
            let added = try await run("profile", "add", "here", "--url", try site.url, "--token-file", file)
            #expect(added.status == 0, "\(added.errors)")
        }

        func run(_ arguments: String..., input: String = "") async throws -> Program.Outcome {
            try await GatehouseProgram.run(arguments, environment: environment, input: input, folder: folder)
        }

        /// With the profile, and the answer as JSON.
        func object(_ arguments: String...) async throws -> JSONObject {
            let outcome = try await GatehouseProgram.run(arguments + ["--profile", "here", "--json"], environment: environment, folder: folder)
            guard outcome.status == 0, let object = (try? JSONReader.read(Array(outcome.output.utf8)))?.objectValue else {
                throw TestFailure("\(outcome.status) \(outcome.errors)")
            }
            return object
        }
    }

    @Test func `a record is made, shown, listed, changed and removed without curl`() async throws {
        let site = try await Site.shared()
        let client = try await Client(site, try site.administrator)
        let name = unique("Larkspur")
        let made = try await client.object("create", "contacts", "given_name=Ada", "family_name=\(name)")
        let id = try #require(made["id"]?.stringValue)

        let shown = try await client.run("get", "contacts", id, "--profile", "here")
        #expect(shown.status == 0 && shown.output.contains("family_name  \(name)"), "\(shown.output)\(shown.errors)")
        let listed = try await client.run("list", "contacts", "--query", name, "--fields", "family_name", "--profile", "here")
        #expect(listed.output.split(separator: "\n").count == 2 && listed.output.contains("\(id)  \(name)"), "\(listed.output)\(listed.errors)")

        #expect(try await client.object("update", "contacts", id, "job_title=Botanist")["job_title"] == .string("Botanist"))
        #expect(try await client.object("update", "contacts", id, "job_title:=null")["job_title"] == .null)
        let late = try await client.run("update", "contacts", id, "job_title=Baker", "--if-match", "0123", "--profile", "here")
        #expect(late.status == 5 && late.errors.contains("has changed since you read it"))

        let rehearsed = try await client.run("delete", "contacts", id, "--dry-run", "--profile", "here")
        #expect(rehearsed.status == 0 && rehearsed.output.contains(name))
        #expect(try await client.object("delete", "contacts", id)["deleted"] == .bool(true))
        #expect(try await client.run("get", "contacts", id, "--profile", "here").status == 4)
    }

    @Test func `members come from standard input as well, and mistakes are one sentence`() async throws {
        let site = try await Site.shared()
        let client = try await Client(site, try site.administrator)
        let made = try await client.run(
            "create", "contacts", "--input", "-", "--profile", "here", "--json", input: #"{"given_name":"Bo","family_name":"Vale"}"#)
        #expect(made.status == 0 && made.output.contains(#""family_name":"Vale""#), "\(made.errors)")
        for (arguments, status, sentence) in [
            (["create", "contacts"], Int32(5), "no members are given"), (["create", "contacts", "Ada"], 5, "name=text or name:=JSON"),
            (["create", "contacts", "given_name:=Ada"], 5, "what follows given_name:= is no JSON"),
            (["create", "contacts", "given_name=Ada", "given_name=Bo"], 5, "given_name is given twice"),
            (["create", "contacts", "given_name:=3"], 5, "given_name has to be a string"), (["create", "contacts", "shoe=9"], 5, "shoe"),
            (["list", "contacts", "phone"], 5, "field=value"), (["list", "unicorns"], 4, "no such resource"),
        ] {
            let outcome = try await GatehouseProgram.run(arguments + ["--profile", "here"], environment: client.environment, folder: client.folder)
            #expect(outcome.status == status && outcome.errors.contains(sentence), "\(arguments): \(outcome.status) \(outcome.errors)")
        }
    }

    @Test func `every page is listed on demand, a line a record`() async throws {
        let site = try await Site.shared()
        let client = try await Client(site, try site.administrator)
        let company = unique("Pages")
        for _ in 0..<5 { _ = try await client.object("create", "accounts", "name=\(company)") }
        let all = try await client.run("list", "accounts", "name=\(company)", "--limit", "2", "--all", "--json", "--profile", "here")
        #expect(all.output.split(separator: "\n").count == 5, "\(all.output)\(all.errors)")
        let first = try await client.run("list", "accounts", "name=\(company)", "--limit", "2", "--profile", "here")
        #expect(first.output.split(separator: "\n").count == 3 && first.errors.contains("there are more"))
    }

    @Test func `what a role sees less of is named, not shown`() async throws {
        let site = try await Site.shared()
        let made = try await site.administrator.post(
            "/v1/contacts", ["given_name": "Cy", "national_id": "756.9217.0769.85", "bank_account": "CH9300762011623852957"])
        let client = try await Client(site, try await site.caller(["roles": ["sales-rep"], "user": .string(unique("rep")), "purpose": "sales"]))
        let shown = try await client.run("get", "contacts", made.id, "--profile", "here")
        #expect(shown.status == 0, "\(shown.errors)")
        let withheld = shown.output.split(separator: "\n").first { $0.hasPrefix("withheld: ") } ?? ""
        #expect(withheld.contains("national_id") && !shown.output.contains("756"), "\(shown.output)")
        #expect(shown.output.contains("(masked: last4)") && !shown.output.contains("CH93"))
    }

    @Test func `a profile names a file that nobody else reads, and an address where the token is safe`() async throws {
        let site = try await Site.shared()
        let client = try await Client(site, try site.administrator)
        let open = client.folder + "/open"
        try Data("ghk_x".utf8).write(to: URL(filePath: open))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: open)
        let readable = try await client.run("profile", "add", "open", "--url", try site.url, "--token-file", open)
        #expect(readable.status == 3 && readable.errors.contains("others than its owner may read"))
        let clear = try await client.run("profile", "add", "clear", "--url", "http://crm.example", "--token-file", client.folder + "/token")
        #expect(clear.status == 5 && clear.errors.contains("in the clear"))
        let listed = try await client.run("profile", "list")
        let token = try site.administrator.token ?? "?"
        #expect(listed.output.contains("here") && !listed.output.contains("open") && !listed.output.contains(token))
        #expect(try await client.run("profile", "remove", "here").status == 0)
        #expect(try await client.run("get", "contacts", "x", "--profile", "here").status == 4)
        let nameless = try await client.run("list", "contacts")
        #expect(nameless.status == 5 && nameless.errors.contains("no gateway is named"))
    }
}

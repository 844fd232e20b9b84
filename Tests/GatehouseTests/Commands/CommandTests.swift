import DataFormats
import Foundation
import TestPostgres
import Testing

@Suite(.timeLimit(.minutes(15)))
struct CommandTests {
    @Test func `the help is as agreed`() async throws {
        let outcome = try await GatehouseProgram.run(["--help"], environment: ["COLUMNS": "80"])
        #expect(outcome.status == 0)
        #expect(outcome.output == Program.text(Repository.root + "/Tests/GatehouseTests/Golden/help.txt"))
    }

    @Test(arguments: [
        ["frobnicate"], ["import"], ["serve", "--port", "many"], ["token", "issue"], ["audit", "search", "--limit", "0"],
        ["serve", "--log-level", "loud"],
        ["token", "issue", "--role", "auditor", "--expires", "soon"], ["audit", "search", "--record", "x"],
    ])
    func `wrong usage ends with 64`(arguments: [String]) async throws {
        let outcome = try await Site().run(arguments)
        #expect(outcome.status == 64, "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
    }

    @Test func `a key is issued, listed and revoked from the host`() async throws {
        try await Site.with { site in
            let issued = try await site.run(
                "token", "issue", "--role", "sales-rep", "--user", "ann", "--team", "north", "--purpose", "sales", "--json")
            #expect(issued.status == 0)
            let key = try #require((try? JSONReader.read(Array(issued.output.utf8)))?.objectValue)
            #expect(key["roles"] == ["sales-rep"])
            #expect(key["user"] == "ann")
            let id = try #require(key["id"]?.stringValue)
            #expect(key["token"]?.stringValue?.hasPrefix("ghk_\(id)_") == true)
            let plain = try await site.run("token", "issue", "--role", "auditor")
            #expect(plain.output.hasPrefix("ghk_") && plain.output.utf8.count == 61)

            let listed = try await site.run("token", "list", "--json")
            let keys = try #require((try? JSONReader.read(Array(listed.output.utf8)))?.arrayValue)
            #expect(keys.count == 2)
            #expect(!listed.output.contains("_\(try #require(key["token"]?.stringValue).suffix(43))"))
            #expect(try await site.run("token", "revoke", id).status == 0)
            #expect(try await site.run("token", "revoke", id).status == 4)
            #expect(try await site.run("token", "issue", "--role", "sales-wizard").status == 5)
        }
    }

    @Test func `commands work on a running gateway as its caller may`() async throws {
        try await Site.with { site in
            try await site.serve()
            let administrator = try site.administrator
            let auditor = try await site.caller("auditor")
            func remote(_ caller: Caller) throws -> [String: String] { ["GATEHOUSE_URL": try site.url, "GATEHOUSE_TOKEN": caller.token ?? ""] }
            #expect(try await site.run("token", "list", "--json", environment: remote(administrator)).status == 0)
            #expect(try await site.run("token", "list", environment: remote(auditor)).status == 3)
            #expect(try await site.run("token", "list", environment: ["GATEHOUSE_URL": site.url]).status == 3)
            #expect(try await site.run("token", "list", environment: ["GATEHOUSE_URL": "http://127.0.0.1:1", "GATEHOUSE_TOKEN": "x"]).status == 6)
            #expect(try await site.run("schema", "plan", environment: remote(administrator)).status == 5)
            let searched = try await site.run("audit", "search", "--json", environment: remote(auditor))
            #expect(searched.status == 0)
            let events = searched.output.split(separator: "\n").map { try? JSONReader.read(Array($0.utf8)) }
            #expect(!events.isEmpty && events.allSatisfy { $0?.objectValue?["id"] != nil })
        }
    }

    @Test func `rows go in, refused ones are written down, and the exit code says so`() async throws {
        try await Site.with { site in
            let file = site.folder + "/people.csv"
            try Data("given_name,email,country\nAnn,ann@example.org,DE\nBob,nobody,DE\nCid,cid@example.org\n".utf8).write(
                to: URL(fileURLWithPath: file))
            let dry = try await site.run("import", file, "--as", "contacts", "--dry-run", "--json")
            #expect(dry.output == "{\"created\":1,\"updated\":0,\"skipped\":0,\"refused\":2}\n")
            #expect(try await site.administer("SELECT count(*) FROM contact") == "0")
            let real = try await site.run("import", file, "--as", "contacts", "--json")
            #expect(real.status == 2)
            #expect(real.output == dry.output)
            let refused = Program.text(file + ".refused.csv").split(whereSeparator: \.isNewline).map(String.init)
            #expect(refused.count == 3)
            #expect(refused.contains { $0.hasPrefix("3,") && $0.contains("email") })
            #expect(refused.contains { $0.hasPrefix("4,") && $0.contains("the row has 2 fields, the header has 3") })
            try Data("given_name,email,country\nAnn,ann@example.org,FR\n".utf8).write(to: URL(fileURLWithPath: file))
            #expect(
                try await site.run("import", file, "--as", "contacts", "--json").output
                    == "{\"created\":0,\"updated\":1,\"skipped\":0,\"refused\":0}\n")
            #expect(try await site.run("import", file, "--as", "people").status == 5)
            #expect(try await site.run("import", file + ".missing", "--as", "contacts").status == 5)
        }
    }

    @Test func `the same samples a second time change nothing`() async throws {
        try await Site.with { site in
            let first = try await site.run("sample", "--people", "20", "--json")
            #expect(first.status == 0, "\(first.errors)")
            let second = try await site.run("sample", "--people", "20", "--json")
            #expect(second.output.hasPrefix("{\"created\":0,\"updated\":0,\"skipped\":"))
            #expect(try await site.administer("SELECT count(*) FROM contact") == "20")
        }
    }
}

extension Site {
    fileprivate func run(_ arguments: [String]) async throws -> Program.Outcome {
        try await GatehouseProgram.run(arguments, environment: environment, folder: folder)
    }
}

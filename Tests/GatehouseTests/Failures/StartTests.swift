import DataFormats
import Foundation
import TestPostgres
import Testing

@Suite(.timeLimit(.minutes(15)))
struct StartTests {
    @Test func `gateways that start at the same moment on a fresh state directory all serve, and sign with one key`() async throws {
        try await Site.with { site in
            async let first = site.serve()
            async let second = site.serve()
            async let third = site.serve()
            for server in try await [first, second, third] {
                let caller = Caller(url: server.url, token: try site.administrator.token)
                #expect(try await caller.post("/v1/contacts", ["given_name": "Ann"]).status == 201)
                #expect(!Program.text(server.errors).contains("other-key"))
            }
            try await eventually("a head is signed") { try await site.administer("SELECT count(*) FROM audit_checkpoint") != "0" }
            #expect(try await site.run("audit", "verify", "--quiet").status == 0)
            let keys = try FileManager.default.contentsOfDirectory(atPath: site.state + "/keys")
            #expect(keys.filter { $0.hasSuffix(".unfinished") } == [])
        }
    }

    @Test func `an administrator's key is made for a store that never had a key, and for no other`() async throws {
        try await Site.with { site in
            let path = site.state + "/keys/administrator.token"
            let first = try await site.serve()
            #expect(Program.text(first.errors).contains(path))
            let issued = try await site.administrator.get("/v1/tokens")
            let id = try #require(issued["data"]?.arrayValue?.first?.objectValue?["id"]?.stringValue, "\(issued.text)")
            await site.stop()
            // Somebody has used it, revoked it, and removed the file, as keys/README.md says.
            #expect(try await site.run("token", "revoke", id).status == 0)
            try FileManager.default.removeItem(atPath: path)
            let second = try await site.serve()
            #expect(!FileManager.default.fileExists(atPath: path))
            #expect(!Program.text(second.errors).contains("administrator"))
            #expect(try await site.administer("SELECT count(*) FROM credential WHERE revoked_at IS NULL") == "0")
        }
    }
}

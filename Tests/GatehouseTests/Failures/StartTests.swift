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
}

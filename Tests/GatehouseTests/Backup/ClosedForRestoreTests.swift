import DataFormats
import Foundation
import TestPostgres
import Testing

/// What everybody else sees of a restore. The restore itself is played by the superuser here.
@Suite(.timeLimit(.minutes(15)))
struct ClosedForRestoreTests {
    private func close(_ pair: DatabasePair) async throws {
        for database in [pair.store, pair.vault] {
            try await pair.cluster.administer(database, "ALTER DATABASE \(database) SET gatehouse.restoring = '20261122t174105z-k3fd load'")
        }
        try await endSessions(pair)
    }

    private func endSessions(_ pair: DatabasePair) async throws {
        try await pair.cluster.administer(
            "postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN ('\(pair.store)', '\(pair.vault)')")
    }

    private func open(_ pair: DatabasePair, restored: String?) async throws {
        for database in [pair.store, pair.vault] {
            if let restored { try await pair.cluster.administer(database, "ALTER DATABASE \(database) SET gatehouse.restored = '\(restored)'") }
            try await pair.cluster.administer(database, "ALTER DATABASE \(database) RESET gatehouse.restoring")
        }
    }

    private func code(_ caller: Caller, _ path: String) async throws -> String? {
        let answer = try await caller.get(path)
        return answer.status == 200 ? nil : answer["code"]?.stringValue
    }

    @Test func `a gateway that serves when a restore begins refuses everything, and opens by itself when it has ended`() async throws {
        let pair = try await PostgresCluster.start().makePair()
        try await Site.with(.given(pair)) { site in
            let server = try await site.serve()
            let caller = try site.administrator
            let made = try await caller.post("/v1/contacts", ["given_name": "Ann"])
            #expect(made.status == 201)
            let id = try #require(made["id"]?.stringValue)
            #expect(try await code(caller, "/healthz") == nil)
            try await close(pair)
            try await eventually("the gateway is closed") { try await code(caller, "/v1/contacts") == "restoring" }
            for path in ["/v1/contacts/\(id)", "/readyz", "/metrics", "/nowhere", "/v1/contacts"] {
                let answer = try await caller.get(path)
                #expect(answer.status == 503, "\(path)")
                #expect(answer["code"] == "restoring", "\(path)")
                #expect(answer.headers["retry-after"] == "10", "\(path)")
                #expect(answer.headers["content-type"] == "application/problem+json", "\(path)")
            }
            #expect(try await caller.post("/v1/contacts", ["given_name": "Bob"])["code"] == "restoring")
            let command = try await site.run("token", "issue", "--role", "sales-rep", "--user", "ann")
            #expect(command.status == 6)
            #expect(command.errors.contains("being restored"), "\(command.errors)")
            // Ended sessions do not make it give up: it looks again.
            try await endSessions(pair)
            try await open(pair, restored: "20261122t174105z-k3fd")
            try await eventually("the gateway is open") { try await code(caller, "/v1/contacts/\(id)") == nil }
            #expect(try await caller.post("/v1/contacts", ["given_name": "Cem"]).status == 201)
            #expect(try await code(caller, "/healthz") == nil)
            #expect(await server.end() == 0)
            #expect(!Program.text(server.errors).contains("Ann"))
        }
    }

    @Test func `a gateway that starts during a restore holds its port closed, and opens by itself`() async throws {
        let pair = try await PostgresCluster.start().makePair()
        try await Site.with(.given(pair)) { site in
            await site.end(try await site.serve())
            try await close(pair)
            let server = try await site.serve()
            let caller = try site.administrator
            #expect(try await code(caller, "/v1/contacts") == "restoring")
            #expect(try await caller.get("/healthz").status == 200)
            try await open(pair, restored: nil)
            try await eventually("the gateway is open") { try await code(caller, "/v1/contacts") == nil }
            #expect(await server.end() == 0)
        }
    }

    @Test func `a gateway that is told to end while a restore is under way ends at once`() async throws {
        let pair = try await PostgresCluster.start().makePair()
        try await Site.with(.given(pair)) { site in
            let server = try await site.serve()
            try await close(pair)
            let caller = try site.administrator
            try await eventually("the gateway is closed") { try await code(caller, "/v1/contacts") == "restoring" }
            #expect(await server.end() == 0)
            #expect(try await pair.cluster.administer("postgres", "SELECT count(*) FROM pg_stat_activity WHERE usename = 'gatehouse'") == "0")
        }
    }

    @Test(arguments: [true, false])
    func `a gateway that slept through a restore forgets what it knew`(isNamed: Bool) async throws {
        let pair = try await PostgresCluster.start().makePair()
        try await Site.with(.given(pair)) { site in
            let server = try await site.serve()
            let caller = try site.administrator
            #expect(try await caller.post("/v1/contacts", ["given_name": "Ann"]).status == 201)
            server.signal(SIGSTOP)
            try await close(pair)
            try await open(pair, restored: isNamed ? "20261122t174105z-k3fd" : nil)
            server.signal(SIGCONT)
            try await eventually("it is connected again") { try await caller.get("/v1/contacts").status == 200 }
            let said = { Program.text(server.errors) }
            // The control: connections that broke are no reason.
            if isNamed { try await eventually("it was made anew") { said().contains("open again after a restore") } }
            #expect(said().contains("closed: the databases are being restored") == isNamed)
            try await eventually("it is open") { try await code(caller, "/v1/contacts") == nil }
            #expect(await server.end() == 0)
        }
    }
}

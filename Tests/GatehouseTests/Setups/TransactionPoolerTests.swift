import DataFormats
import Foundation
import TestPostgres
import Testing

/// A gateway whose store and vault are behind PgBouncer in transaction mode, where no session is anybody's for longer than a transaction.
@Suite(.timeLimit(.minutes(15)), .enabled(if: TransactionPooler.isInstalled, "PgBouncer is not installed: what is behind one is not tried"))
struct TransactionPoolerTests {
    /// Lends a site behind a pooler with few sessions for each database, and a database's own way.
    private func with(_ body: (Site, DatabasePair) async throws -> Void) async throws {
        let cluster = try await PostgresCluster.shared()
        let pair = try await cluster.makePair()
        let pooler = try await TransactionPooler.start(before: cluster, sessions: 4)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(
                try await Site.with(.given(pair)) { site in
                    site.add(pooler.environment(pair))
                    site.keepKeysBriefly()
                    try await body(site, pair)
                })
        } catch { outcome = .failure(error) }
        await pooler.end()
        try outcome.get()
    }

    private func sessions(_ site: Site, _ database: String) async throws -> Int {
        let count = try await site.administer(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'gatehouse' AND datname = '\(database)'")
        return try #require(Int(count))
    }

    @Test func `everything that a gateway does is done over four sessions`() async throws {
        try await with { site, pair in
            #expect(try await site.run("sample", "--people", "40").status == 0)
            let server = try await site.serve()
            let caller = try site.administrator
            #expect(try await caller.get("/v1/contacts?limit=200").data.count >= 40)

            // More callers at once than there are sessions, each statement of whom may run in another one.
            let made = try await withThrowingTaskGroup(of: [(id: String, name: String)].self) { group in
                for writer in 0..<12 {
                    group.addTask {
                        var made: [(id: String, name: String)] = []
                        for number in 0..<5 {
                            let name = unique("Larkspur")
                            let body: JSONValue = ["family_name": .string(name), "email": .string("\(name)@example.org")]
                            let key = ["Idempotency-Key": "w\(writer)-\(number)"]
                            let new = try await caller.post("/v1/contacts", body, key)
                            #expect(new.status == 201, "\(new.text)")
                            let again = try await caller.post("/v1/contacts", body, key)
                            #expect(again.bytes == new.bytes && again.headers["idempotency-replayed"] == "true")
                            let changed = try await caller.patch("/v1/contacts/\(new.id)", ifMatch: new.tag, ["notes": .string(name)])
                            #expect(changed.status == 200, "\(changed.text)")
                            #expect(try await caller.get("/v1/contacts?email=\(name)%40example.org").data.map { $0["id"] } == [.string(new.id)])
                            made.append((new.id, name))
                        }
                        return made
                    }
                }
                return try await group.reduce([], +)
            }
            #expect(Set(made.map(\.id)).count == 60)
            #expect(try await site.administer("SELECT count(*) FROM contact WHERE family_name IS NOT NULL AND notes IS NOT NULL") != "0")
            let (first, name) = made[0]
            #expect(try await caller.get("/v1/contacts?q=\(name)").data.map { $0["id"] } == [.string(first)])
            let batch = try await caller.post(
                "/v1/contacts/batch",
                [
                    "operations": [
                        ["op": "create", "body": ["given_name": "New"]],
                        ["op": "update", "id": .string(first), "if_match": "*", "body": ["notes": "called"]],
                        ["op": "create", "body": ["nonsense": 1]],
                    ]
                ])
            #expect(batch.status == 200 && batch["succeeded"] == 2 && batch["refused"] == 1, "\(batch.text)")
            let scene = try await ConsentScene(site)
            for (state, isFound) in [("given", true), ("withdrawn", false)] {
                #expect(try await scene.officer.put("\(scene.path)/consents/marketing", ["state": .string(state)]).status == 204)
                #expect(try await scene.isFound(scene.marketer) == isFound, "\(state)")
            }
            // A key that is revoked, at the next request.
            let guest = try await site.caller("sales-manager")
            #expect(try await guest.get("/v1/contacts?limit=1").status == 200)
            #expect(try await caller.delete("/v1/tokens/\(guest.id)", ifMatch: nil).status == 204)
            #expect(try await guest.get("/v1/contacts?limit=1").code == "credential-invalid")

            try await rotateAndErase(site)
            for (id, name) in made { #expect(try await caller.get("/v1/contacts/\(id)")["family_name"] == .string(name)) }
            try await site.settleHead()
            #expect(try await site.run("audit", "verify").status == 0)
            for database in [pair.store, pair.vault] { #expect(try await sessions(site, database) <= 4, "\(database)") }
            #expect(Program.text(server.errors).contains("GATEHOUSE_DIRECT_VAULT_URL"), "that nobody hears of destroyed keys is said at the start")
        }
    }

    private func rotateAndErase(_ site: Site) async throws {
        for kind in ["epoch", "subjects"] {
            let outcome = try await site.run("key", "rotate", kind, "--json")
            #expect(outcome.status == 0, "\(kind): \(outcome.errors)")
        }
        let scene = try await RequestScene(site)
        let id = try await scene.opened("erasure")
        #expect(try await scene.step(id, "approve", by: scene.second)["state"] == "in-progress")
        #expect(try await scene.step(id, "run")["state"] == "fulfilled")
        #expect(try await scene.administrator.get("/v1/contacts/\(scene.contact)").status == 404)
        #expect(try await site.administerVault("SELECT count(*) FROM data_key WHERE holder = '\(scene.contact)'") == "0")
    }

    @Test(arguments: [false, true])
    func `a key that one gateway destroys is forgotten by the other, at the vault's word or when it is too old`(isDirect: Bool) async throws {
        try await with { site, pair in
            // A way past the pooler tells at once, so that age, which is an hour here, does not come into it.
            if isDirect { site.add(["GATEHOUSE_DIRECT_VAULT_URL": pair.cluster.target(pair.vault), "GATEHOUSE_KEY_CACHE_SECONDS": "3600"]) }
            let servers = [try await site.serve(), try await site.serve()]
            let caller = try site.administrator
            let twin = Caller(url: servers[1].url, token: caller.token)
            let person = try await caller.post("/v1/contacts", ["family_name": "Thistle"])
            #expect(try await twin.get("/v1/contacts/\(person.id)")["family_name"] == "Thistle")
            if isDirect {
                try await eventually("both listen") {
                    let listening = "SELECT count(*) FROM pg_stat_activity WHERE datname = '\(pair.vault)' AND query LIKE 'LISTEN %'"
                    return try await site.administer(listening) == "2"
                }
            }
            #expect(try await site.run("key", "destroy", person.id, "--reason", "request 17", "--yes").status == 0)
            for gateway in [caller, twin] {
                try await eventually("the key is forgotten") {
                    let read = try await gateway.get("/v1/contacts/\(person.id)")
                    return read["family_name"] == .null && read["_meta"]?.objectValue?["erased"] == ["family_name"]
                }
            }
            let says = servers.map { Program.text($0.errors).contains("GATEHOUSE_DIRECT_VAULT_URL") }
            #expect(says == [!isDirect, !isDirect])
        }
    }
}

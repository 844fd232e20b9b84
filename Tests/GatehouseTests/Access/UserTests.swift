import DataFormats
import TestPostgres
import Testing
import Vocabulary

/// Users, teams and roles over HTTP and by commands.
struct UserTests {
    @Test func `a stepped-up administrator keeps users, and everything stands in the trail`() async throws {
        let site = try await Site.shared()
        let boss = try await site.steppedUp("administrator", user: unique("boss"))
        let (name, team) = (unique("ann"), unique("team"))
        let added = try await boss.post("/v1/users", ["handle": .string(name), "issuer": "https://id.example.com", "subject": .string(name)])
        #expect(added.status == 201 && added.headers["location"] == "/v1/users/\(name)")
        #expect(try await boss.post("/v1/users", ["handle": .string(name)]).code == "value-taken")
        #expect(
            try await boss.post("/v1/users", ["handle": .string(unique()), "issuer": "https://id.example.com", "subject": .string(name)]).code
                == "value-taken")
        #expect(try await boss.post("/v1/teams", ["name": .string(team)]).status == 201)
        #expect(try await boss.post("/v1/users/\(name)/roles", ["role": "sales-rep", "team": "nowhere"]).pointers == ["#/team"])
        #expect(try await boss.post("/v1/users/\(name)/roles", ["role": "sales-wizard"]).pointers == ["#/role"])
        #expect(try await boss.post("/v1/users/\(name)/roles", ["role": "data-subject"]).pointers == ["#/role"])
        #expect(
            try await boss.post("/v1/users/\(name)/roles", ["role": "sales-rep", "valid_until": "2020-01-01T00:00:00Z"]).pointers == ["#/valid_until"]
        )
        let roles = try await boss.post("/v1/users/\(name)/roles", ["role": "sales-rep", "team": .string(team)])
        #expect(roles.status == 200 && roles.data.first?["team"] == .string(team))
        #expect(try await boss.put("/v1/teams/\(team)/members/\(name)", [:]).status == 204)
        #expect(try await boss.get("/v1/teams").data.first { $0["name"] == .string(team) }?["members"] == [.string(name)])
        #expect(try await boss.get("/v1/users?limit=200").data.contains { $0["handle"] == .string(name) })
        #expect(try await boss.delete("/v1/users/\(name)/roles/sales-rep", ifMatch: nil).status == 404)
        #expect(try await boss.delete("/v1/users/\(name)/roles/sales-rep?team=\(team)", ifMatch: nil).status == 204)
        #expect(try await boss.delete("/v1/teams/\(team)", ifMatch: nil).status == 204)
        let shown = try await boss.get("/v1/users/\(name)")
        #expect(shown["roles"] == [] && shown["teams"] == [])
        let id = try #require(shown["id"]?.stringValue)
        let auditor = try await site.caller("auditor")
        let targets = Set(try await auditor.get("/v1/audit/events?entity=user&limit=200").data.compactMap { $0["target"]?.stringValue })
        for step in ["added", "granted", "revoked", "shown"] { #expect(targets.contains("user:\(id):\(step)")) }
        for step in ["added", "removed", "joined"] { #expect(targets.contains("team:\(team):\(step)")) }
        #expect(try await boss.delete("/v1/users/\(name)", ifMatch: nil).status == 204)
        #expect(try await boss.get("/v1/users/\(name)").status == 404)
    }

    @Test func `who is not stepped up, or no administrator, changes no user`() async throws {
        let site = try await Site.shared()
        #expect(try await site.administrator.post("/v1/users", ["handle": "eve"]).status == 401)
        #expect(try await site.caller("sales-manager").post("/v1/users", ["handle": "eve"]).status == 403)
        #expect(try await site.caller("sales-manager").get("/v1/users").status == 403)
        #expect(try await site.caller("auditor").get("/v1/users").status == 200)
    }

    @Test func `nobody changes his own account, and the last administrator stays`() async throws {
        try await Site.with { site in
            try await site.serve()
            let boss = try await site.steppedUp("administrator", user: "boss")
            #expect(try await boss.post("/v1/users", ["handle": "boss"]).status == 201)
            #expect(try await site.run("user", "grant", "boss", "administrator").status == 0)
            for answer in [
                try await boss.post("/v1/users/boss/roles", ["role": "compliance-officer"]), try await boss.delete("/v1/users/boss", ifMatch: nil),
                try await boss.put("/v1/teams/none/members/boss", [:]),
            ] { #expect(answer.status == 403 && answer.code == "own-rights") }
            #expect(try await site.administrator.get("/v1/audit/events?actor=boss&decision=deny").data.allSatisfy { $0["rule"] == "own-account" })
            for command in [["revoke", "boss", "administrator"], ["disable", "boss"]] {
                let outcome = try await site.run(["user"] + command)
                #expect(outcome.status == 5 && outcome.errors.contains("last-administrator"), "\(outcome.errors)")
            }
            // A second one who is one for an hour is no second one.
            let hour = Instant.now().advanced(by: .seconds(3600)).description
            #expect(try await site.run("user", "add", "vice").status == 0)
            #expect(try await site.run("user", "grant", "vice", "administrator", "--until", hour).status == 0)
            #expect(try await site.run("user", "disable", "boss").status == 5)
            #expect(try await site.run("user", "grant", "vice", "administrator").status == 0)
            #expect(try await site.run("user", "disable", "boss").status == 0)
            #expect(try await boss.get("/v1/users").status == 401)
            #expect(try await site.run("user", "disable", "vice").status == 5)
        }
    }

    @Test func `of two administrators who remove each other at once one stays`() async throws {
        try await Site.with { site in
            try await site.serve()
            for name in ["ada", "bea"] {
                #expect(try await site.run("user", "add", name).status == 0)
                #expect(try await site.run("user", "grant", name, "administrator").status == 0)
            }
            let (ada, bea) = (try await site.steppedUp("administrator", user: "ada"), try await site.steppedUp("administrator", user: "bea"))
            async let first = ada.delete("/v1/users/bea/roles/administrator", ifMatch: nil)
            async let second = bea.delete("/v1/users/ada/roles/administrator", ifMatch: nil)
            let (one, other) = (try await first, try await second)
            #expect([one.status, other.status].filter { $0 == 204 }.count == 1)
            #expect(try await site.administer("SELECT count(*) FROM user_role WHERE role = 'administrator'") == "1")
        }
    }

    @Test func `a role ends when its time is over`() async throws {
        let site = try await Site.shared()
        let boss = try await site.steppedUp("administrator", user: unique("boss"))
        let name = unique("temp")
        #expect(try await boss.post("/v1/users", ["handle": .string(name)]).status == 201)
        let caller = try await site.caller("sales-manager", user: name)
        #expect(try await caller.get("/v1/contacts?limit=1").status == 403)
        let end = Instant.now().advanced(by: .seconds(6)).description
        #expect(try await boss.post("/v1/users/\(name)/roles", ["role": "sales-manager", "valid_until": .string(end)]).status == 200)
        #expect(try await caller.get("/v1/contacts?limit=1").status == 200)
        try await eventually("the role has ended") { try await caller.get("/v1/contacts?limit=1").status == 403 }
    }

    @Test func `one tenant's users are not there for another`() async throws {
        let site = try await Site.shared()
        let boss = try await site.steppedUp("administrator", user: unique("boss"))
        let name = unique("ann")
        #expect(try await boss.post("/v1/users", ["handle": .string(name)]).status == 201)
        let stranger = try await site.stranger()
        #expect(try await stranger.get("/v1/users/\(name)").status == 404)
        #expect(try await stranger.get("/v1/users").data.isEmpty)
    }

    @Test func `commands tell of users and teams`() async throws {
        try await Site.with { site in
            try await site.serve()
            #expect(try await site.run("team", "add", "north").status == 0)
            #expect(try await site.run("user", "add", "ann", "--issuer", "https://id.example.com", "--subject", "17").status == 0)
            #expect(try await site.run("user", "grant", "ann", "sales-rep", "--team", "north").status == 0)
            #expect(try await site.run("team", "join", "north", "ann").status == 0)
            let list = try await site.run("user", "list")
            #expect(list.output.contains("sales-rep@north") && list.output.contains("17"), "\(list.output)")
            let shown = try await site.run("user", "show", "ann", "--json")
            #expect((try? JSONReader.read(Array(shown.output.utf8)))?.objectValue?["teams"] == ["north"])
            #expect(try await site.run("team", "list").output.contains("ann"))
            #expect(try await site.run("user", "remove", "ann", "--dry-run").status == 0)
            #expect(try await site.run("team", "remove", "north").status == 0)
            #expect(try await site.run("user", "remove", "ann").status == 0)
            #expect(try await site.run("user", "show", "ann").status == 4)
        }
    }
}

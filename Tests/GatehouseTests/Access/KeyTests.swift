import DataFormats
import TestPostgres
import Testing
import Vocabulary

/// What an API key may be limited to, and how it gets another secret.
struct KeyTests {
    @Test func `scopes narrow a key and never widen it`() async throws {
        let site = try await Site.shared()
        let reader = try await site.caller(["roles": ["administrator"], "scopes": ["contact:read", "credential:*"]])
        #expect(try await reader.get("/v1/contacts?limit=1").status == 200)
        let refused = try await reader.post("/v1/contacts", [:])
        #expect(refused.code == "scope-insufficient")
        #expect(refused.headers["www-authenticate"] == "Bearer realm=\"gatehouse\", error=\"insufficient_scope\", scope=\"contact:create\"")
        #expect(try await reader.get("/v1/deals").code == "scope-insufficient")
        // A scope gives nothing that the roles do not.
        let auditor = try await site.caller(["roles": ["auditor"], "scopes": ["*:*"]])
        #expect(try await auditor.get("/v1/contacts").code == "denied")
        // Whoever is narrowed makes nothing wider.
        let narrow = try await site.steppedUp("administrator", user: "narrow", ["--scope", "contact:read", "--scope", "credential:*"])
        for scopes: JSONValue in [.null, ["deal:read"], ["contact:*"], ["*:read"]] {
            #expect(try await narrow.post("/v1/tokens", ["roles": ["administrator"], "scopes": scopes]).pointers == ["#/scopes"])
        }
        #expect(try await narrow.post("/v1/tokens", ["roles": ["administrator"], "scopes": ["contact:read"]]).status == 201)
        // Nor is it told the secret of what is wider already.
        #expect(try await narrow.post("/v1/tokens/\(reader.id)/rotate", [:]).status == 200)
        #expect(try await narrow.post("/v1/tokens/\(auditor.id)/rotate", [:]).code == "scope-insufficient")
        #expect(try await auditor.get("/v1/audit/events?limit=1").status == 200)
        for wrong: JSONValue in [[], ["contact"], ["contakt:read"], ["contact:raed"], ["contact:read:x"], [""]] {
            #expect(try await site.issuer.post("/v1/tokens", ["roles": ["auditor"], "scopes": wrong]).pointers.contains("#/scopes"))
        }
    }

    @Test func `a change shows no more than the scopes let be read`() async throws {
        let site = try await Site.shared()
        let contact = try await site.administrator.post("/v1/contacts", ["lifecycle": "prospect", "title": "Captain"])
        let writer = try await site.caller(["roles": ["administrator"], "scopes": ["contact:update"]])
        let answer = try await writer.patch("/v1/contacts/\(contact.id)", ifMatch: "*", ["lifecycle": "customer"])
        #expect(!answer.text.contains("Captain"))
        #expect(try await writer.get("/v1/contacts/\(contact.id)").code == "scope-insufficient")
    }

    @Test func `a key is taken from its networks alone`() async throws {
        let site = try await Site.shared()
        func status(_ networks: [JSONValue]) async throws -> Int {
            try await site.caller(["roles": ["auditor"], "networks": .array(networks)]).get("/v1/audit/events?limit=1").status
        }
        #expect(try await status(["127.0.0.0/8"]) == 200)
        #expect(try await status(["192.0.2.0/24", "127.0.0.1"]) == 200)
        #expect(try await status(["192.0.2.0/24", "2001:db8::/32"]) == 401)
        for wrong: JSONValue in ["127.0.0.1/8", "localhost", "127.0.0.1/33", "::/129", ""] {
            #expect(try await site.issuer.post("/v1/tokens", ["roles": ["auditor"], "networks": [wrong]]).pointers == ["#/networks"])
        }
        let far = try await site.caller(["roles": ["auditor"], "networks": ["192.0.2.0/24"]])
        // What the request says of where it comes from does not count.
        #expect(try await far.get("/v1/audit/events", ["X-Forwarded-For": "192.0.2.7", "Forwarded": "for=192.0.2.7"]).status == 401)
    }

    @Test func `two secrets of a key are taken for a while, and then one`() async throws {
        try await Site.with { site in
            try await site.serve()
            let second = try await site.serve()
            let old = try await site.caller("auditor")
            #expect(try await old.get("/v1/audit/events?limit=1").status == 200)
            func rotate(_ seconds: Int?) async throws -> Caller {
                let body: JSONValue = seconds.map { ["overlap_seconds": .number(JSONNumber($0))] } ?? [:]
                let answer = try await site.issuer.post("/v1/tokens/\(old.id)/rotate", body)
                #expect(answer.status == 200)
                return Caller(url: try site.url, token: answer["token"]?.stringValue, id: old.id)
            }
            func statuses(_ caller: Caller) async throws -> [Int] {
                var there = caller
                there.url = second.url
                return [try await caller.get("/v1/audit/events?limit=1").status, try await there.get("/v1/audit/events?limit=1").status]
            }
            let new = try await rotate(nil)
            #expect(try await statuses(old) == [200, 200])
            #expect(try await statuses(new) == [200, 200])
            let newest = try await rotate(0)
            #expect(try await statuses(old) == [401, 401])
            #expect(try await statuses(new) == [401, 401])
            #expect(try await statuses(newest) == [200, 200])
            #expect(
                try await site.issuer.post("/v1/tokens/\(old.id)/rotate", ["overlap_seconds": 2_592_001]).pointers == ["#/overlap_seconds"])
            #expect(try await site.administrator.delete("/v1/tokens/\(old.id)", ifMatch: nil).status == 204)
            #expect(try await site.issuer.post("/v1/tokens/\(old.id)/rotate", [:]).status == 404)
            let stranger = try await site.steppedUp("administrator", user: "stranger", ["--tenant", unique("tenant")])
            #expect(try await stranger.post("/v1/tokens/\(new.id)/rotate", [:]).status == 404)
        }
    }

    @Test func `nobody gets a key's secret by a key alone, and that of a stepped-up one only on the host`() async throws {
        let site = try await Site.shared()
        let officer = try await site.caller("compliance-officer", user: unique("officer"))
        let administrator = try site.administrator
        for order: JSONValue in [
            ["roles": ["compliance-officer"], "user": "otto"], ["roles": ["auditor"]], ["roles": ["auditor"], "acts_for_users": true],
        ] {
            #expect(try await administrator.post("/v1/tokens", order).code == "step-up-required")
        }
        #expect(try await administrator.post("/v1/tokens/\(officer.id)/rotate", [:]).code == "step-up-required")
        let handle = unique("stepped")
        _ = try await site.steppedUp("administrator", user: handle)
        let listed = try await administrator.get("/v1/tokens").data.first { $0["user"] == .string(handle) }
        let id = try #require(listed?["id"]?.stringValue)
        #expect(try await site.issuer.post("/v1/tokens/\(id)/rotate", [:]).code == "step-up-required")
        #expect(try await site.run("token", "rotate", id).status == 0)
        #expect(try await site.issuer.post("/v1/tokens/\(officer.id)/rotate", [:]).status == 200)
    }

    // MARK: On behalf of a user

    @Test func `a program that acts for a user has what both have, and the trail names both`() async throws {
        let site = try await Site.shared()
        let boss = try await site.steppedUp("administrator", user: unique("boss"))
        let (name, other) = (unique("ann"), unique("bob"))
        for (user, role) in [(name, "sales-manager"), (other, "marketing")] {
            #expect(try await boss.post("/v1/users", ["handle": .string(user)]).status == 201)
            #expect(try await boss.post("/v1/users/\(user)/roles", ["role": .string(role)]).status == 200)
        }
        #expect(try await boss.post("/v1/users/\(name)/roles", ["role": "auditor"]).status == 200)
        let app = try await site.caller(["roles": ["sales-manager", "support-agent"], "acts_for_users": true])
        let header = ["On-Behalf-Of": name]
        #expect(try await app.get("/v1/contacts?limit=1", header).status == 200)
        let events = try await site.caller("auditor").get("/v1/audit/events?actor=\(name)&limit=1").data
        #expect(events.first?["app"] == .string(app.id) && events.first?["roles"] == ["sales-manager"])
        // What only one of the two may is what neither may together.
        #expect(try await app.get("/v1/audit/events", header).status == 403)
        #expect(try await app.get("/v1/contacts", ["On-Behalf-Of": other]).status == 403)
        // Nobody, everybody else's key, and a key of a user.
        for (caller, user) in [
            (app, "nobody"), (app, ""), (try await site.caller("sales-manager"), name), (try await site.caller("sales-manager", user: other), name),
        ] {
            let answer = try await caller.get("/v1/contacts", ["On-Behalf-Of": user])
            #expect(answer.status == 403 && answer.code == "acts-for-nobody")
        }
        #expect(try await boss.patch("/v1/users/\(name)", ifMatch: nil, ["disabled": true]).status == 200)
        #expect(try await app.get("/v1/contacts", header).code == "acts-for-nobody")
        #expect(try await app.get("/v1/contacts").status == 200)
        #expect(try await boss.patch("/v1/users/\(name)", ifMatch: nil, ["disabled": false]).status == 200)
        #expect(try await app.get("/v1/contacts?limit=1", header).status == 200)
        let late = unique("late")
        #expect(try await app.get("/v1/contacts", ["On-Behalf-Of": late]).code == "acts-for-nobody")
        #expect(try await boss.post("/v1/users", ["handle": .string(late)]).status == 201)
        #expect(try await boss.post("/v1/users/\(late)/roles", ["role": "sales-manager"]).status == 200)
        #expect(try await app.get("/v1/contacts?limit=1", ["On-Behalf-Of": late]).status == 200)
        #expect(
            try await site.issuer.post("/v1/tokens", ["roles": ["auditor"], "user": "x", "acts_for_users": true]).pointers
                == ["#/acts_for_users"])
    }
}

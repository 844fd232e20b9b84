import DataFormats
import Sealing
import TestAuthority
import TestPostgres
import Testing
import Vocabulary

/// Tokens of a real issuer at the door of a real gateway.
struct TokenDoorTests {
    private static let settings = """
            roles: { claim: roles, map: { sales: sales-manager, admins: administrator, officers: compliance-officer } }
            step_up: { acr: [gold], max_age: 300 }
        """

    /// A gateway that believes a provider, in a tenant of its own where one is named.
    private static func with(
        _ more: String = settings, tenant: String = "tenant: default", _ body: (Site, TestIdentityProvider) async throws -> Void
    ) async throws {
        let provider = try await TestIdentityProvider()
        try await Site.with { site in
            let path = site.folder + "/issuers.yaml"
            let text = """
                issuers:
                  - name: corp
                    issuer: \(provider.url)
                    audience: gatehouse
                    algorithms: [EdDSA]
                    \(tenant)
                \(more)
                """
            try TextFile.write(text, to: path)
            site.add(["GATEHOUSE_ISSUERS_FILE": path])
            try await site.serve()
            try await body(site, provider)
        }
    }

    private static func caller(
        _ site: Site, _ provider: TestIdentityProvider, _ subject: String, _ roles: [JSONValue] = ["sales"], _ more: JSONObject = [:]
    ) throws -> Caller {
        var claims: JSONObject = ["roles": .array(roles)]
        for member in more.members { claims[member.name] = member.value }
        return Caller(url: try site.url, token: try provider.token(subject, claims))
    }

    private static func seconds(_ offset: Int64) -> JSONValue { .number(JSONNumber(Instant.now().microseconds / 1_000_000 + offset)) }

    @Test func `a token opens what its roles allow, is named in the trail, and every other is refused alike`() async throws {
        try await Self.with { site, provider in
            let ann = try Self.caller(site, provider, "ann")
            #expect(try await ann.get("/v1/contacts").status == 200)
            let event = try #require(try await site.administrator.get("/v1/audit/events?actor=corp:ann&limit=1").data.first)
            #expect(event["user"] == "corp:ann" && event["app"] == "corp:desk")
            // Without a role of ours nothing is allowed.
            #expect(try await Self.caller(site, provider, "eve", []).get("/v1/contacts").status == 403)
            var answers: Set<String> = []
            let wrong = try [
                provider.token("ann", ["roles": ["sales"], "aud": "other"]), provider.token("ann", ["exp": 1]),
                TestIdentityProvider.sign(TestIdentityProvider.header, provider.claims("ann", ["roles": ["sales"]]), key: 12),
                TestIdentityProvider.sign(TestIdentityProvider.header, provider.claims("ann", ["iss": "https://other.example"])),
                TestIdentityProvider.sign(["alg": "none", "kid": "one", "typ": "at+jwt"], provider.claims("ann")),
                provider.token("ann", ["nonce": "x"]), provider.token("ann", ["cnf": ["x5t#S256": .string(Base64URL.encode(SHA256.hash([1])))]]),
                "a.b.c", String(repeating: "a", count: 9000),
            ]
            for token in wrong {
                let answer = try await Caller(url: site.url, token: token).get("/v1/contacts")
                #expect(answer.status == 401)
                #expect(answer.headers["www-authenticate"] == "Bearer realm=\"gatehouse\", error=\"invalid_token\"")
                answers.insert(answer.whole)
            }
            #expect(answers.count == 1)
        }
    }

    @Test func `V10.3.3: one subject at two issuers is two people`() async throws {
        let other = try await TestIdentityProvider()
        try await Self.with(
            Self.settings + """

                  - { name: other, issuer: "\(other.url)", audience: gatehouse, algorithms: [EdDSA], tenant: default }
                """
        ) { site, provider in
            let added = try await site.run("user", "add", "ann", "--issuer", provider.url, "--subject", "ann")
            #expect(added.status == 0, "\(added.errors)")
            #expect(try await site.run("user", "grant", "ann", "sales-rep").status == 0)
            #expect(try await Caller(url: site.url, token: provider.token("ann")).get("/v1/contacts").status == 200)
            let token = try TestIdentityProvider.sign(TestIdentityProvider.header, other.claims("ann"))
            #expect(try await Caller(url: site.url, token: token).get("/v1/contacts").status == 403)
        }
    }

    @Test func `V8.4.1: the tenant is the token's, and no header or body changes it`() async throws {
        try await Self.with(tenant: "tenant_claim: org") { site, provider in
            let outcome = try await site.run("token", "issue", "--role", "administrator", "--tenant", "acme", "--json")
            #expect(outcome.status == 0)
            let contact = try await site.administrator.post("/v1/contacts", [:])
            let own = try Self.caller(site, provider, "ann", ["admins"], ["org": "default"])
            let other = try Self.caller(site, provider, "ann", ["admins"], ["org": "acme"])
            #expect(try await own.get("/v1/contacts/\(contact.id)").status == 200)
            #expect(try await other.get("/v1/contacts/\(contact.id)", ["Tenant": "default", "X-Tenant": "default"]).status == 404)
            #expect(try await Self.caller(site, provider, "ann", ["admins"], ["org": "nobody"]).get("/v1/contacts").status == 401)
            #expect(try await Self.caller(site, provider, "ann", ["admins"]).get("/v1/contacts").status == 401)
        }
    }

    @Test func `V8.3.2: a role that is taken away and a user who is disabled are refused from the next request on, by every gateway`() async throws {
        try await Self.with { site, provider in
            let second = try await site.serve()
            for arguments in [
                ["user", "add", "ann", "--issuer", provider.url, "--subject", "ann"], ["user", "grant", "ann", "sales-manager"],
                ["user", "add", "bob"], ["user", "grant", "bob", "sales-manager"],
            ] {
                let outcome = try await site.run(arguments)
                #expect(outcome.status == 0, "\(outcome.errors)")
            }
            let ann = Caller(url: try site.url, token: try provider.token("ann"))
            let bob = try await site.caller("sales-manager", "support-agent", user: "bob")
            func statuses(_ caller: Caller) async throws -> [Int] {
                var there = caller
                there.url = second.url
                return [try await caller.get("/v1/contacts").status, try await there.get("/v1/contacts").status]
            }
            for (name, caller) in [("ann", ann), ("bob", bob)] {
                #expect(try await statuses(caller) == [200, 200])
                #expect(try await site.run("user", "revoke", name, "sales-manager").status == 0)
                #expect(try await statuses(caller) == [403, 403])
                #expect(try await site.run("user", "grant", name, "sales-manager").status == 0)
                #expect(try await statuses(caller) == [200, 200])
                #expect(try await site.run("user", "disable", name).status == 0)
                #expect(try await statuses(caller) == [401, 401])
                #expect(try await site.run("user", "enable", name).status == 0)
                #expect(try await statuses(caller) == [200, 200])
            }
            // Whom nobody knew is known from the next request on, too.
            let eve = Caller(url: try site.url, token: try provider.token("eve"))
            #expect(try await statuses(eve) == [403, 403])
            #expect(try await site.run("user", "add", "eve", "--issuer", provider.url, "--subject", "eve").status == 0)
            #expect(try await site.run("user", "grant", "eve", "support-agent").status == 0)
            #expect(try await statuses(eve) == [200, 200])
        }
    }

    @Test func `V10.3.4: who is not stepped up is told what would do, and a fresher sign-in opens it`() async throws {
        try await Self.with { site, provider in
            let plain = try Self.caller(site, provider, "ann", ["admins"])
            let answer = try await plain.post("/v1/teams", ["name": "north"])
            #expect(answer.status == 401 && answer.code == "step-up-required")
            #expect(
                answer.headers["www-authenticate"]
                    == "Bearer realm=\"gatehouse\", error=\"insufficient_user_authentication\", acr_values=\"gold\", max_age=300")
            for (context, time) in [("gold", Int64(-301)), ("silver", -10)] {
                let caller = try Self.caller(site, provider, "ann", ["admins"], ["acr": .string(context), "auth_time": Self.seconds(time)])
                #expect(try await caller.post("/v1/teams", ["name": "north"]).status == 401)
            }
            let fresh = try Self.caller(site, provider, "ann", ["admins"], ["acr": "gold", "auth_time": Self.seconds(-10)])
            #expect(try await fresh.post("/v1/teams", ["name": "north"]).status == 201)
            // People export and approve when they have proved who they are just now; a key has no such thing to prove.
            let officer = try Self.caller(site, provider, "olga", ["officers"])
            let id = "019a0000-0000-7000-8000-000000000000"
            let passphrase: JSONValue = ["passphrase": "six words on a slip of paper"]
            #expect(try await officer.post("/v1/requests/\(id)/export", passphrase).code == "step-up-required")
            #expect(try await officer.post("/v1/requests/\(id)/approve", [:]).code == "step-up-required")
            let proven = try Self.caller(site, provider, "olga", ["officers"], ["acr": "gold", "auth_time": Self.seconds(-10)])
            #expect(try await proven.post("/v1/requests/\(id)/export", passphrase).code == "not-found")
            #expect(try await proven.post("/v1/requests/\(id)/approve", [:]).code == "not-found")
        }
    }

    @Test func `V10.3.2: scopes of a token narrow what its roles allow`() async throws {
        try await Self.with(Self.settings + "\n    scopes: limit") { site, provider in
            let reader = try Self.caller(site, provider, "ann", ["admins"], ["scope": "openid contact:read"])
            #expect(try await reader.get("/v1/contacts").status == 200)
            let refused = try await reader.post("/v1/contacts", [:])
            #expect(refused.status == 403 && refused.code == "scope-insufficient")
            #expect(
                refused.headers["www-authenticate"] == "Bearer realm=\"gatehouse\", error=\"insufficient_scope\", scope=\"contact:create\"")
            #expect(try await Self.caller(site, provider, "ann", ["admins"]).get("/v1/contacts").code == "scope-insufficient")
        }
    }

    @Test func `an issuer that cannot be reached at the start makes no other answer than to try again`() async throws {
        try await Self.with { site, provider in
            let ann = try Self.caller(site, provider, "ann")
            #expect(try await ann.get("/v1/contacts").status == 200)
        }
        let provider = try await TestIdentityProvider()
        provider.answerKeys(.answer(500))
        let text = "issuers: [{ name: corp, issuer: \"\(provider.url)\", audience: gatehouse, algorithms: [EdDSA], tenant: default }]"
        try await Site.with { site in
            try TextFile.write(text, to: site.folder + "/issuers.yaml")
            site.add(["GATEHOUSE_ISSUERS_FILE": site.folder + "/issuers.yaml"])
            try await site.serve()
            let answer = try await Caller(url: site.url, token: provider.token("ann")).get("/v1/contacts")
            #expect(answer.status == 503 && answer.code == "issuer-unavailable")
            #expect(try await site.administrator.get("/v1/contacts").status == 200)
        }
    }

    @Test func `settings that are wrong say where, and nothing is served`() async throws {
        try await Site.with { site in
            let wrong = [
                ("algorithms: [HS256]", "'HS256' is not offered"), ("algorithms: [EdDSA]\n    role: x", "'role' is not known"),
                ("algorithms: [EdDSA]\n    roles: { claim: roles, map: { a: sales-wizard } }", "there is no role 'sales-wizard'"),
            ]
            for (line, message) in wrong {
                let text = "issuers:\n  - name: corp\n    issuer: https://id.example.com\n    audience: g\n    tenant: default\n    \(line)\n"
                try TextFile.write(text, to: site.folder + "/issuers.yaml")
                site.add(["GATEHOUSE_ISSUERS_FILE": site.folder + "/issuers.yaml"])
                let outcome = try await site.run("serve", "--port", "0")
                #expect(outcome.status == 7)
                #expect(outcome.errors.contains(message) && outcome.errors.contains("issuers.yaml:"), "\(outcome.errors)")
            }
        }
    }
}

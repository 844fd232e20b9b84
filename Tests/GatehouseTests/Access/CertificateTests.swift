import AsyncHTTPClient
import DataFormats
import NIOSSL
import Sealing
import Synchronization
import TestAuthority
import TestPostgres
import Testing

/// Clients that prove themselves with a certificate, over real TLS: by a token that is bound to one, and by one alone.
@Suite(.timeLimit(.minutes(15)))
struct CertificateTests {
    /// A gateway behind TLS that takes client certificates of an authority, and believes an issuer.
    private final class Scene: Sendable {
        let site: Site
        let chain: TestChain
        let provider: TestIdentityProvider
        let url: String
        private let clients = Mutex<[HTTPClient]>([])

        private init(_ site: Site, _ chain: TestChain, _ provider: TestIdentityProvider, _ url: String) {
            (self.site, self.chain, self.provider, self.url) = (site, chain, provider, url)
        }

        static func with(_ body: (Scene) async throws -> Void) async throws {
            let chain = try await TestChain.make()
            for name in ["server", "one", "two"] { try await chain.issue(name) }
            let provider = try await TestIdentityProvider()
            try await Site.with { site in
                let issuers = """
                    issuers:
                      - name: corp
                        issuer: \(provider.url)
                        audience: gatehouse
                        algorithms: [EdDSA]
                        tenant: default
                        roles: { claim: roles, map: { sales: sales-manager } }
                    """
                try TextFile.write(issuers, to: site.folder + "/issuers.yaml")
                site.add([
                    "GATEHOUSE_ISSUERS_FILE": site.folder + "/issuers.yaml", "GATEHOUSE_TLS_CERTIFICATE_FILE": chain.path("server.pem"),
                    "GATEHOUSE_TLS_KEY_FILE": chain.path("server.key"), "GATEHOUSE_TLS_CLIENT_CA_FILE": chain.path("ca.pem"),
                ])
                let scene = Scene(site, chain, provider, try await site.serve().url)
                let outcome: Result<Void, any Error>
                do { outcome = .success(try await body(scene)) } catch { outcome = .failure(error) }
                for client in scene.clients.withLock({ $0 }) { try await client.shutdown() }
                try outcome.get()
            }
        }

        /// Somebody who connects with this certificate, or without any.
        func caller(_ name: String?, token: String? = nil) throws -> Caller {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(chain.path("ca.pem"))
            if let name {
                tls.certificateChain = try NIOSSLCertificate.fromPEMFile(chain.path(name + ".pem")).map { .certificate($0) }
                tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: chain.path(name + ".key"), format: .pem))
            }
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: HTTPClient.Configuration(tlsConfiguration: tls))
            clients.withLock { $0.append(client) }
            return Caller(url: url, token: token, client: client)
        }

        func der(_ name: String) throws -> [UInt8] {
            try #require(try NIOSSLCertificate.fromPEMFile(chain.path(name + ".pem")).first).toDERBytes()
        }

        /// Ties a key to a certificate; answers its id.
        func tie(_ name: String, _ arguments: String...) async throws -> String {
            let outcome = try await site.run(["token", "issue", "--certificate", chain.path(name + ".pem"), "--json"] + arguments)
            let (members, digest) = (try object(outcome), try await chain.digest(name))
            #expect(members["token"] == nil && members["certificate_sha256"] == .string(digest))
            return members["id"]?.stringValue ?? ""
        }
    }

    @Test func `V10.3.5: a token that is bound to a certificate is taken over a connection with that one alone`() async throws {
        try await Scene.with { scene in
            let thumbprint = Base64URL.encode(SHA256.hash(try scene.der("one")))
            let bound = try scene.provider.token("ann", ["roles": ["sales"], "cnf": ["x5t#S256": .string(thumbprint)]])
            let free = try scene.provider.token("ann", ["roles": ["sales"]])
            let (one, two, nobody) = (
                try scene.caller("one", token: bound), try scene.caller("two", token: bound), try scene.caller(nil, token: bound)
            )
            // In this order twice: what was verified once for the one is not remembered for the others.
            for _ in 0..<2 {
                #expect(try await one.get("/v1/contacts").status == 200)
                for caller in [two, nobody] {
                    let refused = try await caller.get("/v1/contacts")
                    #expect(refused.status == 401 && refused.code == "credential-invalid")
                }
            }
            // Nobody is believed who only says that there was a certificate.
            let said = ["Client-Cert": ":" + Base64.encode(try scene.der("one")) + ":"]
            for caller in [two, nobody] { #expect(try await caller.get("/v1/contacts", said).status == 401) }
            #expect(try await scene.caller("two", token: free).get("/v1/contacts").status == 200)
            #expect(try await scene.caller(nil, token: free).get("/v1/contacts").status == 200)

            // Without TLS there is no certificate.
            let plain = try await ServerProcess.start(
                ["--state", scene.site.state, "--policies", scene.site.policies],
                environment: scene.site.environment.filter { !$0.key.hasPrefix("GATEHOUSE_TLS") }, log: scene.site.folder + "/plain")
            #expect(try await Caller(url: plain.url, token: bound).get("/v1/contacts", said).status == 401)
            #expect(try await Caller(url: plain.url, token: free).get("/v1/contacts").status == 200)
            _ = await plain.end()
        }
    }

    @Test func `a certificate that a key is tied to is enough, with all that limits the key, until the key is revoked`() async throws {
        try await Scene.with { scene in
            let (one, two) = (try scene.caller("one"), try scene.caller("two"))
            #expect(try await one.get("/v1/contacts").code == "credential-missing")
            let id = try await scene.tie("one", "--role", "sales-manager", "--user", "ann")
            #expect(try await one.get("/v1/contacts").status == 200)
            let made = try await one.post("/v1/contacts", ["family_name": "Larkspur"])
            #expect(made.status == 201, "\(made.text)")
            try await scene.site.settleLog()
            let trail = try await scene.site.run("audit", "search", "--actor", "ann", "--json")
            #expect(trail.status == 0 && trail.output.contains(id) && trail.output.contains(made.id), "\(trail.errors)")
            #expect(try await two.get("/v1/contacts").code == "credential-missing")
            #expect(try await scene.caller(nil).get("/v1/contacts").code == "credential-missing")
            // What the caller can do is described to whoever has the certificate.
            #expect(try await one.get("/openapi.json").bytes != two.get("/openapi.json").bytes)
            // A credential that was sent is what counts, and a browser lends its certificate to any page.
            var wrong = one
            wrong.token = "ghk_\(id)_" + String(repeating: "A", count: 43)
            #expect(try await wrong.get("/v1/contacts").code == "credential-invalid")
            for headers in [["Origin": "https://elsewhere.example"], ["Sec-Fetch-Site": "cross-site"]] {
                #expect(try await one.get("/v1/contacts", headers).code == "credential-missing")
            }
            // It has no secret that could be replaced by a known one, and a certificate opens one key.
            #expect(try await scene.site.run("token", "rotate", id).status == 4)
            let again = try await scene.site.run(
                "token", "issue", "--role", "auditor", "--tenant", "acme", "--certificate", scene.chain.path("one.pem"))
            #expect(again.status != 0 && again.errors.contains("opens one already"), "\(again.errors)")
            let listed = try await scene.site.run("token", "list", "--json")
            #expect(try await listed.output.contains(scene.chain.digest("one")))

            #expect(try await scene.site.run("token", "revoke", id).status == 0)
            #expect(try await one.get("/v1/contacts").code == "credential-invalid")
            // Its successor counts from the next request on.
            let next = try await scene.tie("one", "--role", "sales-manager", "--scope", "contact:read")
            #expect(try await one.get("/v1/contacts").status == 200)
            #expect(try await one.post("/v1/contacts", [:]).code == "scope-insufficient")
            #expect(next != id)
            _ = try await scene.tie("two", "--role", "sales-manager", "--network", "192.0.2.0/24")
            #expect(try await two.get("/v1/contacts").code == "credential-invalid")
        }
    }

    @Test func `a connection that outlives its certificate is answered no more`() async throws {
        try await Scene.with { scene in
            // Where everything takes its time, a certificate of longer life is tried.
            for seconds in [8, 30, 90] {
                let name = "brief\(seconds)"
                try await scene.chain.issue(name, lasting: seconds)
                _ = try await scene.tie(name, "--role", "sales-manager")
                let caller = try scene.caller(name)
                guard let first = try? await caller.get("/v1/contacts"), first.status == 200 else { continue }
                var answer = first
                while answer.status == 200 {
                    try await Task.sleep(for: .milliseconds(200))
                    answer = try await caller.get("/v1/contacts?limit=1")
                }
                #expect(answer.code == "credential-invalid" && answer.headers["connection"] == "close", "\(answer.text)")
                // Whoever connects anew is not let in.
                await #expect(throws: (any Error).self) { _ = try await caller.get("/v1/contacts?limit=1") }
                return
            }
            Issue.record("no connection was made within a minute and a half")
        }
    }

    @Test func `what is no digest of a certificate is refused`() async throws {
        let site = try await Site.shared()
        for wrong: JSONValue in ["", "ab", .string(String(repeating: "g", count: 64)), .string(String(repeating: "a", count: 65)), 7] {
            let answer = try await site.issuer.post("/v1/tokens", ["roles": ["auditor"], "certificate_sha256": wrong])
            #expect(answer.pointers == ["#/certificate_sha256"], "\(answer.text)")
        }
        let digest = String(repeating: "Aa", count: 32)
        let made = try await site.issuer.post("/v1/tokens", ["roles": ["auditor"], "certificate_sha256": .string(digest)])
        #expect(made.status == 201 && made["token"] == nil && made["certificate_sha256"] == .string(digest.lowercased()), "\(made.text)")
        let again = try await site.issuer.post("/v1/tokens", ["roles": ["auditor"], "certificate_sha256": .string(digest)])
        #expect(again.code == "value-taken" && again.pointers == ["#/certificate_sha256"])
    }
}

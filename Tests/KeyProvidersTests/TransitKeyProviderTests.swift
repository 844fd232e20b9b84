import DataFormats
import Foundation
import Glibc
import KeyProviders
import Sealing
import TestPostgres
import Testing
import Vocabulary

/// What is particular to keys in a transit engine, with a real one.
@Suite(.enabled(if: TestTools.openBao != nil))
struct TransitKeyProviderTests {
    private let label = Array("label".utf8)

    private func open(_ engine: OpenBao.Engine, _ token: TokenFile) async throws -> TransitKeyProvider {
        try await TransitKeyProvider.open(url: OpenBao.shared().url, mount: engine.mount, token: token.secret)
    }

    @Test func `using a key that is not there does not make it, whatever the token may do`() async throws {
        let bao = try await OpenBao.shared()
        let engine = try await bao.engine()
        let provider = try await open(engine, TokenFile(bao.rootToken))
        await refused(.unknown) { _ = try await provider.wrap(.random(), under: .make(), label: label) }
        #expect(try await bao.call("LIST", "\(engine.mount)/keys").status == 404)
    }

    @Test func `keys of others in the same engine are left alone`() async throws {
        let bao = try await OpenBao.shared()
        let engine = try await bao.engine()
        let provider = try await open(engine, TokenFile(engine.token))
        for name in ["payroll", "gatehouse-website"] { try await bao.call("POST", "\(engine.mount)/keys/\(name)") }
        let name = WrappingKeyName.make()
        try await provider.makeKey(name)
        #expect(try await provider.keyNames() == [name])
    }

    @Test func `a key that may leave the server is not used`() async throws {
        let bao = try await OpenBao.shared()
        let engine = try await bao.engine()
        let provider = try await open(engine, TokenFile(engine.token))
        let exposing: [(property: String, code: KeyProviderError.Code)] = [
            ("exportable", .exposed), ("allow_plaintext_backup", .exposed), ("derived", .malformed),
        ]
        for (property, code) in exposing {
            let name = WrappingKeyName.make()
            try await bao.call("POST", "\(engine.mount)/keys/gatehouse-\(name)", [property: .bool(true)])
            await refused(code) { try await provider.makeKey(name) }
        }
        let name = WrappingKeyName.make()
        try await bao.call("POST", "\(engine.mount)/keys/gatehouse-\(name)", ["type": .string("rsa-2048")])
        await refused(.malformed) { try await provider.makeKey(name) }
    }

    @Test func `what was wrapped before the transit key was rotated still opens`() async throws {
        let bao = try await OpenBao.shared()
        let engine = try await bao.engine()
        let provider = try await open(engine, TokenFile(engine.token))
        let name = WrappingKeyName.make()
        let key = SymmetricKey.random()
        try await provider.makeKey(name)
        let wrapped = try await provider.wrap(key, under: name, label: label)
        try await bao.call("POST", "\(engine.mount)/keys/gatehouse-\(name)/rotate")
        let again = try await provider.wrap(key, under: name, label: label)
        #expect(wrapped[..<5] == [1, 0, 0, 0, 1] && again[..<5] == [1, 0, 0, 0, 2])
        for wrapped in [wrapped, again] {
            #expect(try await provider.unwrap(wrapped, under: name, label: label).copiedBytes == key.copiedBytes)
        }
    }

    // MARK: Tokens

    @Test func `a token that was renewed in its file is taken up`() async throws {
        let bao = try await OpenBao.shared()
        let engine = try await bao.engine()
        let file = try TokenFile(engine.token)
        let provider = try await open(engine, file)
        let name = WrappingKeyName.make()
        try await provider.makeKey(name)
        try await bao.revoke(engine.token)
        await refused(.refused) { _ = try await provider.wrap(.random(), under: name, label: label) }
        try file.write(try await bao.makeToken(for: engine.mount))
        let wrapped = try await provider.wrap(.random(), under: name, label: label)
        _ = try await provider.unwrap(wrapped, under: name, label: label)
    }

    @Test func `a wrong token, or one without the rights, is told, and not printed`() async throws {
        let bao = try await OpenBao.shared()
        let engine = try await bao.engine()
        let error = await refused(.refused) { _ = try await open(engine, TokenFile("a-wrong-token")) }
        #expect(!"\(error as Any)".contains("a-wrong-token"))
        let elsewhere = try await bao.engine()
        await refused(.refused) { _ = try await open(engine, TokenFile(elsewhere.token)) }
        let provider = try await open(engine, TokenFile(engine.token))
        var dumped = ""
        dump(provider, to: &dumped)
        #expect(!dumped.contains(engine.token) && !"\(provider)".contains(engine.token))
    }

    @Test func `a token file that is missing, empty, exposed or something else`() async throws {
        let engine = try await OpenBao.shared().engine()
        for (text, code) in [("", .refused), ("two words", .malformed), ("one\r\ntwo", .malformed)] as [(String, KeyProviderError.Code)] {
            await refused(code) { _ = try await open(engine, TokenFile(text)) }
        }
        let file = try TokenFile(engine.token)
        #expect(chmod(file.path, 0o644) == 0)
        await refused(.exposed) { _ = try await open(engine, file) }
        #expect(unlink(file.path) == 0)
        await refused(.missing) { _ = try await open(engine, file) }
    }

    @Test func `a mount without an engine`() async throws {
        let bao = try await OpenBao.shared()
        await refused(.missing) { _ = try await open(OpenBao.Engine(mount: "nowhere", token: ""), TokenFile(bao.rootToken)) }
    }

    @Test func `settings open a transit engine`() async throws {
        let bao = try await OpenBao.shared()
        let engine = try await bao.engine()
        let environment = [
            "GATEHOUSE_KEY_PROVIDER": "transit", "GATEHOUSE_TRANSIT_URL": bao.url + "/", "GATEHOUSE_TRANSIT_MOUNT": "/\(engine.mount)/",
            "GATEHOUSE_TRANSIT_TOKEN_FILE": try TokenFile(engine.token).path,
        ]
        let provider = try await KeyProviderSettings.open(environment: environment, keysFolder: "/nowhere", isFresh: true)
        #expect(provider.kind == "transit")
        for missing in ["GATEHOUSE_TRANSIT_URL", "GATEHOUSE_TRANSIT_TOKEN_FILE"] {
            var environment = environment
            environment[missing] = nil
            await refused(.misconfigured) {
                _ = try await KeyProviderSettings.open(environment: environment, keysFolder: "/nowhere", isFresh: true)
            }
        }
        var mixed = environment
        mixed["GATEHOUSE_PASSPHRASE_FILE"] = "/nowhere"
        await refused(.misconfigured) { _ = try await KeyProviderSettings.open(environment: mixed, keysFolder: "/nowhere", isFresh: true) }
    }
}

/// Servers that fail, which no real one does on demand.
struct TransitFailureTests {
    private let empty = #"{"data":{"keys":[]}}"#

    private func open(_ url: String, mount: String = "transit") async throws -> TransitKeyProvider {
        try await TransitKeyProvider.open(url: url, mount: mount, token: TokenFile("token-x").secret)
    }

    @Test func `a failure of a moment is passed over`() async throws {
        for failure in [.status(500), .status(502), .status(429), .hangUp] as [CannedServer.Answer] {
            let server = try CannedServer([failure, failure, .status(200, body: empty)])
            _ = try await open(server.url)
            #expect(server.requests.count == 3)
            #expect(server.requests.allSatisfy { $0.hasPrefix("LIST /v1/transit/keys ") })
        }
    }

    @Test func `a failure that stays is told after three attempts`() async throws {
        for failure in [.status(500, body: "marker"), .status(503, body: #"{"errors":["marker"]}"#), .hangUp] as [CannedServer.Answer] {
            let server = try CannedServer([failure])
            let error = await refused(.unavailable) { _ = try await open(server.url) }
            #expect(server.requests.count == 3)
            #expect(!"\(error as Any)".contains("marker"))
        }
        let sealed = try CannedServer([.status(503)])
        let error = await refused(.unavailable) { _ = try await open(sealed.url) }
        #expect(error?.message.contains("sealed") == true)
    }

    @Test func `a server that is not there`() async throws {
        // Plain HTTP is for this host alone, by each of its names.
        for host in ["127.0.0.1", "127.8.9.10", "localhost", "[::1]"] {
            await refused(.unavailable) { _ = try await open("http://\(host):\(try TestTools.freePort())") }
        }
        await refused(.unavailable) { _ = try await open("https://name.invalid:8200") }
    }

    @Test func `a server that says nothing is waited for once`() async throws {
        let server = try CannedServer([.silence])
        await refused(.unavailable) { _ = try await open(server.url) }
        #expect(server.requests.count == 1)
    }

    @Test func `[API10]: something else than a transit engine`() async throws {
        let answers: [CannedServer.Answer] = [
            .status(200, body: "<html>marker</html>"), .status(200, body: "{}"), .status(200, body: #"{"data":{"keys":"marker"}}"#), .status(405),
            .status(301, headers: "Location: http://127.0.0.1:1/marker\r\n"), .status(204),
        ]
        for answer in answers {
            let server = try CannedServer([answer])
            let error = await refused(.misconfigured) { _ = try await open(server.url) }
            #expect(server.requests.count == 1)
            #expect(!"\(error as Any)".contains("marker"))
        }
        await refused(.missing) { _ = try await open(CannedServer([.status(404, body: "<html>")]).url) }
        await refused(.refused) { _ = try await open(CannedServer([.status(403)]).url) }
    }

    @Test func `[API10]: an engine that answers a wrapping with nonsense`() async throws {
        for body in [
            "{}", #"{"data":{"ciphertext":"vault:v0:AAAA"}}"#, #"{"data":{"ciphertext":"vault:v1:AA-A"}}"#, #"{"data":{"ciphertext":"AAAA"}}"#,
        ] {
            let server = try CannedServer([.status(200, body: empty), .status(200, body: body)])
            let provider = try await open(server.url)
            await refused(.misconfigured) { _ = try await provider.wrap(.random(), under: .make(), label: []) }
        }
        for (plaintext, code) in [("AAAA", .unopened), ("####", .misconfigured)] as [(String, KeyProviderError.Code)] {
            let server = try CannedServer([.status(200, body: empty), .status(200, body: #"{"data":{"plaintext":"\#(plaintext)"}}"#)])
            let provider = try await open(server.url)
            await refused(code) { _ = try await provider.unwrap([1, 0, 0, 0, 1, 9, 9], under: .make(), label: []) }
        }
    }

    @Test(arguments: [
        "", "vault.example.com", "ftp://vault.example.com", "http://vault.example.com", "http://127.0.0.1.example.com:8200", "http://10.0.0.1",
        "https://user:word@vault.example.com", "https://vault.example.com/?x=1", "https://", "http://localhost.example.com",
    ])
    func `an address that no key should go to`(_ url: String) async throws {
        await refused(.misconfigured) { _ = try await open(url) }
    }

    @Test(arguments: ["", "/", "a/../b", "a b", "a?b", "a#b", "a%2fb"])
    func `a mount that is no path`(_ mount: String) async throws {
        await refused(.misconfigured) { _ = try await open("http://127.0.0.1:1", mount: mount) }
    }
}

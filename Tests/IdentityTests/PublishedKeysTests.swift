import DataFormats
import Identity
import IdentityProviders
import PolicyFiles
import Sealing
import Synchronization
import NIOCore
import TestAuthority
import Testing
import Vocabulary

/// Keys as an issuer publishes them, over a real connection.
struct PublishedKeysTests {
    private final class Told: Sendable {
        private let all = Mutex<[String]>([])
        var codes: [String] { all.withLock { $0 } }
        func add(_ observation: Observation) {
            if case .issuerKeysFailed(_, let code) = observation { all.withLock { $0.append(code) } }
        }
    }

    private func published(
        _ provider: TestIdentityProvider, _ told: Told = Told(), issuer: String? = nil, more: String = "",
        pace: PublishedKeys.Pace = .init(betweenTries: .seconds(60), betweenFirstTries: .seconds(0), shortest: .seconds(300))
    ) throws -> PublishedKeys {
        let text = """
            issuers:
              - { name: corp, issuer: "\(issuer ?? provider.url)", audience: gatehouse, algorithms: [EdDSA], tenant: default\(more) }
            """
        let issuers = try IssuerReading(roles: [], attributes: []).issuers(YAMLDocument.read(text, file: "issuers.yaml"))
        return PublishedKeys(try #require(issuers.first), pace: pace, patience: .seconds(20), observe: { told.add($0) })
    }

    @Test func `keys are found by the issuer's metadata, once for many who wait`() async throws {
        let provider = try await TestIdentityProvider()
        let keys = try published(provider).keys
        #expect(keys.current() == nil)
        let found = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 { group.addTask { await keys.refreshed("one")?.keys.has("one") == true } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(found == 20)
        #expect(provider.looks == 1)
        #expect(keys.current()?.keys.has("one") == true)
    }

    @Test(.enabled(if: OpenSSLAuthority.isInstalled))
    func `V12.3.2: keys are taken from an issuer whose certificate the named authorities signed, and no other`()
        async throws
    {
        let (authority, other) = (try OpenSSLAuthority(), try OpenSSLAuthority())
        for authority in [authority, other] { try authority.issue("server", extensions: "server") }
        let provider = try await TestIdentityProvider(tls: try authority.serverContext())
        #expect(provider.url.hasPrefix("https://"))
        for more in ["", ", ca: \(other.rootPath)"] {
            #expect(try await published(provider, more: more).keys.refreshed("one") == nil)
        }
        #expect(provider.requests.isEmpty)
        #expect(try await published(provider, more: ", ca: \(authority.rootPath)").keys.refreshed("one")?.keys.has("one") == true)
    }

    @Test func `the issuer is asked in the trace of the request that needs its keys`() async throws {
        let provider = try await TestIdentityProvider()
        let keys = try published(provider).keys
        let trace = TraceID.make()
        _ = await TraceContext.$current.withValue(trace) { await keys.refreshed("one") }
        let parents = provider.requests.map { $0.headers["traceparent"] ?? "" }
        #expect(parents.count == 2 && Set(parents).count == 2 && parents.allSatisfy { $0.hasPrefix("00-\(trace)-") })
    }

    @Test func `an unknown name has the keys fetched again, once in a while, whoever sends how many`() async throws {
        let provider = try await TestIdentityProvider()
        let patient = try published(provider).keys
        _ = await patient.refreshed("one")
        provider.publish([("one", 11), ("two", 12)])
        // The minute has not passed.
        for _ in 0..<10 { #expect(await patient.refreshed("two")?.keys.has("two") == false) }
        #expect(provider.looks == 1)
        let eager = try published(
            provider, pace: .init(betweenTries: .seconds(0), betweenFirstTries: .seconds(0), shortest: .seconds(300))
        ).keys
        let first = await eager.refreshed("one")
        provider.publish([("two", 12), ("three", 13)])
        let second = await eager.refreshed("three")
        #expect(second?.keys.has("three") == true && second?.keys.has("one") == false)
        #expect(first?.version != second?.version)
        let third = await eager.refreshed("nobody")
        #expect(third?.version == second?.version)
    }

    @Test func `an issuer that fails leaves the keys that are known`() async throws {
        let provider = try await TestIdentityProvider()
        let told = Told()
        let keys = try published(
            provider, told, pace: .init(betweenTries: .seconds(0), betweenFirstTries: .seconds(0), shortest: .seconds(300))
        ).keys
        _ = await keys.refreshed("one")
        let wrong: [TestServer.Reply] = [
            .answer(500), .answer(200, text: "<html>"), .answer(200, text: #"{"keys":[]}"#), .hangUp,
            .answer(302, headers: ["Location": provider.url + "/elsewhere"]), .answer(200, body: [UInt8](repeating: 0x20, count: 300_000)),
            .answer(200, text: String(repeating: "[", count: 200_000)),
        ]
        for reply in wrong {
            provider.answerKeys(reply)
            #expect(await keys.refreshed("two")?.keys.has("one") == true)
        }
        #expect(told.codes == ["status", "keys-unusable", "keys-unusable", "unreachable", "status", "too-long", "keys-unusable"])
        #expect(provider.requests.allSatisfy { $0.path != "/elsewhere" })
        provider.answerKeys(nil)
        provider.publish([("two", 12)])
        #expect(await keys.refreshed("two")?.keys.has("two") == true)
    }

    @Test func `metadata of somebody else, or that lead elsewhere, are not followed`() async throws {
        let provider = try await TestIdentityProvider()
        let told = Told()
        let keys = try published(provider, told).keys
        let other = try await TestIdentityProvider()
        let wrong: [JSONValue] = [
            ["issuer": "https://evil.example", "jwks_uri": .string(provider.url + "/keys")],
            ["issuer": .string(provider.url), "jwks_uri": .string(other.url + "/keys")],
            ["issuer": .string(provider.url), "jwks_uri": "http://169.254.169.254/keys"], ["issuer": .string(provider.url)], [],
        ]
        for metadata in wrong {
            provider.answerMetadata(.answer(200, type: "application/json", body: metadata.encoded()))
            #expect(await keys.refreshed("one") == nil)
        }
        #expect(told.codes == ["metadata-of-another", "keys-elsewhere", "keys-elsewhere", "metadata-malformed", "metadata-malformed"])
        #expect(other.looks == 0 && provider.looks == 0)
    }

    @Test func `keys that the settings name need no metadata`() async throws {
        let provider = try await TestIdentityProvider()
        let keys = try published(provider, issuer: "https://id.example.com", more: ", keys: \"\(provider.url)/keys\"").keys
        #expect(await keys.refreshed("one")?.keys.has("one") == true)
        #expect(provider.requests.map(\.path) == ["/keys"])
    }
}

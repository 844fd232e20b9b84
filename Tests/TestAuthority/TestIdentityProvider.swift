package import DataFormats
package import NIOSSL
import Sealing
import Synchronization
package import Vocabulary

/// Somebody who issues access tokens: metadata and keys on a port of 127.0.0.1, and tokens signed with EdDSA.
package final class TestIdentityProvider: Sendable {
    private struct State {
        var keys: [(name: String, number: UInt8)] = [("one", 11)]
        var metadata: TestServer.Reply?
        var set: TestServer.Reply?
        var cacheControl: String?
    }

    private final class Shelf: Sendable {
        let state = Mutex(State())
    }

    private let shelf = Shelf()
    private let server: TestServer

    /// The issuer's identifier.
    package var url: String { server.url }
    /// How often somebody asked for the keys.
    package var looks: Int { server.requests.count { $0.path == "/keys" } }
    package var requests: [TestServer.Request] { server.requests }

    package init(tls: NIOSSLContext? = nil) async throws {
        let shelf = shelf
        let own = Place()
        server = try await TestServer(tls: tls) { request in
            let state = shelf.state.withLock { $0 }
            switch request.path {
            case "/.well-known/openid-configuration":
                let metadata: JSONObject = ["issuer": .string(own.url), "jwks_uri": .string(own.url + "/keys")]
                return state.metadata ?? .answer(200, type: "application/json", body: JSONValue.object(metadata).encoded())
            case "/keys":
                let headers = state.cacheControl.map { ["Cache-Control": $0] } ?? [:]
                return state.set ?? .answer(200, type: "application/json", body: Self.set(state.keys), headers: headers)
            default: return .answer(404)
            }
        }
        own.url = server.url
    }

    private final class Place: Sendable {
        private let value = Mutex("")
        var url: String {
            get { value.withLock { $0 } }
            set { value.withLock { $0 = newValue } }
        }
    }

    private static func set(_ keys: [(name: String, number: UInt8)]) -> [UInt8] {
        let list = keys.map { name, number in Self.jwk(name, (try? TestKey.of(number).verifyingKey.bytes) ?? []) }
        return JSONValue.object(["keys": .array(list)]).encoded()
    }

    package static func jwk(_ name: String, _ point: [UInt8]) -> JSONValue {
        [
            "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": .string(name), "x": .string(Base64URL.encode(point)),
        ]
    }

    // MARK: What it does

    package func publish(_ keys: [(name: String, number: UInt8)]) { shelf.state.withLock { $0.keys = keys } }
    /// Answers instead of its keys; `nil` for these again.
    package func answerKeys(_ reply: TestServer.Reply?) { shelf.state.withLock { $0.set = reply } }
    package func answerMetadata(_ reply: TestServer.Reply?) { shelf.state.withLock { $0.metadata = reply } }
    package func sendCacheControl(_ value: String?) { shelf.state.withLock { $0.cacheControl = value } }

    /// The claims of a token that is right in every respect, for `gatehouse`.
    package func claims(_ subject: String, _ more: JSONObject = [:], at now: Instant = .now()) -> JSONObject {
        let seconds = now.microseconds / 1_000_000
        var claims: JSONObject = [
            "iss": .string(url), "sub": .string(subject), "aud": "gatehouse", "client_id": "desk", "iat": .number(JSONNumber(seconds)),
            "exp": .number(JSONNumber(seconds + 3600)),
        ]
        for member in more.members { claims[member.name] = member.value == .null ? Optional<JSONValue>.none : member.value }
        return claims
    }

    package static let header: JSONObject = ["typ": "at+jwt", "alg": "EdDSA", "kid": "one"]

    package func token(_ subject: String, _ more: JSONObject = [:]) throws -> String { try Self.sign(Self.header, claims(subject, more)) }

    /// Signs with the key of a number, whatever the header says.
    package static func sign(_ header: JSONObject, _ claims: JSONObject, key: UInt8 = 11) throws -> String {
        try sign(JSONValue.object(header).encoded(), JSONValue.object(claims).encoded(), key: key)
    }

    package static func sign(_ header: [UInt8], _ claims: [UInt8], key: UInt8 = 11) throws -> String {
        let text = Base64URL.encode(header) + "." + Base64URL.encode(claims)
        return text + "." + Base64URL.encode(try TestKey.of(key).sign(Array(text.utf8)))
    }
}

import DataFormats
import Identity
import PolicyFiles
import Sealing
import Synchronization
import TestAuthority
import Testing
import Vocabulary

/// One test a rule: what makes a token one that is believed, and each thing that does not.
struct TokenTests {
    private static let now = Instant.now()
    private static let url = "https://id.example.com/realms/crm"

    private func issuer(_ more: String = "") throws -> Issuer {
        let text = """
            issuers:
              - name: corp
                issuer: \(Self.url)
                audience: gatehouse
                algorithms: [EdDSA, RS256]
                tenant: default
                roles: { claim: realm_access.roles, map: { crm-sales: [sales-rep, support-agent], crm-admin: administrator } }
            """
        let reading = IssuerReading(roles: ["sales-rep", "support-agent", "administrator"], attributes: ["countries"])
        return try #require(try reading.issuers(YAMLDocument.read(text + (more.isEmpty ? "" : "\n" + more), file: "issuers.yaml")).first)
    }

    private func claims(_ more: JSONObject = [:]) -> JSONObject {
        let seconds = Self.now.microseconds / 1_000_000
        var claims: JSONObject = [
            "iss": .string(Self.url), "sub": "ann", "aud": "gatehouse", "iat": .number(JSONNumber(seconds)),
            "exp": .number(JSONNumber(seconds + 3600)), "realm_access": ["roles": ["crm-sales", "offline_access"]],
        ]
        for member in more.members { claims[member.name] = member.value == .null ? Optional<JSONValue>.none : member.value }
        return claims
    }

    private func keys(_ more: [JSONValue] = []) throws -> KeySet {
        try KeySet(
            JSONValue.object(["keys": .array([TestIdentityProvider.jwk("one", try TestKey.of(11).verifyingKey.bytes)] + more)]).encoded())
    }

    /// What is wrong with a token, or `nil` when it is believed.
    private func flaw(_ text: String, _ more: String = "", keys: KeySet? = nil) throws -> TokenFlaw? {
        let issuer = try issuer(more)
        let set = try keys ?? self.keys()
        do throws(TokenFlaw) {
            _ = try VerifiedToken(SignedToken(text), of: issuer, keys: set, at: Self.now)
            return nil
        } catch {
            return error
        }
    }

    private func flaw(header: JSONObject = TestIdentityProvider.header, _ more: JSONObject = [:], settings: String = "") throws -> TokenFlaw? {
        try flaw(TestIdentityProvider.sign(header, claims(more)), settings)
    }

    private func header(_ more: JSONObject) -> JSONObject {
        var header = TestIdentityProvider.header
        for member in more.members { header[member.name] = member.value == .null ? Optional<JSONValue>.none : member.value }
        return header
    }

    private func seconds(_ offset: Int64) -> JSONValue { .number(JSONNumber(Self.now.microseconds / 1_000_000 + offset)) }

    @Test func `a token that is right in every respect is believed, and gives the roles that the settings map`() throws {
        let text = try TestIdentityProvider.sign(TestIdentityProvider.header, claims())
        let token = try VerifiedToken(SignedToken(text), of: issuer(), keys: keys(), at: Self.now)
        #expect(token.roles == ["sales-rep", "support-agent"])
        #expect(token.subject == "ann" && token.userName == "corp:ann" && token.tenantName == "default")
        #expect(token.scopes == nil && token.steppedUpUntil == nil && token.certificate == nil)
    }

    @Test func `no role is assumed`() throws {
        for roles: JSONValue in [.null, ["realm": "x"], ["roles": []], ["roles": ["administrator"]]] {
            let text = try TestIdentityProvider.sign(TestIdentityProvider.header, claims(["realm_access": roles]))
            #expect(try VerifiedToken(SignedToken(text), of: issuer(), keys: keys(), at: Self.now).roles.isEmpty)
        }
        #expect(try flaw(["realm_access": ["roles": 7]]) == .claims)
    }

    @Test func `V9.1.2 [API2]: an algorithm that is none, symmetric or not the issuer's is refused, whatever the signature`() throws {
        #expect(try flaw(header: header(["alg": "none"])) == .algorithm)
        #expect(try flaw(header: header(["alg": "HS256"])) == .algorithm)
        #expect(try flaw(header: header(["alg": "ES256"])) == .algorithm)
        #expect(try flaw(header: header(["alg": "RS512"])) == .algorithm)
        // None at all, and an empty signature.
        let unsigned =
            Base64URL.encode(Array(#"{"alg":"none","typ":"at+jwt","kid":"one"}"#.utf8)) + "." + Base64URL.encode(JSONValue.object(claims()).encoded())
        #expect(try flaw(unsigned + ".") == .algorithm)
    }

    @Test func `the public key is no secret to sign with`() throws {
        let head = #"{"alg":"HS256","typ":"at+jwt","kid":"one"}"#
        let text = Base64URL.encode(Array(head.utf8)) + "." + Base64URL.encode(JSONValue.object(claims()).encoded())
        let key = try TestKey.of(11).verifyingKey.bytes
        let code = key.withUnsafeBytes { HMACSHA256.authenticate(Array(text.utf8), key: $0) }
        #expect(try flaw(text + "." + Base64URL.encode(code)) == .algorithm)
    }

    @Test func `a key is found by its name, and has to be of the kind that the algorithm takes`() throws {
        #expect(try flaw(header: header(["kid": "two"])) == .keyUnknown)
        #expect(try flaw(header: header(["kid": .null])) == .keyUnknown)
        #expect(try flaw(header: header(["alg": "RS256"])) == .keyUnknown)
        #expect(try flaw(TestIdentityProvider.sign(TestIdentityProvider.header, claims(), key: 12)) == .signature)
    }

    @Test func `V9.1.3 [API2]: keys that the header brings along are not looked at`() throws {
        let foreign = TestIdentityProvider.jwk("one", try TestKey.of(12).verifyingKey.bytes)
        let brought = header(["jku": "https://evil.example/keys", "x5u": "https://evil.example/x", "jwk": foreign, "x5c": ["AA=="]])
        #expect(try flaw(TestIdentityProvider.sign(brought, claims(), key: 12)) == .signature)
        #expect(try flaw(TestIdentityProvider.sign(brought, claims())) == nil)
    }

    @Test func `what the header declares critical is not understood`() throws {
        #expect(try flaw(header: header(["crit": ["exp"]])) == .critical)
        #expect(try flaw(header: header(["crit": []])) == .critical)
    }

    @Test func `a token says that it is an access token where the settings are strict`() throws {
        #expect(try flaw(header: header(["typ": "application/AT+JWT"])) == nil)
        #expect(try flaw(header: header(["typ": "JWT"])) == .type)
        #expect(try flaw(header: header(["typ": .null])) == .type)
        #expect(try flaw(header: header(["typ": "JWT"]), settings: "    type: any") == nil)
        #expect(try flaw(header: header(["typ": .null]), settings: "    type: any") == nil)
        #expect(try flaw(header: header(["typ": "logout+jwt"]), settings: "    type: any") == .type)
        #expect(try flaw(header: header(["typ": 1])) == .malformed)
    }

    @Test func `V9.2.2: an ID token is no access token`() throws {
        #expect(try flaw(["nonce": "n-0S6"]) == .idToken)
        #expect(try flaw(["at_hash": "MTIz"], settings: "    type: any") == .idToken)
    }

    @Test func `the issuer is the configured one byte for byte`() throws {
        for other in [Self.url + "/", "https://ID.example.com/realms/crm", "https://evil.example", ""] {
            #expect(try flaw(["iss": .string(other)]) == .issuer)
        }
        #expect(try flaw(["iss": .null]) == .malformed)
        #expect(try flaw(["iss": [.string(Self.url)]]) == .malformed)
    }

    @Test func `V9.2.3, V10.3.1: the audience is us, alone or among others`() throws {
        #expect(try flaw(["aud": ["other", "gatehouse"]]) == nil)
        for audience: JSONValue in ["other", ["other"], [], .null, 1, "gatehouse2", ["Gatehouse"]] {
            #expect(try flaw(["aud": audience]) == .audience)
        }
    }

    @Test func `V9.2.1: a token holds between its times, with a minute for clocks that differ`() throws {
        #expect(try flaw(["exp": seconds(-61), "iat": seconds(-3600)]) == .expired)
        #expect(try flaw(["exp": seconds(-58), "iat": seconds(-3600)]) == nil)
        #expect(try flaw(["iat": seconds(62), "exp": seconds(3600)]) == .future)
        #expect(try flaw(["iat": seconds(58)]) == nil)
        #expect(try flaw(["nbf": seconds(62)]) == .future)
        #expect(try flaw(["nbf": seconds(58)]) == nil)
        #expect(try flaw(["exp": .null]) == .claims)
        for wrong: JSONValue in ["soon", true, [], -1] { #expect(try flaw(["exp": wrong]) == .claims) }
        #expect(try flaw(["exp": .number(try #require(JSONNumber(text: "1e400")))]) == .claims)
    }

    @Test func `a token lives for a day at most`() throws {
        #expect(try flaw(["exp": seconds(24 * 3600)]) == nil)
        #expect(try flaw(["exp": seconds(24 * 3600 + 2)]) == .lifetime)
        #expect(try flaw(["exp": seconds(24 * 3600 + 2), "iat": .null]) == .lifetime)
        #expect(try flaw(["exp": seconds(3600), "iat": seconds(-24 * 3600)]) == .lifetime)
    }

    @Test func `V10.3.5: a binding that is not understood is no binding, and one to a certificate is kept`() throws {
        #expect(try flaw(["cnf": ["jkt": "x"]]) == .binding)
        #expect(try flaw(["cnf": ["x5t#S256": "AA"]]) == .binding)
        #expect(try flaw(["cnf": [:]]) == .binding)
        #expect(try flaw(["cnf": "x"]) == .binding)
        let digest = SHA256.hash([1, 2, 3])
        let text = try TestIdentityProvider.sign(TestIdentityProvider.header, claims(["cnf": ["x5t#S256": .string(Base64URL.encode(digest))]]))
        #expect(try VerifiedToken(SignedToken(text), of: issuer(), keys: keys(), at: Self.now).certificate == digest)
    }

    @Test func `a name that stands twice makes a token unreadable`() throws {
        let body = JSONValue.object(claims()).encoded()
        let twice = #"{"alg":"EdDSA","typ":"at+jwt","kid":"one","kid":"two"}"#
        #expect(try flaw(TestIdentityProvider.sign(Array(twice.utf8), body)) == .malformed)
        let claimedTwice = Array(#"{"sub":"eve","#.utf8) + body.dropFirst()
        #expect(try flaw(TestIdentityProvider.sign(JSONValue.object(TestIdentityProvider.header).encoded(), claimedTwice)) == .malformed)
    }

    @Test func `what is longer than 8 KiB or has another form is not read`() throws {
        #expect(try flaw(["filler": .string(String(repeating: "x", count: 8000))]) == .tooLong)
        let right = try TestIdentityProvider.sign(TestIdentityProvider.header, claims())
        #expect(try flaw(right) == nil)
        let wrong = ["", ".", "..", "a.b", right + ".", right + "=", "." + right, right.replacing(".", with: " "), String(right.dropLast())]
        for text in wrong { #expect(try flaw(text) != nil) }
        for text in ["", ".", "..", right + ".x", right + "="] { #expect(try flaw(text) == .malformed) }
    }

    @Test func `V9.1.1 [API2]: a signature covers the header and the claims`() throws {
        let parts = try TestIdentityProvider.sign(TestIdentityProvider.header, claims()).split(separator: ".").map(String.init)
        let other = Base64URL.encode(JSONValue.object(claims(["sub": "eve"])).encoded())
        #expect(try flaw("\(parts[0]).\(other).\(parts[2])") == .signature)
        let header = Base64URL.encode(JSONValue.object(self.header(["x": 1])).encoded())
        #expect(try flaw("\(header).\(parts[1]).\(parts[2])") == .signature)
    }

    @Test func `stepped up is who proved enough, and not long ago`() throws {
        let terms = "    step_up: { acr: [phr, gold], amr: [hwk], max_age: 300 }"
        func until(_ more: JSONObject) throws -> Instant? {
            let text = try TestIdentityProvider.sign(TestIdentityProvider.header, claims(more))
            return try VerifiedToken(SignedToken(text), of: issuer(terms), keys: keys(), at: Self.now).steppedUpUntil
        }
        let whole = Instant(microseconds: Self.now.microseconds / 1_000_000 * 1_000_000)
        let amr: JSONValue = ["pwd", "hwk"]
        #expect(try until(["acr": "gold", "amr": amr, "auth_time": seconds(-100)]) == whole.advanced(by: .seconds(200)))
        #expect(try until(["acr": "silver", "amr": amr, "auth_time": seconds(-100)]) == nil)
        #expect(try until(["acr": "gold", "amr": ["pwd"], "auth_time": seconds(-100)]) == nil)
        #expect(try until(["acr": "gold", "amr": amr]) == nil)
        #expect(try until(["amr": amr, "auth_time": seconds(-100)]) == nil)
        #expect(try until(["acr": "gold", "amr": amr, "auth_time": seconds(3600)]) == nil)
    }

    @Test func `scopes of a token narrow where the settings say so, and without any nothing is left`() throws {
        func scopes(_ more: JSONObject) throws -> [String]? {
            let text = try TestIdentityProvider.sign(TestIdentityProvider.header, claims(more))
            return try VerifiedToken(SignedToken(text), of: issuer("    scopes: limit"), keys: keys(), at: Self.now).scopes?.map(\.description)
        }
        #expect(try scopes(["scope": "openid contact:read deal:*"]) == ["contact:read", "deal:*"])
        #expect(try scopes(["scp": ["contact:read", "profile"]]) == ["contact:read"])
        #expect(try scopes([:]) == [])
    }
}

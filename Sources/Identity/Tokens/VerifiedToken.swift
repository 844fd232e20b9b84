import DataFormats
import Sealing
package import Vocabulary

/// What a token says of its bearer, once it was found to be true. Only verifying makes one.
package struct VerifiedToken: Sendable {
    package let issuer: String
    package let subject: String
    /// How the issuer calls the user: with the issuer's name before it, what a user is called whom the store does not know.
    package let userName: String
    /// The program that asked for the token.
    package let client: String?
    package let tenantName: String
    /// Ours, as the issuer's settings map them.
    package let roles: [String]
    package let teams: [String]
    package let attributes: [String: [String]]
    /// `nil` when scopes do not narrow.
    package let scopes: [KeyScope]?
    /// Until when the bearer counts as stepped up.
    package let steppedUpUntil: Instant?
    package let expiresAt: Instant
    /// SHA-256 of the client certificate that the token is bound to (RFC 8705 section 3.1).
    package let certificate: [UInt8]?

    /// Clocks differ by this much at most.
    static let leeway = Duration.seconds(60)
    static let greatestLifetime = Duration.seconds(24 * 3600)

    /// The type comes before the key and the signature before the claims: nothing is concluded from what nobody has signed.
    package init(_ token: SignedToken, of issuer: Issuer, keys: KeySet, at now: Instant) throws(TokenFlaw) {
        try Self.check(token, issuer)
        guard let key = keys.key(token.keyName, for: token.algorithm) else { throw .keyUnknown }
        let claims = try token.verified(by: key)
        guard claims["iss"]?.stringValue?.utf8.elementsEqual(issuer.identifier.utf8) == true else { throw .issuer }
        try Self.checkAudience(claims, issuer)
        expiresAt = try Self.checkTimes(claims, now)
        // What only an ID token has (OpenID Connect Core section 2): it tells the client who came, and lets nobody in.
        guard claims["nonce"] == nil, claims["at_hash"] == nil else { throw .idToken }
        certificate = try Self.binding(claims)

        self.issuer = issuer.identifier
        guard let subject = claims["sub"]?.stringValue, Self.isName(subject, atMost: 255),
            let user = issuer.userClaim.value(in: claims)?.stringValue, Self.isName(user, atMost: 128)
        else { throw .claims }
        self.subject = subject
        userName = "\(issuer.name):\(user)"
        client = (claims["client_id"] ?? claims["azp"])?.stringValue.flatMap { Self.isName($0, atMost: 128) ? "\(issuer.name):\($0)" : nil }
        switch issuer.tenant {
        case .named(let name): tenantName = name
        case .claim(let path):
            guard let name = path.value(in: claims)?.stringValue, Self.isName(name, atMost: 64) else { throw .tenant }
            tenantName = name
        }
        guard let named = issuer.rolesClaim.map({ $0.texts(in: claims) }) ?? [], let teams = issuer.teamsClaim.map({ $0.texts(in: claims) }) ?? []
        else { throw .claims }
        roles = Set(named.flatMap { issuer.roleMap[$0] ?? [] }).sorted()
        self.teams = teams.filter { Self.isName($0, atMost: 64) }
        var attributes: [String: [String]] = [:]
        for (name, path) in issuer.attributeClaims {
            guard let values = path.texts(in: claims), values.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 200 && !$0.utf8.contains(0) }) else {
                throw .claims
            }
            if !values.isEmpty { attributes[name] = values }
        }
        self.attributes = attributes
        scopes = issuer.limitsByScope ? try Self.scopes(claims) : nil
        steppedUpUntil = issuer.stepUp.flatMap { Self.stepUpEnd(claims, $0, now) }
    }

    private static func check(_ token: SignedToken, _ issuer: Issuer) throws(TokenFlaw) {
        guard token.claimedIssuer.utf8.elementsEqual(issuer.identifier.utf8) else { throw .issuer }
        guard issuer.algorithms.contains(token.algorithm) else { throw .algorithm }
        let type = token.type?.lowercased()
        switch type {
        case "at+jwt", "application/at+jwt": break
        case nil, "jwt", "application/jwt": if issuer.isTypeStrict { throw .type }
        default: throw .type
        }
    }

    private static func checkAudience(_ claims: JSONObject, _ issuer: Issuer) throws(TokenFlaw) {
        func isUs(_ value: JSONValue) -> Bool { value.stringValue?.utf8.elementsEqual(issuer.audience.utf8) == true }
        switch claims["aud"] {
        case .some(.array(let items)): guard items.contains(where: isUs) else { throw .audience }
        case .some(let value): guard isUs(value) else { throw .audience }
        case nil: throw .audience
        }
    }

    private static func checkTimes(_ claims: JSONObject, _ now: Instant) throws(TokenFlaw) -> Instant {
        guard let end = try time("exp", claims) else { throw .claims }
        let issued = try time("iat", claims)
        let begin = try time("nbf", claims)
        guard now < end.advanced(by: leeway) else { throw .expired }
        for start in [issued, begin].compactMap({ $0 }) where start > now.advanced(by: leeway) { throw .future }
        guard end <= (issued ?? begin ?? now).advanced(by: greatestLifetime) else { throw .lifetime }
        return end.advanced(by: leeway)
    }

    /// A NumericDate (RFC 7519 section 2): seconds since 1970, with or without a fraction.
    private static func time(_ name: String, _ claims: JSONObject) throws(TokenFlaw) -> Instant? {
        guard let value = claims[name] else { return nil }
        // Up to the year 9999: what is later would not be a time that anything here can count with.
        guard case .number(let number) = value, case let seconds = number.double, (0...253_402_300_799).contains(seconds) else { throw .claims }
        return Instant(microseconds: Int64(seconds * 1_000_000))
    }

    private static func binding(_ claims: JSONObject) throws(TokenFlaw) -> [UInt8]? {
        guard let confirmation = claims["cnf"] else { return nil }
        // A way of proof that is not known here is one that nobody would have given.
        guard let members = confirmation.objectValue, members.count == 1,
            let digest = members["x5t#S256"]?.stringValue.flatMap({ Base64URL.decode($0) }), digest.count == 32
        else { throw .binding }
        return digest
    }

    private static func scopes(_ claims: JSONObject) throws(TokenFlaw) -> [KeyScope] {
        let texts: [String]
        switch claims["scope"] ?? claims["scp"] {
        case nil: texts = []
        case .some(.string(let text)): texts = text.split(separator: " ").map(String.init)
        case .some(.array(let items)):
            texts = items.compactMap(\.stringValue)
            guard texts.count == items.count else { throw .claims }
        case .some: throw .claims
        }
        // Scopes of others, openid among them, are none of ours.
        return texts.compactMap { KeyScope($0) }
    }

    private static func stepUpEnd(_ claims: JSONObject, _ terms: Issuer.StepUp, _ now: Instant) -> Instant? {
        guard let proved = try? time("auth_time", claims), proved <= now.advanced(by: leeway) else { return nil }
        if !terms.contexts.isEmpty {
            guard let context = claims["acr"]?.stringValue, terms.contexts.contains(context) else { return nil }
        }
        if !terms.methods.isEmpty {
            guard claims["amr"]?.arrayValue?.contains(where: { $0.stringValue.map(terms.methods.contains) == true }) == true else { return nil }
        }
        return proved.advanced(by: .seconds(terms.seconds))
    }

    private static func isName(_ text: String, atMost length: Int) -> Bool {
        (1...length).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }
}

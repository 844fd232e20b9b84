import DataFormats
package import Sealing

/// Somebody whose tokens are believed, and how far.
package struct Issuer: Sendable {
    /// Where in a token's claims something stands: the names of members, from the outside in.
    package struct ClaimPath: Sendable, Equatable {
        package let names: [String]

        package init(_ names: [String]) { self.names = names }

        func value(in claims: JSONObject) -> JSONValue? {
            var value = JSONValue.object(claims)
            for name in names {
                guard let next = value.objectValue?[name] else { return nil }
                value = next
            }
            return value
        }

        /// The texts that stand there, of which one alone needs no list; `nil` for anything else that is there.
        func texts(in claims: JSONObject) -> [String]? {
            switch value(in: claims) {
            case nil, .null: return []
            case .string(let text): return [text]
            case .array(let items):
                let texts = items.compactMap(\.stringValue)
                return texts.count == items.count ? texts : nil
            case .bool, .number, .object: return nil
            }
        }
    }

    package enum Tenant: Sendable, Equatable {
        /// All who come with this issuer's tokens are of this tenant.
        case named(String)
        /// The claim is the tenant's name.
        case claim(ClaimPath)
    }

    /// What a token has to say for its bearer to count as stepped up (RFC 9470).
    package struct StepUp: Sendable, Equatable {
        /// One of these, if there are any.
        package let contexts: [String]
        /// One of these methods (RFC 8176), if there are any.
        package let methods: [String]
        /// How long ago the person may have proved who it is.
        package let seconds: Int64

        package init(contexts: [String], methods: [String], seconds: Int64) {
            self.contexts = contexts
            self.methods = methods
            self.seconds = seconds
        }
    }

    /// What this gateway calls it, in names of users and in logs.
    package let name: String
    /// `iss`, byte for byte.
    package let identifier: String
    /// `aud`: what the issuer calls this gateway.
    package let audience: String
    package let algorithms: Set<SignatureAlgorithm>
    /// Only tokens that say that they are access tokens (RFC 9068).
    package let isTypeStrict: Bool
    package let tenant: Tenant
    package let userClaim: ClaimPath
    package let rolesClaim: ClaimPath?
    /// What the issuer calls roles, and which of ours each gives.
    package let roleMap: [String: [String]]
    package let teamsClaim: ClaimPath?
    /// By our names.
    package let attributeClaims: [String: ClaimPath]
    /// Whether `scope` (or `scp`) narrows what the roles allow; a token without any then may do nothing.
    package let limitsByScope: Bool
    package let stepUp: StepUp?
    /// Where the keys are; else the issuer's own metadata say.
    package let keysURL: String?
    /// A PEM file with the only authorities to trust for connections to the issuer.
    package let authoritiesFile: String?

    package init(
        name: String, identifier: String, audience: String, algorithms: Set<SignatureAlgorithm>, isTypeStrict: Bool, tenant: Tenant,
        userClaim: ClaimPath, rolesClaim: ClaimPath?, roleMap: [String: [String]], teamsClaim: ClaimPath?,
        attributeClaims: [String: ClaimPath], limitsByScope: Bool, stepUp: StepUp?, keysURL: String?, authoritiesFile: String?
    ) {
        self.name = name
        self.identifier = identifier
        self.audience = audience
        self.algorithms = algorithms
        self.isTypeStrict = isTypeStrict
        self.tenant = tenant
        self.userClaim = userClaim
        self.rolesClaim = rolesClaim
        self.roleMap = roleMap
        self.teamsClaim = teamsClaim
        self.attributeClaims = attributeClaims
        self.limitsByScope = limitsByScope
        self.stepUp = stepUp
        self.keysURL = keysURL
        self.authoritiesFile = authoritiesFile
    }
}

package import Vocabulary

/// A stored API key: everything about it but the secret.
package struct CredentialRecord: Sendable {
    package let id: String
    package let tenant: TenantID
    package let user: String?
    package let roles: [String]
    package let teams: [String]
    package let attributes: [String: [String]]
    package let isSteppedUp: Bool
    package let defaultPurpose: String?
    /// HMAC-SHA-256 of the secret under the server's pepper.
    package let code: [UInt8]
    /// The same of the secret before, and until when it is taken still.
    package let previousCode: [UInt8]?
    package let previousUntil: Instant?
    package let createdAt: Instant
    package let expiresAt: Instant?
    package let revokedAt: Instant?
    /// Grows with every change; see ``Liveness``.
    package let generation: Int64
    /// All that the key may be used for; `nil` when its roles alone say.
    package let scopes: [KeyScope]?
    /// From where the key is taken; from anywhere when there are none.
    package let networks: [NetworkRange]
    /// A program that may say on whose behalf it asks, and then asks with that user's rights as far as it has them itself.
    package let actsForUsers: Bool
    /// When it was last used, to the hour.
    package let usedAt: Instant?
    /// SHA-256 of the client certificate that is taken instead of a secret; there is no secret then.
    package let certificate: [UInt8]?

    package init(
        id: String, tenant: TenantID, user: String?, roles: [String], teams: [String], attributes: [String: [String]], isSteppedUp: Bool,
        defaultPurpose: String?, code: [UInt8], createdAt: Instant, expiresAt: Instant?, revokedAt: Instant?, generation: Int64,
        previousCode: [UInt8]? = nil, previousUntil: Instant? = nil, scopes: [KeyScope]? = nil, networks: [NetworkRange] = [],
        actsForUsers: Bool = false, usedAt: Instant? = nil, certificate: [UInt8]? = nil
    ) {
        self.id = id
        self.tenant = tenant
        self.user = user
        self.roles = roles
        self.teams = teams
        self.attributes = attributes
        self.isSteppedUp = isSteppedUp
        self.defaultPurpose = defaultPurpose
        self.code = code
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
        self.generation = generation
        self.previousCode = previousCode
        self.previousUntil = previousUntil
        self.scopes = scopes
        self.networks = networks
        self.actsForUsers = actsForUsers
        self.usedAt = usedAt
        self.certificate = certificate
    }

    /// Whether it opens anything at this time.
    func lives(at now: Instant) -> Bool { revokedAt == nil && expiresAt.map { now < $0 } ?? true }
}

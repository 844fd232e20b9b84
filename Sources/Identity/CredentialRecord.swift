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
    package let createdAt: Instant
    package let expiresAt: Instant?
    package let revokedAt: Instant?
    /// Grows with every change; see ``Liveness``.
    package let generation: Int64

    package init(
        id: String, tenant: TenantID, user: String?, roles: [String], teams: [String], attributes: [String: [String]], isSteppedUp: Bool,
        defaultPurpose: String?, code: [UInt8], createdAt: Instant, expiresAt: Instant?, revokedAt: Instant?, generation: Int64
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
    }
}

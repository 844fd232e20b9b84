package import Vocabulary

/// A user whom the store knows, with what was given to it. Nothing else is kept of the person: no name, no address.
package struct UserRecord: Sendable, Equatable {
    /// A role that somebody gave.
    package struct Assignment: Sendable, Equatable {
        package let role: String
        /// The role comes with being in this team.
        package let team: String?
        package let until: Instant?
        package let grantedAt: Instant
        package let grantedBy: String

        package init(role: String, team: String?, until: Instant?, grantedAt: Instant, grantedBy: String) {
            self.role = role
            self.team = team
            self.until = until
            self.grantedAt = grantedAt
            self.grantedBy = grantedBy
        }

        package func holds(at now: Instant) -> Bool { until.map { now < $0 } ?? true }
    }

    package let id: UUIDv7
    package let tenant: TenantID
    /// What the user is called here: in policies, as the owner of records, in the trail.
    package let handle: String
    /// Who says who it is, and what it is called there; a user without comes by keys alone.
    package let issuer: String?
    package let subject: String?
    package let disabledAt: Instant?
    package let createdAt: Instant
    package let createdBy: String
    /// Grows with every change of the user, its roles and its teams; see ``Liveness``.
    package let generation: Int64
    package let assignments: [Assignment]
    package let teams: [String]

    package init(
        id: UUIDv7, tenant: TenantID, handle: String, issuer: String?, subject: String?, disabledAt: Instant?, createdAt: Instant,
        createdBy: String, generation: Int64, assignments: [Assignment], teams: [String]
    ) {
        self.id = id
        self.tenant = tenant
        self.handle = handle
        self.issuer = issuer
        self.subject = subject
        self.disabledAt = disabledAt
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.generation = generation
        self.assignments = assignments
        self.teams = teams
    }

    package func roles(at now: Instant) -> Set<String> { Set(assignments.lazy.filter { $0.holds(at: now) }.map(\.role)) }

    package func teams(at now: Instant) -> [String] {
        Set(teams).union(assignments.lazy.filter { $0.holds(at: now) }.compactMap(\.team)).sorted()
    }
}

/// How a credential names a user.
package enum UserReference: Sendable, Hashable {
    case handle(String)
    case subject(String, issuer: String)
}

import PostgresLink
package import Vocabulary

/// Whom a set of statements makes go, and the moment by which floors are judged.
package struct ErasedPeople: Sendable {
    package let subjects: [UUIDv7]
    package let tenant: TenantID
    package let now: Instant

    package init(_ subjects: [SubjectID], tenant: TenantID, at now: Instant) {
        self.subjects = subjects.map(\.uuid)
        self.tenant = tenant
        self.now = now
    }

    /// For one person the plan that serves everybody is as good as one for this person, and is kept.
    func holds(_ column: SQL) -> SQL {
        subjects.count == 1 ? "\(column) = \(.uuid(subjects[0]))" : "\(column) = ANY(\(.uuids(subjects)))"
    }
}

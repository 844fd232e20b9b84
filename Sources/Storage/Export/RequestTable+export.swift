package import PostgresLink
package import Vocabulary

extension StoreDatabase {
    /// What people asked for before, and what became of it.
    package static func requests(about subjects: [SubjectID], tenant: TenantID) -> SQL {
        """
        SELECT id, kind, regulation, channel, received_at, due_on, state, reason, closed_at FROM subject_request
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND subjects && \(.uuids(subjects.map(\.uuid))) ORDER BY received_at, id
        """
    }
}

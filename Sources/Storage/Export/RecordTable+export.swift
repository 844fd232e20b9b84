import Catalog
package import PostgresLink
package import Vocabulary

/// Which records an export is about.
extension RecordTable {
    package func ids(ofSubjects subjects: [SubjectID], tenant: TenantID) -> SQL {
        """
        SELECT id FROM \(ColumnCoding.table(entity))
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND subject_id = ANY(\(.uuids(subjects.map(\.uuid)))) ORDER BY id
        """
    }

    /// Keeps records from going until the transaction ends; answers those that are still there.
    package func keep(_ records: [RecordID], tenant: TenantID) -> SQL {
        """
        SELECT id FROM \(ColumnCoding.table(entity)) WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = ANY(\(.uuids(records.map(\.uuid))))
        ORDER BY id FOR KEY SHARE
        """
    }

    /// Records that point to one of these by the reference at this position.
    package func ids(pointingTo records: [RecordID], by reference: Int, tenant: TenantID) -> SQL {
        """
        SELECT id FROM \(ColumnCoding.table(entity)) WHERE tenant_id = \(.uuid(tenant.uuid))
          AND \(ColumnCoding.column(entity.fields[reference])) = ANY(\(.uuids(records.map(\.uuid)))) ORDER BY id
        """
    }

    /// Records that are not about these people and point to one of them by one of the references.
    package func ids(naming subjects: [SubjectID], by references: [Int], tenant: TenantID) -> SQL {
        let people = SQLParameter.uuids(subjects.map(\.uuid))
        let named = references.map { position -> SQL in "\(ColumnCoding.column(entity.fields[position])) = ANY(\(people))" }
        return """
            SELECT id FROM \(ColumnCoding.table(entity)) WHERE tenant_id = \(.uuid(tenant.uuid)) AND (\(joining: named, by: " OR "))
              AND (subject_id IS NULL OR subject_id <> ALL(\(people))) ORDER BY id
            """
    }
}

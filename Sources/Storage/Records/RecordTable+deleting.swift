import Catalog
package import Expressions
package import PostgresLink
package import Vocabulary

/// Which records a question is about.
package enum RecordStanding: Sendable {
    /// Those that are not deleted.
    case present
    case deleted
    case any

    private static let deletedAt = Column("deleted_at", .timestamp)

    package var condition: RowCondition {
        switch self {
        case .present: .isNull(Self.deletedAt)
        case .deleted: .not(.isNull(Self.deletedAt))
        case .any: .constant(true)
        }
    }
}

/// That a record was deleted.
package struct RecordDeletion: Sendable {
    package let at: Instant
    package let by: String

    package static func all(_ rows: ResultSet) -> [RecordID: RecordDeletion] {
        var found: [RecordID: RecordDeletion] = [:]
        for row in 0..<rows.rowCount {
            if let id = rows.uuid(row, 0), let at = rows.timestamp(row, 1) {
                found[RecordID(id)] = RecordDeletion(at: at, by: rows.text(row, 2) ?? "")
            }
        }
        return found
    }
}

extension RecordTable {
    /// Hides a record that the transaction has locked. It is another version of it, so that nobody changes it by an older tag.
    package func hide(_ id: RecordID, at now: Instant, by actor: String, tenant: TenantID) -> SQL {
        """
        UPDATE \(ColumnCoding.table(entity)) SET deleted_at = \(.timestamp(now)), deleted_by = \(.text(actor)), version = version + 1
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id.uuid)) AND deleted_at IS NULL
        """
    }

    /// Shows a deleted record again.
    package func show(_ id: RecordID, tenant: TenantID, returning shape: RecordShape) -> SQL {
        """
        UPDATE \(ColumnCoding.table(entity)) SET deleted_at = NULL, deleted_by = NULL, version = version + 1
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id.uuid)) AND deleted_at IS NOT NULL RETURNING \(shape.columns)
        """
    }

    /// Those of the records that are deleted, when and by whom.
    package func deletions(of ids: [RecordID], tenant: TenantID) -> SQL {
        """
        SELECT id, deleted_at, deleted_by FROM \(ColumnCoding.table(entity))
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = ANY(\(.uuids(ids.map(\.uuid)))) AND deleted_at IS NOT NULL
        """
    }
}

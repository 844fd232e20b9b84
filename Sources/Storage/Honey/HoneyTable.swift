package import Catalog
package import PostgresLink
package import Vocabulary

/// A record that nobody honest has a reason to read.
package struct HoneyMark: Sendable, Equatable {
    package let id: UUIDv7
    package let entity: String
    package let record: RecordID
    /// Whom the record is about; a record that is a person has its own id here.
    package let subject: SubjectID?
    package let placedAt: Instant
    package let placedBy: String
    package let removedAt: Instant?
    package let removedBy: String?

    package static func all(_ rows: ResultSet) -> [HoneyMark] {
        (0..<rows.rowCount).compactMap { row in
            guard let id = rows.uuid(row, 0), let entity = rows.text(row, 1), let record = rows.uuid(row, 2), let placedAt = rows.timestamp(row, 4)
            else { return nil }
            return HoneyMark(
                id: id, entity: entity, record: RecordID(record), subject: rows.uuid(row, 3).map { SubjectID($0) }, placedAt: placedAt,
                placedBy: rows.text(row, 5) ?? "", removedAt: rows.timestamp(row, 6), removedBy: rows.text(row, 7))
        }
    }
}

/// Statements about records that are traps.
extension StoreDatabase {
    private static let honeyColumns: SQL = "id, entity, record_id, subject_id, placed_at, placed_by, removed_at, removed_by"

    /// Marks a record that there is, unless it is marked already.
    package static func placeHoney(
        _ id: UUIDv7, on record: RecordID, of entity: Entity, at now: Instant, by actor: String, tenant: TenantID
    ) -> SQL {
        """
        INSERT INTO honey_record (tenant_id, id, entity, record_id, subject_id, placed_at, placed_by)
        SELECT tenant_id, \(.uuid(id)), \(.text(entity.name)), id, subject_id, \(.timestamp(now)), \(.text(actor))
        FROM \(ColumnCoding.table(entity)) WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(record.uuid)) AND deleted_at IS NULL
        ON CONFLICT DO NOTHING
        """
    }

    package static func honey(on record: RecordID, of entity: Entity, tenant: TenantID) -> SQL {
        """
        SELECT \(honeyColumns) FROM honey_record WHERE tenant_id = \(.uuid(tenant.uuid)) AND entity = \(.text(entity.name))
          AND record_id = \(.uuid(record.uuid)) AND removed_at IS NULL
        """
    }

    /// Touches one row when the mark stands.
    package static func removeHoney(_ id: UUIDv7, at now: Instant, by actor: String, tenant: TenantID) -> SQL {
        """
        UPDATE honey_record SET removed_at = \(.timestamp(now)), removed_by = \(.text(actor))
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id)) AND removed_at IS NULL
        """
    }

    /// - Parameter includesRemoved: also marks that were taken off, behind the others.
    package static func honey(of tenant: TenantID, includesRemoved: Bool = false, limit: Int) -> SQL {
        let which: SQL = includesRemoved ? "" : "AND removed_at IS NULL"
        return """
            SELECT \(honeyColumns) FROM honey_record WHERE tenant_id = \(.uuid(tenant.uuid)) \(which)
            ORDER BY removed_at DESC NULLS FIRST, id LIMIT \(.int8(Int64(limit)))
            """
    }
}

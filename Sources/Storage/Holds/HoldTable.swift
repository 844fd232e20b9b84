package import Catalog
package import PostgresLink
package import Vocabulary

/// A legal hold as it rests: its words sealed.
package struct HoldRow: Sendable {
    package enum Kind: String, Sendable { case subject, entity, query }

    package let id: UUIDv7
    package let kind: Kind
    package let subject: SubjectID?
    package let entity: String?
    package let words: [UInt8]
    package let reviewOn: CalendarDate
    package let placedAt: Instant
    package let placedBy: String
    package let records: Int
    package let people: Int
    package let releasedAt: Instant?
    package let releasedBy: String?
    package let releaseReason: [UInt8]?

    package init(
        id: UUIDv7, kind: Kind, subject: SubjectID?, entity: String?, words: [UInt8], reviewOn: CalendarDate, placedAt: Instant, placedBy: String
    ) {
        self.id = id
        self.kind = kind
        self.subject = subject
        self.entity = entity
        self.words = words
        self.reviewOn = reviewOn
        self.placedAt = placedAt
        self.placedBy = placedBy
        (records, people) = (0, 0)
        (releasedAt, releasedBy, releaseReason) = (nil, nil, nil)
    }

    private init?(_ rows: ResultSet, _ row: Int) {
        guard let id = rows.uuid(row, 0), let kind = rows.text(row, 1).flatMap({ Kind(rawValue: $0) }), let words = rows.bytes(row, 4),
            let reviewOn = rows.date(row, 5), let placedAt = rows.timestamp(row, 6)
        else { return nil }
        self.id = id
        self.kind = kind
        subject = rows.uuid(row, 2).map { SubjectID($0) }
        entity = rows.text(row, 3)
        self.words = words
        self.reviewOn = reviewOn
        self.placedAt = placedAt
        placedBy = rows.text(row, 7) ?? ""
        (records, people) = (Int(rows.int64(row, 8) ?? 0), Int(rows.int64(row, 9) ?? 0))
        (releasedAt, releasedBy, releaseReason) = (rows.timestamp(row, 10), rows.text(row, 11), rows.bytes(row, 12))
    }

    package static func all(_ rows: ResultSet) -> [HoldRow] { (0..<rows.rowCount).compactMap { HoldRow(rows, $0) } }
}

/// Statements about legal holds.
extension StoreDatabase {
    /// To be run by whoever is about to delete, before it looks for holds: none is placed until its transaction ends.
    package static func shareHoldGate(of tenant: TenantID) -> [SQL] {
        [makeHoldGate(of: tenant), "SELECT tenant_id FROM hold_gate WHERE tenant_id = \(.uuid(tenant.uuid)) FOR SHARE"]
    }

    /// To be run by whoever places or releases a hold: waits until every deletion under way has ended, and keeps others waiting.
    package static func closeHoldGate(of tenant: TenantID) -> [SQL] {
        [makeHoldGate(of: tenant), "SELECT tenant_id FROM hold_gate WHERE tenant_id = \(.uuid(tenant.uuid)) FOR UPDATE"]
    }

    private static func makeHoldGate(of tenant: TenantID) -> SQL {
        "INSERT INTO hold_gate (tenant_id) VALUES (\(.uuid(tenant.uuid))) ON CONFLICT DO NOTHING"
    }

    private static let holdColumns: SQL = """
        id, kind, subject_id, entity, words, review_on, placed_at, placed_by, records, people, released_at, released_by, release_reason
        """

    /// Holds that stand, whose review is due first before the others.
    package static func standingHolds(of tenant: TenantID) -> SQL {
        "SELECT \(holdColumns) FROM legal_hold WHERE tenant_id = \(.uuid(tenant.uuid)) AND released_at IS NULL ORDER BY review_on, id"
    }

    /// All holds; those that stand come first.
    package static func holds(of tenant: TenantID, limit: Int) -> SQL {
        """
        SELECT \(holdColumns) FROM legal_hold WHERE tenant_id = \(.uuid(tenant.uuid))
        ORDER BY released_at DESC NULLS FIRST, review_on, id LIMIT \(.int8(Int64(limit)))
        """
    }

    package static func hold(_ id: UUIDv7, of tenant: TenantID) -> SQL {
        "SELECT \(holdColumns) FROM legal_hold WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id))"
    }

    /// How many holds wait for a review by a day.
    package static func dueHoldReviews(on day: CalendarDate, of tenant: TenantID) -> SQL {
        "SELECT count(*) FROM legal_hold WHERE tenant_id = \(.uuid(tenant.uuid)) AND released_at IS NULL AND review_on <= \(.date(day))"
    }

    package static func addHold(_ hold: HoldRow, of tenant: TenantID) -> SQL {
        """
        INSERT INTO legal_hold (tenant_id, id, kind, subject_id, entity, words, review_on, placed_at, placed_by, records, people)
        VALUES (\(.uuid(tenant.uuid)), \(.uuid(hold.id)), \(.text(hold.kind.rawValue)), \(.uuid(hold.subject?.uuid)), \(.text(hold.entity)),
          \(.bytes(hold.words)), \(.date(hold.reviewOn)), \(.timestamp(hold.placedAt)), \(.text(hold.placedBy)), 0, 0)
        """
    }

    package static func note(records: Int, people: Int, of hold: UUIDv7, tenant: TenantID) -> SQL {
        """
        UPDATE legal_hold SET records = \(.int8(Int64(records))), people = \(.int8(Int64(people)))
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(hold))
        """
    }

    package static func setHoldReview(_ day: CalendarDate, of hold: UUIDv7, tenant: TenantID) -> SQL {
        """
        UPDATE legal_hold SET review_on = \(.date(day))
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(hold)) AND released_at IS NULL
        """
    }

    /// Ends a hold: what it reached is forgotten, and the restrictions that it brought are lifted where nothing else restricts.
    package static func releaseHold(_ hold: UUIDv7, at: Instant, by: String, reason: [UInt8], of tenant: TenantID) -> [SQL] {
        let (id, holder) = (SQLParameter.uuid(hold), SQLParameter.uuid(tenant.uuid))
        return [
            """
            UPDATE legal_hold SET released_at = \(.timestamp(at)), released_by = \(.text(by)), release_reason = \(.bytes(reason))
            WHERE tenant_id = \(holder) AND id = \(id) AND released_at IS NULL
            """,
            "DELETE FROM hold_reach WHERE tenant_id = \(holder) AND hold_id = \(id)",
            """
            DELETE FROM subject_restriction
            WHERE tenant_id = \(holder) AND holds = ARRAY[\(id)] AND is_own IS NOT DISTINCT FROM false
            """,
            """
            UPDATE subject_restriction SET holds = array_remove(holds, \(id)),
              ground = CASE WHEN is_own IS NOT DISTINCT FROM false THEN 'legal-hold:' || ((array_remove(holds, \(id)))[1])::text ELSE ground END
            WHERE tenant_id = \(holder) AND holds @> ARRAY[\(id)]
            """,
        ]
    }

    /// Restricts people because of a hold, beside whatever restricts them already.
    package static func restrict(_ people: [SubjectID], by hold: UUIDv7, at: Instant, recordedBy: String, tenant: TenantID) -> SQL {
        """
        INSERT INTO subject_restriction (tenant_id, subject_id, since, ground, recorded_by, holds, is_own)
        SELECT \(.uuid(tenant.uuid)), person, \(.timestamp(at)), 'legal-hold:' || \(.uuid(hold))::text, \(.text(recordedBy)),
          ARRAY[\(.uuid(hold))], false
        FROM unnest(\(.uuids(people.map(\.uuid)))) AS held (person)
        ON CONFLICT (tenant_id, subject_id) DO UPDATE SET holds = coalesce(subject_restriction.holds, '{}') || excluded.holds
        WHERE NOT coalesce(subject_restriction.holds, '{}') @> excluded.holds
        """
    }

    // MARK: What a hold reached when it was placed

    /// Writes down the records of an entity that a hold reaches.
    package static func noteReach(of hold: UUIDv7, _ entity: Entity, where condition: SQL, tenant: TenantID) -> SQL {
        """
        INSERT INTO hold_reach (tenant_id, hold_id, entity, record_id, subject_id)
        SELECT tenant_id, \(.uuid(hold)), \(.text(entity.name)), id, subject_id FROM \(ColumnCoding.table(entity))
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND \(condition)
        """
    }

    package static func noted(of hold: UUIDv7, tenant: TenantID) -> SQL {
        """
        SELECT count(*), count(DISTINCT subject_id) FROM hold_reach WHERE tenant_id = \(.uuid(tenant.uuid)) AND hold_id = \(.uuid(hold))
        """
    }

    /// How many records, and people, a condition is about.
    package static func reachCount(of entity: Entity, where condition: SQL, tenant: TenantID) -> SQL {
        """
        SELECT count(*), count(DISTINCT subject_id) FROM \(ColumnCoding.table(entity)) WHERE tenant_id = \(.uuid(tenant.uuid)) AND \(condition)
        """
    }

    package static func isAbout(_ subject: SubjectID) -> SQL { "subject_id = \(.uuid(subject.uuid))" }
}

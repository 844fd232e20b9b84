package import PostgresLink
package import Vocabulary

/// One caller may be shown more people than its roles may, until a time; or its count has begun anew.
package struct LimitLift: Sendable, Equatable {
    package let id: UUIDv7
    /// How the trail names the caller.
    package let principal: String
    /// `nil`: the count begins anew when it was lifted.
    package let people: Int?
    package let at: Instant
    package let until: Instant
    package let by: String
    package let endedAt: Instant?
    package let endedBy: String?

    package init(id: UUIDv7, principal: String, people: Int?, at: Instant, until: Instant, by: String) {
        self.id = id
        self.principal = principal
        self.people = people
        self.at = at
        self.until = until
        self.by = by
        (endedAt, endedBy) = (nil, nil)
    }

    private init?(_ rows: ResultSet, _ row: Int) {
        guard let id = rows.uuid(row, 0), let principal = rows.text(row, 1), let at = rows.timestamp(row, 3), let until = rows.timestamp(row, 4)
        else { return nil }
        self.id = id
        self.principal = principal
        people = rows.int64(row, 2).map { Int($0) }
        self.at = at
        self.until = until
        by = rows.text(row, 5) ?? ""
        (endedAt, endedBy) = (rows.timestamp(row, 6), rows.text(row, 7))
    }

    package static func all(_ rows: ResultSet) -> [LimitLift] { (0..<rows.rowCount).compactMap { LimitLift(rows, $0) } }
}

/// Statements about limits that were lifted.
extension StoreDatabase {
    private static let liftColumns: SQL = "id, principal, people, lifted_at, valid_until, lifted_by, ended_at, ended_by"

    package static func addLift(_ lift: LimitLift, of tenant: TenantID) -> SQL {
        """
        INSERT INTO limit_lift (tenant_id, id, principal, people, lifted_at, valid_until, lifted_by)
        VALUES (\(.uuid(tenant.uuid)), \(.uuid(lift.id)), \(.text(lift.principal)), \(.int8(lift.people.map { Int64($0) })), \(.timestamp(lift.at)),
          \(.timestamp(lift.until)), \(.text(lift.by)))
        """
    }

    /// Lifts in force; a time that has passed ends one by itself.
    package static func lifts(of tenant: TenantID, at now: Instant) -> SQL {
        """
        SELECT \(liftColumns) FROM limit_lift
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND ended_at IS NULL AND valid_until > \(.timestamp(now)) ORDER BY id LIMIT 10000
        """
    }

    /// The newest thousand, whether they are in force or not.
    package static func allLifts(of tenant: TenantID) -> SQL {
        "SELECT \(liftColumns) FROM limit_lift WHERE tenant_id = \(.uuid(tenant.uuid)) ORDER BY id DESC LIMIT 1000"
    }

    /// Touches one row when the lift is in force.
    package static func endLift(_ id: UUIDv7, at now: Instant, by actor: String, tenant: TenantID) -> SQL {
        """
        UPDATE limit_lift SET ended_at = \(.timestamp(now)), ended_by = \(.text(actor))
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id)) AND ended_at IS NULL AND valid_until > \(.timestamp(now))
        """
    }
}

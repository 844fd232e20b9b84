package import PostgresLink
package import Vocabulary

/// A request for more access than a caller has by itself: by breaking the glass, or with a second person's approval.
package struct GrantRecord: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case breakGlass = "break-glass"
        case secondPerson = "second-person"
    }

    package enum State: String, Sendable, CaseIterable {
        /// Waits for a second person.
        case pending
        /// Opens its rule.
        case open
        /// Its time is over; a broken glass still waits to be reviewed.
        case expired
        case closed
    }

    package enum Finding: String, Sendable, CaseIterable { case justified, unjustified, withdrawn }

    package let id: UUIDv7
    package let tenant: TenantID
    package let kind: Kind
    /// The rule that it opens.
    package let rule: String
    package let requester: String
    package let reason: String
    package let requestedAt: Instant
    /// Until when it opens the rule; of a pending one, until when it may be approved.
    package let until: Instant
    package let approvedBy: String?
    package let approvedAt: Instant?
    package let closedBy: String?
    package let closedAt: Instant?
    package let finding: Finding?
    package let note: String?

    package init(
        tenant: TenantID, kind: Kind, rule: String, requester: String, reason: String, requestedAt: Instant, until: Instant
    ) {
        id = .make(at: requestedAt)
        self.tenant = tenant
        self.kind = kind
        self.rule = rule
        self.requester = requester
        self.reason = reason
        self.requestedAt = requestedAt
        self.until = until
        approvedBy = nil
        approvedAt = nil
        closedBy = nil
        closedAt = nil
        finding = nil
        note = nil
    }

    init?(_ rows: ResultSet, _ row: Int) {
        guard let id = rows.uuid(row, 0), let tenant = rows.uuid(row, 1), let kind = rows.text(row, 2).flatMap(Kind.init(rawValue:)),
            let rule = rows.text(row, 3), let requester = rows.text(row, 4), let reason = rows.text(row, 5),
            let requestedAt = rows.timestamp(row, 6), let until = rows.timestamp(row, 7)
        else { return nil }
        self.id = id
        self.tenant = TenantID(tenant)
        self.kind = kind
        self.rule = rule
        self.requester = requester
        self.reason = reason
        self.requestedAt = requestedAt
        self.until = until
        approvedBy = rows.text(row, 8)
        approvedAt = rows.timestamp(row, 9)
        closedBy = rows.text(row, 10)
        closedAt = rows.timestamp(row, 11)
        finding = rows.text(row, 12).flatMap(Finding.init(rawValue:))
        note = rows.text(row, 13)
    }

    package func state(at now: Instant) -> State {
        if closedAt != nil { return .closed }
        if until <= now { return .expired }
        return kind == .secondPerson && approvedAt == nil ? .pending : .open
    }
}

extension StoreDatabase {
    private static let grantColumns: SQL = """
        id, tenant_id, kind, rule, requester, reason, requested_at, valid_until, approved_by, approved_at, closed_by, closed_at, finding, note
        """

    package func grant(_ id: UUIDv7, _ scope: Scope) async throws(StorageError) -> GrantRecord? {
        let rows = try await read(scope, [Self.grantSelection(id, scope.tenant)])[0]
        return rows.rowCount == 0 ? nil : GrantRecord(rows, 0)
    }

    /// The grant, locked until the transaction ends.
    package static func lockGrant(_ id: UUIDv7, tenant: TenantID) -> SQL { "\(grantSelection(id, tenant)) FOR UPDATE" }

    package static func grant(_ rows: ResultSet) -> GrantRecord? { rows.rowCount == 0 ? nil : GrantRecord(rows, 0) }

    private static func grantSelection(_ id: UUIDv7, _ tenant: TenantID) -> SQL {
        "SELECT \(grantColumns) FROM access_grant WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id))"
    }

    /// Newest first.
    ///
    /// - Parameter isOpenOnly: only those that somebody still has to look at.
    package func grants(isOpenOnly: Bool, limit: Int, _ scope: Scope) async throws(StorageError) -> [GrantRecord] {
        let open: SQL = isOpenOnly ? "AND closed_at IS NULL AND (kind = 'break-glass' OR valid_until > now())" : ""
        let rows = try await read(
            scope,
            [
                """
                SELECT \(Self.grantColumns) FROM access_grant WHERE tenant_id = \(.uuid(scope.tenant.uuid)) \(open)
                ORDER BY id DESC LIMIT \(.int8(Int64(limit)))
                """
            ]
        )[0]
        return (0..<rows.rowCount).compactMap { GrantRecord(rows, $0) }
    }

    package static func addGrant(_ grant: GrantRecord) -> SQL {
        """
        INSERT INTO access_grant (id, tenant_id, kind, rule, requester, reason, requested_at, valid_until)
        VALUES (\(.uuid(grant.id)), \(.uuid(grant.tenant.uuid)), \(.text(grant.kind.rawValue)), \(.text(grant.rule)),
          \(.text(grant.requester)), \(.text(grant.reason)), \(.timestamp(grant.requestedAt)), \(.timestamp(grant.until)))
        """
    }

    package static func approveGrant(_ id: UUIDv7, by approver: String, at now: Instant, until: Instant, tenant: TenantID) -> SQL {
        """
        UPDATE access_grant SET approved_by = \(.text(approver)), approved_at = \(.timestamp(now)), valid_until = \(.timestamp(until))
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id))
        """
    }

    package static func closeGrant(
        _ id: UUIDv7, by closer: String, at now: Instant, _ finding: GrantRecord.Finding, note: String, tenant: TenantID
    ) -> SQL {
        """
        UPDATE access_grant SET closed_by = \(.text(closer)), closed_at = \(.timestamp(now)), finding = \(.text(finding.rawValue)),
          note = \(.text(note))
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id))
        """
    }
}

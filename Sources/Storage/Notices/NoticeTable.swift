package import PostgresLink
package import Vocabulary

/// How far a recipient has been told.
package enum NoticeState: String, Sendable, CaseIterable {
    /// To be delivered to the recipient's webhook.
    case waiting
    /// The webhook took it; the recipient has not said yet that it has done so, too.
    case delivered
    /// Done: said by the recipient, or by whoever told it.
    case acknowledged
    /// There is no webhook, or it did not take the notice: somebody has to tell the recipient.
    case byHand = "by-hand"
}

/// What one recipient has to be told (GDPR Art. 19).
package struct NoticeRow: Sendable {
    package let id: UUIDv7
    /// The request, or whatever else it is because of.
    package let cause: UUIDv7
    package let recipient: String
    package let kind: String
    package var state: NoticeState
    /// Sealed; empty once the recipient has acknowledged.
    package var payload: [UInt8]?
    package let attempts: Int
    package let createdAt: Instant
    package let nextAt: Instant?
    package let deliveredAt: Instant?
    package let acknowledgedAt: Instant?
    package let acknowledgedBy: String?
    /// Why the last try failed: a code.
    package let failure: String?

    package init(
        id: UUIDv7, cause: UUIDv7, recipient: String, kind: String, state: NoticeState, payload: [UInt8], createdAt: Instant, nextAt: Instant?
    ) {
        self.id = id
        self.cause = cause
        self.recipient = recipient
        self.kind = kind
        self.state = state
        self.payload = payload
        self.createdAt = createdAt
        self.nextAt = nextAt
        attempts = 0
        deliveredAt = nil
        acknowledgedAt = nil
        acknowledgedBy = nil
        failure = nil
    }

    fileprivate init?(_ rows: ResultSet, _ row: Int) {
        guard let id = rows.uuid(row, 0), let cause = rows.uuid(row, 1), let recipient = rows.text(row, 2), let kind = rows.text(row, 3),
            let state = rows.text(row, 4).flatMap({ NoticeState(rawValue: $0) }), let createdAt = rows.timestamp(row, 7)
        else { return nil }
        self.id = id
        self.cause = cause
        self.recipient = recipient
        self.kind = kind
        self.state = state
        self.createdAt = createdAt
        payload = rows.bytes(row, 5)
        attempts = Int(rows.int64(row, 6) ?? 0)
        nextAt = rows.timestamp(row, 8)
        deliveredAt = rows.timestamp(row, 9)
        acknowledgedAt = rows.timestamp(row, 10)
        acknowledgedBy = rows.text(row, 11)
        failure = rows.text(row, 12)
    }
}

/// Statements about what recipients are told.
extension StoreDatabase {
    private static let noticeColumns: SQL = """
        id, cause_id, recipient, kind, state, payload, attempts, created_at, next_at, delivered_at, acknowledged_at, acknowledged_by, failure
        """

    package static func add(_ notice: NoticeRow, tenant: TenantID) -> SQL {
        """
        INSERT INTO recipient_notice (tenant_id, id, cause_id, recipient, kind, state, payload, attempts, created_at, next_at)
        VALUES (\(.uuid(tenant.uuid)), \(.uuid(notice.id)), \(.uuid(notice.cause)), \(.text(notice.recipient)), \(.text(notice.kind)),
          \(.text(notice.state.rawValue)), \(.bytes(notice.payload)), 0, \(.timestamp(notice.createdAt)), \(.timestamp(notice.nextAt)))
        """
    }

    package static func notices(ofCause cause: UUIDv7, tenant: TenantID) -> SQL {
        """
        SELECT \(noticeColumns) FROM recipient_notice WHERE tenant_id = \(.uuid(tenant.uuid)) AND cause_id = \(.uuid(cause)) ORDER BY id
        """
    }

    package static func notice(_ id: UUIDv7, tenant: TenantID) -> SQL {
        "SELECT \(noticeColumns) FROM recipient_notice WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id))"
    }

    /// Those that nobody has acknowledged, the oldest first; or all, the newest first.
    package static func notices(openOnly: Bool, limit: Int, tenant: TenantID) -> SQL {
        let limits: SQL = openOnly ? " AND acknowledged_at IS NULL ORDER BY id" : " ORDER BY id DESC"
        return "SELECT \(noticeColumns) FROM recipient_notice WHERE tenant_id = \(.uuid(tenant.uuid))\(limits) LIMIT \(.int8(Int64(limit)))"
    }

    package static func notices(_ rows: ResultSet) -> [NoticeRow] { (0..<rows.rowCount).compactMap { NoticeRow(rows, $0) } }

    /// Takes notices that are due, each for a try: nobody else has them for two minutes.
    package static func takeDueNotices(limit: Int, tenant: TenantID) -> SQL {
        """
        UPDATE recipient_notice SET attempts = attempts + 1, next_at = clock_timestamp() + interval '2 minutes'
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND id IN (
          SELECT id FROM recipient_notice WHERE tenant_id = \(.uuid(tenant.uuid)) AND next_at <= clock_timestamp()
          ORDER BY next_at LIMIT \(.int8(Int64(limit))) FOR UPDATE SKIP LOCKED)
        RETURNING \(noticeColumns)
        """
    }

    /// The webhook took it. What was acknowledged meanwhile stays so.
    package static func delivered(_ id: UUIDv7, at now: Instant, tenant: TenantID) -> SQL {
        """
        UPDATE recipient_notice SET state = 'delivered', delivered_at = \(.timestamp(now)), next_at = NULL, failure = NULL
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id)) AND state IN ('waiting', 'by-hand')
        """
    }

    /// - Parameter next: when to try again; `nil` leaves it to somebody.
    package static func failed(_ id: UUIDv7, code: String, next: Instant?, tenant: TenantID) -> SQL {
        """
        UPDATE recipient_notice SET state = \(.text(next == nil ? NoticeState.byHand.rawValue : NoticeState.waiting.rawValue)),
          next_at = \(.timestamp(next)), failure = \(.text(code))
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id)) AND state = 'waiting'
        """
    }

    /// The recipient has done so, too: nothing has to be known of whom it was about any more.
    package static func acknowledge(_ id: UUIDv7, by actor: String, at now: Instant, tenant: TenantID) -> SQL {
        """
        UPDATE recipient_notice SET state = 'acknowledged', acknowledged_at = \(.timestamp(now)), acknowledged_by = \(.text(actor)), payload = NULL,
          next_at = NULL, failure = NULL
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id)) AND acknowledged_at IS NULL
        """
    }

    /// Tries again, from now.
    package static func retry(_ id: UUIDv7, at now: Instant, tenant: TenantID) -> SQL {
        """
        UPDATE recipient_notice SET state = 'waiting', attempts = 0, next_at = \(.timestamp(now))
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id)) AND acknowledged_at IS NULL
        """
    }
}

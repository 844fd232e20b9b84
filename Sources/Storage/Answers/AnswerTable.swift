package import PostgresLink
package import Vocabulary

/// The answer to a change, kept for a caller who sends the same call again.
package struct AnswerRow: Sendable {
    /// A keyed digest of caller, method, path and key.
    package let scope: [UInt8]
    /// A keyed digest of what was sent.
    package let fingerprint: [UInt8]
    package let until: Instant
    /// What was done to what: whoever gets the answer again still has to be allowed it.
    package let action: String
    package let resource: String
    package let event: EventID
    /// The record that the answer shows, and how it was seen.
    package let record: RecordID?
    package let sight: String?
    /// Whose key the answer is sealed with; nobody's when it is the tenant's.
    package let subject: SubjectID?
    package let sealed: [UInt8]

    package init(
        scope: [UInt8], fingerprint: [UInt8], until: Instant, action: String, resource: String, event: EventID, record: RecordID?, sight: String?,
        subject: SubjectID?, sealed: [UInt8]
    ) {
        self.scope = scope
        self.fingerprint = fingerprint
        self.until = until
        self.action = action
        self.resource = resource
        self.event = event
        self.record = record
        self.sight = sight
        self.subject = subject
        self.sealed = sealed
    }

    fileprivate init?(_ rows: ResultSet) {
        guard rows.rowCount == 1, let scope = rows.bytes(0, 0), let fingerprint = rows.bytes(0, 1), let until = rows.timestamp(0, 2),
            let action = rows.text(0, 3), let resource = rows.text(0, 4), let event = rows.uuid(0, 5), let sealed = rows.bytes(0, 9)
        else { return nil }
        self.init(
            scope: scope, fingerprint: fingerprint, until: until, action: action, resource: resource, event: EventID(event),
            record: rows.uuid(0, 6).map { RecordID($0) }, sight: rows.text(0, 7), subject: rows.uuid(0, 8).map { SubjectID($0) }, sealed: sealed
        )
    }
}

extension StoreDatabase {
    /// The answer that is kept under a scope, if its time is not over.
    package static func keptAnswer(_ scope: [UInt8], tenant: TenantID) -> SQL {
        """
        SELECT scope, fingerprint, kept_until, action, resource, event_id, record_id, sight, subject_id, sealed FROM kept_answer
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND scope = \(.bytes(scope)) AND kept_until > now()
        """
    }

    package static func keptAnswer(_ rows: ResultSet) -> AnswerRow? { AnswerRow(rows) }

    /// Two statements: whether nobody else is answering the same call, to the end of the transaction, and whether it was answered before.
    ///
    /// They are two so that the second looks after the first has its lock: each statement sees what was committed before it began.
    package static func claimAnswer(_ scope: [UInt8], tenant: TenantID) -> [SQL] {
        let number = scope.prefix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
        return [
            "SELECT pg_try_advisory_xact_lock(\(.int8(number)))",
            "SELECT scope FROM kept_answer WHERE tenant_id = \(.uuid(tenant.uuid)) AND scope = \(.bytes(scope)) AND kept_until > now()",
        ]
    }

    /// Keeps an answer; one whose time is over and that nobody has taken away yet gives way.
    package static func keep(_ row: AnswerRow, tenant: TenantID) -> SQL {
        """
        INSERT INTO kept_answer (tenant_id, scope, fingerprint, kept_until, action, resource, event_id, record_id, sight, subject_id, sealed)
        VALUES (\(.uuid(tenant.uuid)), \(.bytes(row.scope)), \(.bytes(row.fingerprint)), \(.timestamp(row.until)), \(.text(row.action)),
          \(.text(row.resource)), \(.uuid(row.event.uuid)), \(.uuid(row.record?.uuid)), \(.text(row.sight)), \(.uuid(row.subject?.uuid)),
          \(.bytes(row.sealed)))
        ON CONFLICT (tenant_id, scope) DO UPDATE SET (fingerprint, kept_until, action, resource, event_id, record_id, sight, subject_id, sealed)
          = (EXCLUDED.fingerprint, EXCLUDED.kept_until, EXCLUDED.action, EXCLUDED.resource, EXCLUDED.event_id, EXCLUDED.record_id,
             EXCLUDED.sight, EXCLUDED.subject_id, EXCLUDED.sealed)
        """
    }

    /// Takes away answers whose time is over, some at a time; answers how many went.
    package static func dropKeptAnswers(limit: Int, tenant: TenantID) -> SQL {
        """
        WITH gone AS (
          DELETE FROM kept_answer WHERE tenant_id = \(.uuid(tenant.uuid)) AND scope IN (
            SELECT scope FROM kept_answer WHERE tenant_id = \(.uuid(tenant.uuid)) AND kept_until <= now()
            ORDER BY kept_until LIMIT \(.int8(Int64(limit))) FOR UPDATE SKIP LOCKED)
          RETURNING 1)
        SELECT count(*) FROM gone
        """
    }
}

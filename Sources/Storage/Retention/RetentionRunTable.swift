package import PostgresLink
package import Vocabulary

/// A run of retention as it rests.
package struct RetentionRunRow: Sendable {
    package let id: UUIDv7
    package let tenant: TenantID
    /// Names of rules, `entity.rule`, in the order they are carried out in.
    package let rules: [String]
    /// At most so many records a second; 0 is as fast as it goes.
    package let rate: Int32
    /// What is too old is too old at this moment, however long the run takes.
    package let startedAt: Instant
    package let startedBy: String
    /// The place of the rule it is at.
    package var rule: Int
    /// Whether all records of that rule are on the list.
    package var isListed: Bool
    /// The last record that was put on the list.
    package var position: UUIDv7?
    package var done: Int64
    package var total: Int64
    /// One for each batch.
    package var events: [UUIDv7]
    package var finishedAt: Instant?
    package var report: [UInt8]?

    package init(
        id: UUIDv7, tenant: TenantID, rules: [String], rate: Int32, startedAt: Instant, startedBy: String
    ) {
        self.id = id
        self.tenant = tenant
        self.rules = rules
        self.rate = rate
        self.startedAt = startedAt
        self.startedBy = startedBy
        (rule, isListed, done, total, events) = (0, false, 0, 0, [])
    }

    init?(_ rows: ResultSet, _ row: Int, _ tenant: TenantID) {
        guard let id = rows.uuid(row, 0), let startedAt = rows.timestamp(row, 3) else { return nil }
        self.init(
            id: id, tenant: tenant, rules: rows.texts(row, 1), rate: rows.int32(row, 2), startedAt: startedAt, startedBy: rows.text(row, 4) ?? "")
        rule = Int(rows.int64(row, 5) ?? 0)
        isListed = rows.bool(row, 6) ?? false
        position = rows.uuid(row, 7)
        (done, total) = (rows.int64(row, 8) ?? 0, rows.int64(row, 9) ?? 0)
        events = rows.uuids(row, 10)
        finishedAt = rows.timestamp(row, 11)
        report = rows.bytes(row, 12)
    }

    package static func all(_ rows: ResultSet, of tenant: TenantID) -> [RetentionRunRow] {
        (0..<rows.rowCount).compactMap { RetentionRunRow(rows, $0, tenant) }
    }
}

/// How often something came of a rule of a run, for one entity.
package struct RetentionTally: Sendable, Hashable {
    package enum Outcome: String, Sendable, CaseIterable {
        /// People whose key was destroyed.
        case people
        case deleted, blanked, anonymised, archived
        /// References that were cut.
        case cut
        /// Stays because of a floor, a hold, a restriction, or because something refers to it that cannot do without.
        case kept, held, restricted, referenced
        /// Was gone, or no longer due, when its turn came.
        case passed
        /// To be looked at by somebody.
        case listed
    }

    package let rule: String
    package let outcome: Outcome
    package let entity: String
    package let count: Int

    package init(rule: String, outcome: Outcome, entity: String, count: Int) {
        self.rule = rule
        self.outcome = outcome
        self.entity = entity
        self.count = count
    }
}

/// Statements about runs of retention.
extension StoreDatabase {
    private static let runColumns: SQL = """
        id, rules, rate, started_at, started_by, rule::bigint, is_listed, position, done, total,
          (SELECT string_agg(uuid_send(e), ''::bytea ORDER BY n) FROM unnest(events) WITH ORDINALITY AS u (e, n)), finished_at, report
        """

    /// Begins a run, unless one is under way in the tenant.
    package static func begin(_ run: RetentionRunRow) -> SQL {
        """
        INSERT INTO retention_run (tenant_id, id, rules, rate, started_at, started_by, rule, is_listed, done, total, events)
        VALUES (\(.uuid(run.tenant.uuid)), \(.uuid(run.id)), \(.texts(run.rules)), \(.int4(run.rate)), \(.timestamp(run.startedAt)),
          \(.text(run.startedBy)), 0, false, 0, 0, '{}')
        ON CONFLICT DO NOTHING
        """
    }

    package static func retentionRun(_ id: UUIDv7, of tenant: TenantID) -> SQL {
        "SELECT \(runColumns) FROM retention_run WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id))"
    }

    /// Runs, the newest first.
    package static func retentionRuns(of tenant: TenantID, unfinishedOnly: Bool = false) -> SQL {
        let unfinished: SQL = unfinishedOnly ? " AND finished_at IS NULL" : ""
        return """
            SELECT \(runColumns) FROM retention_run WHERE tenant_id = \(.uuid(tenant.uuid))\(unfinished) ORDER BY started_at DESC LIMIT 50
            """
    }

    /// Takes a run for a while, if nobody else has it.
    package static func claimRun(_ id: UUIDv7, by runner: UUIDv7, tenant: TenantID) -> SQL {
        """
        UPDATE retention_run SET runner = \(.uuid(runner)), leased_until = clock_timestamp() + interval '30 seconds'
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id)) AND finished_at IS NULL
          AND (runner IS NULL OR runner = \(.uuid(runner)) OR leased_until < clock_timestamp())
        """
    }

    package static func releaseRun(_ id: UUIDv7, by runner: UUIDv7, tenant: TenantID) -> SQL {
        """
        UPDATE retention_run SET runner = NULL, leased_until = NULL
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id)) AND runner = \(.uuid(runner))
        """
    }

    /// Writes down how far a run is, and keeps it for another while. Changes nothing when somebody else has taken it meanwhile.
    package static func saveRun(_ run: RetentionRunRow, by runner: UUIDv7) -> SQL {
        """
        UPDATE retention_run SET rule = \(.int4(Int32(run.rule))), is_listed = \(.bool(run.isListed)), position = \(.uuid(run.position)),
          total = \(.int8(run.total)), finished_at = \(.timestamp(run.finishedAt)), report = \(.bytes(run.report)),
          leased_until = clock_timestamp() + interval '30 seconds'
        WHERE tenant_id = \(.uuid(run.tenant.uuid)) AND id = \(.uuid(run.id)) AND runner = \(.uuid(runner)) AND finished_at IS NULL
        """
    }

    /// Counts a batch of a run as done, in the transaction that does it; keeps the run for another while.
    package static func note(_ count: Int, event: EventID, of run: RetentionRunRow) -> SQL {
        """
        UPDATE retention_run SET done = done + \(.int8(Int64(count))), events = events || \(.uuid(event.uuid)),
          leased_until = clock_timestamp() + interval '30 seconds'
        WHERE tenant_id = \(.uuid(run.tenant.uuid)) AND id = \(.uuid(run.id))
        """
    }

    /// How many erasures of a run have taken rows away and not yet destroyed the keys.
    package static func openErasures(of run: RetentionRunRow) -> SQL {
        """
        SELECT count(*) FROM erasure WHERE tenant_id = \(.uuid(run.tenant.uuid)) AND finished_at IS NULL
          AND starts_with(cause, \(.text("retention:\(run.id):")))
        """
    }

    // MARK: List

    /// The next records on the list of a run.
    package static func items(of run: RetentionRunRow, rule: String, limit: Int) -> SQL {
        """
        SELECT id FROM retention_item WHERE tenant_id = \(.uuid(run.tenant.uuid)) AND run_id = \(.uuid(run.id)) AND rule = \(.text(rule))
          AND holder IS NULL ORDER BY id LIMIT \(.int8(Int64(limit)))
        """
    }

    package static func removeItems(_ ids: [UUIDv7], of run: RetentionRunRow, rule: String) -> SQL {
        """
        DELETE FROM retention_item WHERE tenant_id = \(.uuid(run.tenant.uuid)) AND run_id = \(.uuid(run.id)) AND rule = \(.text(rule))
          AND id = ANY(\(.uuids(ids)))
        """
    }

    /// Notes that the search tokens of records that are gone are to follow.
    package static func oweTokens(_ items: [(id: UUIDv7, holder: UUIDv7)], of run: RetentionRunRow, rule: String) -> SQL {
        """
        UPDATE retention_item SET holder = gone.holder
        FROM unnest(\(.uuids(items.map(\.id))), \(.uuids(items.map(\.holder)))) AS gone (id, holder)
        WHERE tenant_id = \(.uuid(run.tenant.uuid)) AND run_id = \(.uuid(run.id)) AND rule = \(.text(rule)) AND retention_item.id = gone.id
        """
    }

    package static func owedTokens(of run: RetentionRunRow, rule: String, limit: Int) -> SQL {
        """
        SELECT id, holder FROM retention_item WHERE tenant_id = \(.uuid(run.tenant.uuid)) AND run_id = \(.uuid(run.id))
          AND rule = \(.text(rule)) AND holder IS NOT NULL ORDER BY id LIMIT \(.int8(Int64(limit)))
        """
    }

    // MARK: Numbers

    package static func add(_ tallies: [RetentionTally], to run: RetentionRunRow) -> SQL {
        """
        INSERT INTO retention_tally (tenant_id, run_id, rule, outcome, entity, count)
        SELECT \(.uuid(run.tenant.uuid)), \(.uuid(run.id)), rule, outcome, entity, count
        FROM unnest(\(.texts(tallies.map(\.rule))), \(.texts(tallies.map(\.outcome.rawValue))), \(.texts(tallies.map(\.entity))),
          \(.int8s(tallies.map { Int64($0.count) }))) AS new (rule, outcome, entity, count)
        ON CONFLICT (tenant_id, run_id, rule, outcome, entity) DO UPDATE SET count = retention_tally.count + excluded.count
        """
    }

    package static func tallies(of run: UUIDv7, tenant: TenantID) -> SQL {
        """
        SELECT rule, outcome, entity, count FROM retention_tally WHERE tenant_id = \(.uuid(tenant.uuid)) AND run_id = \(.uuid(run))
        ORDER BY rule, outcome, entity
        """
    }

    package static func tallies(_ rows: ResultSet) -> [RetentionTally] {
        (0..<rows.rowCount).compactMap { row in
            guard let rule = rows.text(row, 0), let outcome = rows.text(row, 1).flatMap({ RetentionTally.Outcome(rawValue: $0) }) else { return nil }
            return RetentionTally(rule: rule, outcome: outcome, entity: rows.text(row, 2) ?? "", count: Int(rows.int64(row, 3) ?? 0))
        }
    }

    // MARK: Reviews

    /// Notes that somebody has looked at records, as their anchors are now.
    package static func noteReview(
        _ seen: [(id: RecordID, subject: SubjectID?, anchor: Instant)], rule: String, at now: Instant, by actor: String, tenant: TenantID
    ) -> SQL {
        """
        INSERT INTO retention_review (tenant_id, rule, record_id, subject_id, anchor, reviewed_at, reviewed_by)
        SELECT \(.uuid(tenant.uuid)), \(.text(rule)), id, subject, anchor, \(.timestamp(now)), \(.text(actor))
        FROM unnest(\(.uuids(seen.map(\.id.uuid))), \(.uuids(seen.map { $0.subject?.uuid })), \(.timestamps(seen.map(\.anchor))))
          AS seen (id, subject, anchor)
        ON CONFLICT (tenant_id, rule, record_id) DO UPDATE SET (anchor, reviewed_at, reviewed_by)
          = (excluded.anchor, excluded.reviewed_at, excluded.reviewed_by)
        """
    }
}

extension VaultDatabase {
    /// Takes away the search tokens of records that are gone.
    package static func removeTokens(_ items: [(id: UUIDv7, holder: UUIDv7)], of tenant: TenantID) -> SQL {
        """
        DELETE FROM search_token USING unnest(\(.uuids(items.map(\.holder))), \(.uuids(items.map(\.id)))) AS gone (holder, record_id)
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND search_token.holder = gone.holder AND search_token.record_id = gone.record_id
        """
    }
}

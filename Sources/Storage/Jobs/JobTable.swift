package import PostgresLink
package import Vocabulary

/// Statements about jobs.
extension StoreDatabase {
    private static let jobColumns: SQL = """
        id, kind, entity, state, owner, purpose, is_dry_run, content, parts, done_parts, total, created, updated, skipped, refused, next, code,
        created_at, ended_at, files_until, revertible_until, due_at
        """

    package static func jobs(_ rows: ResultSet) -> [JobRow] { (0..<rows.rowCount).compactMap { JobRow(rows, $0) } }

    package static func addJob(_ job: JobRow, tenant: TenantID) -> SQL {
        """
        INSERT INTO record_job (tenant_id, id, kind, entity, state, owner, purpose, is_dry_run, content, parts, done_parts, total, created, updated,
          skipped, refused, created_at, files_until, revertible_until, due_at)
        VALUES (\(.uuid(tenant.uuid)), \(.uuid(job.id)), \(.text(job.kind.rawValue)), \(.text(job.entity)), \(.text(job.state.rawValue)),
          \(.text(job.owner)), \(.text(job.purpose)), \(.bool(job.isDryRun)), \(.bytes(job.content)), 0, 0, 0, 0, 0, 0, 0,
          \(.timestamp(job.createdAt)), \(.timestamp(job.filesUntil)), \(.timestamp(job.revertibleUntil)), \(.timestamp(job.dueAt)))
        """
    }

    /// - Parameter owner: only those of this key; `nil` for all. The newest first.
    package static func jobs(of owner: String?, limit: Int, tenant: TenantID) -> SQL {
        let limits: SQL = owner.map { " AND owner = \(.text($0))" } ?? ""
        return """
            SELECT \(jobColumns) FROM record_job WHERE tenant_id = \(.uuid(tenant.uuid))\(limits)
            ORDER BY id DESC LIMIT \(.int8(Int64(limit)))
            """
    }

    package static func job(_ id: UUIDv7, of owner: String?, tenant: TenantID, forUpdate: Bool = false) -> SQL {
        let limits: SQL = owner.map { " AND owner = \(.text($0))" } ?? ""
        let lock: SQL = forUpdate ? " FOR UPDATE" : ""
        return "SELECT \(jobColumns) FROM record_job WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id))\(limits)\(lock)"
    }

    /// How many jobs of a key have not ended, in the second answer. Until the transaction ends nobody else counts them: two who count at once would
    /// both find room.
    package static func countLiveJobs(of owner: String, tenant: TenantID) -> [SQL] {
        [
            "SELECT pg_advisory_xact_lock(hashtextextended('record_job ' || \(.text(owner)), 0))",
            """
            SELECT count(*) FROM record_job WHERE tenant_id = \(.uuid(tenant.uuid)) AND owner = \(.text(owner))
              AND state IN ('open', 'running', 'reverting')
            """,
        ]
    }

    /// How many bytes the parts of an import take.
    package static func byteCount(of job: UUIDv7, tenant: TenantID) -> SQL {
        """
        SELECT coalesce(sum(octet_length(sealed)), 0)::bigint FROM record_job_part
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND job_id = \(.uuid(job))
        """
    }

    // MARK: Rows on their way in

    /// Sent again, a part replaces what it was; its job counts it once.
    package static func putPart(_ sealed: [UInt8], rows: Int, number: Int32, of job: UUIDv7, tenant: TenantID) -> [SQL] {
        [
            """
            INSERT INTO record_job_part (tenant_id, job_id, number, row_count, sealed)
            VALUES (\(.uuid(tenant.uuid)), \(.uuid(job)), \(.int4(number)), \(.int4(Int32(rows))), \(.bytes(sealed)))
            ON CONFLICT (tenant_id, job_id, number) DO UPDATE SET row_count = EXCLUDED.row_count, sealed = EXCLUDED.sealed
            """,
            """
            UPDATE record_job SET (parts, total) = (
                SELECT count(*), coalesce(sum(row_count), 0) FROM record_job_part
                WHERE tenant_id = \(.uuid(tenant.uuid)) AND job_id = \(.uuid(job)))
            WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(job))
            """,
        ]
    }

    /// The greatest number of a part, beside how many there are.
    package static func lastPart(of job: UUIDv7, tenant: TenantID) -> SQL {
        """
        SELECT count(*), max(number)::bigint FROM record_job_part WHERE tenant_id = \(.uuid(tenant.uuid)) AND job_id = \(.uuid(job))
        """
    }

    package static func part(_ number: Int32, of job: UUIDv7, tenant: TenantID) -> SQL {
        """
        SELECT sealed FROM record_job_part
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND job_id = \(.uuid(job)) AND number = \(.int4(number))
        """
    }

    // MARK: Work

    /// Takes the job that has waited longest, for a step of at most so long: whoever took it, it is due again then.
    package static func takeDueJob(until lease: Instant, at now: Instant, tenant: TenantID) -> SQL {
        """
        UPDATE record_job SET due_at = \(.timestamp(lease)) WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = (
          SELECT id FROM record_job WHERE tenant_id = \(.uuid(tenant.uuid)) AND due_at <= \(.timestamp(now))
          ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING \(jobColumns)
        """
    }

    package static func addLines(_ lines: [JobLine], of job: UUIDv7, tenant: TenantID, orKeep: Bool = false) -> SQL {
        let columns: [SQL] = [
            "\(.int8s(lines.map(\.number)))", "\(.texts(lines.map(\.fate.rawValue)))", "\(.uuids(lines.map(\.record)))",
            "\(.uuids(lines.map(\.subject)))", "\(.int8s(lines.map(\.version)))", "\(.texts(lines.map(\.sight)))",
            "\(.byteStrings(lines.map(\.sealed)))",
        ]
        let conflict: SQL = orKeep ? " ON CONFLICT DO NOTHING" : ""
        return """
            INSERT INTO record_job_line (tenant_id, job_id, number, fate, record_id, subject_id, version, sight, sealed)
            SELECT \(.uuid(tenant.uuid)), \(.uuid(job)), each.* FROM unnest(\(joining: columns)) AS each\(conflict)
            """
    }

    /// Numbers of the rows that have had their turn.
    package static func linesDone(_ numbers: ClosedRange<Int64>, of job: UUIDv7, tenant: TenantID) -> SQL {
        """
        SELECT number FROM record_job_line WHERE tenant_id = \(.uuid(tenant.uuid)) AND job_id = \(.uuid(job))
          AND number BETWEEN \(.int8(numbers.lowerBound)) AND \(.int8(numbers.upperBound))
        """
    }

    /// A part of an import is done, unless somebody else was faster. Touches one row, or none.
    package static func finishPart(
        _ number: Int32, _ numbers: ClosedRange<Int64>, of job: UUIDv7, at now: Instant, filesUntil: Instant, revertibleUntil: Instant?,
        tenant: TenantID
    ) -> [SQL] {
        let (tenant, job) = (SQLParameter.uuid(tenant.uuid), SQLParameter.uuid(job))
        func count(_ fate: JobLine.Fate) -> SQL {
            """
            (SELECT count(*) FROM record_job_line WHERE tenant_id = \(tenant) AND job_id = \(job) AND fate = \(.text(fate.rawValue))
              AND number BETWEEN \(.int8(numbers.lowerBound)) AND \(.int8(numbers.upperBound)))
            """
        }
        return [
            """
            UPDATE record_job SET done_parts = \(.int4(number)), created = created + \(count(.created)), updated = updated + \(count(.updated)),
              skipped = skipped + \(count(.skipped)), refused = refused + \(count(.refused)), code = NULL,
              state = CASE WHEN parts = \(.int4(number)) THEN 'done' ELSE state END,
              ended_at = CASE WHEN parts = \(.int4(number)) THEN \(.timestamp(now)) END,
              due_at = CASE WHEN parts > \(.int4(number)) THEN \(.timestamp(now)) END,
              files_until = \(.timestamp(filesUntil)), revertible_until = \(.timestamp(revertibleUntil))
            WHERE tenant_id = \(tenant) AND id = \(job) AND state = 'running' AND done_parts = \(.int4(number - 1))
            """,
            "DELETE FROM record_job_part WHERE tenant_id = \(tenant) AND job_id = \(job) AND number = \(.int4(number))",
        ]
    }

    /// An export has one more part, unless somebody else was faster. Touches one row, or none.
    package static func addedPart(
        _ number: Int32, rows: Int, next: String?, of job: UUIDv7, at now: Instant, filesUntil: Instant, tenant: TenantID
    ) -> SQL {
        let state = next == nil ? JobState.done : .running
        return """
            UPDATE record_job SET parts = \(.int4(number)), done_parts = \(.int4(number)), total = total + \(.int8(Int64(rows))),
              next = \(.text(next)), code = NULL, state = \(.text(state.rawValue)),
              ended_at = \(.timestamp(next == nil ? now : nil)), due_at = \(.timestamp(next == nil ? nil : now)),
              files_until = \(.timestamp(filesUntil))
            WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(job)) AND state = 'running' AND done_parts = \(.int4(number - 1))
            """
    }

    /// Goes on later, and says what for.
    package static func postponeJob(_ id: UUIDv7, to time: Instant, code: String?, tenant: TenantID) -> SQL {
        """
        UPDATE record_job SET due_at = \(.timestamp(time)), code = \(.text(code))
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id)) AND state IN ('running', 'reverting')
        """
    }

    /// - Parameter states: only from one of these. Touches one row, or none.
    package static func moveJob(
        _ id: UUIDv7, from states: [JobState], to state: JobState, code: String?, at now: Instant, due: Instant?, filesUntil: Instant?,
        tenant: TenantID
    ) -> SQL {
        """
        UPDATE record_job SET state = \(.text(state.rawValue)), code = \(.text(code)), due_at = \(.timestamp(due)),
          ended_at = \(.timestamp(due == nil ? now : nil)), files_until = coalesce(\(.timestamp(filesUntil)), files_until)
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id)) AND state = ANY(\(.texts(states.map(\.rawValue))))
        """
    }

    // MARK: Results

    /// Lines of one fate in the order of their numbers: number, record, subject, sight, sealed.
    package static func lines(
        _ fate: JobLine.Fate, above number: Int64, limit: Int, of job: UUIDv7, tenant: TenantID
    ) -> SQL {
        """
        SELECT number, record_id, subject_id, sight, sealed FROM record_job_line
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND job_id = \(.uuid(job)) AND fate = \(.text(fate.rawValue)) AND number > \(.int8(number))
        ORDER BY number LIMIT \(.int8(Int64(limit)))
        """
    }

    package static func lines(_ fate: JobLine.Fate, _ rows: ResultSet) -> [JobLine] {
        (0..<rows.rowCount).compactMap { row in
            rows.int64(row, 0).map { number in
                JobLine(
                    number: number, fate: fate, record: rows.uuid(row, 1), subject: rows.uuid(row, 2), sight: rows.text(row, 3),
                    sealed: rows.bytes(row, 4))
            }
        }
    }

    /// What an import did that is not taken back yet, the last first.
    package static func effects(of job: UUIDv7, limit: Int, tenant: TenantID) -> SQL {
        """
        SELECT record_id, max(version), bool_or(fate = 'created'), min(number) FROM record_job_line
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND job_id = \(.uuid(job)) AND fate IN ('created', 'updated') AND reverted IS NULL
        GROUP BY record_id ORDER BY min(number) DESC LIMIT \(.int8(Int64(limit)))
        """
    }

    package static func effects(_ rows: ResultSet) -> [JobEffect] {
        (0..<rows.rowCount).compactMap { row in
            guard let record = rows.uuid(row, 0), let version = rows.int64(row, 1), let number = rows.int64(row, 3) else { return nil }
            return JobEffect(record: record, version: version, wasCreated: rows.bool(row, 2) ?? false, number: number)
        }
    }

    /// What the rows of an import have replaced of a record, the first of them last.
    package static func replaced(_ record: UUIDv7, in job: UUIDv7, tenant: TenantID) -> SQL {
        """
        SELECT number, record_id, subject_id, sight, sealed FROM record_job_line
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND job_id = \(.uuid(job)) AND record_id = \(.uuid(record)) AND fate = 'updated'
        ORDER BY number DESC
        """
    }

    /// - Parameter outcome: `reverted`, or the code of why not.
    package static func mark(_ record: UUIDv7, _ outcome: String, in job: UUIDv7, tenant: TenantID) -> SQL {
        """
        UPDATE record_job_line SET reverted = \(.text(outcome)), sealed = NULL
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND job_id = \(.uuid(job)) AND record_id = \(.uuid(record)) AND fate IN ('created', 'updated')
        """
    }

    /// Records by what came of taking them back: outcome, count.
    package static func reversals(of job: UUIDv7, tenant: TenantID) -> SQL {
        """
        SELECT reverted, count(DISTINCT record_id) FROM record_job_line
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND job_id = \(.uuid(job)) AND reverted IS NOT NULL GROUP BY reverted ORDER BY reverted
        """
    }

    // MARK: Expiry

    /// Jobs whose files have lasted their time, and which are not at work.
    package static func jobsWithOldFiles(at now: Instant, tenant: TenantID) -> SQL {
        """
        SELECT \(jobColumns) FROM record_job WHERE tenant_id = \(.uuid(tenant.uuid)) AND files_until <= \(.timestamp(now))
          AND content IS NOT NULL AND state NOT IN ('running', 'reverting') ORDER BY id LIMIT 100
        """
    }

    package static func dropFiles(of job: UUIDv7, tenant: TenantID) -> [SQL] {
        [
            "DELETE FROM record_job_part WHERE tenant_id = \(.uuid(tenant.uuid)) AND job_id = \(.uuid(job))",
            """
            DELETE FROM record_job_line WHERE tenant_id = \(.uuid(tenant.uuid)) AND job_id = \(.uuid(job)) AND fate IN ('exported', 'refused', 'skipped')
            """,
            """
            UPDATE record_job SET content = NULL, next = NULL, state = CASE WHEN state = 'open' THEN 'cancelled' ELSE state END
            WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(job))
            """,
        ]
    }

    /// What no import can be taken back with any more, and the jobs that are long over.
    package static func sweepJobs(at now: Instant, before time: Instant, tenant: TenantID) -> [SQL] {
        [
            """
            DELETE FROM record_job_line AS line USING record_job AS job
            WHERE job.tenant_id = \(.uuid(tenant.uuid)) AND line.tenant_id = \(.uuid(tenant.uuid)) AND line.job_id = job.id
              AND coalesce(job.revertible_until, job.files_until) <= \(.timestamp(now)) AND job.state NOT IN ('running', 'reverting')
            """,
            """
            DELETE FROM record_job WHERE tenant_id = \(.uuid(tenant.uuid)) AND ended_at < \(.timestamp(time)) AND content IS NULL
              AND state NOT IN ('running', 'reverting')
            """,
        ]
    }
}

import PostgresLink
package import Vocabulary

/// What is replaced.
package enum KeyJobKind: String, Sendable, CaseIterable {
    /// The provider's root, and the keys that epoch keys are wrapped under.
    case root
    /// A tenant's epoch key; the old one is destroyed at the end.
    case epoch
    /// The data keys of a tenant's subjects and of the tenant itself: every cell is sealed anew.
    case subjects
    /// A tenant's search key: every token is made anew.
    case search
}

/// A rotation that was begun, and how far it is. Any gateway can go on with it.
package struct KeyJob: Sendable {
    package let tenant: TenantID
    package let id: UUIDv7
    package let kind: KeyJobKind
    /// The name of the step it is at; the steps of each kind are where it is carried out.
    package var step: String
    package var old: Int32
    package var new: Int32
    package var entity: String?
    package var position: UUIDv7?
    package var done: Int64
    package var total: Int64
    /// Cells that did not open.
    package var unreadable: Int64
    /// At most so many items a second; 0 is as fast as it goes.
    package let rate: Int32
    package let startedAt: Instant
    /// Since when it is at this step.
    package var stepAt: Instant
    /// Since when nothing uses what it replaces.
    package var unusedSince: Instant?
    package var finishedAt: Instant?

    package mutating func enter(_ step: String, at now: Instant = .now()) {
        self.step = step
        stepAt = now
        entity = nil
        position = nil
    }
}

extension VaultDatabase {
    /// Begins a job, unless one of its kind is under way in the tenant: then that one is answered.
    package func beginJob(
        _ kind: KeyJobKind, step: String, old: Int32, new: Int32, total: Int, rate: Int32, of tenant: TenantID
    ) async throws(StorageError) -> KeyJob? {
        _ = try await write(
            tenant,
            [
                """
                INSERT INTO key_job (tenant_id, id, kind, step, old, new, done, total, unreadable, rate, started_at, step_at)
                VALUES (\(.uuid(tenant.uuid)), \(.uuid(.make())), \(.text(kind.rawValue)), \(.text(step)), \(.int4(old)), \(.int4(new)), 0,
                  \(.int8(Int64(total))), 0, \(.int4(rate)), clock_timestamp(), clock_timestamp())
                ON CONFLICT DO NOTHING
                """
            ]
        )
        return try await jobs(of: tenant, unfinishedOnly: true).first { $0.kind == kind }
    }

    /// Jobs, the newest first.
    package func jobs(of tenant: TenantID, unfinishedOnly: Bool = false) async throws(StorageError) -> [KeyJob] {
        let unfinished: SQL = unfinishedOnly ? "AND finished_at IS NULL" : ""
        let rows = try await read(
            tenant,
            [
                """
                SELECT id, kind, step, old, new, entity, position, done, total, rate, started_at, step_at, unused_since, finished_at, unreadable
                FROM key_job WHERE tenant_id = \(.uuid(tenant.uuid)) \(unfinished) ORDER BY started_at DESC LIMIT 50
                """
            ]
        )[0]
        return (0..<rows.rowCount).compactMap { row in
            guard let id = rows.uuid(row, 0), let kind = KeyJobKind(rawValue: rows.text(row, 1) ?? ""), let started = rows.timestamp(row, 10),
                let stepAt = rows.timestamp(row, 11)
            else { return nil }
            return KeyJob(
                tenant: tenant, id: id, kind: kind, step: rows.text(row, 2) ?? "", old: rows.int32(row, 3), new: rows.int32(row, 4),
                entity: rows.text(row, 5), position: rows.uuid(row, 6), done: rows.int64(row, 7) ?? 0, total: rows.int64(row, 8) ?? 0,
                unreadable: rows.int64(row, 14) ?? 0, rate: rows.int32(row, 9), startedAt: started, stepAt: stepAt,
                unusedSince: rows.timestamp(row, 12), finishedAt: rows.timestamp(row, 13)
            )
        }
    }

    /// Takes a job for a while, if nobody else has it.
    package func claim(_ job: KeyJob, by runner: UUIDv7) async throws(StorageError) -> Bool {
        try await write(
            job.tenant,
            [
                """
                UPDATE key_job SET runner = \(.uuid(runner)), leased_until = clock_timestamp() + interval '30 seconds'
                WHERE tenant_id = \(.uuid(job.tenant.uuid)) AND id = \(.uuid(job.id)) AND finished_at IS NULL
                  AND (runner IS NULL OR runner = \(.uuid(runner)) OR leased_until < clock_timestamp())
                """
            ]
        )[0].affectedRows == 1
    }

    /// Writes down how far a job is, and keeps it for another while.
    ///
    /// - Returns: false when somebody else has taken it meanwhile: then this runner has to let go of it.
    package func save(_ job: KeyJob, by runner: UUIDv7) async throws(StorageError) -> Bool {
        try await write(
            job.tenant,
            [
                """
                UPDATE key_job SET step = \(.text(job.step)), old = \(.int4(job.old)), new = \(.int4(job.new)), entity = \(.text(job.entity)),
                  position = \(.uuid(job.position)), done = \(.int8(job.done)), total = \(.int8(job.total)), unreadable = \(.int8(job.unreadable)), step_at = \(.timestamp(job.stepAt)),
                  unused_since = \(.timestamp(job.unusedSince)), finished_at = \(.timestamp(job.finishedAt)),
                  leased_until = clock_timestamp() + interval '30 seconds'
                WHERE tenant_id = \(.uuid(job.tenant.uuid)) AND id = \(.uuid(job.id)) AND runner = \(.uuid(runner)) AND finished_at IS NULL
                """
            ]
        )[0].affectedRows == 1
    }

    /// Lets go of a job that is not finished, so that another runner need not wait.
    package func release(_ job: KeyJob, by runner: UUIDv7) async throws(StorageError) {
        _ = try await write(
            job.tenant,
            [
                """
                UPDATE key_job SET leased_until = NULL, runner = NULL
                WHERE tenant_id = \(.uuid(job.tenant.uuid)) AND id = \(.uuid(job.id)) AND runner = \(.uuid(runner))
                """
            ]
        )
    }
}

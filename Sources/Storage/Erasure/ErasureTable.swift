package import PostgresLink
package import Vocabulary

/// How far an erasure is. Each step can be repeated.
package enum ErasureStep: String, Sendable, CaseIterable {
    /// Rows are gone, and keys are to be destroyed. The way back is gone.
    case keys
    /// Nothing can be written about them any more: what came in between is looked for.
    case lookAgain = "look-again"
    /// Everything is done, and is to be certified.
    case certify
    case done
}

/// An erasure that has begun.
package struct ErasureRow: Sendable {
    package let id: UUIDv7
    package let tenant: TenantID
    /// `request`, or `retention:` and the rule's name.
    package let cause: String
    package var step: ErasureStep
    package let subjects: [SubjectID]
    /// JSON: what came of it so far.
    package var counts: String
    package let begunAt: Instant
    package let begunBy: String
    package var finishedAt: Instant?
    /// The event that tells that it was done.
    package var event: EventID?
    /// How often its certificate was issued.
    package var issue: Int
    package var certificate: [UInt8]?

    package init(id: UUIDv7, tenant: TenantID, cause: String, subjects: [SubjectID], counts: String, begunAt: Instant, begunBy: String) {
        self.id = id
        self.tenant = tenant
        self.cause = cause
        step = .keys
        self.subjects = subjects
        self.counts = counts
        self.begunAt = begunAt
        self.begunBy = begunBy
        issue = 0
    }

    fileprivate init?(_ rows: ResultSet, _ row: Int, _ tenant: TenantID) {
        guard let id = rows.uuid(row, 0), let cause = rows.text(row, 1), let step = rows.text(row, 2).flatMap({ ErasureStep(rawValue: $0) }),
            let counts = rows.text(row, 4), let begunAt = rows.timestamp(row, 5), let begunBy = rows.text(row, 6)
        else { return nil }
        self.init(
            id: id, tenant: tenant, cause: cause, subjects: rows.uuids(row, 3).map { SubjectID($0) }, counts: counts, begunAt: begunAt,
            begunBy: begunBy)
        self.step = step
        finishedAt = rows.timestamp(row, 7)
        event = rows.uuid(row, 8).map { EventID($0) }
        issue = Int(rows.int64(row, 9) ?? 0)
        certificate = rows.bytes(row, 10)
    }
}

/// Statements about erasures that have begun.
extension StoreDatabase {
    private static let columns: SQL = """
        id, cause, step, (SELECT string_agg(uuid_send(s), ''::bytea ORDER BY n) FROM unnest(subjects) WITH ORDINALITY AS u (s, n)), counts,
          begun_at, begun_by, finished_at, event_id, issue, certificate
        """

    /// Begins an erasure, held by a runner for the length of a lease. One that has begun already stays as it is.
    package static func begin(_ erasure: ErasureRow, by runner: UUIDv7) -> SQL {
        """
        INSERT INTO erasure (tenant_id, id, cause, step, subjects, counts, begun_at, begun_by, runner, leased_until)
        VALUES (\(.uuid(erasure.tenant.uuid)), \(.uuid(erasure.id)), \(.text(erasure.cause)), \(.text(erasure.step.rawValue)),
          \(.uuids(erasure.subjects.map(\.uuid))), \(.text(erasure.counts)), \(.timestamp(erasure.begunAt)), \(.text(erasure.begunBy)),
          \(.uuid(runner)), clock_timestamp() + interval '30 seconds')
        ON CONFLICT DO NOTHING
        """
    }

    package static func erasure(_ id: UUIDv7, tenant: TenantID) -> SQL {
        "SELECT \(columns) FROM erasure WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id))"
    }

    /// Erasures that nobody is carrying out, though they have begun.
    package static func abandonedErasures(of tenant: TenantID) -> SQL {
        """
        SELECT \(columns) FROM erasure WHERE tenant_id = \(.uuid(tenant.uuid)) AND finished_at IS NULL AND leased_until < clock_timestamp()
        ORDER BY id LIMIT 20
        """
    }

    package static func erasures(_ rows: ResultSet, tenant: TenantID) -> [ErasureRow] {
        (0..<rows.rowCount).compactMap { ErasureRow(rows, $0, tenant) }
    }

    /// Takes an erasure over for a while, if nobody else has it; touches a row then.
    package static func claim(_ id: UUIDv7, by runner: UUIDv7, tenant: TenantID) -> SQL {
        """
        UPDATE erasure SET runner = \(.uuid(runner)), leased_until = clock_timestamp() + interval '30 seconds'
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id)) AND finished_at IS NULL
          AND (runner = \(.uuid(runner)) OR leased_until < clock_timestamp())
        """
    }

    /// Lets go of an erasure that could not go on, so that whoever looks next need not wait.
    package static func release(_ id: UUIDv7, by runner: UUIDv7, tenant: TenantID) -> SQL {
        """
        UPDATE erasure SET leased_until = clock_timestamp() WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id))
          AND runner = \(.uuid(runner)) AND finished_at IS NULL
        """
    }

    /// Writes down how far an erasure is, and keeps it for another while.
    package static func save(_ erasure: ErasureRow) -> SQL {
        """
        UPDATE erasure SET step = \(.text(erasure.step.rawValue)), counts = \(.text(erasure.counts)), finished_at = \(.timestamp(erasure.finishedAt)),
          event_id = \(.uuid(erasure.event?.uuid)), issue = \(.int4(Int32(erasure.issue))), certificate = \(.bytes(erasure.certificate)),
          leased_until = clock_timestamp() + interval '30 seconds'
        WHERE tenant_id = \(.uuid(erasure.tenant.uuid)) AND id = \(.uuid(erasure.id))
        """
    }

    /// Forgets an erasure of which somebody else keeps the record.
    package static func forget(_ id: UUIDv7, tenant: TenantID) -> SQL {
        "DELETE FROM erasure WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id))"
    }

    /// Statements that take away what tables beside the records hold of people, with the name of each table.
    package static func deletions(_ people: ErasedPeople) -> [(table: StaticString, statement: SQL)] { SystemReach.deletions(people) }

    /// Margins of events about people whose key is destroyed go, now and for as long as some may still be on their way.
    package static func beginWipes(_ pseudonyms: [UUIDv7], until: Instant, tenant: TenantID) -> SQL {
        """
        INSERT INTO audit_wipe (tenant_id, pseudonym, until)
        SELECT \(.uuid(tenant.uuid)), pseudonym, \(.timestamp(until)) FROM unnest(\(.uuids(pseudonyms))) AS gone (pseudonym)
        ON CONFLICT (tenant_id, pseudonym) DO UPDATE SET until = excluded.until
        """
    }

    /// Takes the margins of events about these away, of those events that have their place.
    package static func wipeMargins(of pseudonyms: [UUIDv7], tenant: TenantID) -> SQL {
        """
        UPDATE audit_event SET reason = NULL, salt = NULL, records = NULL
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND salt IS NOT NULL AND id IN (
          SELECT id FROM audit_subject WHERE tenant_id = \(.uuid(tenant.uuid)) AND pseudonym = ANY(\(.uuids(pseudonyms))))
        """
    }
}

package import Catalog
package import Expressions
package import PostgresLink
import SubjectRights
package import Vocabulary

/// Processing of a person's data is restricted (GDPR Art. 18): on a ground of the person's own, because of legal holds, or both.
package struct RestrictionRow: Sendable, Equatable {
    package let since: Instant
    package let ground: String
    package let recordedBy: String
    /// The legal holds that restrict, too; lifting the person's own restriction leaves them.
    package let holds: [UUIDv7]

    package init(since: Instant, ground: String, recordedBy: String, holds: [UUIDv7] = []) {
        self.since = since
        self.ground = ground
        self.recordedBy = recordedBy
        self.holds = holds
    }
}

/// A person objects to a purpose (GDPR Art. 21).
package struct ObjectionRow: Sendable, Equatable {
    package let purpose: String
    package let since: Instant
    package let recordedBy: String

    package init(purpose: String, since: Instant, recordedBy: String) {
        self.purpose = purpose
        self.since = since
        self.recordedBy = recordedBy
    }
}

/// Everything that is known of what a person allows.
package struct SubjectStanding: Sendable, Equatable {
    /// The last word to each purpose, by its name.
    package let consents: [StoredConsentEvent]
    package let restriction: RestrictionRow?
    package let objections: [ObjectionRow]
    package let optOuts: [OptOutRow]

    package init(
        consents: [StoredConsentEvent] = [], restriction: RestrictionRow? = nil, objections: [ObjectionRow] = [], optOuts: [OptOutRow] = []
    ) {
        self.consents = consents
        self.restriction = restriction
        self.objections = objections
        self.optOuts = optOuts
    }

    package func optOut(_ kind: OptOutRow.Kind) -> OptOutRow? { optOuts.first { $0.kind == kind } }

    /// The same answer that the database gives for a record about the person.
    package func satisfies(_ condition: SubjectCondition, at now: Instant) -> Bool {
        switch condition {
        case .consents(let purpose, let retired):
            consents.contains { $0.event.purpose == purpose && $0.event.isInForce(at: now, retired: retired) }
        case .isUnrestricted: restriction == nil
        case .doesNotObject(to: nil): objections.isEmpty
        case .doesNotObject(to: let purpose?): !objections.contains { $0.purpose == purpose }
        case .allowsSale: optOut(.sale) == nil
        case .allowsSensitiveUse: optOut(.sensitive) == nil
        }
    }
}

/// Statements about what people allow. Whoever changes it writes the audit event in the same transaction.
extension StoreDatabase {
    /// Restricts on a ground of the person's own; what restricts because of a legal hold stays beside it.
    package static func restrict(_ restriction: RestrictionRow, of subject: SubjectID, tenant: TenantID) -> SQL {
        """
        INSERT INTO subject_restriction (tenant_id, subject_id, since, ground, recorded_by, is_own)
        VALUES (\(.uuid(tenant.uuid)), \(.uuid(subject.uuid)), \(.timestamp(restriction.since)), \(.text(restriction.ground)),
          \(.text(restriction.recordedBy)), true)
        ON CONFLICT (tenant_id, subject_id) DO UPDATE SET (since, ground, recorded_by, is_own)
          = (excluded.since, excluded.ground, excluded.recorded_by, true)
        """
    }

    /// Lifts the person's own restriction. That of a legal hold stays until the hold is released.
    package static func liftRestriction(of subject: SubjectID, tenant: TenantID) -> SQL {
        let person: SQL = "tenant_id = \(.uuid(tenant.uuid)) AND subject_id = \(.uuid(subject.uuid))"
        return """
            WITH kept AS (
              UPDATE subject_restriction SET is_own = false, ground = 'legal-hold:' || holds[1]::text WHERE \(person) AND holds[1] IS NOT NULL
            )
            DELETE FROM subject_restriction WHERE \(person) AND holds[1] IS NULL
            """
    }

    /// An objection that stands already stays as it is: it counts from its first day.
    package static func record(_ objection: ObjectionRow, of subject: SubjectID, tenant: TenantID) -> SQL {
        """
        INSERT INTO subject_objection (tenant_id, subject_id, purpose, since, recorded_by)
        VALUES (\(.uuid(tenant.uuid)), \(.uuid(subject.uuid)), \(.text(objection.purpose)), \(.timestamp(objection.since)),
          \(.text(objection.recordedBy)))
        ON CONFLICT (tenant_id, subject_id, purpose) DO NOTHING
        """
    }

    package static func removeObjection(to purpose: String, of subject: SubjectID, tenant: TenantID) -> SQL {
        """
        DELETE FROM subject_objection
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND subject_id = \(.uuid(subject.uuid)) AND purpose = \(.text(purpose))
        """
    }

    /// Those ids that are requests of people or jobs, and not people: each has a key of its own, too.
    package static func notPeople(among ids: [SubjectID], tenant: TenantID) -> SQL {
        let (tenant, ids) = (SQLParameter.uuid(tenant.uuid), SQLParameter.uuids(ids.map(\.uuid)))
        return """
            SELECT id FROM subject_request WHERE tenant_id = \(tenant) AND id = ANY(\(ids))
            UNION ALL SELECT id FROM record_job WHERE tenant_id = \(tenant) AND id = ANY(\(ids))
            """
    }

    /// Those ids of which some record says that it is about them.
    package static func known(among ids: [SubjectID], _ entities: [Entity], tenant: TenantID) -> SQL {
        let records = entities.map { entity -> SQL in
            "EXISTS (SELECT FROM \(ColumnCoding.table(entity)) WHERE tenant_id = \(.uuid(tenant.uuid)) AND subject_id = each.id)"
        }
        return "SELECT each.id FROM unnest(\(.uuids(ids.map(\.uuid)))) AS each (id) WHERE \(joining: records + ["FALSE"], by: " OR ")"
    }

    /// Statements whose answers ``SubjectStanding/init(_:)`` takes together, ``SubjectStanding/statementCount`` of them.
    package static func standing(of subject: SubjectID, tenant: TenantID) -> [SQL] {
        let person: SQL = "tenant_id = \(.uuid(tenant.uuid)) AND subject_id = \(.uuid(subject.uuid))"
        return [
            lastWords(of: subject, tenant: tenant),
            """
            SELECT since, ground, recorded_by, (SELECT string_agg(uuid_send(hold), ''::bytea) FROM unnest(holds) AS each (hold))
            FROM subject_restriction WHERE \(person)
            """,
            "SELECT purpose, since, recorded_by FROM subject_objection WHERE \(person) ORDER BY purpose COLLATE \"C\"",
            optOuts(of: subject, tenant: tenant),
        ]
    }
}

extension SubjectStanding {
    package static let statementCount = 4

    /// From the answers to ``StoreDatabase/standing(of:tenant:)``.
    package init(_ results: [ResultSet]) {
        precondition(results.count == Self.statementCount, "each statement has an answer")
        let (restrictions, objections) = (results[1], results[2])
        self.init(
            consents: StoreDatabase.consentEvents(results[0]),
            restriction: restrictions.rowCount == 0
                ? nil
                : RestrictionRow(
                    since: restrictions.timestamp(0, 0) ?? Instant(microseconds: 0), ground: restrictions.text(0, 1) ?? "",
                    recordedBy: restrictions.text(0, 2) ?? "", holds: restrictions.uuids(0, 3)
                ),
            objections: (0..<objections.rowCount).compactMap { row in
                guard let purpose = objections.text(row, 0), let since = objections.timestamp(row, 1), let recordedBy = objections.text(row, 2)
                else { return nil }
                return ObjectionRow(purpose: purpose, since: since, recordedBy: recordedBy)
            },
            optOuts: StoreDatabase.optOuts(results[3])
        )
    }
}

package import Catalog
package import PostgresLink
import SubjectRights
package import Vocabulary

/// People who have had several ids, each with the one that is theirs now.
package struct MergedPeople: Sendable, Equatable {
    /// Of every id that was asked about, and of every other id of the same people.
    package let today: [SubjectID: SubjectID]

    package init(_ rows: ResultSet) {
        var today: [SubjectID: SubjectID] = [:]
        for row in 0..<rows.rowCount {
            if let id = rows.uuid(row, 0), let now = rows.uuid(row, 1) { today[SubjectID(id)] = SubjectID(now) }
        }
        self.today = today
    }

    /// Every id, in their order.
    package var ids: [SubjectID] { today.keys.sorted { $0.uuid < $1.uuid } }

    /// The ids of everybody who has one of these.
    package func ids(ofAnyOf some: some Sequence<SubjectID>) -> Set<SubjectID> {
        let people = Set(some.compactMap { today[$0] })
        return Set(today.filter { people.contains($0.value) }.keys)
    }
}

/// A merge of people that is not settled yet.
package struct OpenMerge: Sendable, Equatable {
    package let person: SubjectID
    package let into: SubjectID
    /// Whether nothing that began before it can be under way any more.
    package let isQuiet: Bool

    package static func all(_ rows: ResultSet) -> [OpenMerge] {
        (0..<rows.rowCount).compactMap { row in
            guard let person = rows.uuid(row, 0), let into = rows.uuid(row, 1), let isQuiet = rows.bool(row, 2) else { return nil }
            return OpenMerge(person: SubjectID(person), into: SubjectID(into), isQuiet: isQuiet)
        }
    }
}

/// Statements about merges.
extension StoreDatabase {
    /// The answer is for ``MergedPeople/init(_:)``.
    package static func mergedPeople(_ subjects: [SubjectID], tenant: TenantID) -> SQL {
        let id = SQLParameter.uuid(tenant.uuid)
        return """
            WITH asked AS (
              SELECT each.id, COALESCE(merged_person.into_id, each.id) AS today FROM unnest(\(.uuids(subjects.map(\.uuid)))) AS each (id)
              LEFT JOIN merged_person ON merged_person.tenant_id = \(id) AND merged_person.person_id = each.id
            )
            SELECT id, today FROM asked UNION SELECT today, today FROM asked
            UNION SELECT person_id, into_id FROM merged_person WHERE tenant_id = \(id) AND into_id IN (SELECT today FROM asked)
            """
    }

    /// Notes that people are another from now on; also those who were these before.
    package static func mergePeople(_ losers: [SubjectID], into winner: SubjectID, at now: Instant, tenant: TenantID) -> [SQL] {
        let (id, old, new) = (SQLParameter.uuid(tenant.uuid), SQLParameter.uuids(losers.map(\.uuid)), SQLParameter.uuid(winner.uuid))
        return [
            "UPDATE merged_person SET into_id = \(new) WHERE tenant_id = \(id) AND into_id = ANY(\(old))",
            "UPDATE merged_record SET subject_id = \(new) WHERE tenant_id = \(id) AND subject_id = ANY(\(old))",
            """
            INSERT INTO merged_person (tenant_id, person_id, into_id, merged_at)
            SELECT \(id), each.id, \(new), \(.timestamp(now)) FROM unnest(\(old)) AS each (id)
            ON CONFLICT (tenant_id, person_id) DO UPDATE SET into_id = EXCLUDED.into_id, merged_at = EXCLUDED.merged_at, settled_at = NULL
            """,
        ]
    }

    /// What people may not be done with holds for whom they are now, from the earliest of the days; of two the stricter holds.
    /// Finds nothing to do the second time.
    package static func moveStanding(of loser: SubjectID, to winner: SubjectID, tenant: TenantID) -> [SQL] {
        let (id, old, new) = (SQLParameter.uuid(tenant.uuid), SQLParameter.uuid(loser.uuid), SQLParameter.uuid(winner.uuid))
        let mine: SQL = "tenant_id = \(id) AND subject_id = \(old)"
        return [
            """
            INSERT INTO subject_restriction (tenant_id, subject_id, since, ground, recorded_by, holds, is_own)
            SELECT tenant_id, \(new), since, ground, recorded_by, holds, is_own FROM subject_restriction WHERE \(mine)
            ON CONFLICT (tenant_id, subject_id) DO UPDATE SET since = LEAST(subject_restriction.since, EXCLUDED.since),
              ground = CASE WHEN subject_restriction.is_own IS FALSE THEN EXCLUDED.ground ELSE subject_restriction.ground END,
              is_own = COALESCE(subject_restriction.is_own, TRUE) OR COALESCE(EXCLUDED.is_own, TRUE),
              holds = ARRAY(SELECT DISTINCT hold FROM unnest(subject_restriction.holds || EXCLUDED.holds) AS each (hold))
            """,
            "DELETE FROM subject_restriction WHERE \(mine)",
            """
            INSERT INTO subject_objection (tenant_id, subject_id, purpose, since, recorded_by)
            SELECT tenant_id, \(new), purpose, since, recorded_by FROM subject_objection WHERE \(mine)
            ON CONFLICT (tenant_id, subject_id, purpose) DO UPDATE SET since = LEAST(subject_objection.since, EXCLUDED.since)
            """,
            "DELETE FROM subject_objection WHERE \(mine)",
            """
            INSERT INTO subject_opt_out (tenant_id, subject_id, kind, since, source, recorded_by)
            SELECT tenant_id, \(new), kind, since, source, recorded_by FROM subject_opt_out WHERE \(mine)
            ON CONFLICT (tenant_id, subject_id, kind) DO UPDATE SET since = LEAST(subject_opt_out.since, EXCLUDED.since)
            """,
            "DELETE FROM subject_opt_out WHERE \(mine)",
            "UPDATE consent_link SET subject_id = \(new) WHERE \(mine)",
            "UPDATE legal_hold SET subject_id = \(new) WHERE \(mine)",
            "UPDATE hold_reach SET subject_id = \(new) WHERE \(mine)",
            """
            UPDATE subject_request SET subjects = ARRAY(
              SELECT DISTINCT CASE WHEN each.id = \(old) THEN \(new) ELSE each.id END FROM unnest(subjects) AS each (id))
            WHERE tenant_id = \(id) AND \(old) = ANY(subjects)
            """,
        ]
    }

    /// Makes an event of the ledger somebody else's, with its evidence sealed for them; nothing else of it can be changed. Its place in the
    /// order of what was said stays. See ``ConsentSchema`` for the guard that lets this through.
    package static func moveConsent(_ event: StoredConsentEvent, to winner: SubjectID, evidence: [UInt8]?, tenant: TenantID) -> SQL {
        """
        UPDATE consent_event SET subject_id = \(.uuid(winner.uuid)), evidence = \(.bytes(evidence)) WHERE tenant_id = \(.uuid(tenant.uuid))
          AND subject_id = \(.uuid(event.subject.uuid)) AND purpose = \(.text(event.event.purpose)) AND id = \(.uuid(event.event.id))
          AND (SELECT set_config('gatehouse.merging', 'on', true)) = 'on'
        """
    }

    /// Merges of people that nobody has settled, the oldest first: of these people, or of all whose time has come.
    package static func openMerges(of people: [SubjectID]?, tenant: TenantID) -> SQL {
        let which: SQL =
            people.map { "person_id = ANY(\(.uuids($0.map(\.uuid))))" } ?? "merged_at < clock_timestamp() - interval '60 seconds'"
        return """
            SELECT person_id, into_id, merged_at < clock_timestamp() - interval '60 seconds' FROM merged_person
            WHERE tenant_id = \(.uuid(tenant.uuid)) AND settled_at IS NULL AND \(which) ORDER BY merged_at LIMIT 50
            """
    }

    package static func settle(_ merge: OpenMerge, tenant: TenantID) -> SQL {
        """
        UPDATE merged_person SET settled_at = clock_timestamp() WHERE tenant_id = \(.uuid(tenant.uuid))
          AND person_id = \(.uuid(merge.person.uuid)) AND into_id = \(.uuid(merge.into.uuid))
        """
    }

    // MARK: Records

    package static func mergeRecords(
        _ losers: [RecordID], of entity: Entity, into winner: RecordID, subject: SubjectID?, at now: Instant, tenant: TenantID
    ) -> [SQL] {
        let (id, old, new) = (SQLParameter.uuid(tenant.uuid), SQLParameter.uuids(losers.map(\.uuid)), SQLParameter.uuid(winner.uuid))
        return [
            "UPDATE merged_record SET into_id = \(new) WHERE tenant_id = \(id) AND entity = \(.text(entity.name)) AND into_id = ANY(\(old))",
            """
            INSERT INTO merged_record (tenant_id, entity, record_id, into_id, subject_id, merged_at)
            SELECT \(id), \(.text(entity.name)), each.id, \(new), \(.uuid(subject?.uuid)), \(.timestamp(now)) FROM unnest(\(old)) AS each (id)
            ON CONFLICT (tenant_id, entity, record_id) DO UPDATE SET into_id = EXCLUDED.into_id, merged_at = EXCLUDED.merged_at
            """,
        ]
    }

    package static func mergedRecord(_ record: RecordID, of entity: Entity, tenant: TenantID) -> SQL {
        """
        SELECT into_id FROM merged_record WHERE tenant_id = \(.uuid(tenant.uuid)) AND entity = \(.text(entity.name))
          AND record_id = \(.uuid(record.uuid))
        """
    }
}

extension RecordTable {
    /// Records about some people, locked until the transaction ends.
    package func records(about people: [SubjectID], _ shape: RecordShape, limit: Int, tenant: TenantID) -> SQL {
        """
        SELECT \(shape.columns) FROM \(ColumnCoding.table(entity)) WHERE tenant_id = \(.uuid(tenant.uuid))
          AND subject_id = ANY(\(.uuids(people.map(\.uuid)))) ORDER BY id LIMIT \(.int8(Int64(limit))) FOR UPDATE
        """
    }

    /// Takes references by one field from some records to another; to none when `nil`.
    package func pointElsewhere(_ field: Field, from old: [RecordID], to new: RecordID?, tenant: TenantID) -> SQL {
        let (table, column) = (ColumnCoding.table(entity), ColumnCoding.column(field))
        return """
            UPDATE \(table) SET \(column) = \(.uuid(new?.uuid)), version = version + 1
            WHERE tenant_id = \(.uuid(tenant.uuid)) AND \(column) = ANY(\(.uuids(old.map(\.uuid))))
            """
    }
}

extension VaultDatabase {
    /// Search tokens of people go with the key of whom they are now, if that one is there. Finds nothing to do the second time.
    package static func moveTokens(of loser: SubjectID, to winner: SubjectID, tenant: TenantID) -> [SQL] {
        let (id, new) = (SQLParameter.uuid(tenant.uuid), SQLParameter.uuid(winner.uuid))
        return [
            "SELECT version FROM data_key WHERE tenant_id = \(id) AND holder = \(new) FOR KEY SHARE",
            """
            UPDATE search_token SET holder = \(new) WHERE tenant_id = \(id) AND holder = \(.uuid(loser.uuid))
              AND EXISTS (SELECT FROM data_key WHERE data_key.tenant_id = \(id) AND data_key.holder = \(new))
            """,
        ]
    }
}

import PostgresLink
package import SubjectRights
package import Vocabulary

/// Erasures that a repository of backups has not heard of.
package struct UnrecordedErasures: Sendable, Equatable {
    package let people: Int
    /// When the first of them went.
    package let since: Instant?

    package init(people: Int, since: Instant?) {
        self.people = people
        self.since = since
    }
}

/// Which repository of backups has what was erased in its ledger.
///
/// Each row names the last repository that has it: after a move to another one everything is to be told there again. An index finds what is
/// not in a repository by ranges, so that looking costs the same however much was erased over the years.
extension VaultDatabase {
    /// What is not in the ledger of a repository yet, in no order: at most so many people, and what keeps them out.
    package func unrecordedErasures(in repository: UUIDv7, limit: Int, of tenant: TenantID) async throws(StorageError) -> ErasureBatch {
        let results = try await read(
            tenant,
            [
                // Before what is suppressed: whoever is suppressed again in between is seen so.
                """
                SELECT erasure_id, lifted_at FROM lifted_suppression WHERE tenant_id = \(.uuid(tenant.uuid))
                  AND recorded_in IS DISTINCT FROM \(.uuid(repository)) LIMIT \(.int8(Int64(limit)))
                """,
                Self.outside(repository, "holder, destroyed_at, keeps_records FROM key_tombstone", limit, tenant),
                Self.outside(repository, "erasure_id, created_at, token FROM suppression", limit * 4, tenant),
            ])
        let (lifts, people, tokens) = (results[0], results[1], results[2])
        var suppressed: [ErasureBatch.Suppression: [[UInt8]]] = [:]
        for row in 0..<tokens.rowCount {
            guard let erasure = tokens.uuid(row, 0), let since = tokens.timestamp(row, 1), let token = tokens.bytes(row, 2) else { continue }
            suppressed[ErasureBatch.Suppression(of: erasure, since: since, tokens: []), default: []].append(token)
        }
        return ErasureBatch(
            people: Self.people(people),
            suppressions: suppressed.map { ErasureBatch.Suppression(of: $0.erasure, since: $0.since, tokens: $1) },
            lifts: (0..<lifts.rowCount).compactMap { row in
                guard let erasure = lifts.uuid(row, 0), let at = lifts.timestamp(row, 1) else { return nil }
                return ErasureBatch.Lift(of: erasure, at: at)
            })
    }

    /// How many people's erasure is not in the ledger of a repository, and since when.
    ///
    /// - Parameter repository: `nil` for one that nobody knows yet: then those that are in none.
    package func unrecordedCount(in repository: UUIDv7?, of tenant: TenantID) async throws(StorageError) -> UnrecordedErasures {
        let id = SQLParameter.uuid(tenant.uuid)
        let others: SQL = repository.map { "OR recorded_in < \(.uuid($0)) OR recorded_in > \(.uuid($0))" } ?? ""
        let rows = try await read(
            tenant, ["SELECT count(*), min(destroyed_at) FROM key_tombstone WHERE tenant_id = \(id) AND (recorded_in IS NULL \(others))"])[0]
        return UnrecordedErasures(people: Int(rows.int64(0, 0) ?? 0), since: rows.timestamp(0, 1))
    }

    /// Notes that a repository has all of this. What has changed since it was read is still to be told.
    package func markRecorded(_ batch: ErasureBatch, in repository: UUIDv7, of tenant: TenantID) async throws(StorageError) {
        let (id, recorded) = (SQLParameter.uuid(tenant.uuid), SQLParameter.uuid(repository))
        var statements: [SQL] = []
        if !batch.people.isEmpty {
            statements.append(
                """
                UPDATE key_tombstone AS t SET recorded_in = \(recorded)
                FROM unnest(\(.uuids(batch.people.map(\.subject.uuid))), \(.timestamps(batch.people.map(\.erasedAt)))) AS told (holder, moment)
                WHERE t.tenant_id = \(id) AND t.holder = told.holder AND t.destroyed_at = told.moment AND t.recorded_in IS DISTINCT FROM \(recorded)
                """)
        }
        if !batch.suppressions.isEmpty {
            statements.append(
                """
                UPDATE suppression AS s SET recorded_in = \(recorded) FROM \(Self.tokens(batch.suppressions))
                WHERE s.tenant_id = \(id) AND s.token = told.token AND s.erasure_id = told.erasure AND s.created_at = told.since
                """)
        }
        if !batch.lifts.isEmpty {
            statements.append(
                """
                UPDATE lifted_suppression AS l SET recorded_in = \(recorded)
                FROM unnest(\(.uuids(batch.lifts.map(\.erasure))), \(.timestamps(batch.lifts.map(\.at)))) AS told (erasure, at)
                WHERE l.tenant_id = \(id) AND l.erasure_id = told.erasure AND l.lifted_at = told.at
                """)
        }
        try await write(tenant, statements)
    }

    /// Whether the ledger of a repository has all of these people, each of whom was erased.
    package func isRecorded(_ holders: [UUIDv7], in repository: UUIDv7, tenant: TenantID) async throws(StorageError) -> Bool {
        let rows = try await read(
            tenant,
            [
                """
                SELECT count(*) FROM key_tombstone WHERE tenant_id = \(.uuid(tenant.uuid)) AND holder = ANY(\(.uuids(holders)))
                  AND recorded_in = \(.uuid(repository))
                """
            ])[0]
        return rows.int64(0, 0) == Int64(Set(holders).count)
    }

    // MARK: Parts

    /// Rows that a repository does not have. Three scans of the index, none of which touches what it has.
    private static func outside(_ repository: UUIDv7, _ rows: SQL, _ limit: Int, _ tenant: TenantID) -> SQL {
        let (id, known, count) = (SQLParameter.uuid(tenant.uuid), SQLParameter.uuid(repository), SQLParameter.int8(Int64(limit)))
        return """
            (SELECT \(rows) WHERE tenant_id = \(id) AND recorded_in IS NULL LIMIT \(count))
            UNION ALL (SELECT \(rows) WHERE tenant_id = \(id) AND recorded_in < \(known) LIMIT \(count))
            UNION ALL (SELECT \(rows) WHERE tenant_id = \(id) AND recorded_in > \(known) LIMIT \(count)) LIMIT \(count)
            """
    }

    static func people(_ rows: ResultSet) -> [ErasureBatch.Person] {
        (0..<rows.rowCount).compactMap { row in
            guard let holder = rows.uuid(row, 0), let moment = rows.timestamp(row, 1) else { return nil }
            return ErasureBatch.Person(SubjectID(holder), at: moment, keepsRecords: rows.bool(row, 2) ?? false)
        }
    }

    /// `told (token, erasure, since)`, a row for each token.
    static func tokens(_ suppressions: [ErasureBatch.Suppression]) -> SQL {
        let rows = suppressions.flatMap { suppression in suppression.tokens.map { (token: $0, suppression) } }
        return """
            unnest(\(.byteStrings(rows.map(\.token))), \(.uuids(rows.map(\.1.erasure))), \(.timestamps(rows.map(\.1.since)))) AS told (token, erasure, since)
            """
    }
}

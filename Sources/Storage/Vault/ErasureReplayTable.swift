import PostgresLink
package import SubjectRights
package import Vocabulary

/// What a restore needs of the vault, so that nobody comes back whom an older copy still knows.
extension VaultDatabase {
    /// People whose key was destroyed, in the order of their ids.
    ///
    /// - Parameter since: only those who went then or later.
    package func tombstones(
        since: Instant? = nil, after holder: UUIDv7?, limit: Int, of tenant: TenantID
    ) async throws(StorageError) -> [ErasureBatch.Person] {
        let beyond: SQL = holder.map { "AND holder > \(.uuid($0))" } ?? ""
        let young: SQL = since.map { "AND destroyed_at >= \(.timestamp($0))" } ?? ""
        return Self.people(
            try await read(
                tenant,
                [
                    """
                    SELECT holder, destroyed_at, keeps_records FROM key_tombstone WHERE tenant_id = \(.uuid(tenant.uuid)) \(beyond) \(young)
                    ORDER BY holder LIMIT \(.int8(Int64(limit)))
                    """
                ])[0])
    }

    package func tombstoneCount(since: Instant? = nil, of tenant: TenantID) async throws(StorageError) -> Int {
        let young: SQL = since.map { "AND destroyed_at >= \(.timestamp($0))" } ?? ""
        let rows = try await read(tenant, ["SELECT count(*) FROM key_tombstone WHERE tenant_id = \(.uuid(tenant.uuid)) \(young)"])[0]
        return Int(rows.int64(0, 0) ?? 0)
    }

    /// Puts tombstones back that a copy of the vault lacks, with the moments of the erasures. Keys are destroyed by whoever calls this, next.
    ///
    /// They name the newest epoch of the copy, under which, or an older one, it holds the keys.
    ///
    /// - Parameter repository: whose ledger they come from: it need not be told of them again.
    package func replayTombstones(
        _ people: [ErasureBatch.Person], recordedIn repository: UUIDv7, of tenant: TenantID
    ) async throws(StorageError) {
        if people.isEmpty { return }
        let id = SQLParameter.uuid(tenant.uuid)
        try await write(
            tenant,
            [
                """
                INSERT INTO key_tombstone AS there (tenant_id, holder, epoch, destroyed_at, recorded_in, keeps_records)
                SELECT DISTINCT ON (holder) \(id), holder, (SELECT coalesce(max(epoch), 0) FROM epoch_key WHERE tenant_id = \(id)),
                  least(moment, now()), \(.uuid(repository))::uuid, CASE WHEN keeps THEN TRUE END
                FROM unnest(\(.uuids(people.map(\.subject.uuid))), \(.timestamps(people.map(\.erasedAt))), \(.bools(people.map(\.keepsRecords))))
                  AS gone (holder, moment, keeps)
                ORDER BY holder, keeps, moment
                ON CONFLICT (tenant_id, holder) DO UPDATE SET recorded_in = excluded.recorded_in, keeps_records = excluded.keeps_records,
                    destroyed_at = CASE WHEN there.keeps_records IS NOT DISTINCT FROM excluded.keeps_records THEN there.destroyed_at
                      ELSE excluded.destroyed_at END
                  WHERE (there.keeps_records OR excluded.keeps_records IS NULL) AND (there.recorded_in, there.keeps_records)
                    IS DISTINCT FROM (excluded.recorded_in, excluded.keeps_records)
                """
            ])
    }

    /// Puts back what keeps erased people out and what lets them come again, as it was in the end.
    ///
    /// - Returns: how many digests were added.
    package func replaySuppressions(_ batch: ErasureBatch, recordedIn repository: UUIDv7, of tenant: TenantID) async throws(StorageError) -> Int {
        let (id, recorded) = (SQLParameter.uuid(tenant.uuid), SQLParameter.uuid(repository))
        var statements: [SQL] = []
        if !batch.lifts.isEmpty {
            let told: SQL = "unnest(\(.uuids(batch.lifts.map(\.erasure))), \(.timestamps(batch.lifts.map(\.at)))) AS told (erasure, at)"
            statements.append(
                """
                INSERT INTO lifted_suppression AS there (tenant_id, erasure_id, lifted_at, recorded_in)
                SELECT \(id), erasure, max(at), \(recorded) FROM \(told) GROUP BY erasure
                ON CONFLICT (tenant_id, erasure_id) DO UPDATE SET lifted_at = excluded.lifted_at, recorded_in = excluded.recorded_in
                  WHERE there.lifted_at < excluded.lifted_at
                """)
            statements.append(
                """
                DELETE FROM suppression AS s USING \(told)
                WHERE s.tenant_id = \(id) AND s.erasure_id = told.erasure AND s.created_at <= told.at
                """)
        }
        if !batch.suppressions.isEmpty {
            statements.append(
                """
                INSERT INTO suppression (tenant_id, token, erasure_id, created_at, kept_out, recorded_in)
                SELECT DISTINCT ON (token, erasure) \(id), token, erasure, since, 0, \(recorded)
                FROM \(Self.tokens(batch.suppressions))
                WHERE NOT EXISTS (SELECT FROM lifted_suppression AS l WHERE l.tenant_id = \(id) AND l.erasure_id = told.erasure AND l.lifted_at >= told.since)
                ORDER BY token, erasure, since DESC ON CONFLICT DO NOTHING
                """)
        }
        let results = try await write(tenant, statements)
        return batch.suppressions.isEmpty ? 0 : results.last?.affectedRows ?? 0
    }

    /// Keys and search tokens that some of these still have, though their keys were destroyed.
    package func remains(of holders: [UUIDv7], tenant: TenantID) async throws(StorageError) -> (keys: Int, tokens: Int) {
        let (id, people) = (SQLParameter.uuid(tenant.uuid), SQLParameter.uuids(holders))
        let results = try await read(
            tenant,
            [
                "SELECT count(*) FROM data_key WHERE tenant_id = \(id) AND holder = ANY(\(people))",
                "SELECT count(*) FROM search_token WHERE tenant_id = \(id) AND holder = ANY(\(people))",
            ])
        return (Int(results[0].int64(0, 0) ?? 0), Int(results[1].int64(0, 0) ?? 0))
    }

    /// Whose key there is, in the order of their ids; the tenant itself is not among them.
    package func keyHolders(after holder: UUIDv7?, limit: Int, of tenant: TenantID) async throws(StorageError) -> [UUIDv7] {
        let id = SQLParameter.uuid(tenant.uuid)
        let beyond: SQL = holder.map { "AND holder > \(.uuid($0))" } ?? ""
        let rows = try await read(
            tenant,
            [
                """
                SELECT DISTINCT holder FROM data_key WHERE tenant_id = \(id) AND holder <> \(id) \(beyond)
                ORDER BY holder LIMIT \(.int8(Int64(limit)))
                """
            ])[0]
        return (0..<rows.rowCount).compactMap { rows.uuid($0, 0) }
    }
}

import PostgresLink
package import Vocabulary

/// How many keys a tenant has, and how many destroyed ones an old copy of the vault may still hold.
package struct KeyCounts: Sendable {
    package let subjects: Int
    /// Destroyed in an epoch that has not ended.
    package let readableInCopies: Int
    package let destroyed: Int
    package let oldestReadable: Instant?
}

extension VaultDatabase {
    /// Destroys every version of a subject's key and the tokens the subject is found by, and leaves a tombstone. Gateways are told
    /// by the trigger on the table. Doing it twice is no error.
    ///
    /// The tombstone names the newest epoch: a copy of the vault from before holds the key under that one, or an older one.
    package func destroyKey(of holder: UUIDv7, tenant: TenantID) async throws(StorageError) -> Bool {
        let (id, subject) = (SQLParameter.uuid(tenant.uuid), SQLParameter.uuid(holder))
        let results = try await write(
            tenant,
            [
                // Waits for changes that hold the key by a share lock: what they add is seen by the statements below.
                "SELECT version FROM data_key WHERE tenant_id = \(id) AND holder = \(subject) FOR UPDATE",
                """
                INSERT INTO key_tombstone (tenant_id, holder, epoch, destroyed_at)
                SELECT \(id), \(subject), (SELECT max(epoch) FROM epoch_key WHERE tenant_id = \(id)), now()
                WHERE EXISTS (SELECT FROM data_key WHERE tenant_id = \(id) AND holder = \(subject)) ON CONFLICT DO NOTHING
                """,
                "DELETE FROM data_key WHERE tenant_id = \(id) AND holder = \(subject)",
                "DELETE FROM search_token WHERE tenant_id = \(id) AND holder = \(subject)",
            ]
        )
        return results[2].affectedRows > 0
    }

    /// Those of the holders whose key was destroyed on purpose.
    package func tombstones(of holders: [UUIDv7], tenant: TenantID) async throws(StorageError) -> Set<UUIDv7> {
        let rows = try await read(
            tenant,
            ["SELECT holder FROM key_tombstone WHERE tenant_id = \(.uuid(tenant.uuid)) AND holder = ANY(\(.uuids(holders)))"]
        )[0]
        return Set((0..<rows.rowCount).compactMap { rows.uuid($0, 0) })
    }

    /// When the newest epoch began, if an old copy of the vault may hold a key that was destroyed since an open epoch began.
    package func beginOfEpochWithTombstones(of tenant: TenantID) async throws(StorageError) -> Instant? {
        let id = SQLParameter.uuid(tenant.uuid)
        let rows = try await read(
            tenant,
            [
                """
                SELECT created_at FROM epoch_key WHERE tenant_id = \(id) AND EXISTS (SELECT FROM key_tombstone WHERE tenant_id = \(id)
                  AND epoch >= (SELECT min(epoch) FROM epoch_key WHERE tenant_id = \(id))) ORDER BY epoch DESC LIMIT 1
                """
            ]
        )[0]
        return rows.rowCount == 0 ? nil : rows.timestamp(0, 0)
    }

    package func keyCounts(of tenant: TenantID) async throws(StorageError) -> KeyCounts {
        let id = SQLParameter.uuid(tenant.uuid)
        let results = try await read(
            tenant,
            [
                "SELECT count(DISTINCT holder) FROM data_key WHERE tenant_id = \(id) AND holder <> \(id)",
                """
                SELECT count(*), count(*) FILTER (WHERE epoch >= open.first),
                  min(destroyed_at) FILTER (WHERE epoch >= open.first)
                FROM key_tombstone, (SELECT min(epoch) AS first FROM epoch_key WHERE tenant_id = \(id)) AS open WHERE tenant_id = \(id)
                """,
            ]
        )
        return KeyCounts(
            subjects: Int(results[0].int64(0, 0) ?? 0), readableInCopies: Int(results[1].int64(0, 1) ?? 0),
            destroyed: Int(results[1].int64(0, 0) ?? 0), oldestReadable: results[1].timestamp(0, 2)
        )
    }
}

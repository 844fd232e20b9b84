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
    /// by the trigger on the table. Doing it twice is no error. The subject's records stay.
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
                INSERT INTO key_tombstone (tenant_id, holder, epoch, destroyed_at, keeps_records)
                SELECT \(id), \(subject), (SELECT max(epoch) FROM epoch_key WHERE tenant_id = \(id)), now(), TRUE
                WHERE EXISTS (SELECT FROM data_key WHERE tenant_id = \(id) AND holder = \(subject)) ON CONFLICT DO NOTHING
                """,
                "DELETE FROM data_key WHERE tenant_id = \(id) AND holder = \(subject)",
                "DELETE FROM search_token WHERE tenant_id = \(id) AND holder = \(subject)",
            ]
        )
        return results[2].affectedRows > 0
    }

    /// Destroys every version of the keys of many subjects, and their tokens, and leaves a tombstone for each, whether its key was still
    /// there or not. Doing it twice is no error.
    ///
    /// - Parameter keepsRecords: whether their records stay; else they go, which is the caller's to do.
    package func destroyKeys(
        of holders: [UUIDv7], keepsRecords: Bool = false, tenant: TenantID
    ) async throws(StorageError) -> (keys: Int, tokens: Int) {
        let (id, subjects) = (SQLParameter.uuid(tenant.uuid), SQLParameter.uuids(holders))
        var statements: [SQL] = [
            // Waits for changes that hold a key by a share lock: what they add is seen by the statements below.
            "SELECT version FROM data_key WHERE tenant_id = \(id) AND holder = ANY(\(subjects)) ORDER BY holder, version FOR UPDATE",
            """
            INSERT INTO key_tombstone (tenant_id, holder, epoch, destroyed_at, keeps_records)
            SELECT \(id), holder, (SELECT max(epoch) FROM epoch_key WHERE tenant_id = \(id)), now(), \(.bool(keepsRecords ? true : nil))
            FROM unnest(\(subjects)) AS gone (holder) ON CONFLICT DO NOTHING
            """,
            "DELETE FROM data_key WHERE tenant_id = \(id) AND holder = ANY(\(subjects))",
            "DELETE FROM search_token WHERE tenant_id = \(id) AND holder = ANY(\(subjects))",
        ]
        if !keepsRecords {
            // Whose key alone went before is erased from now on, and that is to be told again.
            statements.append(
                """
                UPDATE key_tombstone SET destroyed_at = now(), keeps_records = NULL, recorded_in = NULL
                WHERE tenant_id = \(id) AND holder = ANY(\(subjects)) AND keeps_records
                """)
        }
        let results = try await write(tenant, statements)
        return (results[2].affectedRows, results[3].affectedRows)
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

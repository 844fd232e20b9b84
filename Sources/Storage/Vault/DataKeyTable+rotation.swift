import PostgresLink
package import Vocabulary

/// Where a walk over the data keys of a tenant has come to.
package struct DataKeyPosition: Sendable {
    package let holder: UUIDv7
    package let version: Int32
    package init(holder: UUIDv7, version: Int32) {
        self.holder = holder
        self.version = version
    }
}

extension VaultDatabase {
    /// Keys that are not wrapped under an epoch, in their order, beyond a position.
    package func dataKeys(
        notUnder epoch: Int32, after position: DataKeyPosition?, limit: Int, of tenant: TenantID
    ) async throws(StorageError) -> [WrappedDataKey] {
        let beyond: SQL =
            position.map { "AND (holder, version) > (\(.uuid($0.holder)), \(.int4($0.version)))" } ?? ""
        return WrappedDataKey.all(
            try await read(
                tenant,
                [
                    """
                    SELECT holder, version, epoch, wrapped FROM data_key
                    WHERE tenant_id = \(.uuid(tenant.uuid)) AND epoch <> \(.int4(epoch)) \(beyond)
                    ORDER BY holder, version LIMIT \(.int8(Int64(limit)))
                    """
                ]
            )[0]
        )
    }

    /// Puts keys that were wrapped anew in the place of the old ones. A key that was destroyed meanwhile stays destroyed, and one that
    /// somebody else has wrapped anew stays as it is.
    ///
    /// - Returns: false when the epoch they are wrapped under now has ended; then nothing was done.
    package func replaceDataKeys(_ keys: [WrappedDataKey], under epoch: Int32, of tenant: TenantID) async throws(StorageError) -> Bool {
        try await write(
            tenant,
            [
                Self.holdEpoch(epoch, of: tenant),
                """
                UPDATE data_key SET epoch = \(.int4(epoch)), wrapped = new.wrapped
                FROM unnest(\(.uuids(keys.map(\.holder))), \(.int4s(keys.map(\.version))), \(.byteStrings(keys.map(\.wrapped))))
                  AS new (holder, version, wrapped)
                WHERE tenant_id = \(.uuid(tenant.uuid)) AND data_key.holder = new.holder AND data_key.version = new.version
                  AND epoch <> \(.int4(epoch)) AND \(Self.isOpen(epoch, of: tenant))
                """,
            ]
        )[0].rowCount == 1
    }

    /// The newest keys of holders beyond one, where they are older than a moment.
    package func newestDataKeys(
        olderThan moment: Instant, after holder: UUIDv7?, limit: Int, of tenant: TenantID
    ) async throws(StorageError) -> [WrappedDataKey] {
        let beyond: SQL = holder.map { "AND holder > \(.uuid($0))" } ?? ""
        return WrappedDataKey.all(
            try await read(
                tenant,
                [
                    """
                    SELECT holder, version, epoch, wrapped FROM data_key AS key
                    WHERE tenant_id = \(.uuid(tenant.uuid)) \(beyond) AND created_at < \(.timestamp(moment)) AND NOT EXISTS (
                      SELECT FROM data_key AS other WHERE other.tenant_id = \(.uuid(tenant.uuid)) AND other.holder = key.holder
                        AND other.version > key.version)
                    ORDER BY holder LIMIT \(.int8(Int64(limit)))
                    """
                ]
            )[0]
        )
    }

    /// Further versions of keys that holders have. Whoever's key was destroyed meanwhile gets none.
    ///
    /// - Returns: false when the epoch they are wrapped under has ended; then nothing was added.
    package func addVersions(_ keys: [WrappedDataKey], under epoch: Int32, of tenant: TenantID) async throws(StorageError) -> Bool {
        let id = SQLParameter.uuid(tenant.uuid)
        return try await write(
            tenant,
            [
                Self.holdEpoch(epoch, of: tenant),
                "SELECT holder FROM data_key WHERE tenant_id = \(id) AND holder = ANY(\(.uuids(keys.map(\.holder).sorted()))) ORDER BY holder FOR KEY SHARE",
                """
                INSERT INTO data_key (tenant_id, holder, version, epoch, wrapped, created_at)
                SELECT \(id), holder, version, \(.int4(epoch)), wrapped, now()
                FROM unnest(\(.uuids(keys.map(\.holder))), \(.int4s(keys.map(\.version))), \(.byteStrings(keys.map(\.wrapped)))) AS new (holder, version, wrapped)
                WHERE \(Self.isOpen(epoch, of: tenant))
                  AND EXISTS (SELECT FROM data_key AS old WHERE old.tenant_id = \(id) AND old.holder = new.holder)
                ON CONFLICT DO NOTHING
                """,
            ]
        )[0].rowCount == 1
    }

    /// Removes the versions of keys that are neither the newest of their holder nor as young as a moment.
    ///
    /// - Parameter kept: holders whose old versions stay.
    /// - Returns: the last holder looked at, or `nil` at the end, and how many versions went.
    package func removeOldVersions(
        olderThan moment: Instant, except kept: [UUIDv7], after holder: UUIDv7?, limit: Int, of tenant: TenantID
    ) async throws(StorageError) -> (last: UUIDv7?, removed: Int) {
        let id = SQLParameter.uuid(tenant.uuid)
        let beyond: SQL = holder.map { "AND holder > \(.uuid($0))" } ?? ""
        let results = try await write(
            tenant,
            [
                """
                WITH batch AS (
                  SELECT holder, max(version) AS newest FROM data_key WHERE tenant_id = \(id) \(beyond) GROUP BY holder ORDER BY holder
                  LIMIT \(.int8(Int64(limit)))
                ), gone AS (
                  DELETE FROM data_key USING batch WHERE tenant_id = \(id) AND data_key.holder = batch.holder AND version < newest
                    AND created_at < \(.timestamp(moment)) AND data_key.holder <> ALL(\(.uuids(kept))) RETURNING 1
                )
                SELECT (SELECT holder FROM batch ORDER BY holder DESC LIMIT 1), (SELECT count(*) FROM gone)
                """
            ]
        )[0]
        return (results.uuid(0, 0), Int(results.int64(0, 1) ?? 0))
    }

    package func dataKeyCount(of tenant: TenantID) async throws(StorageError) -> Int {
        let rows = try await read(tenant, ["SELECT count(*) FROM data_key WHERE tenant_id = \(.uuid(tenant.uuid))"])[0]
        return Int(rows.int64(0, 0) ?? 0)
    }

    /// Says to every gateway that what it has open of a tenant's data keys is out of date.
    package func announceChangedKeys(of tenant: TenantID) async throws(StorageError) {
        _ = try await write(tenant, ["SELECT pg_notify('data_keys_changed', \(.text(tenant.description)))"])
    }

    /// Frees what deleted and replaced keys have left behind, and lets it be overwritten.
    package func vacuumKeys() async throws(StorageError) {
        // Alone in its trip: VACUUM refuses to be part of a transaction.
        do {
            try await database.runAlone("VACUUM (ANALYZE) data_key")
            try await database.runAlone("VACUUM search_key")
            try await database.runAlone("VACUUM epoch_key")
        } catch {
            throw StorageError(error)
        }
    }

    /// Removes tokens of search keys that are gone, a batch at a time.
    package func removeTokens(ofGeneration generation: Int32, limit: Int, of tenant: TenantID) async throws(StorageError) -> Int {
        try await write(
            tenant,
            [
                """
                DELETE FROM search_token WHERE tenant_id = \(.uuid(tenant.uuid)) AND ctid = ANY(ARRAY(
                  SELECT ctid FROM search_token WHERE tenant_id = \(.uuid(tenant.uuid)) AND generation = \(.int4(generation))
                  LIMIT \(.int8(Int64(limit)))))
                """
            ]
        )[0].affectedRows
    }
}

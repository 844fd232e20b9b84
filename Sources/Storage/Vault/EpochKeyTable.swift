import PostgresLink
package import Vocabulary

/// An epoch key as it rests: wrapped by a key of the provider, which one its generation says.
package struct WrappedEpochKey: Sendable, Equatable {
    package let epoch: Int32
    package let provider: String
    package let generation: Int32
    package let wrapped: [UInt8]
    package let createdAt: Instant
    package init(epoch: Int32, provider: String, generation: Int32, wrapped: [UInt8], createdAt: Instant = .now()) {
        self.createdAt = createdAt
        self.epoch = epoch
        self.provider = provider
        self.generation = generation
        self.wrapped = wrapped
    }
}

/// An epoch that is over.
package struct EndedEpoch: Sendable, Equatable {
    package let epoch: Int32
    package let generation: Int32
    package let beganAt: Instant
    /// Since then nothing is wrapped under its key.
    package let unusedSince: Instant
    /// Since then nobody has its key; `nil` while that is still to be done.
    package let destroyedAt: Instant?
}

/// A search key as it rests: wrapped by an epoch key.
package struct WrappedSearchKey: Sendable {
    package let generation: Int32
    package let epoch: Int32
    package let wrapped: [UInt8]
    package init(generation: Int32, epoch: Int32, wrapped: [UInt8]) {
        self.generation = generation
        self.epoch = epoch
        self.wrapped = wrapped
    }
}

/// What rests above the data keys of a tenant.
package struct StoredTenantKeys: Sendable {
    /// In their order; the last is the one that new keys are wrapped under.
    package let epochs: [WrappedEpochKey]
    /// In their order.
    package let searchKeys: [WrappedSearchKey]
    /// The tenant's own data keys, in the order of their versions.
    package let dataKeys: [WrappedDataKey]
    /// The suite that new values are sealed with; `nil` where nobody has chosen.
    package let suite: Int32?
}

extension VaultDatabase {
    package func tenantKeys(of tenant: TenantID) async throws(StorageError) -> StoredTenantKeys {
        let id = SQLParameter.uuid(tenant.uuid)
        let results = try await read(
            tenant,
            [
                "SELECT epoch, provider, generation, wrapped, created_at FROM epoch_key WHERE tenant_id = \(id) ORDER BY epoch",
                "SELECT generation, epoch, wrapped FROM search_key WHERE tenant_id = \(id) ORDER BY generation",
                "SELECT holder, version, epoch, wrapped FROM data_key WHERE tenant_id = \(id) AND holder = \(id) ORDER BY version",
                "SELECT suite FROM tenant_setting WHERE tenant_id = \(id)",
            ]
        )
        let (epochs, search) = (results[0], results[1])
        return StoredTenantKeys(
            epochs: (0..<epochs.rowCount).compactMap { row in
                epochs.bytes(row, 3).map {
                    WrappedEpochKey(
                        epoch: epochs.int32(row, 0), provider: epochs.text(row, 1) ?? "", generation: epochs.int32(row, 2), wrapped: $0,
                        createdAt: epochs.timestamp(row, 4) ?? .now()
                    )
                }
            },
            searchKeys: (0..<search.rowCount).compactMap { row in
                search.bytes(row, 2).map { WrappedSearchKey(generation: search.int32(row, 0), epoch: search.int32(row, 1), wrapped: $0) }
            },
            dataKeys: WrappedDataKey.all(results[2]), suite: results[3].rowCount == 0 ? nil : results[3].int32(0, 0)
        )
    }

    /// Keeps the first key of an epoch; when two gateways make one at once, the second's is dropped and both read the first's. An epoch
    /// that has ended, or that a later one has followed, does not come back: its wrapping key may be destroyed.
    package func addEpochKey(_ key: WrappedEpochKey, of tenant: TenantID) async throws(StorageError) {
        _ = try await write(
            tenant,
            [
                """
                INSERT INTO epoch_key (tenant_id, epoch, provider, generation, wrapped, created_at)
                SELECT \(.uuid(tenant.uuid)), \(.int4(key.epoch)), \(.text(key.provider)), \(.int4(key.generation)), \(.bytes(key.wrapped)), now()
                WHERE NOT EXISTS (SELECT FROM epoch_key WHERE tenant_id = \(.uuid(tenant.uuid)) AND epoch > \(.int4(key.epoch)))
                  AND NOT EXISTS (SELECT FROM ended_epoch WHERE tenant_id = \(.uuid(tenant.uuid)) AND epoch >= \(.int4(key.epoch)))
                ON CONFLICT DO NOTHING
                """
            ]
        )
    }

    /// Puts an epoch key that was wrapped anew in the place of what it was.
    ///
    /// - Returns: whether the old one was still there; another process may have been first.
    package func replaceEpochKey(_ old: WrappedEpochKey, by new: WrappedEpochKey, of tenant: TenantID) async throws(StorageError) -> Bool {
        try await write(
            tenant,
            [
                """
                UPDATE epoch_key SET provider = \(.text(new.provider)), generation = \(.int4(new.generation)), wrapped = \(.bytes(new.wrapped))
                WHERE tenant_id = \(.uuid(tenant.uuid)) AND epoch = \(.int4(old.epoch)) AND wrapped = \(.bytes(old.wrapped))
                """
            ]
        )[0].affectedRows == 1
    }

    /// Closes an epoch that nothing is wrapped under any more, for good.
    ///
    /// Whoever adds a key holds a share lock on the row of the epoch it wrapped it under, and takes it only if the row is there. So
    /// the row is locked first, which waits for those who are adding, and only then is looked whether anything is left.
    /// - Returns: whether it is closed; false when a key came in meanwhile.
    package func closeEpoch(_ epoch: Int32, of tenant: TenantID) async throws(StorageError) -> Bool {
        let (id, number) = (SQLParameter.uuid(tenant.uuid), SQLParameter.int4(epoch))
        let results = try await write(
            tenant,
            [
                "SELECT epoch FROM epoch_key WHERE tenant_id = \(id) AND epoch = \(number) FOR UPDATE",
                """
                WITH gone AS (
                  DELETE FROM epoch_key WHERE tenant_id = \(id) AND epoch = \(number)
                    AND NOT EXISTS (SELECT FROM data_key WHERE tenant_id = \(id) AND epoch = \(number))
                    AND NOT EXISTS (SELECT FROM search_key WHERE tenant_id = \(id) AND epoch = \(number))
                  RETURNING generation, created_at
                )
                INSERT INTO ended_epoch (tenant_id, epoch, generation, began_at, unused_since)
                SELECT \(id), \(number), generation, created_at, now() FROM gone ON CONFLICT DO NOTHING
                """,
                "SELECT epoch FROM epoch_key WHERE tenant_id = \(id) AND epoch = \(number)",
            ]
        )
        return results[2].rowCount == 0
    }

    package func endedEpochs(of tenant: TenantID) async throws(StorageError) -> [EndedEpoch] {
        let rows = try await read(
            tenant,
            [
                """
                SELECT epoch, generation, began_at, unused_since, destroyed_at FROM ended_epoch
                WHERE tenant_id = \(.uuid(tenant.uuid)) ORDER BY epoch
                """
            ]
        )[0]
        return (0..<rows.rowCount).compactMap { row in
            guard let began = rows.timestamp(row, 2), let unused = rows.timestamp(row, 3) else { return nil }
            return EndedEpoch(
                epoch: rows.int32(row, 0), generation: rows.int32(row, 1), beganAt: began, unusedSince: unused, destroyedAt: rows.timestamp(row, 4)
            )
        }
    }

    /// Notes that the key of an ended epoch is destroyed wherever it was.
    package func noteDestroyed(_ epoch: Int32, of tenant: TenantID) async throws(StorageError) {
        _ = try await write(
            tenant,
            [
                """
                UPDATE ended_epoch SET destroyed_at = now()
                WHERE tenant_id = \(.uuid(tenant.uuid)) AND epoch = \(.int4(epoch)) AND destroyed_at IS NULL
                """
            ]
        )
    }

    /// A new search key; one of the same generation that is there already stays.
    package func addSearchKey(_ key: WrappedSearchKey, of tenant: TenantID) async throws(StorageError) -> Bool {
        try await add(wrappedUnder: key.epoch, tenant) { fence in
            [
                """
                INSERT INTO search_key (tenant_id, generation, epoch, wrapped, created_at)
                SELECT \(.uuid(tenant.uuid)), \(.int4(key.generation)), \(.int4(key.epoch)), \(.bytes(key.wrapped)), now() WHERE \(fence)
                ON CONFLICT DO NOTHING
                """
            ]
        }
    }

    package func replaceSearchKey(_ old: WrappedSearchKey, by new: WrappedSearchKey, of tenant: TenantID) async throws(StorageError) {
        _ = try await write(
            tenant,
            [
                """
                UPDATE search_key SET epoch = \(.int4(new.epoch)), wrapped = \(.bytes(new.wrapped))
                WHERE tenant_id = \(.uuid(tenant.uuid)) AND generation = \(.int4(old.generation)) AND epoch = \(.int4(old.epoch))
                """
            ]
        )
    }

    package func removeSearchKey(_ generation: Int32, of tenant: TenantID) async throws(StorageError) {
        _ = try await write(
            tenant, ["DELETE FROM search_key WHERE tenant_id = \(.uuid(tenant.uuid)) AND generation = \(.int4(generation))"]
        )
    }

    package func setSuite(_ suite: Int32, of tenant: TenantID) async throws(StorageError) {
        _ = try await write(
            tenant,
            [
                """
                INSERT INTO tenant_setting (tenant_id, suite) VALUES (\(.uuid(tenant.uuid)), \(.int4(suite)))
                ON CONFLICT (tenant_id) DO UPDATE SET suite = EXCLUDED.suite
                """
            ]
        )
    }

    /// Adds what is wrapped under an epoch key, unless that epoch has ended: then nothing is added, and false is the answer.
    private func add(
        wrappedUnder epoch: Int32, _ tenant: TenantID, _ statements: (_ fence: SQL) -> [SQL]
    ) async throws(StorageError) -> Bool {
        try await write(tenant, [Self.holdEpoch(epoch, of: tenant)] + statements(Self.isOpen(epoch, of: tenant)))[0].rowCount == 1
    }

    /// Keeps an epoch from ending until the transaction does; answers no row when it has ended.
    static func holdEpoch(_ epoch: Int32, of tenant: TenantID) -> SQL {
        "SELECT epoch FROM epoch_key WHERE tenant_id = \(.uuid(tenant.uuid)) AND epoch = \(.int4(epoch)) FOR KEY SHARE"
    }

    static func isOpen(_ epoch: Int32, of tenant: TenantID) -> SQL {
        "EXISTS (SELECT FROM epoch_key WHERE tenant_id = \(.uuid(tenant.uuid)) AND epoch = \(.int4(epoch)))"
    }
}

extension ResultSet {
    /// A number that the schema declares as `integer`.
    func int32(_ row: Int, _ column: Int) -> Int32 { Int32(truncatingIfNeeded: int64(row, column) ?? 0) }
}

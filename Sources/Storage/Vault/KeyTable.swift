package import PostgresLink
package import Vocabulary

/// An epoch key as it rests: wrapped by the root key.
package struct WrappedEpochKey: Sendable {
    package let epoch: Int32
    package let wrapped: [UInt8]
    package init(epoch: Int32, wrapped: [UInt8]) {
        self.epoch = epoch
        self.wrapped = wrapped
    }
}

/// A data key as it rests: wrapped by an epoch key. The holder is a subject, or the tenant itself.
package struct WrappedDataKey: Sendable {
    package let holder: UUIDv7
    package let version: Int32
    package let epoch: Int32
    package let wrapped: [UInt8]
    package init(holder: UUIDv7, version: Int32, epoch: Int32, wrapped: [UInt8]) {
        self.holder = holder
        self.version = version
        self.epoch = epoch
        self.wrapped = wrapped
    }
}

extension VaultDatabase {
    package func epochKeys(of tenant: TenantID) async throws(StorageError) -> [WrappedEpochKey] {
        let rows = try await read(tenant, ["SELECT epoch, wrapped FROM epoch_key WHERE tenant_id = \(.uuid(tenant.uuid)) ORDER BY epoch"])[0]
        return (0..<rows.rowCount).compactMap { row in
            rows.bytes(row, 1).map { WrappedEpochKey(epoch: Int32(truncatingIfNeeded: rows.int64(row, 0) ?? 0), wrapped: $0) }
        }
    }

    /// Keeps the first key of an epoch; when two gateways make one at once, the second's is dropped and both read the first's.
    package func addEpochKey(_ key: WrappedEpochKey, of tenant: TenantID) async throws(StorageError) {
        try await write(
            tenant,
            [
                """
                INSERT INTO epoch_key (tenant_id, epoch, wrapped, created_at)
                VALUES (\(.uuid(tenant.uuid)), \(.int4(key.epoch)), \(.bytes(key.wrapped)), now()) ON CONFLICT DO NOTHING
                """
            ]
        )
    }

    /// The newest version of each holder's key, for those that have one.
    package func dataKeys(of holders: [UUIDv7], tenant: TenantID) async throws(StorageError) -> [WrappedDataKey] {
        let rows = try await read(
            tenant,
            [
                """
                SELECT holder, version, epoch, wrapped FROM data_key
                WHERE tenant_id = \(.uuid(tenant.uuid)) AND holder = ANY(\(.uuids(holders))) ORDER BY version
                """
            ]
        )[0]
        return (0..<rows.rowCount).compactMap { row in
            guard let holder = rows.uuid(row, 0), let wrapped = rows.bytes(row, 3) else { return nil }
            return WrappedDataKey(
                holder: holder, version: Int32(truncatingIfNeeded: rows.int64(row, 1) ?? 0),
                epoch: Int32(truncatingIfNeeded: rows.int64(row, 2) ?? 0), wrapped: wrapped
            )
        }
    }

    /// For a transaction of the vault: new data keys. A key that exists is kept.
    package static func addDataKeys(_ keys: [WrappedDataKey], of tenant: TenantID) -> SQL {
        """
        INSERT INTO data_key (tenant_id, holder, version, epoch, wrapped, created_at)
        SELECT \(.uuid(tenant.uuid)), holder, version, epoch, wrapped, now()
        FROM unnest(\(.uuids(keys.map(\.holder))), \(.int4s(keys.map(\.version))), \(.int4s(keys.map(\.epoch))),
          \(.byteStrings(keys.map(\.wrapped)))) AS new (holder, version, epoch, wrapped)
        ON CONFLICT DO NOTHING
        """
    }
}

extension VaultDatabase {
    /// Whether the vault has never held a key. Row security shows nobody all tenants' rows, so the gateway's own is asked for.
    package func hasKeys(of tenant: TenantID) async throws(StorageError) -> Bool { try await !epochKeys(of: tenant).isEmpty }
}

import PostgresLink
package import Vocabulary

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

    static func all(_ rows: ResultSet) -> [WrappedDataKey] {
        (0..<rows.rowCount).compactMap { row in
            guard let holder = rows.uuid(row, 0), let wrapped = rows.bytes(row, 3) else { return nil }
            return WrappedDataKey(holder: holder, version: rows.int32(row, 1), epoch: rows.int32(row, 2), wrapped: wrapped)
        }
    }
}

/// What became of keys and tokens that a change needs.
package enum VaultOutcome: Sendable, Equatable {
    case written
    /// The epoch that the keys were wrapped under has ended; nothing was added.
    case epochEnded
    /// The keys of these were destroyed; nothing of theirs was added.
    case destroyed([UUIDv7])
}

extension VaultDatabase {
    /// The keys of each holder that has one, in the order of their versions.
    package func dataKeys(of holders: [UUIDv7], tenant: TenantID) async throws(StorageError) -> [WrappedDataKey] {
        WrappedDataKey.all(
            try await read(
                tenant,
                [
                    """
                    SELECT holder, version, epoch, wrapped FROM data_key
                    WHERE tenant_id = \(.uuid(tenant.uuid)) AND holder = ANY(\(.uuids(holders))) ORDER BY version
                    """
                ]
            )[0]
        )
    }

    /// Adds new data keys, all wrapped under one epoch, and search tokens, in one transaction.
    ///
    /// Neither can slip past an end: the row of the epoch, and a key of each holder of a token, are held by share locks, so that
    /// the end of the epoch and the destruction of a key wait for this, or this finds them gone.
    package func add(_ keys: [WrappedDataKey], _ tokens: [SearchToken], of tenant: TenantID) async throws(StorageError) -> VaultOutcome {
        var statements: [SQL] = []
        let epoch = keys.first?.epoch
        precondition(keys.allSatisfy { $0.epoch == epoch }, "keys that are made together are wrapped under one epoch")
        if let epoch {
            statements.append(Self.holdEpoch(epoch, of: tenant))
            statements.append(Self.addDataKeys(keys, under: epoch, of: tenant))
        }
        let holders = Set(tokens.map(\.holder)).sorted()
        if !tokens.isEmpty {
            statements.append(
                """
                SELECT holder FROM data_key WHERE tenant_id = \(.uuid(tenant.uuid)) AND holder = ANY(\(.uuids(holders)))
                ORDER BY holder FOR KEY SHARE
                """
            )
            statements.append(Self.addTokens(tokens, of: tenant))
        }
        if statements.isEmpty { return .written }
        let results = try await write(tenant, statements)
        if epoch != nil, results[0].rowCount == 0 { return .epochEnded }
        if tokens.isEmpty { return .written }
        let held = results[results.count - 2]
        let alive = Set((0..<held.rowCount).compactMap { held.uuid($0, 0) })
        let gone = holders.filter { !alive.contains($0) }
        return gone.isEmpty ? .written : .destroyed(gone)
    }

    private static func addDataKeys(_ keys: [WrappedDataKey], under epoch: Int32, of tenant: TenantID) -> SQL {
        """
        INSERT INTO data_key (tenant_id, holder, version, epoch, wrapped, created_at)
        SELECT \(.uuid(tenant.uuid)), holder, version, \(.int4(epoch)), wrapped, now()
        FROM unnest(\(.uuids(keys.map(\.holder))), \(.int4s(keys.map(\.version))), \(.byteStrings(keys.map(\.wrapped)))) AS new (holder, version, wrapped)
        WHERE \(isOpen(epoch, of: tenant)) ON CONFLICT DO NOTHING
        """
    }
}

package import PostgresLink
package import Vocabulary

/// What a backup tells of the databases beside their rows. Every tenant's: for roles above row security.
package enum SnapshotFacts {
    /// A tenant's audit log as it stands.
    package struct Log: Sendable, Equatable {
        package let tenant: TenantID
        package let epoch: Int
        package let size: Int
        package let root: [UInt8]
    }

    /// A tenant's keys.
    package struct Keys: Sendable, Equatable {
        package let tenant: TenantID
        package let epochs: [Int]
    }

    /// Of the store, in the order of the tenants' ids.
    package static func logs(_ transaction: Transaction) async throws(StorageError) -> [Log] {
        let rows = try await ask(
            transaction,
            """
            SELECT t.id, coalesce(l.epoch, 1), coalesce(l.size, 0), coalesce(l.root, ''::bytea)
            FROM tenant t LEFT JOIN audit_log l ON l.tenant_id = t.id ORDER BY t.id
            """)
        return (0..<rows.rowCount).compactMap { row in
            guard let id = rows.uuid(row, 0), let epoch = rows.int64(row, 1), let size = rows.int64(row, 2) else { return nil }
            return Log(tenant: TenantID(id), epoch: Int(epoch), size: Int(size), root: rows.bytes(row, 3) ?? [])
        }
    }

    /// Of the vault.
    package static func keys(_ transaction: Transaction) async throws(StorageError) -> [Keys] {
        let rows = try await ask(
            transaction,
            """
            SELECT tenant_id, string_agg(epoch::text, ',' ORDER BY epoch) FROM epoch_key GROUP BY tenant_id ORDER BY tenant_id
            """)
        return (0..<rows.rowCount).compactMap { row in
            guard let id = rows.uuid(row, 0), let epochs = rows.text(row, 1) else { return nil }
            return Keys(tenant: TenantID(id), epochs: epochs.split(separator: ",").compactMap { Int($0) })
        }
    }

    private static func ask(_ transaction: Transaction, _ question: SQL) async throws(StorageError) -> ResultSet {
        do { return try await transaction.execute([question])[0] } catch { throw StorageError(error) }
    }
}

extension Schema {
    /// Names and types of all columns of a database, a line each, in order: what two databases of the same shape have in common.
    package static func outline(_ database: Database) async throws(StorageError) -> String {
        let live = try await LiveSchema.read(database)
        return live.columns.sorted { $0.key < $1.key }.map { table, columns in
            columns.sorted { $0.key < $1.key }.map { "\(table).\($0.key) \($0.value)\n" }.joined()
        }.joined()
    }
}

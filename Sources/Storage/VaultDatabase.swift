package import PostgresLink
package import Vocabulary

/// The database `gatehouse_vault`: wrapped keys and search tokens; no value of anybody.
package struct VaultDatabase: Sendable {
    package let database: Database
    package let stepsDown: Bool

    package init(_ database: Database, stepsDown: Bool) {
        self.database = database
        self.stepsDown = stepsDown
    }

    package func read(_ tenant: TenantID, _ statements: [SQL]) async throws(StorageError) -> [ResultSet] {
        do { return Array(try await database.read([opening(tenant)] + statements).dropFirst()) } catch { throw StorageError(error) }
    }

    /// All or nothing, in one round trip.
    @discardableResult
    package func write(_ tenant: TenantID, _ statements: [SQL]) async throws(StorageError) -> [ResultSet] {
        if statements.isEmpty { return [] }
        do { return Array(try await database.write([opening(tenant)] + statements).dropFirst()) } catch { throw StorageError(error) }
    }

    private func opening(_ tenant: TenantID) -> SQL {
        let role: SQL = stepsDown ? ", set_config('role', 'gatehouse_rows', true)" : ""
        return "SELECT set_config('gatehouse.tenant', \(.text(tenant.description)), true)\(role)"
    }
}

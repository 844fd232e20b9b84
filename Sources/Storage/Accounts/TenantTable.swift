import PostgresLink
package import Vocabulary

extension StoreDatabase {
    package func tenant(named name: String) async throws(StorageError) -> TenantID? {
        let rows: ResultSet
        do { rows = try await database.read(["SELECT id FROM tenant WHERE name = \(.text(name))"])[0] } catch { throw StorageError(error) }
        return rows.rowCount == 0 ? nil : rows.uuid(0, 0).map { TenantID($0) }
    }

    /// Every tenant, the oldest first.
    package func tenants() async throws(StorageError) -> [TenantID] {
        let rows: ResultSet
        do { rows = try await database.read(["SELECT id FROM tenant ORDER BY id"])[0] } catch { throw StorageError(error) }
        return (0..<rows.rowCount).compactMap { rows.uuid($0, 0).map { TenantID($0) } }
    }

    /// Makes the tenant, or finds the one that has the name already.
    package func makeTenant(named name: String) async throws(StorageError) -> TenantID {
        // A store that takes no changes for now has its tenants all the same.
        if let known = try await tenant(named: name) { return known }
        do {
            _ = try await database.write([
                """
                INSERT INTO tenant (id, name, created_at) VALUES (\(.uuid(.make())), \(.text(name)), now()) ON CONFLICT (name) DO NOTHING
                """
            ])
        } catch {
            throw StorageError(error)
        }
        guard let tenant = try await tenant(named: name) else { throw .link(LinkError(.misuse)) }
        return tenant
    }
}

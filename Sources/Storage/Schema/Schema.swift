package import Catalog
package import PostgresLink

/// Plans, applies and verifies what the two databases look like.
package enum Schema {
    package static func planStore(_ database: Database, _ catalog: CompiledCatalog) async throws(StorageError) -> SchemaPlan {
        let live = try await LiveSchema.read(database)
        return plan("store", StoreSchema.tables(catalog), live)
    }

    package static func planVault(_ database: Database) async throws(StorageError) -> SchemaPlan {
        let live = try await LiveSchema.read(database)
        return plan("vault", VaultSchema.tables, live)
    }

    /// Whether the connecting role is above row-level security, and what it is called.
    package static func role(_ database: Database) async throws(StorageError) -> (name: String, bypassesRowSecurity: Bool) {
        let live = try await LiveSchema.read(database)
        return (live.role, live.bypassesRowSecurity)
    }

    private static func plan(_ name: String, _ tables: [TableDeclaration], _ live: LiveSchema) -> SchemaPlan {
        var steps: [SchemaStep] = []
        var constraints: [SchemaStep] = []
        for table in tables {
            let (own, later) = table.steps(from: live)
            steps += own
            constraints += later
        }
        let known = Set(tables.map(\.name.name))
        for table in live.columns.keys.sorted() where !known.contains(table) {
            steps.append(
                .conflict(what: "table \(table) is not in the catalog", hint: "declare the entity again, or drop the table by hand")
            )
        }
        return SchemaPlan(database: name, steps: steps + constraints, isFresh: live.columns.isEmpty)
    }

    /// Runs a plan without conflicts in one transaction. Two gateways that apply at once take turns; the second finds nothing to do.
    package static func apply(
        _ database: Database, replan: @Sendable () async throws(StorageError) -> SchemaPlan, isVault: Bool
    ) async throws(StorageError) -> SchemaPlan {
        try await database.transaction(wrap: { StorageError($0) }) { (transaction: Transaction) async throws(StorageError) -> SchemaPlan in
            do throws(LinkError) {
                _ = try await transaction.execute("SELECT pg_advisory_xact_lock(7463910265)::text")
            } catch {
                throw StorageError(error)
            }
            let plan = try await replan()
            guard plan.conflicts.isEmpty else { return plan }
            do throws(LinkError) {
                for statement in plan.statements { _ = try await transaction.execute(statement) }
                if isVault {
                    // Not part of the plan, which knows tables only: made anew each time, as this build wants them.
                    for statement in VaultSchema.notification { _ = try await transaction.execute(statement) }
                } else if !plan.isEmpty {
                    for statement in ConsentSchema.guards { _ = try await transaction.execute(statement) }
                    _ = try await transaction.execute("INSERT INTO schema_change (changes) VALUES (\(.texts(plan.steps.map(\.what))))")
                }
                if !plan.isEmpty { for statement in stepDownRole { _ = try await transaction.execute(statement) } }
            } catch {
                throw StorageError(error)
            }
            return plan
        }
    }

    /// Lets ``StoreDatabase/stepsDown`` work in tables that were put back without the privileges on them.
    package static func renewPrivileges(_ database: Database) async throws(StorageError) {
        do { _ = try await database.write(stepDownRole) } catch { throw StorageError(error) }
    }

    /// A role without privileges above row security, for connections whose own role has them; see ``StoreDatabase/stepsDown``.
    private static let stepDownRole: [SQL] = [
        """
        DO $$ BEGIN
          IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gatehouse_rows') THEN CREATE ROLE gatehouse_rows NOLOGIN; END IF;
            GRANT USAGE ON SCHEMA public TO gatehouse_rows;
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO gatehouse_rows;
          END IF;
        END $$
        """
    ]
}

import Catalog
import Storage

/// Keeps a gateway from serving out of databases that are not what the catalog says.
enum SchemaCheck {
    /// Makes fresh databases; refuses others that differ.
    ///
    /// - Parameter extends: whether others are taken over, too, unless something in them is in the way.
    static func prepare(
        _ databases: Databases, _ catalog: CompiledCatalog, extends: Bool = false, _ progress: (String) -> Void
    ) async throws {
        if extends { for database in [databases.store, databases.vault] { try await Schema.renewPrivileges(database) } }
        for plan in try await plans(databases, catalog) where !plan.isEmpty {
            guard plan.isFresh || extends && plan.conflicts.isEmpty else {
                let steps = plan.steps.prefix(12).map { "\n  \($0.what)" }.joined()
                throw CommandFailure(
                    .unfit, "the \(plan.database) differs from the catalog:\(steps)",
                    hint: "look at it with 'gatehouse schema plan' and take it over with 'gatehouse schema apply'"
                )
            }
            progress(plan.isFresh ? "making the tables of the \(plan.database)" : "adding to the \(plan.database) what the catalog has since")
            _ = try await apply(plan.database, databases, catalog)
        }
    }

    static func plans(_ databases: Databases, _ catalog: CompiledCatalog) async throws -> [SchemaPlan] {
        do {
            return [try await Schema.planStore(databases.store, catalog), try await Schema.planVault(databases.vault)]
        } catch {
            throw CommandFailure(error)
        }
    }

    static func apply(_ database: String, _ databases: Databases, _ catalog: CompiledCatalog) async throws -> SchemaPlan {
        do {
            if database == "vault" {
                return try await Schema.apply(
                    databases.vault, replan: { () async throws(StorageError) in try await Schema.planVault(databases.vault) }, isVault: true
                )
            }
            return try await Schema.apply(
                databases.store, replan: { () async throws(StorageError) in try await Schema.planStore(databases.store, catalog) },
                isVault: false
            )
        } catch {
            throw CommandFailure(error)
        }
    }
}

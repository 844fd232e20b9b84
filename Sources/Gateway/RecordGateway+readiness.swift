import AuditTrail
import PostgresLink
import Storage
package import Vocabulary

extension RecordGateway {
    /// Whose data there is.
    package func tenants() async throws(Refusal) -> [TenantID] {
        do { return try await store.tenants() } catch { throw refusal(error) }
    }

    /// Whether a request can be answered now: both databases are reached and hold our tables, and the trail takes events, in the database or in the
    /// spool. Never throws, and says nothing about why not: who runs the gateway finds that in its log and with `gatehouse status`.
    package func isReady() async -> Bool {
        async let isVaultThere = answers(vault.database, "SELECT to_regclass('data_key') IS NOT NULL")
        let isStoreThere = await answers(store.database, "SELECT to_regclass('audit_inbox') IS NOT NULL AND to_regclass('credential') IS NOT NULL")
        let takesChanges = await answers(
            store.database, "SELECT NOT pg_is_in_recovery() AND current_setting('default_transaction_read_only') = 'off'")
        let isThere = await isVaultThere && isStoreThere
        return isThere && audit.hasRoom && (takesChanges || audit.hasSpool)
    }

    private func answers(_ database: Database, _ statement: SQL) async -> Bool {
        guard let results = try? await database.read([statement]) else { return false }
        return results.first?.bool(0, 0) == true
    }
}

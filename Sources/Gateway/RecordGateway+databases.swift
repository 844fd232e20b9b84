import KeyRing
import PostgresLink
import Storage
import Vocabulary

/// Ways to the databases that need no decision and no event of their own.
extension RecordGateway {
    /// One statement of book-keeping: a queue, a lease, a mark of how far something is. It is no access to anybody's data, and what it belongs to is
    /// on record.
    func changed(_ statement: SQL, _ tenant: TenantID) async throws(StorageError) -> ResultSet {
        try await store.transaction(Scope(tenant: tenant), wrap: { $0 }) { (transaction: Transaction) async throws(StorageError) in
            do throws(LinkError) { return try await transaction.execute([statement])[0] } catch { throw StorageError(error) }
        }
    }

    func inVault<Value: Sendable>(_ body: () async throws(StorageError) -> Value) async throws(Refusal) -> Value {
        do { return try await body() } catch { throw Self.refusal(.vault(error)) }
    }

    func inKeyRing<Value: Sendable>(_ body: () async throws(KeyRingError) -> Value) async throws(Refusal) -> Value {
        do { return try await body() } catch { throw Self.refusal(error) }
    }
}

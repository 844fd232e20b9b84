package import PostgresLink

extension StoreDatabase {
    /// Lends a transaction that sees the store as it is at one moment, however long it reads, and can change nothing.
    package func snapshot<Value: Sendable, Failure: Error>(
        _ scope: Scope, wrap: @escaping @Sendable (StorageError) -> Failure, _ body: (Transaction) async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        try await database.transaction(
            setup: ["SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"], wrap: { wrap(StorageError($0)) }
        ) { (transaction: Transaction) async throws(Failure) -> Value in
            let results: [ResultSet]
            do throws(LinkError) { results = try await transaction.execute(opening(scope)) } catch { throw wrap(StorageError(error)) }
            do throws(StorageError) { try check(results[0], scope) } catch { throw wrap(error) }
            return try await body(transaction)
        }
    }
}

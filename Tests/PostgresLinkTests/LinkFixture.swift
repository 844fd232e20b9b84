import PostgresLink
import Storage
import TestPostgres

/// Lends a link to a fresh database for as long as the body runs.
func withLink<Value: Sendable>(
    _ adjust: (inout LinkSettings) -> Void = { _ in }, cluster: PostgresCluster? = nil,
    onNotification: @escaping @Sendable (String, String) -> Void = { _, _ in }, onListening: @escaping @Sendable () -> Void = {},
    _ body: (Database) async throws -> Value
) async throws -> Value {
    let server: PostgresCluster = if let cluster { cluster } else { try await PostgresCluster.shared() }
    var settings = LinkSettings(name: "test", target: server.target(try await server.makeDatabase()))
    adjust(&settings)
    return try await withLink(settings, onNotification: onNotification, onListening: onListening, body)
}

func withLink<Value: Sendable>(
    _ settings: LinkSettings, onNotification: @escaping @Sendable (String, String) -> Void = { _, _ in },
    onListening: @escaping @Sendable () -> Void = {}, _ body: (Database) async throws -> Value
) async throws -> Value {
    let engine = LinkEngine()
    let database = Database(settings, engine: engine, onNotification: onNotification, onListening: onListening)
    let outcome: Result<Value, any Error>
    do { outcome = .success(try await body(database)) } catch { outcome = .failure(error) }
    await database.close()
    await engine.stop()
    return try outcome.get()
}

extension Database {
    func one(_ statement: SQL) async throws -> ResultSet { try await read([statement])[0] }

    func inTransaction<Value: Sendable>(_ body: (Transaction) async throws(LinkError) -> Value) async throws(LinkError) -> Value {
        try await transaction(wrap: { $0 }, body)
    }

    /// The error that a read ends with; `nil` when it succeeds.
    func failure(_ statements: SQL...) async -> LinkError? {
        do throws(LinkError) {
            _ = try await read(statements)
            return nil
        } catch {
            return error
        }
    }

    /// Asks again until a read succeeds; the suite's time limit ends a wait in vain.
    func readWhenBack(_ statement: SQL) async throws -> ResultSet {
        while true {
            do { return try await one(statement) } catch is LinkError { try await Task.sleep(for: .milliseconds(20)) }
        }
    }

    /// Waits until nobody else runs anything in this database.
    func untilQuiet() async throws {
        let others: SQL = """
            SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()
            """
        while try await one(others).int64(0, 0) != 0 { try await Task.sleep(for: .milliseconds(10)) }
    }
}

extension StoreDatabase {
    func rows(_ scope: Scope, _ statement: SQL) async throws -> ResultSet { try await read(scope, [statement])[0] }
}

import PostgresLink
import TestPostgres
import Testing

@Suite(.timeLimit(.minutes(15)))
struct ConcurrencyTests {
    @Test func `concurrent reads each get their own rows and their own errors`() async throws {
        try await withLink { database async throws in
            let wrong = await withTaskGroup(of: Bool.self) { group in
                for number in Int64(0)..<600 {
                    group.addTask {
                        do throws(LinkError) {
                            let divisor = SQLParameter.int8(number % 7 == 0 ? 0 : 1)
                            let rows = try await database.read([
                                "SELECT \(.int8(number)) / \(divisor)", "SELECT n FROM generate_series(1, \(.int8(number % 5))) n",
                            ])
                            return number % 7 == 0 || rows[0].int64(0, 0) != number || rows[1].rowCount != Int(number % 5)
                        } catch {
                            return number % 7 != 0 || error.sqlState != "22012"
                        }
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(wrong == 0)
        }
    }

    @Test func `a statement that goes down with its unit is prepared anew for its neighbours`() async throws {
        try await withLink({ $0.sharedConnections = 1 }) { database async throws in
            _ = try await database.one("SELECT 1")
            let failures = await withTaskGroup(of: LinkError?.self) { group in
                for number in 0..<200 {
                    guard let name = SQLIdentifier("c\(number)") else { continue }
                    group.addTask {
                        _ = await database.failure("SELECT 1 / 0", "SELECT 1 AS \(name)")
                        return nil
                    }
                    group.addTask { await database.failure("SELECT 1 AS \(name)") }
                }
                return await group.reduce(into: [LinkError]()) { if let error = $1 { $0.append(error) } }
            }
            #expect(failures.isEmpty)
        }
    }

    @Test func `many more callers than connections are all served`() async throws {
        try await withLink({
            $0.sharedConnections = 1
            $0.exclusiveConnections = 2
            $0.maximumWaiting = 10_000
            // Waiting for a connection is what this is about; how long it takes is the other tests' doing.
            $0.connectTimeout = .seconds(60)
        }) { database async throws in
            _ = try await database.write(["CREATE TABLE ledger (amount int8)"])
            try await withThrowingTaskGroup(of: Int64?.self) { group in
                for number in Int64(1)...300 {
                    group.addTask {
                        try await database.inTransaction { transaction throws(LinkError) in
                            _ = try await transaction.execute("INSERT INTO ledger VALUES (\(.int8(number)))")
                        }
                        return nil
                    }
                    for _ in 0..<5 { group.addTask { try await database.one("SELECT \(.int8(number))").int64(0, 0) } }
                }
                var sum: Int64 = 0
                for try await value in group { sum += value ?? 0 }
                #expect(sum == 5 * 300 * 301 / 2)
            }
            #expect(try await database.one("SELECT sum(amount)::int8 FROM ledger").int64(0, 0) == 300 * 301 / 2)
        }
    }

    @Test func `without named statements nothing stays prepared on the server`() async throws {
        try await withLink({
            $0.usesNamedStatements = false
            $0.sharedConnections = 1
        }) { database async throws in
            for number in Int64(0)..<20 {
                let row = try await database.one("SELECT \(.int8(number)), \(.text("é"))")
                #expect(row.int64(0, 0) == number)
            }
            let prepared = try await database.one("SELECT count(*) FROM pg_prepared_statements")
            #expect(prepared.int64(0, 0) == 0)
            let failure = await database.failure("SELECT 1 / 0")
            #expect(failure?.sqlState == "22012")
        }
    }

    @Test func `named statements are prepared once for each text`() async throws {
        try await withLink({ $0.sharedConnections = 1 }) { database async throws in
            for number in Int64(0)..<20 { _ = try await database.one("SELECT \(.int8(number)) AS repeated") }
            #expect(try await database.one("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%AS repeated'").int64(0, 0) == 1)
        }
    }
}

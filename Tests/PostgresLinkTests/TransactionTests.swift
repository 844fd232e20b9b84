import PostgresLink
import TestPostgres
import Testing

@Suite(.timeLimit(.minutes(15)))
struct TransactionTests {
    private struct Stop: Error {}

    @Test func `a transaction commits when its body returns and rolls back when it throws`() async throws {
        try await withLink { database async throws in
            _ = try await database.write(["CREATE TABLE entry (name text)"])
            try await database.inTransaction { transaction throws(LinkError) in
                transaction.enqueue("INSERT INTO entry VALUES ('enqueued')")
                _ = try await transaction.execute("INSERT INTO entry VALUES ('executed')")
                transaction.enqueue("INSERT INTO entry VALUES ('with commit')")
            }
            await #expect(throws: Stop.self) {
                try await database.transaction(wrap: { $0 as any Error }) { transaction in
                    _ = try await transaction.execute("INSERT INTO entry VALUES ('thrown away')")
                    throw Stop()
                }
            }
            let rows = try await database.one("SELECT name FROM entry ORDER BY name")
            #expect((0..<rows.rowCount).map { rows.text($0, 0) } == ["enqueued", "executed", "with commit"])
        }
    }

    @Test func `an enqueued statement that fails takes the commit with it`() async throws {
        try await withLink { database async throws in
            _ = try await database.write(["CREATE TABLE entry (name text UNIQUE)", "INSERT INTO entry VALUES ('there')"])
            await #expect(throws: LinkError(.refused, sqlState: "23505", constraint: "entry_name_key")) {
                try await database.inTransaction { transaction throws(LinkError) in
                    _ = try await transaction.execute("INSERT INTO entry VALUES ('new')")
                    transaction.enqueue("INSERT INTO entry VALUES ('there')")
                }
            }
            #expect(try await database.one("SELECT count(*) FROM entry").int64(0, 0) == 1)
            // The connection is as good as new.
            _ = try await database.write(["INSERT INTO entry VALUES ('later')"])
        }
    }

    @Test func `a write of several statements is all or nothing`() async throws {
        try await withLink { database async throws in
            _ = try await database.write(["CREATE TABLE entry (name text UNIQUE)"])
            await #expect(throws: LinkError.self) {
                try await database.write(["INSERT INTO entry VALUES ('a')", "INSERT INTO entry VALUES ('a')"])
            }
            #expect(try await database.one("SELECT count(*) FROM entry").int64(0, 0) == 0)
        }
    }

    @Test func `a unique violation tells its state and constraint and nothing of the value`() async throws {
        try await withLink { database async throws in
            _ = try await database.write(["CREATE TABLE person (mail text CONSTRAINT person_mail UNIQUE)"])
            let mail = "kvasir.marker@example.org"
            _ = try await database.write(["INSERT INTO person VALUES (\(.text(mail)))"])
            do throws(LinkError) {
                _ = try await database.write(["INSERT INTO person VALUES (\(.text(mail)))"])
                Issue.record("the second insertion went through")
            } catch {
                #expect(error.isUniqueViolation)
                #expect(error.constraint == "person_mail")
                #expect(!"\(error)".contains("kvasir"))
                #expect(!String(reflecting: error).contains("kvasir"))
            }
        }
    }

    @Test func `an untouched transaction does not even begin`() async throws {
        try await withLink { database async throws in
            try await database.inTransaction { _ throws(LinkError) in }
            #expect(try await database.one("SELECT 1").int64(0, 0) == 1)
        }
    }

    @Test func `a cancelled transaction leaves nothing behind and no lock`() async throws {
        try await withLink { database async throws in
            _ = try await database.write(["CREATE TABLE entry (name text)", "INSERT INTO entry VALUES ('kept')"])
            let (started, start) = AsyncStream<Void>.makeStream()
            let task = Task {
                try await database.inTransaction { transaction throws(LinkError) in
                    _ = try await transaction.execute("UPDATE entry SET name = 'changed'")
                    start.yield()
                    _ = try await transaction.execute("SELECT pg_sleep(600)")
                }
            }
            for await _ in started { break }
            task.cancel()
            await #expect(throws: LinkError(.cancelled)) { try await task.value }
            // Would wait for ever if the lock were still held.
            _ = try await database.write(["UPDATE entry SET name = name || '!'"])
            #expect(try await database.one("SELECT name FROM entry").text(0, 0) == "kept!")
        }
    }
}

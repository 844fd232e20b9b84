import PostgresLink
import TestPostgres
import Testing

@Suite(.timeLimit(.minutes(15)))
struct CopyTests {
    private struct Stop: Error {}

    private func lines(_ range: Range<Int>) -> AsyncStream<[UInt8]> {
        AsyncStream { continuation in
            for number in range { continuation.yield(Array("\(number)\tname \(number) é\n".utf8)) }
            continuation.finish()
        }
    }

    private static let table: SQL = "CREATE TABLE person (n int8 PRIMARY KEY, name text)"
    private static let into: SQL = "COPY person FROM STDIN"

    @Test func `rows go in and come out again`() async throws {
        try await withLink { database async throws in
            _ = try await database.write([Self.table])
            try await database.copyIn(Self.into, lines(0..<20_000))
            #expect(try await database.one("SELECT count(*) FROM person").int64(0, 0) == 20_000)
            var count = 0
            var last: [UInt8] = []
            try await database.copyOut("COPY (SELECT * FROM person ORDER BY n) TO STDOUT") { row in
                count += 1
                last = row
            }
            #expect(count == 20_000)
            #expect(String(decoding: last, as: UTF8.self) == "19999\tname 19999 é\n")
        }
    }

    @Test func `a copy ends well wherever its end falls in the server's buffer`() async throws {
        // The server sends 8 KiB at a time: somewhere in this range the end of the copy is cut in two.
        try await withLink({ $0.exclusiveConnections = 1 }) { database async throws in
            for size in 8100..<8200 {
                guard let name = SQLIdentifier("v\(size)") else { continue }
                _ = try await database.write(["CREATE VIEW \(name) AS SELECT repeat('x', \(SQL.number(size)))"])
                var total = 0
                try await database.copyOut("COPY (SELECT * FROM \(name)) TO STDOUT") { total += $0.count }
                #expect(total == size + 1)
            }
        }
    }

    @Test func `an error in the middle takes nothing in and the link stays usable`() async throws {
        try await withLink({ $0.exclusiveConnections = 1 }) { database async throws in
            _ = try await database.write([Self.table, "INSERT INTO person VALUES (500, 'there')"])
            do {
                try await database.copyIn(Self.into, lines(0..<50_000))
                Issue.record("the copy went through")
            } catch let error as LinkError {
                #expect(error.isUniqueViolation)
                #expect(error.constraint == "person_pkey")
            }
            #expect(try await database.one("SELECT count(*) FROM person").int64(0, 0) == 1)
            try await database.copyIn(Self.into, lines(1000..<1010))
            #expect(try await database.one("SELECT count(*) FROM person").int64(0, 0) == 11)
        }
    }

    @Test func `a statement that is refused at once is told as such`() async throws {
        try await withLink({ $0.exclusiveConnections = 1 }) { database async throws in
            await #expect(throws: LinkError(.refused, sqlState: "42P01")) { try await database.copyIn("COPY nowhere FROM STDIN", lines(0..<3)) }
            await #expect(throws: LinkError(.refused, sqlState: "42P01")) { try await database.copyOut("COPY nowhere TO STDOUT") { _ in } }
            await #expect(throws: LinkError(.refused, sqlState: "22012")) {
                try await database.copyOut("COPY (SELECT 1 / (3 - n) FROM generate_series(1, 5) n) TO STDOUT") { _ in }
            }
            _ = try await database.write(["SELECT 1"])
        }
    }

    @Test func `a source or a reader that gives up ends the copy`() async throws {
        try await withLink({ $0.exclusiveConnections = 1 }) { database async throws in
            _ = try await database.write([Self.table])
            let broken = AsyncThrowingStream<[UInt8], any Error> { continuation in
                continuation.yield(Array("1\tone\n".utf8))
                continuation.finish(throwing: Stop())
            }
            await #expect(throws: Stop.self) { try await database.copyIn(Self.into, broken) }
            #expect(try await database.one("SELECT count(*) FROM person").int64(0, 0) == 0)
            await #expect(throws: Stop.self) {
                try await database.copyOut("COPY (SELECT * FROM generate_series(1, 1000000)) TO STDOUT") { _ in throw Stop() }
            }
            _ = try await database.write(["INSERT INTO person VALUES (2, 'two')"])
            #expect(try await database.one("SELECT count(*) FROM person").int64(0, 0) == 1)
        }
    }

    @Test func `a cancelled caller waits for no server and leaves nothing running there`() async throws {
        try await withLink({ $0.exclusiveConnections = 1 }) { database async throws in
            _ = try await database.write(["SELECT 1"])
            let reader = Task { try await database.copyOut("COPY (SELECT pg_sleep(600)) TO STDOUT") { _ in } }
            let running: SQL = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY%' AND state = 'active'"
            while try await database.one(running).int64(0, 0) == 0 { try await Task.sleep(for: .milliseconds(10)) }
            reader.cancel()
            await #expect(throws: LinkError(.cancelled)) { try await reader.value }
            try await database.untilQuiet()
            _ = try await database.write(["SELECT 1"])
        }
    }

    @Test func `a cancelled sender takes nothing in`() async throws {
        try await withLink({ $0.exclusiveConnections = 1 }) { database async throws in
            _ = try await database.write([Self.table])
            let (chunks, chunk) = AsyncStream<[UInt8]>.makeStream()
            let sender = Task { try await database.copyIn(Self.into, chunks) }
            chunk.yield(Array("1\tone\n".utf8))
            try await Task.sleep(for: .milliseconds(50))
            sender.cancel()
            _ = await sender.result
            // The stream ended with the task, so its end is no sign that all had been sent.
            #expect(try await database.one("SELECT count(*) FROM person").int64(0, 0) == 0)
            _ = try await database.write(["SELECT 1"])
        }
    }
}

extension SQL {
    /// Digits as text: a view takes no parameters.
    fileprivate static func number(_ value: Int) -> SQL {
        let digits: [SQL] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
        return String(value).compactMap(\.wholeNumberValue).reduce("") { "\($0)\(digits[$1])" }
    }
}

import PostgresLink
import TestPostgres
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(15)))
struct ParameterTests {
    private static let strings = ["", "plain", "é and e\u{301}", "日本語 عربى 🏳️‍🌈", "quote ' \" \\ $1 %s", "line\nbreak\ttab"]

    @Test func `text comes back byte for byte`() async throws {
        try await withLink { database async throws in
            for text in Self.strings {
                #expect(try await database.one("SELECT \(.text(text))").text(0, 0).map { Array($0.utf8) } == Array(text.utf8))
            }
            #expect(try await database.one("SELECT \(.text(nil))").isNull(0, 0))
            let long = String(repeating: "långt ", count: 100_000)
            #expect(try await database.one("SELECT \(.text(long))").text(0, 0) == long)
        }
    }

    @Test func `bytes come back as they were`() async throws {
        try await withLink { database async throws in
            for bytes in [[], [0], [0, 255, 0], Array(UInt8.min...UInt8.max)] as [[UInt8]] {
                #expect(try await database.one("SELECT \(.bytes(bytes))").bytes(0, 0) == bytes)
            }
            #expect(try await database.one("SELECT \(.bytes(nil))").bytes(0, 0) == nil)
        }
    }

    @Test func `numbers and booleans keep their extremes`() async throws {
        try await withLink { database async throws in
            for value in [Int64.min, -1, 0, 1, .max] { #expect(try await database.one("SELECT \(.int8(value))").int64(0, 0) == value) }
            for value in [Int32.min, 0, .max] { #expect(try await database.one("SELECT \(.int4(value))").int64(0, 0) == Int64(value)) }
            for value in [true, false] { #expect(try await database.one("SELECT \(.bool(value))").bool(0, 0) == value) }
            for value in ["0", "-0.0001", "9999999999999999.9999", "12.50"] {
                #expect(try await database.one("SELECT \(.numeric(value))::text").text(0, 0) == value)
            }
            let nulls = try await database.one("SELECT \(.int8(nil)), \(.int4(nil)), \(.bool(nil)), \(.numeric(nil))")
            for column in 0..<4 { #expect(nulls.isNull(0, column)) }
            #expect(await database.failure("SELECT \(.numeric("twelve"))")?.sqlState == "22P02")
        }
    }

    @Test func `ids, dates and times come back and mean the same to PostgreSQL`() async throws {
        try await withLink { database async throws in
            let id = UUIDv7.make()
            let row = try await database.one("SELECT \(.uuid(id)), \(.uuid(id))::text, \(.uuid(nil))")
            #expect(row.uuid(0, 0) == id)
            #expect(row.text(0, 1) == id.description)
            #expect(row.isNull(0, 2))
            for text in ["1815-12-10", "1970-01-01", "2000-01-01", "2024-02-29", "9999-12-31"] {
                let date = try #require(CalendarDate(text))
                let row = try await database.one("SELECT \(.date(date)), \(.date(date))::text, \(.date(nil))")
                #expect(row.date(0, 0) == date)
                #expect(row.text(0, 1) == text)
                #expect(row.isNull(0, 2))
            }
            for text in ["1969-12-31T23:59:59.999999Z", "2026-11-22T09:30:00Z"] {
                let time = try #require(Instant(text))
                let row = try await database.one("SELECT \(.timestamp(time)), extract(epoch FROM \(.timestamp(time)))::text, \(.timestamp(nil))")
                #expect(row.timestamp(0, 0) == time)
                #expect(row.text(0, 1).flatMap { Double($0) } == Double(time.microseconds) / 1_000_000)
                #expect(row.isNull(0, 2))
            }
        }
    }

    @Test func `arrays keep order, NULLs and emptiness`() async throws {
        try await withLink { database async throws in
            let texts = Self.strings.map { Optional($0) } + [nil]
            let rows = try await database.one("SELECT value, ordinality FROM unnest(\(.texts(texts))) WITH ORDINALITY AS t (value, ordinality)")
            #expect((0..<rows.rowCount).map { rows.text($0, 0) } == texts)
            #expect(try await database.one("SELECT \(.texts(Self.strings))").texts(0, 0) == Self.strings)
            let ids = [UUIDv7.make(), nil, UUIDv7.make()]
            let found = try await database.one("SELECT unnest(\(.uuids(ids)))")
            #expect((0..<found.rowCount).map { found.uuid($0, 0) } == ids)
            let wide = try await database.one("SELECT unnest(\(.int8s([.min, nil, .max]))), unnest(\(.int4s([nil, 7, -7])))")
            #expect((0..<3).map { wide.int64($0, 0) } == [.min, nil, .max])
            #expect((0..<3).map { wide.int64($0, 1) } == [nil, 7, -7])
            let bytes: [[UInt8]?] = [[], nil, [0, 1, 255]]
            let blobs = try await database.one("SELECT unnest(\(.byteStrings(bytes)))")
            #expect((0..<3).map { blobs.bytes($0, 0) } == bytes)
            let times = [Instant("2026-11-22T09:30:00Z"), nil]
            let moments = try await database.one("SELECT unnest(\(.timestamps(times)))")
            #expect((0..<2).map { moments.timestamp($0, 0) } == times)
            let empty = try await database.one(
                "SELECT cardinality(\(.texts([]))), cardinality(\(.uuids([]))), cardinality(\(.int8s([]))), cardinality(\(.byteStrings([])))"
            )
            for column in 0..<4 { #expect(empty.int64(0, column) == 0) }
            #expect(try await database.one("SELECT \(.texts([]))").texts(0, 0) == [])
        }
    }

    @Test func `a fragment's parameters are numbered behind those before it`() async throws {
        try await withLink { database async throws in
            let fragments: [SQL] = (Int64(0)..<12).map { "\(.int8($0))" }
            let row = try await database.one("SELECT \(.text("first")), \(joining: fragments), \(.text("last"))")
            #expect(row.text(0, 0) == "first")
            #expect((1...12).map { row.int64(0, $0) } == Array(0..<12))
            #expect(row.text(0, 13) == "last")
        }
    }

    @Test(arguments: ["", "1a", "A", "a-b", "a\"b", "ä", String(repeating: "a", count: 64)])
    func `what is no plain name becomes no identifier`(text: String) {
        #expect(SQLIdentifier(text) == nil)
    }
}

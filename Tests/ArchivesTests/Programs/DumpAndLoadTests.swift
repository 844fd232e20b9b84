@testable import Archives
import Foundation
import TestPostgres
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(15)))
struct DumpAndLoadTests {
    private func target(_ cluster: PostgresCluster, _ database: String, as role: String) -> Personal<[String: String]> {
        Personal(["PGHOST": cluster.folder, "PGDATABASE": database, "PGUSER": role])
    }

    private func programs() async throws -> PostgresPrograms { try await PostgresPrograms.find(forServer: 13) }

    private func dump(_ cluster: PostgresCluster, _ database: String) async throws -> [UInt8] {
        let dumper = PostgresDumper(try await programs(), target: target(cluster, database, as: "postgres"))
        return try await dumper.dump(snapshot: nil) { (pipe) async throws(ArchiveError) in
            var all: [UInt8] = []
            while true {
                let bytes = try await pipe.read()
                if bytes.isEmpty { return all }
                all += bytes
            }
        }
    }

    private func load(_ cluster: PostgresCluster, _ database: String, _ body: @Sendable (LoadedStream) async throws(ArchiveError) -> Void)
        async throws
    {
        try await PostgresLoader(try await programs(), target: target(cluster, database, as: "gatehouse")).load(body)
    }

    private func error(_ body: () async throws -> Void) async -> ArchiveError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? ArchiveError
        }
    }

    private func tables(_ cluster: PostgresCluster, _ database: String) async throws -> String {
        try await cluster.administer(database, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
    }

    /// A database with a table of some rows and one that is large enough to fill every buffer on the way.
    private func sample(_ cluster: PostgresCluster) async throws -> String {
        let name = try await cluster.makeDatabase()
        try await cluster.administer(
            name,
            """
            CREATE TABLE a (n bigint PRIMARY KEY, said text); CREATE TABLE b (n bigint REFERENCES a, filler text);
            INSERT INTO a SELECT n, 'said-' || n FROM generate_series(1, 1000) n;
            INSERT INTO b SELECT 1 + n % 1000, repeat(md5(n::text), 20) FROM generate_series(1, 5000) n;
            """)
        return name
    }

    @Test func `a store that is dumped and loaded is the same, and its owner's`() async throws {
        let cluster = try await PostgresCluster.shared()
        let pair = try await cluster.makePair()
        try await cluster.administer(
            pair.store, "INSERT INTO tenant (id, name, created_at) VALUES (gen_random_uuid(), 'one', now()), (gen_random_uuid(), 'two', now())")
        for database in [pair.store, pair.vault] {
            let bytes = try await dump(cluster, database)
            let copy = try await cluster.makeDatabase()
            try await load(cluster, copy) { (stream) async throws(ArchiveError) in
                for start in stride(from: 0, to: bytes.count, by: 1000) {
                    try await stream.write(Array(bytes[start..<min(start + 1000, bytes.count)]))
                }
            }
            let schema = { (database: String) async throws -> [Substring] in
                let dump = try await PostgresCluster.dump(socket: cluster.folder, database, options: ["--inserts", "--no-privileges"])
                // Newer versions put a word that is drawn anew into the first and the last line.
                return dump.split(separator: "\n").filter { !$0.hasPrefix("\\") }
            }
            #expect(try await schema(copy) == schema(database))
            #expect(try await cluster.administer(copy, "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'") == "gatehouse")
        }
    }

    enum Break: CaseIterable { case throwing, throwingAtTheEnd, ending, cancelling }

    @Test(arguments: Break.allCases)
    func `a load that is broken off leaves an empty database`(_ how: Break) async throws {
        let cluster = try await PostgresCluster.shared()
        let bytes = try await dump(cluster, try await sample(cluster))
        let copy = try await cluster.makeDatabase()
        let task = Task {
            await error {
                try await load(cluster, copy) { (stream) async throws(ArchiveError) in
                    try await stream.write(Array(bytes[..<(bytes.count / 2)]))
                    switch how {
                    case .throwing: throw .damaged("here", "it ends")
                    case .throwingAtTheEnd:
                        try await stream.write(Array(bytes[(bytes.count / 2)...]))
                        throw .damaged("here", "its last chunk is another's")
                    case .ending: break
                    case .cancelling:
                        withUnsafeCurrentTask { $0?.cancel() }
                        try await stream.write(Array(bytes[(bytes.count / 2)...]))
                    }
                }
            }
        }
        switch (how, await task.value) {
        case (.throwing, .damaged("here", "it ends")), (.throwingAtTheEnd, .damaged("here", "its last chunk is another's")): break
        case (.ending, .program("pg_restore", let said)): #expect(said.contains("end of file"), "\(said)")
        case (.cancelling, .program("pg_restore", _)): break
        case (_, let other): Issue.record("\(how): \(String(describing: other))")
        }
        #expect(try await tables(cluster, copy) == "0")
        // The control: the same bytes, all of them.
        try await load(cluster, copy) { (stream) async throws(ArchiveError) in try await stream.write(bytes) }
        #expect(try await cluster.administer(copy, "SELECT (SELECT count(*) FROM a) || ' ' || (SELECT count(*) FROM b)") == "1000 5000")
    }

    @Test func `a load into a database that is not empty changes nothing in it`() async throws {
        let cluster = try await PostgresCluster.shared()
        let bytes = try await dump(cluster, try await sample(cluster))
        let copy = try await cluster.makeDatabase()
        try await cluster.administer(copy, "CREATE TABLE b (mine text); ALTER TABLE b OWNER TO gatehouse")
        let failure = await error {
            try await load(cluster, copy) { (stream) async throws(ArchiveError) in try await stream.write(bytes) }
        }
        #expect(failure == .program("pg_restore", "could not execute query: ERROR:  relation \"b\" already exists"))
        #expect(try await tables(cluster, copy) == "1")
    }

    @Test func `what a program says repeats no value`() async throws {
        let cluster = try await PostgresCluster.shared()
        var bytes = try await dump(cluster, try await sample(cluster))
        // A number that is none any more, in the middle of the rows.
        let row = Array("123\tsaid-123\n".utf8)
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: row) })
        bytes[place + 1] = UInt8(ascii: "x")
        let damaged = bytes
        let copy = try await cluster.makeDatabase()
        let failure = await error {
            try await load(cluster, copy) { (stream) async throws(ArchiveError) in try await stream.write(damaged) }
        }
        #expect(failure == .program("pg_restore", "COPY failed for table \"a\": ERROR:  invalid input syntax for type bigint: …"))
        #expect(try await tables(cluster, copy) == "0")
    }

    @Test func `a dump that fails is none, also when everything it wrote was read`() async throws {
        let cluster = try await PostgresCluster.shared()
        let failure = await error { _ = try await dump(cluster, "nowhere") }
        guard case .program("pg_dump", let said)? = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(said.hasSuffix("database \"nowhere\" does not exist"), "\(said)")
        // Row security would hide rows from this role, and pg_dump does not pass over that.
        let pair = try await cluster.makePair()
        let dumper = PostgresDumper(try await programs(), target: target(cluster, pair.store, as: "gatehouse"))
        let refused = await error {
            try await dumper.dump(snapshot: nil) { (pipe) async throws(ArchiveError) in while try await !pipe.read().isEmpty {} }
        }
        guard case .program("pg_dump", let reason)? = refused else {
            Issue.record("\(String(describing: refused))")
            return
        }
        #expect(reason.contains("row-level security") || reason.contains("row security"), "\(reason)")
    }

    @Test func `a dump whose reader gives up is ended`() async throws {
        let cluster = try await PostgresCluster.shared()
        let database = try await sample(cluster)
        let dumper = PostgresDumper(try await programs(), target: target(cluster, database, as: "postgres"))
        let failure = await error {
            try await dumper.dump(snapshot: nil) { (pipe) async throws(ArchiveError) in
                _ = try await pipe.read(10)
                throw .damaged("here", "the disk is full")
            }
        }
        #expect(failure == .damaged("here", "the disk is full"))
        try await cluster.administer(database, "DROP TABLE b")
    }

    @Test func `a dump is of the moment of its snapshot`() async throws {
        let cluster = try await PostgresCluster.shared()
        let database = try await sample(cluster)
        let dumper = PostgresDumper(try await programs(), target: target(cluster, database, as: "postgres"))
        let failure = await error {
            try await dumper.dump(snapshot: "00000003-0000001B-9") { (pipe) async throws(ArchiveError) in while try await !pipe.read().isEmpty {} }
        }
        guard case .program("pg_dump", let said)? = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(said.contains("ERROR:"), "\(said)")
    }
}

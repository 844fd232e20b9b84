@testable import PostgresLink
import Storage
import Synchronization
import TestPostgres
import Testing

@Suite(.timeLimit(.minutes(15)))
struct RestoreMarkTests {
    private func with(
        passes: Bool = false, isPooled: Bool = false, _ body: (_ cluster: PostgresCluster, _ name: String, Database, Calls) async throws -> Void
    ) async throws {
        let cluster = try await PostgresCluster.shared()
        let name = try await cluster.makeDatabase()
        try await cluster.administer(name, "CREATE TABLE t (n bigint); ALTER TABLE t OWNER TO gatehouse")
        var settings = LinkSettings(name: "store", target: cluster.target(name))
        settings.passesRestores = passes
        settings.usesNamedStatements = !isPooled
        let engine = LinkEngine()
        let calls = Calls()
        let database = Database(settings, engine: engine, onRestoring: { calls.count.withLock { $0 += 1 } })
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(cluster, name, database, calls)) } catch { outcome = .failure(error) }
        await database.close()
        await engine.stop()
        try outcome.get()
    }

    private final class Calls: Sendable { let count = Mutex(0) }

    private func mark(_ cluster: PostgresCluster, _ name: String) async throws {
        try await cluster.administer(name, "ALTER DATABASE \(name) SET gatehouse.restoring = 'r load'")
    }

    private func fails(_ body: () async throws -> Void) async -> LinkError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? LinkError)?.code
        }
    }

    @Test func `a session that is new finds the mark, and nothing is sent`() async throws {
        try await with { cluster, name, database, calls in
            #expect(try await database.read(["SELECT 1::bigint"])[0].int64(0, 0) == 1)
            #expect(try await RestoreMark.read(database) == RestoreMark())
            try await mark(cluster, name)
            try await cluster.administer("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)'")
            var code = LinkError.Code.connectionLost
            while code == .connectionLost { code = await fails { _ = try await database.read(["SELECT 1::bigint"]) } ?? .misuse }
            #expect(code == .restoring)
            #expect(await fails { _ = try await database.write(["INSERT INTO t VALUES (1)"]) } == .restoring)
            #expect(calls.count.withLock { $0 } == 1)
            // For good: who knew the database before is to be made anew.
            try await cluster.administer(name, "ALTER DATABASE \(name) RESET gatehouse.restoring")
            #expect(await fails { _ = try await database.read(["SELECT 1::bigint"]) } == .restoring)
            #expect(try await cluster.administer(name, "SELECT count(*) FROM t") == "0")
        }
    }

    @Test func `a transaction's own session finds it, too`() async throws {
        try await with { cluster, name, database, _ in
            #expect(try await database.read(["SELECT 1::bigint"])[0].int64(0, 0) == 1)
            try await mark(cluster, name)
            // The shared sessions are from before; this one is opened now.
            #expect(await fails { _ = try await database.write(["INSERT INTO t VALUES (1)"]) } == .restoring)
            #expect(try await cluster.administer(name, "SELECT count(*) FROM t") == "0")
        }
    }

    @Test func `the restore itself passes`() async throws {
        try await with(passes: true) { cluster, name, database, calls in
            try await mark(cluster, name)
            _ = try await database.write(["INSERT INTO t VALUES (1)"])
            #expect(try await RestoreMark.read(database) == RestoreMark(restoring: "r load"))
            #expect(calls.count.withLock { $0 } == 0)
        }
    }

    @Test func `a database that was restored meanwhile is another one`() async throws {
        try await with { cluster, name, database, calls in
            try await cluster.administer(name, "ALTER DATABASE \(name) SET gatehouse.restored = 'first'")
            #expect(await fails { _ = try await database.read(["SELECT 1::bigint"]) } == nil)
            try await cluster.administer(name, "ALTER DATABASE \(name) SET gatehouse.restored = 'second'")
            _ = await fails { _ = try await database.write(["INSERT INTO t VALUES (1)"]) }
            #expect(calls.count.withLock { $0 } == 1)
            #expect(try await cluster.administer(name, "SELECT count(*) FROM t") == "0")
        }
    }

    /// A pooler gives each unit any session, old ones too: those of the link itself are the old ones here.
    @Test(arguments: [true, false])
    func `behind a pooler each unit looks by itself`(isPooled: Bool) async throws {
        try await with(isPooled: isPooled) { cluster, name, database, calls in
            _ = try await database.write(["INSERT INTO t VALUES (1)"])
            let held = try await database.transaction(wrap: { $0 }) { (transaction: Transaction) async throws(LinkError) -> Int64? in
                _ = try await transaction.execute("INSERT INTO t VALUES (2)")
                return try await transaction.execute("SELECT count(*) FROM t")[0].int64(0, 0)
            }
            #expect(held == 2)
            #expect(try await database.read(["SELECT count(*) FROM t", "SELECT 7::bigint"])[1].int64(0, 0) == 7)
            // What cannot be part of a transaction goes without.
            try await database.runAlone("VACUUM t")
            try await mark(cluster, name)
            // The control: where sessions are our own they are ended by the restore, and do not look again.
            let expected: LinkError.Code? = isPooled ? .restoring : nil
            #expect(await fails { _ = try await database.write(["INSERT INTO t VALUES (3)"]) } == expected)
            #expect(try await cluster.administer(name, "SELECT count(*) FROM t") == (isPooled ? "2" : "3"))
            #expect(await fails { _ = try await database.read(["SELECT 1::bigint"]) } == expected)
            #expect(calls.count.withLock { $0 } == (isPooled ? 1 : 0))
        }
    }
}

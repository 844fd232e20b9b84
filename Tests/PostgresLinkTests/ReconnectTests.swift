import PostgresLink
import TestPostgres
import Testing

@Suite(.timeLimit(.minutes(15)))
struct ReconnectTests {
    @Test func `reads and writes go on after the server has ended their connections`() async throws {
        try await withLink({ $0.sharedConnections = 2 }) { database async throws in
            _ = try await database.write(["CREATE TABLE entry (n int8)"])
            let sleeper = Task { await database.failure("SELECT pg_sleep(600)") }
            try await Task.sleep(for: .milliseconds(50))
            let cluster = try await PostgresCluster.shared()
            let name = try #require(try await database.one("SELECT current_database()::text").text(0, 0))
            try await cluster.administer(
                "postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)'"
            )
            let failure = try #require(await sleeper.value)
            // The server may still have said why (57P01) before it closed.
            #expect(failure.code == .connectionLost || failure.sqlState == "57P01")
            #expect(try await database.readWhenBack("SELECT 1").int64(0, 0) == 1)
            var isWritten = false
            while !isWritten {
                do throws(LinkError) {
                    _ = try await database.write(["INSERT INTO entry VALUES (1)"])
                    isWritten = true
                } catch {
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            #expect(try await database.readWhenBack("SELECT count(*) FROM entry").int64(0, 0) == 1)
        }
    }

    @Test func `a server that is not there is unavailable, whatever is asked of it`() async throws {
        var settings = LinkSettings(name: "test", target: "host=/nonexistent dbname=none user=nobody")
        settings.connectTimeout = .milliseconds(500)
        settings.statementTimeout = .seconds(5)
        try await withLink(settings) { database async throws in
            #expect(await database.failure("SELECT 1")?.code == .unavailable)
            await #expect(throws: LinkError(.unavailable)) { try await database.write(["SELECT 1"]) }
            await #expect(throws: LinkError(.unavailable)) {
                try await database.inTransaction { transaction throws(LinkError) in _ = try await transaction.execute("SELECT 1") }
            }
        }
    }

    @Test func `a link outlives its server's restart, and a write that waits meanwhile arrives`() async throws {
        let cluster = try await PostgresCluster.start()
        try await withLink({ $0.connectTimeout = .seconds(60) }, cluster: cluster) { database async throws in
            _ = try await database.write(["CREATE TABLE entry (n int8)"])
            _ = try await database.one("SELECT 1")
            try await cluster.stopServer()
            let write = Task {
                // Until the loss has been noticed a write may still be refused as one.
                while true {
                    do throws(LinkError) { return try await database.write(["INSERT INTO entry VALUES (7)"]) } catch {
                        if error.code == .unavailable { throw error }
                    }
                }
            }
            while await database.failure("SELECT 1")?.code != .unavailable {}
            try await cluster.startServer()
            _ = try await write.value
            #expect(try await database.readWhenBack("SELECT n FROM entry").int64(0, 0) == 7)
        }
        try await cluster.stopServer()
    }

    @Test func `notifications arrive, also after the listener's connection was lost`() async throws {
        let (payloads, payload) = AsyncStream<String>.makeStream()
        let (listenings, listening) = AsyncStream<Void>.makeStream()
        try await withLink(
            { if let channel = SQLIdentifier("gone") { $0.channels = [channel] } },
            onNotification: { channel, text in payload.yield("\(channel) \(text)") }, onListening: { listening.yield() }
        ) { database async throws in
            var ready = listenings.makeAsyncIterator()
            var received = payloads.makeAsyncIterator()
            await ready.next()
            _ = try await database.write(["SELECT pg_notify('other', 'nobody hears this')", "SELECT pg_notify('gone', 'é first')"])
            #expect(await received.next() == "gone é first")
            let ended = try await database.one(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            )
            #expect(ended.int64(0, 0) == 1)
            await ready.next()
            _ = try await database.write(["SELECT pg_notify('gone', 'second')"])
            #expect(await received.next() == "gone second")
        }
    }
}

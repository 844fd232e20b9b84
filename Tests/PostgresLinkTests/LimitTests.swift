import PostgresLink
import TestPostgres
import Testing

@Suite(.timeLimit(.minutes(15)))
struct LimitTests {
    @Test func `a read more than may wait is refused`() async throws {
        try await withLink({
            $0.sharedConnections = 1
            $0.maximumInFlight = 1
            $0.maximumWaiting = 1
        }) { database async throws in
            _ = try await database.one("SELECT 1")
            let codes = await withTaskGroup(of: LinkError.Code?.self) { group in
                for _ in 0..<10 { group.addTask { await database.failure("SELECT pg_sleep(600)")?.code } }
                var codes: [LinkError.Code?] = []
                for await code in group {
                    codes.append(code)
                    if codes.count == 8 { group.cancelAll() }
                }
                return codes
            }
            #expect(codes.prefix(8).allSatisfy { $0 == .queueFull })
            #expect(codes.suffix(2).allSatisfy { $0 == .cancelled })
            #expect(try await database.one("SELECT 2").int64(0, 0) == 2)
        }
    }

    @Test func `a transaction more than may wait is refused`() async throws {
        try await withLink({
            $0.exclusiveConnections = 1
            $0.maximumWaiting = 1
        }) { database async throws in
            _ = try await database.write(["SELECT 1"])
            let codes = await withTaskGroup(of: LinkError.Code?.self) { group in
                for _ in 0..<5 {
                    group.addTask {
                        do throws(LinkError) {
                            _ = try await database.write(["SELECT pg_sleep(600)"])
                            return nil
                        } catch {
                            return error.code
                        }
                    }
                }
                var codes: [LinkError.Code?] = []
                for await code in group {
                    codes.append(code)
                    if codes.count == 3 { group.cancelAll() }
                }
                return codes
            }
            #expect(codes.prefix(3).allSatisfy { $0 == .queueFull })
            #expect(codes.suffix(2).allSatisfy { $0 == .cancelled })
        }
    }

    @Test func `a cancelled caller's statement ends on the server and its neighbours never notice`() async throws {
        try await withLink({ $0.sharedConnections = 1 }) { database async throws in
            _ = try await database.one("SELECT 1")
            let sleeper = Task { await database.failure("SELECT pg_sleep(600)") }
            let neighbours = Task {
                await withTaskGroup(of: LinkError?.self) { group in
                    for number in Int64(0)..<50 { group.addTask { await database.failure("SELECT \(.int8(number)), pg_sleep(0.001)") } }
                    return await group.reduce(into: [LinkError]()) { if let error = $1 { $0.append(error) } }
                }
            }
            try await Task.sleep(for: .milliseconds(50))
            sleeper.cancel()
            #expect(await sleeper.value == LinkError(.cancelled))
            #expect(await neighbours.value == [])
        }
    }

    @Test func `statements cancelled while they wait behind another end too`() async throws {
        try await withLink({ $0.sharedConnections = 1 }) { database async throws in
            _ = try await database.one("SELECT 1")
            let sleepers = (0..<5).map { _ in Task { await database.failure("SELECT pg_sleep(600)") } }
            try await Task.sleep(for: .milliseconds(50))
            for sleeper in sleepers { sleeper.cancel() }
            for sleeper in sleepers { #expect(await sleeper.value == LinkError(.cancelled)) }
            #expect(try await database.one("SELECT 2").int64(0, 0) == 2)
        }
    }

    @Test func `one cancellation after the other works on a connection that is never idle`() async throws {
        try await withLink({ $0.sharedConnections = 1 }) { database async throws in
            let busy = Task {
                var count = 0
                while !Task.isCancelled {
                    async let first = database.failure("SELECT pg_sleep(0.002)")
                    async let second = database.failure("SELECT pg_sleep(0.002)")
                    async let third = database.failure("SELECT pg_sleep(0.002)")
                    _ = await (first, second, third)
                    count += 1
                }
                return count
            }
            for _ in 0..<5 {
                let sleeper = Task { await database.failure("SELECT pg_sleep(600)") }
                try await Task.sleep(for: .milliseconds(30))
                sleeper.cancel()
                #expect(await sleeper.value == LinkError(.cancelled))
                #expect(try await database.one("SELECT 3").int64(0, 0) == 3)
            }
            busy.cancel()
            #expect(await busy.value > 0)
        }
    }

    @Test func `a cancelled write's leftovers never hit the connection's next user`() async throws {
        try await withLink({ $0.exclusiveConnections = 1 }) { database async throws in
            _ = try await database.write(["CREATE TABLE entry (n int8)"])
            for number in Int64(0)..<40 {
                let task = Task { try await database.write(["SELECT pg_sleep(0.0005)"]) }
                if number % 2 == 0 { await Task.yield() }
                task.cancel()
                _ = await task.result
                _ = try await database.write(["INSERT INTO entry VALUES (\(.int8(number)))", "SELECT pg_sleep(0.002)"])
            }
            #expect(try await database.one("SELECT count(*) FROM entry").int64(0, 0) == 40)
        }
    }

    @Test func `a statement that takes too long ends as timed out, on the server as well`() async throws {
        let cluster = try await PostgresCluster.shared()
        var settings = LinkSettings(name: "test", target: cluster.target(try await cluster.makeDatabase()))
        try await withLink(settings) { watcher async throws in
            settings.statementTimeout = .milliseconds(500)
            try await withLink(settings) { database async throws in
                #expect(await database.failure("SELECT pg_sleep(600)")?.code == .timedOut)
                try await watcher.untilQuiet()
                await #expect(throws: LinkError(.timedOut)) { try await database.write(["SELECT pg_sleep(600)"]) }
                try await watcher.untilQuiet()
                #expect(try await database.readWhenBack("SELECT 2").int64(0, 0) == 2)
            }
        }
    }

    @Test func `a closed link refuses at once`() async throws {
        let cluster = try await PostgresCluster.shared()
        let engine = LinkEngine()
        let database = Database(LinkSettings(name: "test", target: cluster.target("postgres")), engine: engine)
        _ = try await database.one("SELECT 1")
        await database.close()
        #expect(await database.failure("SELECT 1")?.code == .closed)
        await engine.stop()
        #expect(await database.failure("SELECT 1")?.code == .closed)
        await #expect(throws: LinkError(.closed)) { try await database.write(["SELECT 1"]) }
        await database.close()
    }
}

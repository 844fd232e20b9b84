import Archives
@testable import Assembly
import Foundation
import PostgresLink
import Storage
import TestPostgres
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(15)))
struct ScratchPostgresTests {
    private func rest(of state: StateDirectory) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: state.path).filter { $0.hasPrefix("scratch-") }
    }

    private func sums(_ target: String) async throws -> [TableSum] {
        let engine = LinkEngine()
        let database = Database(LinkSettings(name: "store", target: target), engine: engine)
        let sums = try await database.transaction(wrap: { StorageError($0) }) { (transaction: Transaction) async throws(StorageError) in
            try await TableSums.read(transaction)
        }
        await database.close()
        await engine.stop()
        return sums
    }

    @Test func `a backup loaded into a scratch server comes to the same sums, and nothing of the server is left`() async throws {
        let cluster = try await PostgresCluster.shared()
        let pair = try await cluster.makePair()
        try await cluster.administer(
            pair.store, "INSERT INTO tenant (id, name, created_at) VALUES (gen_random_uuid(), 'one', now()), (gen_random_uuid(), 'two', now())")
        let source = "host=\(cluster.folder) dbname=\(pair.store) user=postgres"
        let state = try StateDirectory(try TemporaryFolder.make() + "/state")
        let programs = try await PostgresPrograms.find(forServer: 13)
        let loaded = try await ScratchPostgres.with(state, binaries: programs.folder, progress: { _ in }) { scratch in
            let target = try await scratch.makeDatabase(try #require(SQLIdentifier("store")))
            let dumper = PostgresDumper(programs, target: try #require(ConnectionTarget(source)).environment)
            let loader = PostgresLoader(programs, target: target.environment)
            try await loader.load { (stream) async throws(ArchiveError) in
                try await dumper.dump(snapshot: nil) { (pipe) async throws(ArchiveError) in
                    while true {
                        let bytes = try await pipe.read()
                        if bytes.isEmpty { return }
                        try await stream.write(bytes)
                    }
                }
            }
            return try await sums(target.text.value)
        }
        let original = try await sums(source)
        #expect(loaded == original)
        #expect(loaded.first { $0.table == "tenant" }?.count == 2)
        #expect(try rest(of: state).isEmpty)
    }

    @Test func `what fails inside leaves nothing either`() async throws {
        let state = try StateDirectory(try TemporaryFolder.make() + "/state")
        await #expect(throws: TestFailure.self) {
            try await ScratchPostgres.with(state, progress: { _ in }) { _ in throw TestFailure("a sample does not open") }
        }
        #expect(try rest(of: state).isEmpty)
        let task = Task {
            try await ScratchPostgres.with(state, progress: { _ in }) { scratch in
                withUnsafeCurrentTask { $0?.cancel() }
                try Task.checkCancellation()
            }
        }
        await #expect(throws: (any Error).self) { try await task.value }
        #expect(try rest(of: state).isEmpty)
    }

    @Test func `what a crash has left is removed by the next, and one that is in use is not`() async throws {
        let state = try StateDirectory(try TemporaryFolder.make() + "/state")
        // As a process that died leaves it: the server runs, and nobody holds the lock.
        let left = try PostgresServer("scratch-left", of: state)
        try await left.initialise(options: ["--no-sync"], settings: "")
        try await left.start()
        #expect(FileManager.default.createFile(atPath: state.path + "/scratch-left.lock", contents: nil))
        let isInUse = try await ScratchPostgres.with(state, progress: { _ in }) { first in
            try await ScratchPostgres.with(state, progress: { _ in }) { _ in
                _ = try await first.makeDatabase(try #require(SQLIdentifier("store")))
                return true
            }
        }
        #expect(isInUse)
        #expect(await !left.isRunning())
        #expect(try rest(of: state).isEmpty)
        #expect(!FileManager.default.fileExists(atPath: left.sockets))
    }
}

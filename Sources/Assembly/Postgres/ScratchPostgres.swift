import Foundation
import PostgresLink
import Vocabulary

/// A PostgreSQL for one drill, with nothing in it: made, lent and removed.
///
/// What a process that died has left, its server perhaps still running, is removed by whoever makes the next one. A lock file in the state
/// directory tells of each: it is there before anything else of a scratch server and goes after everything else.
struct ScratchPostgres: Sendable {
    private let server: PostgresServer

    private static let prefix = "scratch-"
    private static let lockEnding = ".lock"
    private static let besideEnding = "-memory"

    /// - Parameter binaries: the folder of the programs to make it with: of the version that the dump comes from, where there is one.
    static func with<Value: Sendable>(
        _ state: StateDirectory, binaries: String? = nil, progress: (String) -> Void, _ body: (ScratchPostgres) async throws -> Value
    ) async throws -> Value {
        let name: String
        let lock: FileLock
        do {
            // Of those who come at the same moment one sweeps, and none takes for left behind what another has just begun.
            let turn = try FileLock(state.path + "/scratch.turn")
            turn.own()
            await sweep(state)
            name = prefix + String(UUIDv7.make().description.suffix(8))
            lock = try FileLock(lockPath(name, state))
            lock.own()
            extendLifetime(turn)
        }
        let scratch = ScratchPostgres(server: try PostgresServer(name, of: state, binaries: binaries))
        progress("making a scratch PostgreSQL in \(scratch.server.data)")
        let outcome: Result<Value, any Error>
        do {
            try await scratch.server.initialise(options: ["--no-sync"], settings: settings)
            try await scratch.server.start()
            outcome = .success(try await body(scratch))
        } catch {
            outcome = .failure(error)
        }
        // Also when this task is cancelled: a program that is started in a cancelled task is ended at once.
        await Task { await scratch.remove(lock: lockPath(name, state)) }.value
        extendLifetime(lock)
        return try outcome.get()
    }

    /// An empty database, reached as the superuser.
    func makeDatabase(_ name: SQLIdentifier) async throws(CommandFailure) -> ConnectionTarget {
        try await server.administer("CREATE DATABASE \(name) TEMPLATE template0;")
        guard let target = ConnectionTarget("host=\(server.sockets) dbname=\(name) user=postgres") else {
            throw CommandFailure(
                .unfit, "the folder \(server.sockets) cannot be named to PostgreSQL", hint: "use a state directory with another path")
        }
        return target
    }

    /// For whatever is to be thrown away with it.
    var folder: String { server.data + Self.besideEnding }

    /// An empty database as ``BackupTarget`` has it, with an owner as a restore needs one: a role of no privileges, and the superuser above it.
    func makeTarget(_ what: String, _ name: StaticString) async throws -> BackupTarget {
        try await server.administer(
            """
            SELECT 'CREATE ROLE gatehouse LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS'
              WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gatehouse') \\gexec
            CREATE DATABASE \(name) OWNER gatehouse TEMPLATE template0;
            """)
        return try BackupTarget(what, embeddedIn: server.sockets, "\(name)")
    }

    /// Nothing in it has to outlive the drill, so nothing waits for the disk.
    private static let settings = """
        max_connections = 20
        shared_buffers = 128MB
        maintenance_work_mem = 256MB
        max_wal_size = 4GB
        wal_level = minimal
        max_wal_senders = 0
        fsync = off
        synchronous_commit = off
        full_page_writes = off
        """

    // MARK: Afterwards

    private static func lockPath(_ name: String, _ state: StateDirectory) -> String { "\(state.path)/\(name)\(lockEnding)" }

    /// Removes what nobody works with any more.
    private static func sweep(_ state: StateDirectory) async {
        for file in (try? FileManager.default.contentsOfDirectory(atPath: state.path)) ?? [] {
            guard file.hasPrefix(prefix), file.hasSuffix(lockEnding) else { continue }
            let name = String(file.dropLast(lockEnding.count))
            guard let lock = try? FileLock(lockPath(name, state)), lock.tryOwn(), let server = try? PostgresServer(name, of: state) else { continue }
            await ScratchPostgres(server: server).remove(lock: lockPath(name, state))
            extendLifetime(lock)
        }
    }

    private func remove(lock: String) async {
        // One whose files are half there cannot be stopped, and does not run.
        if FileManager.default.fileExists(atPath: server.data + "/postmaster.pid") { try? await server.stop("immediate") }
        for folder in [folder, server.data, server.sockets] { try? FileManager.default.removeItem(atPath: folder) }
        // As long as something is left the lock's file says so.
        if !FileManager.default.fileExists(atPath: server.data) { unlink(lock) }
    }
}

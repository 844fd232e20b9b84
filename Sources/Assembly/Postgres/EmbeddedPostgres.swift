import Foundation

/// A private PostgreSQL below the state directory: Unix socket only, never as root, shared by every gatehouse process on the
/// host that uses the same state. The first to come starts it, the last to leave stops it.
struct EmbeddedPostgres: ~Copyable {
    private let state: StateDirectory
    let server: PostgresServer
    private let users: FileLock

    static func join(_ state: StateDirectory, progress: (String) -> Void) async throws(CommandFailure) -> EmbeddedPostgres {
        let server = try server(state)
        let turn = try turn(state)
        turn.own()
        let users = try FileLock(state.path + "/postgres.users")
        users.share()
        let mark = server.data + "/gatehouse.ready"
        if !FileManager.default.fileExists(atPath: mark) {
            progress("making a private PostgreSQL in \(server.data)")
            // A folder without the mark was left by a start that died half-way: nothing in it was ever used.
            try await server.initialise(settings: settings)
        }
        if await !server.isRunning() { try await server.start() }
        if !FileManager.default.fileExists(atPath: mark) {
            try await createDatabases(server)
            try await server.run("touch", [mark], isOurBinary: false)
        }
        return EmbeddedPostgres(state: state, server: server, users: users)
    }

    private init(state: StateDirectory, server: PostgresServer, users: consuming FileLock) {
        self.state = state
        self.server = server
        self.users = users
    }

    /// The server of a state directory, whether or not it runs.
    static func server(_ state: StateDirectory) throws(CommandFailure) -> PostgresServer { try PostgresServer("postgres", of: state) }

    /// Whether this host has ever had one.
    static func isMade(_ state: StateDirectory) -> Bool {
        guard let server = try? server(state) else { return false }
        return FileManager.default.fileExists(atPath: server.data + "/gatehouse.ready")
    }

    private static func turn(_ state: StateDirectory) throws(CommandFailure) -> FileLock { try FileLock(state.path + "/postgres.turn") }

    func target(_ database: String) -> String { "host=\(server.sockets) dbname=\(database) user=gatehouse" }

    /// Starts PostgreSQL again whenever it has died, until cancelled. What was committed is there again; the link reconnects by itself.
    static func watch(_ server: PostgresServer, of state: StateDirectory) async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(1))
            guard hasDied(server), let turn = try? turn(state) else { continue }
            turn.own()
            if hasDied(server), !Task.isCancelled { try? await server.start() }
        }
    }

    /// The server's process is gone, though nobody has stopped it: an orderly stop removes its pid file.
    private static func hasDied(_ server: PostgresServer) -> Bool {
        guard let text = try? String(contentsOfFile: server.data + "/postmaster.pid", encoding: .utf8),
            let pid = text.split(separator: "\n").first.flatMap({ Int32($0) }), pid > 1
        else { return false }
        return kill(pid, 0) != 0 && errno == ESRCH
    }

    /// Stops PostgreSQL unless another process still uses it.
    consuming func leave() async {
        guard let turn = try? Self.turn(state) else { return }
        turn.own()
        guard users.tryOwn() else { return }
        try? await server.stop()
    }

    private static let settings = """
        max_connections = 60
        shared_buffers = 128MB
        # The audit trail writes steadily: checkpoints further apart write fewer whole pages.
        max_wal_size = 2GB
        """

    private static func createDatabases(_ server: PostgresServer) async throws(CommandFailure) {
        try await server.administer(
            """
            SELECT 'CREATE ROLE gatehouse LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS'
              WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gatehouse') \\gexec
            SELECT 'CREATE DATABASE gatehouse OWNER gatehouse'
              WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'gatehouse') \\gexec
            SELECT 'CREATE DATABASE gatehouse_vault OWNER gatehouse'
              WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'gatehouse_vault') \\gexec
            """)
    }
}

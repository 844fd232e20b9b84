import SystemPackage
import Foundation
import Subprocess

/// A private PostgreSQL below the state directory: Unix socket only, never as root, shared by every gatehouse process on the
/// host that uses the same state. The first to come starts it, the last to leave stops it.
struct EmbeddedPostgres: ~Copyable {
    let socketFolder: String
    let layout: Layout
    private let users: FileLock

    struct Layout: Sendable {
        let locks: String
        let data: String
        let sockets: String
        let log: String
        let binaries: String
        /// The account to run as; `nil` is our own.
        let account: String?
    }

    static func join(_ state: StateDirectory, progress: (String) -> Void) async throws(CommandFailure) -> EmbeddedPostgres {
        let layout = try layout(state)
        let turn = try FileLock(layout.locks + "/postgres.turn")
        turn.own()
        let users = try FileLock(layout.locks + "/postgres.users")
        users.share()
        if !FileManager.default.fileExists(atPath: layout.data + "/gatehouse.ready") {
            progress("making a private PostgreSQL in \(layout.data)")
            try await initialise(layout)
        }
        if try await !isRunning(layout) {
            try prepareSockets(layout)
            try await start(layout)
        }
        if !FileManager.default.fileExists(atPath: layout.data + "/gatehouse.ready") {
            try await createDatabases(layout)
        }
        return EmbeddedPostgres(socketFolder: layout.sockets, layout: layout, users: users)
    }

    private init(socketFolder: String, layout: Layout, users: consuming FileLock) {
        self.socketFolder = socketFolder
        self.layout = layout
        self.users = users
    }

    func target(_ database: String) -> String { "host=\(socketFolder) dbname=\(database) user=gatehouse" }

    /// Starts PostgreSQL again whenever it has died, until cancelled. What was committed is there again; the link reconnects by itself.
    static func watch(_ layout: Layout) async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(1))
            guard hasDied(layout), let turn = try? FileLock(layout.locks + "/postgres.turn") else { continue }
            turn.own()
            if hasDied(layout), !Task.isCancelled { try? await start(layout) }
        }
    }

    /// The server's process is gone, though nobody has stopped it: an orderly stop removes its pid file.
    private static func hasDied(_ layout: Layout) -> Bool {
        guard let text = try? String(contentsOfFile: layout.data + "/postmaster.pid", encoding: .utf8),
            let pid = text.split(separator: "\n").first.flatMap({ Int32($0) }), pid > 1
        else { return false }
        return kill(pid, 0) != 0 && errno == ESRCH
    }

    /// Stops PostgreSQL unless another process still uses it.
    consuming func leave() async {
        guard let turn = try? FileLock(layout.locks + "/postgres.turn") else { return }
        turn.own()
        guard users.tryOwn() else { return }
        _ = try? await Self.run(layout, "pg_ctl", ["-D", layout.data, "-m", "fast", "-w", "-t", "60", "stop"])
    }

    // MARK: Where things are

    private static func layout(_ state: StateDirectory) throws(CommandFailure) -> Layout {
        guard let binaries = findBinaries() else {
            throw CommandFailure(
                .unfit, "no PostgreSQL server is installed", hint: "apt-get install postgresql, or set DATABASE_URL and VAULT_URL"
            )
        }
        let account: String? = geteuid() == 0 ? "postgres" : nil
        if let account, getpwnam(account) == nil {
            throw CommandFailure(.unfit, "PostgreSQL does not run as root, and there is no account '\(account)' to run it as")
        }
        // An account that cannot get through to the state directory keeps its data elsewhere, always in the same place.
        let home = account == nil || othersMayPass(state.path) ? state.path : "/var/lib/gatehouse/" + shortName(state.path)
        var sockets = home + "/postgres-run"
        // A socket's path has room for 107 bytes, its own name takes 20 of them.
        if sockets.utf8.count > 86 { sockets = "/tmp/gatehouse-" + shortName(state.path) }
        return Layout(
            locks: state.path, data: home + "/postgres", sockets: sockets, log: home + "/postgres/server.log", binaries: binaries,
            account: account
        )
    }

    private static func findBinaries() -> String? {
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? [])
            .sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "/usr/lib/postgresql/\($0)/bin" }
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        return (versions + path).first { FileManager.default.isExecutableFile(atPath: $0 + "/initdb") }
    }

    private static func othersMayPass(_ path: String) -> Bool {
        var current = URL(fileURLWithPath: path)
        while current.path != "/" {
            var status = stat()
            guard stat(current.path, &status) == 0, status.st_mode & 0o001 != 0 else { return false }
            current.deleteLastPathComponent()
        }
        return true
    }

    private static func shortName(_ path: String) -> String {
        String(path.utf8.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }, radix: 36)
    }

    // MARK: Life

    private static func initialise(_ layout: Layout) async throws(CommandFailure) {
        // A folder without the mark was left by a start that died half-way: nothing in it was ever used.
        try? FileManager.default.removeItem(atPath: layout.data)
        try makeFolder(layout.data, layout)
        // Trust is safe behind a socket folder that only its owner (and root) can enter.
        try await run(
            layout, "initdb",
            ["-D", layout.data, "-U", "postgres", "-A", "trust", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", "--no-instructions"]
        )
        let settings = """
            listen_addresses = ''
            unix_socket_directories = '\(layout.sockets)'
            unix_socket_permissions = 0700
            max_connections = 60
            shared_buffers = 128MB
            # The audit trail writes steadily: checkpoints further apart write fewer whole pages.
            max_wal_size = 2GB
            jit = off
            # Nothing of a statement or its parameters in the server's log.
            log_error_verbosity = terse
            log_min_error_statement = panic
            log_parameter_max_length_on_error = 0
            log_min_messages = fatal
            """
        try await run(
            layout, "sh", ["-c", "cat >> \"$1/postgresql.conf\"", "sh", layout.data], input: settings + "\n", isOurBinary: false
        )
    }

    /// Makes a folder that only the account that PostgreSQL runs as can enter, unless it is there.
    private static func makeFolder(_ folder: String, _ layout: Layout) throws(CommandFailure) {
        do {
            try FileManager.default.createDirectory(
                atPath: URL(fileURLWithPath: folder).deletingLastPathComponent().path, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o711]
            )
        } catch {
            throw CommandFailure(.unfit, "the folder \(folder) cannot be made")
        }
        guard mkdir(folder, 0o700) == 0 else {
            if errno == EEXIST { return }
            throw CommandFailure(.unfit, "the folder \(folder) cannot be made")
        }
        if let account = layout.account, let entry = getpwnam(account) {
            guard chown(folder, entry.pointee.pw_uid, entry.pointee.pw_gid) == 0 else {
                throw CommandFailure(.unfit, "\(folder) cannot be given to the account '\(account)'")
            }
        }
    }

    /// The socket's folder may stand below `/tmp`: a restart of the host clears it, and anybody can have made it first,
    /// who would then answer in PostgreSQL's place.
    private static func prepareSockets(_ layout: Layout) throws(CommandFailure) {
        try makeFolder(layout.sockets, layout)
        let owner = layout.account.flatMap { getpwnam($0)?.pointee.pw_uid } ?? geteuid()
        var status = stat()
        guard lstat(layout.sockets, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == owner, status.st_mode & 0o077 == 0 else {
            throw CommandFailure(
                .unfit, "the folder \(layout.sockets) is not one that only PostgreSQL's account can enter",
                hint: "remove it, or use a state directory with a shorter path"
            )
        }
    }

    private static func isRunning(_ layout: Layout) async throws(CommandFailure) -> Bool {
        do {
            try await run(layout, "pg_ctl", ["-D", layout.data, "status"])
            return true
        } catch {
            return false
        }
    }

    private static func start(_ layout: Layout) async throws(CommandFailure) {
        try await run(layout, "pg_ctl", ["-D", layout.data, "-l", layout.log, "-w", "-t", "60", "start"])
    }

    private static func createDatabases(_ layout: Layout) async throws(CommandFailure) {
        let script = """
            SELECT 'CREATE ROLE gatehouse LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS'
              WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gatehouse') \\gexec
            SELECT 'CREATE DATABASE gatehouse OWNER gatehouse'
              WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'gatehouse') \\gexec
            SELECT 'CREATE DATABASE gatehouse_vault OWNER gatehouse'
              WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'gatehouse_vault') \\gexec
            """
        try await run(
            layout, "psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", layout.sockets, "-U", "postgres", "-d", "postgres", "-f", "-"],
            input: script + "\n"
        )
        try await run(layout, "touch", [layout.data + "/gatehouse.ready"], isOurBinary: false)
    }

    /// Runs a program of PostgreSQL as the account that owns the data; a failure names the program and the last line it said.
    private static func run(
        _ layout: Layout, _ program: String, _ arguments: [String], input: String = "", isOurBinary: Bool = true
    ) async throws(CommandFailure) {
        let path = isOurBinary ? layout.binaries + "/" + program : program
        var command = [path] + arguments
        if let account = layout.account {
            command = ["setpriv", "--reuid=\(account)", "--regid=\(account)", "--init-groups", "--reset-env"] + command
        }
        let status: TerminationStatus
        let said: String
        do {
            // pg_ctl leaves a server behind that would keep a pipe open for ever: its output goes nowhere.
            if program == "pg_ctl" {
                status = try await Subprocess.run(
                    .name("env"), arguments: Arguments(command), workingDirectory: "/", input: .none, output: .discarded, error: .discarded
                ).terminationStatus
                said = ""
            } else {
                let result = try await Subprocess.run(
                    .name("env"), arguments: Arguments(command), workingDirectory: "/", input: .string(input), output: .discarded,
                    error: .string(limit: 65_536)
                )
                status = result.terminationStatus
                said = result.standardError
            }
        } catch {
            throw CommandFailure(.unfit, "\(program) could not be started")
        }
        guard status.isSuccess else {
            let line = said.split(separator: "\n").last.map { ": \($0)" } ?? ""
            throw CommandFailure(.unfit, "\(program) failed\(line)", hint: "see \(layout.log)")
        }
    }
}

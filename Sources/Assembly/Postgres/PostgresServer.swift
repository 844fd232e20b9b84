import Archives
import Foundation
import Subprocess
import SystemPackage

/// A PostgreSQL server of our own, as programs on this host run it: Unix socket only, never as root.
struct PostgresServer: Sendable {
    let data: String
    let sockets: String
    let log: String
    let binaries: String
    /// The account to run as; `nil` is our own.
    let account: String?

    /// - Parameters:
    ///   - name: of its folders, in the state directory or, where the account that PostgreSQL runs as cannot get through to that, elsewhere: always
    ///     in the same place.
    ///   - binaries: the folder of the server's programs; the newest there are when not said.
    init(_ name: String, of state: StateDirectory, binaries: String? = nil) throws(CommandFailure) {
        guard let binaries = binaries ?? PostgresPrograms.folders(with: "initdb").first else {
            throw CommandFailure(
                .unfit, "no PostgreSQL server is installed", hint: "apt-get install postgresql, or set DATABASE_URL and VAULT_URL"
            )
        }
        let account: String? = geteuid() == 0 ? "postgres" : nil
        if let account, getpwnam(account) == nil {
            throw CommandFailure(.unfit, "PostgreSQL does not run as root, and there is no account '\(account)' to run it as")
        }
        let home = account == nil || Self.othersMayPass(state.path) ? state.path : "/var/lib/gatehouse/" + Self.shortName(state.path)
        data = "\(home)/\(name)"
        var sockets = data + "-run"
        // A socket's path has room for 107 bytes, its own name takes 20 of them.
        if sockets.utf8.count > 86 { sockets = "/tmp/gatehouse-" + Self.shortName(name == "postgres" ? state.path : data) }
        self.sockets = sockets
        log = data + "/server.log"
        self.binaries = binaries
        self.account = account
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

    /// Makes its files, in the place of what was there.
    ///
    /// - Parameters:
    ///   - options: of initdb.
    ///   - settings: lines of its configuration, behind those that every server of ours has.
    func initialise(options: [String] = [], settings more: String) async throws(CommandFailure) {
        try? FileManager.default.removeItem(atPath: data)
        try makeFolder(data)
        // Trust is safe behind a socket folder that only its owner (and root) can enter.
        try await run(
            "initdb",
            ["-D", data, "-U", "postgres", "-A", "trust", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", "--no-instructions"] + options
        )
        let settings = """
            listen_addresses = ''
            unix_socket_directories = '\(sockets)'
            unix_socket_permissions = 0700
            jit = off
            # Nothing of a statement or its parameters in the server's log.
            log_error_verbosity = terse
            log_min_error_statement = panic
            log_parameter_max_length_on_error = 0
            log_min_messages = fatal
            \(more)
            """
        try await run(
            "sh", ["-c", "cat >> \"$1/postgresql.conf\"", "sh", data], input: settings + "\n", isOurBinary: false
        )
    }

    /// Makes a folder that only the account that PostgreSQL runs as can enter, unless it is there.
    private func makeFolder(_ folder: String) throws(CommandFailure) {
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
        if let account, let entry = getpwnam(account) {
            guard chown(folder, entry.pointee.pw_uid, entry.pointee.pw_gid) == 0 else {
                throw CommandFailure(.unfit, "\(folder) cannot be given to the account '\(account)'")
            }
        }
    }

    /// The socket's folder may stand below `/tmp`: a restart of the host clears it, and anybody can have made it first,
    /// who would then answer in PostgreSQL's place.
    private func prepareSockets() throws(CommandFailure) {
        try makeFolder(sockets)
        let owner = account.flatMap { getpwnam($0)?.pointee.pw_uid } ?? geteuid()
        var status = stat()
        guard lstat(sockets, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == owner, status.st_mode & 0o077 == 0 else {
            throw CommandFailure(
                .unfit, "the folder \(sockets) is not one that only PostgreSQL's account can enter",
                hint: "remove it, or use a state directory with a shorter path"
            )
        }
    }

    func isRunning() async -> Bool {
        do {
            try await run("pg_ctl", ["-D", data, "status"])
            return true
        } catch {
            return false
        }
    }

    func start() async throws(CommandFailure) {
        try prepareSockets()
        try await run("pg_ctl", ["-D", data, "-l", log, "-w", "-t", "60", "start"])
    }

    /// - Parameter mode: as `pg_ctl` has it: `fast` ends sessions and writes everything, `immediate` leaves it to a recovery.
    func stop(_ mode: String = "fast") async throws(CommandFailure) {
        try await run("pg_ctl", ["-D", data, "-m", mode, "-w", "-t", "60", "stop"])
    }

    /// Runs a script as the superuser.
    func administer(_ script: String) async throws(CommandFailure) {
        try await run(
            "psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", sockets, "-U", "postgres", "-d", "postgres", "-f", "-"], input: script + "\n")
    }

    /// Runs a program of PostgreSQL as the account that owns the data; a failure names the program and the last line it said.
    func run(
        _ program: String, _ arguments: [String], input: String = "", isOurBinary: Bool = true
    ) async throws(CommandFailure) {
        let path = isOurBinary ? binaries + "/" + program : program
        var command = [path] + arguments
        if let account {
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
            throw CommandFailure(.unfit, "\(program) failed\(line)", hint: "see \(log)")
        }
    }
}

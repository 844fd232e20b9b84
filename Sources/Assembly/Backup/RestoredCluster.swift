import DurableFiles
import Foundation
import Subprocess
import SystemPackage

/// The folder of a cluster that is being restored, and the private server that runs out of it meanwhile.
///
/// Whoever starts it with settings of their own before it is done reaches nobody: until the end, settings stand in
/// `postgresql.auto.conf`, which go before all others in files, and which let in only whoever can enter a folder of ours.
struct RestoredCluster: Sendable {
    /// How far a restore is, as ``Note`` keeps it.
    enum Step: String, Sendable {
        /// The files are incomplete.
        case unpacking
        /// They are complete; the log is being replayed.
        case recovering
        /// The cluster has come to its target; the database is marked, and erasures are to be replayed.
        case recovered
    }

    /// What is being restored, in the folder itself, so that the same command goes on where it was.
    struct Note: Sendable, Equatable {
        let restore: String
        let base: String
        let target: String
        let timeline: UInt32
        var step: Step
    }

    let folder: String
    let binaries: String

    static let noteName = "gatehouse.restore"
    static let logName = "gatehouse.restore.log"
    private static let settingsName = "postgresql.auto.conf"
    private static let keptName = "gatehouse.restore.auto.conf"

    var log: String { folder + "/" + Self.logName }

    // MARK: The folder

    /// Makes the folder ready to be unpacked into.
    ///
    /// - Returns: the note of a restore that was begun here before; `nil` when the folder is empty.
    static func prepare(_ folder: String) throws(CommandFailure) -> Note? {
        guard geteuid() != 0 else {
            throw CommandFailure(
                .unfit, "PostgreSQL does not run as root", hint: "run this as the account that is to own \(folder): sudo -u postgres gatehouse …")
        }
        guard folder.hasPrefix("/") else { throw CommandFailure(.invalid, "--directory is an absolute path") }
        if mkdir(folder, 0o700) != 0, errno != EEXIST {
            throw CommandFailure(.unfit, "\(folder) cannot be made", hint: "the folder above it has to be there, and writable for this account")
        }
        var status = stat()
        guard lstat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid() else {
            throw CommandFailure(.unfit, "\(folder) is no folder of this account")
        }
        let names: [String]
        do throws(FileError) { names = try DurableFolder(folder).names() } catch { throw CommandFailure(.unfit, "\(folder) cannot be read") }
        if names.isEmpty { return nil }
        guard names.contains(noteName), let note = Note(Program.text(folder + "/" + noteName)) else {
            throw CommandFailure(.invalid, "\(folder) is not empty", hint: "a cluster is restored into a folder of its own")
        }
        return note
    }

    /// Removes what an interrupted unpacking left; the note goes last.
    static func clear(_ folder: String) throws(CommandFailure) {
        do {
            for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name != noteName {
                try FileManager.default.removeItem(atPath: folder + "/" + name)
            }
        } catch {
            throw CommandFailure(.failed, "\(folder) cannot be emptied of what was begun there")
        }
    }

    static func write(_ note: Note, in folder: String) throws(CommandFailure) {
        try put(noteName, note.text, in: folder)
    }

    private static func put(_ name: String, _ text: String, in folder: String) throws(CommandFailure) {
        do throws(FileError) { try DurableFolder(folder).replace(name, with: Array(text.utf8)) } catch {
            throw CommandFailure(.failed, "\(folder)/\(name) cannot be written: \(String(cString: strerror(error.code)))")
        }
    }

    /// Brings everything below the folder to the disk.
    static func sync(_ folder: String) throws(CommandFailure) {
        do throws(FileError) { try DurableFolder(folder).syncFileSystem() } catch {
            throw CommandFailure(.failed, "\(folder) cannot be brought to the disk: \(String(cString: strerror(error.code)))")
        }
    }

    // MARK: Settings

    /// Puts settings in the place of those of `ALTER SYSTEM`, which come back with ``leave()``.
    func enter(_ settings: [(String, String)], hosts: String, in sockets: String) throws(CommandFailure) {
        let kept = folder + "/" + Self.keptName
        // INVARIANT: once the kept ones are there, they are the server's own.
        if !FileManager.default.fileExists(atPath: kept) {
            try Self.put(Self.keptName, Program.text(folder + "/" + Self.settingsName), in: folder)
        }
        let text = settings.map { "\($0) = '\($1.replacingOccurrences(of: "'", with: "''"))'\n" }.joined()
        try Self.put(Self.settingsName, text, in: folder)
        try Self.put("hosts", hosts, in: sockets)
        try Self.put("settings", "", in: sockets)
    }

    func leave() throws(CommandFailure) {
        guard FileManager.default.fileExists(atPath: folder + "/" + Self.keptName) else { return }
        guard rename(folder + "/" + Self.keptName, folder + "/" + Self.settingsName) == 0 else {
            throw CommandFailure(.failed, "\(folder)/\(Self.settingsName) cannot be put back")
        }
        unlink(folder + "/" + Self.logName)
        unlink(folder + "/" + Self.noteName)
        try Self.sync(folder)
    }

    // MARK: The server

    private var pidFile: [String] {
        Program.text(folder + "/postmaster.pid").split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// Whether a server has this folder.
    var isRunning: Bool {
        guard let pid = pidFile.first.flatMap({ Int32($0) }), pid > 1 else { return false }
        return kill(pid, 0) == 0 || errno == EPERM
    }

    /// Whether recovery has come to its end and connections are taken.
    var isReady: Bool { pidFile.count > 7 && pidFile[7].hasPrefix("ready") && isRunning }

    /// Starts the server, and comes back while it still recovers.
    func start(_ sockets: String) async throws(CommandFailure) {
        unlink(log)
        // Its own configuration may lie elsewhere, or speak of what this host does not have.
        let options = ["config_file": sockets + "/settings", "hba_file": sockets + "/hosts", "ident_file": sockets + "/settings"]
        let words = options.map { "-c \($0)=\(Self.quoted($1))" }.sorted().joined(separator: " ")
        try await run("pg_ctl", ["-D", folder, "-l", log, "-W", "-o", words, "start"])
        // The program does not wait until the server has the folder, and a server that gives up at once says why.
        for _ in 0..<3000 where !isRunning && lastWord == nil { try? await Task.sleep(for: .milliseconds(20)) }
    }

    func stop() async throws(CommandFailure) {
        guard isRunning else { return }
        try await run("pg_ctl", ["-D", folder, "-m", "fast", "-w", "-t", "600", "stop"])
    }

    private func run(_ program: String, _ arguments: [String]) async throws(CommandFailure) {
        let status: TerminationStatus
        do {
            status = try await Subprocess.run(
                .path(FilePath(binaries + "/" + program)), arguments: Arguments(arguments), environment: .inherit.updating(["LC_ALL": "C"]),
                workingDirectory: "/", input: .none, output: .discarded, error: .discarded
            ).terminationStatus
        } catch {
            throw CommandFailure(.unfit, "\(program) could not be started")
        }
        guard status.isSuccess else { throw CommandFailure(.failed, "\(program) failed", hint: "see \(log)") }
    }

    /// As one word for the shell.
    static func quoted(_ text: String) -> String { "'" + text.replacingOccurrences(of: "'", with: "'\\''") + "'" }

    /// How many prepared transactions the cluster was set up for: recovery needs room for as many. By the file that PostgreSQL keeps beside the
    /// data; `nil` when it does not say.
    func preparedTransactions() async -> Int? {
        let said = try? await Subprocess.run(
            .path(FilePath(binaries + "/pg_controldata")), arguments: ["-D", folder], environment: .inherit.updating(["LC_ALL": "C"]),
            workingDirectory: "/", input: .none, output: .string(limit: 65_536), error: .discarded
        ).standardOutput
        let line = said?.split(separator: "\n").first { $0.hasPrefix("max_prepared_xacts setting:") }
        return line.flatMap { Int($0.drop { !$0.isNumber }) }
    }

    // MARK: What the server says

    /// How many segments it has restored since it was started.
    var restoredSegments: Int { Program.text(log).split(separator: "\n").count { $0.contains("restored log file \"") && !$0.contains(".history\"") } }

    /// The line with which it gave up.
    var lastWord: String? {
        let line = Program.text(log).split(separator: "\n").last { $0.contains("FATAL:") || $0.contains("PANIC:") }
        return line.flatMap { line in line.range(of: ":  ").map { String(line[$0.upperBound...].prefix(300)) } }
    }

    /// Recovery came to the log's end before it came to its target.
    var hasEndedBeforeTarget: Bool { Program.text(log).contains("recovery ended before configured recovery target was reached") }

    private enum Program {
        static func text(_ path: String) -> String { String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self) }
    }
}

extension RestoredCluster.Note {
    /// Five lines.
    var text: String { "\(restore)\n\(base)\n\(target)\n\(timeline)\n\(step.rawValue)\n" }

    init?(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.count == 6, let timeline = UInt32(lines[3]), let step = RestoredCluster.Step(rawValue: lines[4]) else { return nil }
        self.init(restore: lines[0], base: lines[1], target: lines[2], timeline: timeline, step: step)
    }
}

import Archives
import Foundation
import PostgresLink
import Sealing
import Storage
import Vocabulary

/// Restores the store's cluster into a folder, as it was at a moment: a base backup, and the write-ahead log from there on.
///
/// The server that replays the log is a private one, on a socket in a folder that nobody else can enter. When it is done, the store's database
/// is marked as being restored before anybody else can reach it, so that it stays closed until erasures have been replayed.
struct PointInTimeRestore: Sendable {
    let repository: ArchiveRepository
    let identities: [AgeIdentity]
    let folder: String
    /// How the store is reached otherwise: its database, and the roles that work on it.
    let store: BackupTarget
    /// What the server runs for each segment: arguments of this program, `%f` and `%p` among them.
    let fetch: [String]
    /// What is being done, how many bytes are done, and of how many; of 0 when nobody knows.
    let progress: @Sendable (String, Int, Int) -> Void
    let note: @Sendable (String) -> Void

    /// What came of it.
    struct Outcome: Sendable {
        let restore: String
        let base: BackupManifest
        let target: String
        /// Whether erasures were replayed, and the database is open again.
        let isOpen: Bool
    }

    /// What follows in a store that is restored and closed: by its private server, for the restore of this name, out of this base backup.
    typealias Finish = @Sendable (BackupTarget, String, BackupManifest) async throws -> Bool

    /// Restores, or goes on where a restore to the same target was broken off.
    ///
    /// - Parameters:
    ///   - plan: a way to the target, all of whose segments are there.
    ///   - target: the same in the operator's words.
    ///   - finish: replays erasures in the restored store and opens it, through the targets it is lent; answers whether it is open. Without it the
    ///     database stays closed.
    func run(
        _ plan: RecoveryPlan, target: String, finish: Finish?
    ) async throws -> Outcome {
        var state = try begin(plan, target)
        var plan = plan
        if state.base != "\(plan.base.id)", let id = BackupID(state.base) { plan.base = try await repository.manifest(of: id) }
        let cluster = RestoredCluster(folder: folder, binaries: try await binaries(plan))
        if cluster.isRunning {
            guard state.step != .unpacking else { throw CommandFailure(.failed, "a server runs in \(folder)", hint: "stop it first") }
            try await cluster.stop()
        }
        if state.step == .unpacking {
            try await unpack(plan)
            state.step = .recovering
            try RestoredCluster.write(state, in: folder)
        }
        let sockets = try Self.makeSocketFolder()
        defer { try? FileManager.default.removeItem(atPath: sockets) }
        let note = state
        do {
            let isOpen = try await serve(cluster, plan, note, sockets, finish)
            try await cluster.stop()
            // Closed or open, the database itself says which; the settings of the restore have done their work.
            try cluster.leave()
            return Outcome(restore: note.restore, base: plan.base, target: target, isOpen: isOpen)
        } catch {
            try? await cluster.stop()
            throw error
        }
    }

    // MARK: Unpacking

    private func begin(_ plan: RecoveryPlan, _ target: String) throws(CommandFailure) -> RestoredCluster.Note {
        if let note = try RestoredCluster.prepare(folder) {
            guard note.target == target, note.timeline == plan.line.timeline else {
                throw CommandFailure(
                    .invalid, "a restore to '\(note.target)' was begun in \(folder)", hint: "go on with that one, or name an empty folder")
            }
            // A newer base backup may have come meanwhile; what was begun goes on with its own.
            if note.step != .unpacking || note.base == "\(plan.base.id)" { return note }
        }
        try checkRoom(plan)
        let note = RestoredCluster.Note(
            restore: "\(BackupID.make(at: .now()))", base: "\(plan.base.id)", target: target, timeline: plan.line.timeline, step: .unpacking)
        try RestoredCluster.write(note, in: folder)
        return note
    }

    private func checkRoom(_ plan: RecoveryPlan) throws(CommandFailure) {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return }
        let free = Int(clamping: UInt64(status.f_bavail) &* UInt64(status.f_frsize))
        // The log takes a few segments beside the files.
        let needed = plan.base.archive.plainByteCount + 4 * plan.size.byteCount
        guard free > needed else {
            throw CommandFailure(
                .unavailable, "\(folder) has room for \(ByteText.of(free)), and the cluster takes \(ByteText.of(needed))", hint: "free some room")
        }
    }

    private func binaries(_ plan: RecoveryPlan) async throws -> String {
        let version = plan.base.server / 10_000
        let programs: PostgresPrograms
        do throws(ArchiveError) { programs = try await PostgresPrograms.find(forServer: version) } catch { throw CommandFailure(error) }
        // The files of a cluster are for one version alone.
        guard programs.version == version, FileManager.default.isExecutableFile(atPath: programs.path("postgres")) else {
            throw CommandFailure(.unfit, "the base backup is of PostgreSQL \(version), which is not installed here")
        }
        return programs.folder
    }

    private func unpack(_ plan: RecoveryPlan) async throws {
        try RestoredCluster.clear(folder)
        let archive = plan.base.archive
        let (repository, identities, progress) = (repository, identities, progress)
        try await TarUnpacking(into: folder).unpack { (stream) async throws(ArchiveError) in
            try await ArchiveReader(repository.medium, archive).open(
                with: identities, progress: { progress("unpacking the base backup", $0, archive.byteCount) }
            ) { (piece) async throws(ArchiveError) in try await stream.write(piece) }
        }
        guard chmod(folder, 0o700) == 0, FileManager.default.fileExists(atPath: folder + "/backup_label"),
            FileManager.default.fileExists(atPath: folder + "/global/pg_control")
        else { throw CommandFailure(.failed, "the base backup \(plan.base.id) holds no whole cluster") }
        guard FileManager.default.createFile(atPath: folder + "/recovery.signal", contents: Data(), attributes: [.posixPermissions: 0o600]) else {
            throw CommandFailure(.failed, "\(folder)/recovery.signal cannot be written")
        }
        try RestoredCluster.sync(folder)
    }

    // MARK: The private server

    private static func makeSocketFolder() throws(CommandFailure) -> String {
        // The path of a socket has room for 107 bytes: below the cluster's own folder there may be less.
        var template = Array("/tmp/gatehouse-restore-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw CommandFailure(.failed, "no folder for a socket can be made in /tmp") }
        return String(cString: made)
    }

    private func serve(
        _ cluster: RestoredCluster, _ plan: RecoveryPlan, _ state: RestoredCluster.Note, _ sockets: String,
        _ finish: Finish?
    ) async throws -> Bool {
        let ahead = FileManager.default.fileExists(atPath: folder + "/recovery.signal")
        try await recover(cluster, plan, ahead ? plan.target : .end, sockets)
        let target = try restored(sockets)
        if state.step != .recovered {
            try await target.withDatabase { database in
                do throws(StorageError) {
                    try await RestoreClosing.mark(database, restore: state.restore, step: "recovered")
                } catch {
                    throw CommandFailure(error)
                }
            }
            var state = state
            state.step = .recovered
            try RestoredCluster.write(state, in: folder)
        }
        return try await finish?(target, state.restore, plan.base) ?? false
    }

    private func recover(_ cluster: RestoredCluster, _ plan: RecoveryPlan, _ target: RecoveryTarget, _ sockets: String) async throws {
        try cluster.enter(try await settings(plan, target, cluster, sockets), hosts: "local all all trust\n", in: sockets)
        try await cluster.start(sockets)
        let total = plan.last.number(plan.size) - (plan.base.wal.flatMap { WALSegment($0.first)?.number(plan.size) } ?? 0) + 1
        while !cluster.isReady {
            if !cluster.isRunning {
                // No transaction ended after the moment: everything in the log is from before it, and there it goes on to its end.
                if cluster.hasEndedBeforeTarget, case .moment = target { return try await recover(cluster, plan, .end, sockets) }
                throw CommandFailure(
                    .failed, "recovery stopped" + (cluster.lastWord.map { ": \($0)" } ?? ""),
                    hint: "see \(cluster.log); run the same command again to go on")
            }
            progress("replaying the write-ahead log", cluster.restoredSegments * plan.size.byteCount, Int(total) * plan.size.byteCount)
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private func restored(_ sockets: String) throws(CommandFailure) -> BackupTarget {
        func target(_ other: ConnectionTarget) throws(CommandFailure) -> ConnectionTarget {
            let (database, user) = (other.environment.value["PGDATABASE"], other.environment.value["PGUSER"])
            guard let user, let target = ConnectionTarget("host='\(sockets)' dbname=\(Self.word(database ?? user)) user=\(Self.word(user))") else {
                throw CommandFailure(.unfit, "DATABASE_URL and GATEHOUSE_BACKUP_DATABASE_URL name the roles that the restored store is opened with")
            }
            return target
        }
        return BackupTarget("store", above: try target(store.above), owner: try target(store.owner))
    }

    /// As a value in a connection string.
    private static func word(_ text: String) -> String {
        "'" + text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "'", with: "\\'") + "'"
    }

    /// Everything that the cluster's own settings must not have a say in while it is private.
    private func settings(
        _ plan: RecoveryPlan, _ target: RecoveryTarget, _ cluster: RestoredCluster, _ sockets: String
    ) async throws(CommandFailure) -> [(String, String)] {
        let command = fetch.map { $0 == "%f" || $0 == "%p" ? "\"\($0)\"" : RestoredCluster.quoted($0.replacingOccurrences(of: "%", with: "%%")) }
        var settings = [
            ("listen_addresses", ""), ("unix_socket_directories", sockets), ("unix_socket_permissions", "0700"), ("port", "5432"),
            // Nobody needs to look while the log is replayed, and whoever could would see what is to be erased again.
            ("hot_standby", "off"), ("max_connections", "40"),
            ("restore_command", command.joined(separator: " ")), ("recovery_target_timeline", "\(plan.line.timeline)"),
            ("recovery_target_action", "promote"),
            // What the new timeline writes is kept for the archive until the cluster runs with settings of its own.
            ("archive_mode", "on"), ("archive_command", ""),
            ("log_error_verbosity", "terse"), ("log_min_error_statement", "panic"), ("log_parameter_max_length_on_error", "0"),
            ("lc_messages", "C"), ("jit", "off"),
        ]
        if let prepared = await cluster.preparedTransactions(), prepared > 0 { settings.append(("max_prepared_transactions", "\(prepared)")) }
        // What was unpacked is on the disk already; going through it file by file takes long.
        if plan.base.server >= 140_000 { settings.append(("recovery_init_sync_method", "syncfs")) }
        switch target {
        // While settings are read, the server knows no names of time zones, and takes Z for one.
        case .moment(let moment): settings.append(("recovery_target_time", "\(moment)".replacingOccurrences(of: "Z", with: "+00")))
        case .restorePoint(let point): settings.append(("recovery_target_name", point.mark))
        case .end: break
        }
        return settings
    }
}

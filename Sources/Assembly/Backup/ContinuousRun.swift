import Archives
import DataFormats
import Foundation
import PostgresLink
import Sealing
import Storage
import Vocabulary

/// Begins continuous backup of the store's cluster, and makes the base backups that it goes on from.
///
/// The vault is never part of it: what a history tells of the vault would bring everybody back who was erased. Therefore store and vault have to
/// lie in clusters of their own, and until somebody has seen that they do, no segment is taken.
struct ContinuousRun: Sendable {
    let run: BackupRun
    /// How long the first segment may take from the server to the repository.
    static let patience: Duration = .seconds(120)

    private var repository: ArchiveRepository { run.repository }
    private var store: BackupTarget { run.targets.store }

    /// Makes a base backup. Everybody goes on meanwhile.
    ///
    /// - Parameter note: told in plain words what is waited for.
    func create(label: String?, note: @escaping @Sendable (String) -> Void) async throws -> BackupManifest {
        let (standing, archiving, size) = try await look()
        let system = try Self.system(standing)
        try await accept(system, size)
        let id = BackupID.make(at: .now())
        try await proveArchiving(system, mark: "gatehouse-\(id)", note)
        let manifest = try await run.alone { () async throws -> BackupManifest in
            let draft = repository.medium.drafts + "/\(id).base"
            defer { unlink(draft) }
            let manifest = try await copy(id, label: label, into: draft, standing, archiving, system, size, note)
            try await repository.publish(manifest, from: draft) { run.progress("sending the base backup", $0, manifest.archive.byteCount) }
            return manifest
        }
        _ = try await run.replaceVault()
        return manifest
    }

    // MARK: Whether it may be

    private func look() async throws -> (DatabaseStanding, LogArchiving, WALSegmentSize) {
        let standing = try await store.standing()
        try store.checkBackup(standing)
        switch BackupTargets.shareCluster(standing, try await run.targets.vault.standing()) {
        case true?:
            throw CommandFailure(
                .unfit, "store and vault lie in one cluster, whose history would bring erased people back",
                hint: "give the vault a server of its own (VAULT_URL); 'gatehouse backup create' works with one cluster, too")
        case nil:
            throw CommandFailure(
                .unfit, "nobody can tell whether store and vault lie in one cluster",
                hint: "on both servers: GRANT EXECUTE ON FUNCTION pg_control_system() TO the role of the backup")
        case false?: break
        }
        let archiving = try await store.withDatabase { database in
            do throws(StorageError) { return try await LogArchiving.read(database) } catch { throw CommandFailure(error) }
        }
        let wanting = Self.wanting(archiving, role: standing.role)
        guard wanting.isEmpty else {
            throw CommandFailure(
                .unfit, "the store's server is not set up for continuous backup",
                hint: "as a superuser, then restart it if it says so:\n  " + wanting.joined(separator: "\n  "))
        }
        guard let size = WALSegmentSize(byteCount: archiving.segmentByteCount) else {
            throw CommandFailure(.unfit, "the store's server does not say how large its segments are")
        }
        return (standing, archiving, size)
    }

    /// What has to be set on the server, a sentence each.
    static func wanting(_ archiving: LogArchiving, role: String) -> [String] {
        var wanting: [String] = []
        if archiving.isStandby { wanting.append("it is a standby: make the base backup of the server it follows") }
        if archiving.level == "minimal" { wanting.append("wal_level is minimal: ALTER SYSTEM SET wal_level = 'replica'; (restart)") }
        if archiving.mode == "off" { wanting.append("archive_mode is off: ALTER SYSTEM SET archive_mode = on; (restart)") }
        // While archive_mode is off, the server does not say what the command is.
        if !archiving.hasCommand {
            wanting.append(
                "archive_command is empty: ALTER SYSTEM SET archive_command = 'gatehouse backup wal push %p --state DIR'; SELECT pg_reload_conf();")
        }
        if !archiving.mayReplicate { wanting.append("the role may not copy the server's files: ALTER ROLE \(role) REPLICATION;") }
        if !archiving.mayMark {
            wanting.append(
                "the role may not end segments: GRANT EXECUTE ON FUNCTION pg_switch_wal(), pg_create_restore_point(text) TO \(role);")
        }
        if archiving.tablespaceCount > 0 {
            wanting.append("it has tablespaces, which no base backup of one file can hold: move their tables to pg_default")
        }
        return wanting
    }

    static func system(_ standing: DatabaseStanding) throws(CommandFailure) -> String {
        guard let number = standing.systemIdentifier else { throw CommandFailure(.unfit, "the store's server does not tell its system identifier") }
        return String(UInt64(bitPattern: number))
    }

    private func accept(_ system: String, _ size: WALSegmentSize) async throws {
        do throws(ArchiveError) {
            let known = try await repository.acceptance(of: system)
            if known.size == size { return }
        } catch {
            guard case .unacceptedCluster = error else { throw error as any Error }
        }
        try await repository.accept(WALAcceptance(system: system, size: size, acceptedAt: .now()))
    }

    // MARK: The way of a segment

    /// Ends a segment and waits until it is in the repository: a base backup that takes hours is worth nothing without those after it.
    private func proveArchiving(_ system: String, mark: String, _ note: @escaping @Sendable (String) -> Void) async throws {
        let store = store
        let mark = try await store.withDatabase { database in
            do throws(StorageError) { return try await LogArchiving.mark(mark, database) } catch { throw CommandFailure(error) }
        }
        guard let segment = WALSegment(mark.segment) else { throw CommandFailure(.failed, "the server named no segment") }
        try await wait(for: [segment], system, patience: Self.patience, note)
    }

    /// Comes back when all of the segments are in the repository.
    private func wait(
        for segments: [WALSegment], _ system: String, patience: Duration, _ note: @escaping @Sendable (String) -> Void
    ) async throws {
        let deadline = ContinuousClock.now + patience
        let (repository, store) = (repository, store)
        try await store.withDatabase { database in
            var hasToldOfFailure = false
            for segment in segments {
                while try await repository.statement(of: .segment(segment), system: system) == nil {
                    let failing = try? await LogArchiving.failing(database)
                    if let failing, !hasToldOfFailure {
                        note("the server cannot archive segment \(failing): its log says why; it tries again")
                        hasToldOfFailure = true
                    }
                    guard ContinuousClock.now < deadline else {
                        throw CommandFailure(
                            .unavailable, "segment \(segment) does not come into the repository",
                            hint: failing == nil
                                ? "does archive_command run 'gatehouse backup wal push', and with the same repository?"
                                : "archive_command fails; the server's log has what it said, and the server keeps its segments")
                    }
                    try await Task.sleep(for: .milliseconds(250))
                }
            }
        }
    }

    // MARK: The copy

    private func copy(
        _ id: BackupID, label: String?, into draft: String, _ standing: DatabaseStanding, _ archiving: LogArchiving, _ system: String,
        _ size: WALSegmentSize, _ note: @escaping @Sendable (String) -> Void
    ) async throws -> BackupManifest {
        let begunAt = Instant.now()
        // Before the copy: whoever is in the ledger by now has left the store by now.
        let ledger = try await ErasureLedger(repository).last()
        let facts = try await store.withDatabase { database in
            do throws(StorageError) {
                let outline = try await Schema.outline(database)
                let logs = try await database.transaction(wrap: { StorageError($0) }) { (transaction: Transaction) async throws(StorageError) in
                    try await SnapshotFacts.logs(transaction)
                }
                return (outline: outline, logs: logs, estimate: try await LogArchiving.byteEstimate(database))
            } catch {
                throw CommandFailure(error)
            }
        }
        let programs = try await PostgresPrograms.find(forServer: standing.serverVersion / 10_000)
        let key = RepositoryLayout.archive(of: id, kind: .base, generation: 1)
        let (recipients, progress) = (run.recipients, run.progress)
        let begin = try await position()
        let archive = try await PostgresBaseBackup(programs, target: store.above.environment).copy(label: "gatehouse \(id)") {
            (pipe) async throws(ArchiveError) in
            let archive = try await ArchiveWriter().seal(pipe.descriptor, into: draft, for: recipients, key: key) {
                progress("copying the cluster", $0, facts.estimate)
            }
            note("copied; waiting for the server to archive what was written meanwhile")
            return archive
        }
        let end = try await position()
        guard begin.timeline == end.timeline else {
            throw CommandFailure(.failed, "the server went over to another timeline meanwhile", hint: "try again")
        }
        // The copy begins with a checkpoint behind the first position, and ends with a segment that is closed before the second.
        let (first, last) = (size.number(of: begin.position), size.number(of: end.position) - 1)
        let segments = (min(first, last)...last).map { WALSegment(timeline: end.timeline, number: $0, size: size) }
        try await wait(for: segments, system, patience: Self.patience, note)
        return BackupManifest(
            id: id, kind: .base, label: label, begunAt: begunAt, endedAt: end.at, archive: archive, tables: [],
            tenants: facts.logs.map {
                BackupManifest.Tenant(id: $0.tenant, auditEpoch: $0.epoch, auditSize: $0.size, auditRoot: Hex.encode($0.root), keyEpochs: [])
            },
            schema: Hex.encode(SHA256.hash(Array(facts.outline.utf8))), catalog: run.catalog, ledger: ledger,
            recipients: recipients.map { "\($0)" }, server: standing.serverVersion,
            wal: .init(system: system, timeline: Int(end.timeline), first: "\(segments[0])", last: "\(segments[segments.count - 1])"))
    }

    private func position() async throws -> (position: WALPosition, timeline: UInt32, at: Instant) {
        let found = try await store.withDatabase { database in
            do throws(StorageError) { return try await LogArchiving.position(database) } catch { throw CommandFailure(error) }
        }
        guard let position = WALPosition(found.position), let timeline = UInt32(found.timeline, radix: 16) else {
            throw CommandFailure(.failed, "the server does not say where its write-ahead log is")
        }
        return (position, timeline, found.at)
    }
}

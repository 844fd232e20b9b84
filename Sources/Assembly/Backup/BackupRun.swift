import Archives
import DataFormats
import Foundation
import PostgresLink
import Sealing
import Storage
import Vocabulary

/// Makes backups: the store as a whole, then the vault's latest state. Both are dumped out of a snapshot, while everybody goes on.
struct BackupRun: Sendable {
    let repository: ArchiveRepository
    let recipients: [AgeRecipient]
    let targets: BackupTargets
    /// Of the policies that the store is made from.
    let catalog: String
    /// Tells the trail of a backup that is sealed and about to leave: without that it does not.
    let record: @Sendable (BackupManifest) async throws -> Void
    /// What is being done, how many bytes are done, and of how many; of 0 when nobody knows.
    let progress: @Sendable (String, Int, Int) -> Void

    /// How many recipients a backup has at least: one for operations, one that is kept off line.
    static let leastRecipients = 2

    init(
        _ repository: ArchiveRepository, recipients: [AgeRecipient], _ targets: BackupTargets, catalog: String,
        record: @escaping @Sendable (BackupManifest) async throws -> Void, progress: @escaping @Sendable (String, Int, Int) -> Void
    ) throws(ArchiveError) {
        let different = Set(recipients.map { "\($0)" }).count
        guard different >= Self.leastRecipients else { throw .tooFewRecipients(different) }
        self.repository = repository
        self.recipients = recipients
        self.targets = targets
        self.catalog = catalog
        self.record = record
        self.progress = progress
    }

    /// Makes a backup of the store, and puts the vault's state of now in the place of the older one.
    ///
    /// The vault is dumped after the store, so that it has the key of everybody who is in the dump; and it is published before the backup is, so
    /// that no backup is listed that lacks keys.
    func create(label: String?) async throws -> BackupManifest {
        try await alone { () async throws -> BackupManifest in
            let id = BackupID.make(at: .now())
            // Before the snapshot: whoever is in the ledger by now has left the store by now.
            let ledger = try await ErasureLedger(repository).last()
            let store = try await dump(targets.store, id, kind: .snapshot, label: label, ledger: ledger)
            defer { unlink(store.draft) }
            let vault = try await dump(targets.vault, id, kind: .vault, label: nil, ledger: ledger)
            defer { unlink(vault.draft) }
            let manifest = store.manifest.with(keysOf: vault.manifest)
            try await record(manifest)
            try await repository.replaceVault(vault.manifest, from: vault.draft) {
                progress("sending the vault", $0, vault.manifest.archive.byteCount)
            }
            try await repository.publish(manifest, from: store.draft) { progress("sending the store", $0, manifest.archive.byteCount) }
            return manifest
        }
    }

    /// Puts the vault's state of now in the place of the older one.
    func replaceVault() async throws -> BackupManifest {
        try await alone { () async throws -> BackupManifest in
            let ledger = try await ErasureLedger(repository).last()
            let vault = try await dump(targets.vault, .make(at: .now()), kind: .vault, label: nil, ledger: ledger)
            defer { unlink(vault.draft) }
            try await repository.replaceVault(vault.manifest, from: vault.draft) {
                progress("sending the vault", $0, vault.manifest.archive.byteCount)
            }
            return vault.manifest
        }
    }

    func alone<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await repository.alone(body)
    }

    // MARK: One database

    /// Of the transaction whose snapshot is dumped: it waits for as long as the dump takes, and a row that its role does not see is an error.
    private static let setup: [SQL] = [
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", "SET LOCAL idle_in_transaction_session_timeout = 0",
        "SET LOCAL row_security = off",
    ]

    private struct Dump {
        let manifest: BackupManifest
        let draft: String
    }

    private func dump(
        _ target: BackupTarget, _ id: BackupID, kind: BackupManifest.Kind, label: String?, ledger: Int
    ) async throws -> Dump {
        let begunAt = Instant.now()
        let draft = repository.medium.drafts + "/\(id).\(kind.rawValue)"
        let key = RepositoryLayout.archive(of: id, kind: kind, generation: 1)
        let what = kind == .vault ? "dumping the vault" : "dumping the store"
        let (recipients, progress, catalog) = (recipients, progress, catalog)
        let standing = try await target.standing()
        try target.checkBackup(standing)
        let programs = try await PostgresPrograms.find(forServer: standing.serverVersion / 10_000)
        let dumper = PostgresDumper(programs, target: target.above.environment)
        return try await target.withDatabase { database in
            let outline = try await Schema.outline(database)
            let estimate = try await TableSums.byteEstimate(database)
            return try await database.transaction(
                setup: Self.setup, wrap: { StorageError($0) as any Error }
            ) { (transaction: Transaction) async throws -> Dump in
                let snapshot = try await TableSums.exportSnapshot(transaction)
                let logs = kind == .vault ? [] : try await SnapshotFacts.logs(transaction)
                let keys = kind == .vault ? try await SnapshotFacts.keys(transaction) : []
                async let sums = TableSums.read(transaction)
                let archive = try await dumper.dump(snapshot: snapshot) { (pipe) async throws(ArchiveError) in
                    try await ArchiveWriter().seal(pipe.descriptor, into: draft, for: recipients, key: key) { progress(what, $0, estimate) }
                }
                let tables = try await sums.map { BackupManifest.Table(name: $0.table, rowCount: $0.count, sum: $0.sum) }
                let tenants =
                    logs.map {
                        BackupManifest.Tenant(
                            id: $0.tenant, auditEpoch: $0.epoch, auditSize: $0.size, auditRoot: Hex.encode($0.root), keyEpochs: [])
                    }
                    + keys.map { BackupManifest.Tenant(id: $0.tenant, auditEpoch: 0, auditSize: 0, auditRoot: "", keyEpochs: $0.epochs) }
                return Dump(
                    manifest: BackupManifest(
                        id: id, kind: kind, label: label, begunAt: begunAt, endedAt: .now(), archive: archive, tables: tables, tenants: tenants,
                        schema: Hex.encode(SHA256.hash(Array(outline.utf8))), catalog: catalog, ledger: ledger,
                        recipients: recipients.map { "\($0)" }, server: standing.serverVersion), draft: draft)
            }
        }
    }
}

extension BackupManifest {
    /// With the epochs of the keys that the vault had right after it.
    fileprivate func with(keysOf vault: BackupManifest) -> BackupManifest {
        var copy = self
        copy.tenants = tenants.map { tenant in
            var tenant = tenant
            tenant.keyEpochs = vault.tenants.first { $0.id == tenant.id }?.keyEpochs ?? []
            return tenant
        }
        return copy
    }
}

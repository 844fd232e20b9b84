package import Sealing

/// Reads a repository to its last byte and collects what is not as it was signed. One damaged object does not keep the others from being
/// looked at; a medium that does not answer does.
package struct RepositoryCheck: ~Copyable {
    package struct Finding: Sendable, Equatable {
        package let key: String
        package let problem: String
    }

    package internal(set) var findings: [Finding] = []
    /// Objects that belong to nothing that is there: of backups that were never finished, or somebody else's. They do no harm.
    package internal(set) var leftovers: [String] = []
    /// How many bytes of archives were read.
    package internal(set) var byteCount = 0
    /// How many entries of the ledger of erasures, and files of write-ahead logs, were read.
    package internal(set) var entryCount = 0
    package internal(set) var logFileCount = 0
    let repository: ArchiveRepository
    let identities: [AgeIdentity]
    let progress: @Sendable (String, Int, Int) -> Void
    let counting: @Sendable (String, Int, Int) -> Void
    /// What was found to belong to something.
    var known: Set<String> = []
    /// Beginnings of keys of which nobody can tell what they belong to, because the statement about them cannot be read.
    var unread: [String] = []
    /// A number that the ledger of erasures has had.
    var ledger = 0
    var outage: ArchiveError?

    /// - Parameters:
    ///   - identities: to open archives, too; else hashes are compared.
    ///   - progress: told how many bytes of an archive were read, of how many.
    ///   - counting: the same of things that are small and many.
    package init(
        _ repository: ArchiveRepository, identities: [AgeIdentity], progress: @escaping @Sendable (String, Int, Int) -> Void,
        counting: @escaping @Sendable (String, Int, Int) -> Void = { _, _, _ in }
    ) {
        self.repository = repository
        self.identities = identities
        self.progress = progress
        self.counting = counting
    }

    /// - Parameter names: of the backups; none means everything that there is.
    package mutating func run(_ names: [String]) async throws(ArchiveError) {
        var ids: [BackupID] = []
        for name in names { ids.append(try await repository.backup(named: name)) }
        if !names.isEmpty {
            for id in ids { await check(id) }
            return try stopped()
        }
        // What comes into being after this is not looked at as a leftover.
        let there: [MediumObject]
        do { there = try await repository.medium.list("") } catch { throw .medium(error) }
        for id in try await repository.backups() { await check(id) }
        try stopped()
        await collect(unread: RepositoryLayout.vault, RepositoryLayout.vaultManifest) { repository throws(ArchiveError) in
            try await repository.vaultManifest()
        }
        try stopped()
        let isThere = there.contains { $0.key == RepositoryLayout.vaultManifest }
        if !isThere, there.contains(where: { $0.key.hasPrefix(RepositoryLayout.backups) && $0.key.hasSuffix("/manifest.json") }) {
            findings.append(Finding(key: RepositoryLayout.vaultManifest, problem: "it is missing: without the vault no field of a person opens"))
        }
        await checkLedger()
        try stopped()
        await checkLogs(there)
        try stopped()
        collectLeftovers(there)
    }

    private func stopped() throws(ArchiveError) { if let outage { throw outage } }

    private mutating func check(_ id: BackupID) async {
        await collect(unread: RepositoryLayout.backup(id), RepositoryLayout.manifest(id)) { repository throws(ArchiveError) in
            try await repository.manifest(of: id)
        }
    }

    /// - Parameters:
    ///   - prefix: of what the manifest tells of.
    ///   - key: the manifest's.
    private mutating func collect(
        unread prefix: String, _ key: String, _ manifest: (ArchiveRepository) async throws(ArchiveError) -> BackupManifest?
    ) async {
        if outage != nil { return }
        let read: BackupManifest
        do throws(ArchiveError) {
            guard let manifest = try await manifest(repository) else { return }
            read = manifest
        } catch {
            unread.append(prefix)
            return note(error)
        }
        known.formUnion([key, read.archive.key])
        ledger = max(ledger, read.ledger)
        let progress = progress
        let what = "checking \(read.kind == .vault ? "the vault" : "\(read.id)")"
        await collect(read.archive, digest: nil) { progress(what, $0, $1) }
    }

    /// Reads one archive to its end.
    ///
    /// - Parameter digest: of what it holds, where that was signed.
    mutating func collect(_ archive: SealedArchive, digest: [UInt8]?, progress: @Sendable (Int, Int) -> Void = { _, _ in }) async {
        let (total, reader) = (archive.byteCount, ArchiveReader(repository.medium, archive))
        do throws(ArchiveError) {
            if identities.isEmpty {
                try await reader.check { progress($0, total) }
            } else {
                var content = SHA256Stream()
                try await reader.open(with: identities, progress: { progress($0, total) }) { (piece) throws(ArchiveError) in
                    piece.withUnsafeBytes { content.update($0) }
                }
                if let digest, content.finish() != digest { throw .damaged(archive.key, "it holds another file than was signed") }
            }
            byteCount += total
        } catch {
            note(error)
        }
    }

    mutating func note(_ error: ArchiveError) {
        switch error {
        case .damaged(let key, let problem): add(key, problem)
        case .unsigned(let key): add(key, "it is signed by nobody who is trusted, or was changed")
        case .sealed(let key, let error) where error != .identityMissing: add(key, "it does not open (\(error.rawValue))")
        case .medium(let error) where error.code == .missing: add(error.place, "it is missing")
        default: outage = error
        }
    }

    /// What is read for several reasons is named once.
    private mutating func add(_ key: String, _ problem: String) {
        if !findings.contains(where: { $0.key == key }) { findings.append(Finding(key: key, problem: problem)) }
    }
}

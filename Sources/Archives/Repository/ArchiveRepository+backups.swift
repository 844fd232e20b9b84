import SubjectRights

extension ArchiveRepository {
    /// The names of all backups that are there as a whole, oldest first.
    package func backups() async throws(ArchiveError) -> [BackupID] {
        let objects: [MediumObject]
        do { objects = try await medium.list(RepositoryLayout.backups) } catch { throw .medium(error) }
        return objects.compactMap { object in
            let words = object.key.split(separator: "/")
            return words.count == 3 && words[2] == "manifest.json" ? BackupID(words[1]) : nil
        }.sorted()
    }

    /// The one backup that is called so, or whose name begins so; `latest` is the newest snapshot: what continues a log is restored by its time.
    package func backup(named name: String) async throws(ArchiveError) -> BackupID {
        let all = try await backups()
        if name == "latest" {
            for id in all.reversed() where try await manifest(of: id).kind == .snapshot { return id }
            throw .unknownBackup(name, candidates: 0)
        }
        let found = name.isEmpty ? [] : all.filter { $0.description.hasPrefix(name) }
        guard found.count == 1 else { throw .unknownBackup(name, candidates: found.count) }
        return found[0]
    }

    /// What a backup holds, as it was signed.
    package func manifest(of id: BackupID) async throws(ArchiveError) -> BackupManifest {
        let key = RepositoryLayout.manifest(id)
        guard let manifest = BackupManifest(try await statement(.backupManifest, at: key)), manifest.id == id,
            manifest.archive.key.hasPrefix(RepositoryLayout.backup(id)), manifest.kind != .vault
        else { throw .damaged(key, "it is not the manifest of this backup") }
        return manifest
    }

    /// The vault's latest state that there is; `nil` when there has been none.
    package func vaultManifest() async throws(ArchiveError) -> BackupManifest? {
        let key = RepositoryLayout.vaultManifest
        do throws(ArchiveError) {
            guard let manifest = BackupManifest(try await statement(.vaultManifest, at: key)), manifest.kind == .vault,
                manifest.archive.key.hasPrefix(RepositoryLayout.vault)
            else { throw .damaged(key, "it is not the manifest of a vault") }
            return manifest
        } catch {
            if case .medium(let error) = error, error.code == .missing { return nil }
            throw error
        }
    }

    // MARK: Publishing

    /// Makes a finished draft a backup. Whatever stops this before its end leaves no backup, and the next prune removes what there is of it.
    package func publish(_ manifest: BackupManifest, from draft: String, progress: @Sendable (Int) -> Void) async throws(ArchiveError) {
        do { try await medium.publish(draft, at: manifest.archive.key, progress: progress) } catch { throw .medium(error) }
        try await put(manifest.object, as: .backupManifest, at: RepositoryLayout.manifest(manifest.id))
    }

    /// Puts the vault's new state in the place of the one before, of which nothing is left.
    package func replaceVault(_ manifest: BackupManifest, from draft: String, progress: @Sendable (Int) -> Void) async throws(ArchiveError) {
        do { try await medium.publish(draft, at: manifest.archive.key, progress: progress) } catch { throw .medium(error) }
        try await put(manifest.object, as: .vaultManifest, at: RepositoryLayout.vaultManifest)
        try await sweepVault(keeping: manifest)
    }

    /// Removes every state of the vault but this one. Called once more wherever the vault is looked at: somebody may have died in between.
    package func sweepVault(keeping manifest: BackupManifest) async throws(ArchiveError) {
        do throws(MediumError) {
            let old = try await medium.list(RepositoryLayout.vault).map(\.key)
                .filter { $0 != RepositoryLayout.vaultManifest && $0 != manifest.archive.key }
            if !old.isEmpty { try await medium.remove(old) }
        } catch {
            throw .medium(error)
        }
    }
}

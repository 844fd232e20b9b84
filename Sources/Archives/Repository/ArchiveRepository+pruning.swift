extension ArchiveRepository {
    /// What a pruning would remove, or has removed.
    package struct Pruning: Sendable, Equatable {
        package let backups: [BackupID]
        /// Objects of backups that were never finished.
        package let leftovers: [String]
        /// Objects of write-ahead logs from before the oldest base backup that stays; statements first.
        package let segments: [String]
        /// Entries of the ledger that no backup is older than any more: up to this number.
        package let ledger: Int
        package let byteCount: Int
    }

    /// What goes when these backups do. Reads every manifest: one that cannot be read stops the pruning, since nobody knows what needs it.
    package func planPruning(_ going: Set<BackupID>) async throws(ArchiveError) -> Pruning {
        let all = try await backups()
        var oldest = Int.max
        var bases: [BackupManifest] = []
        for id in all where !going.contains(id) {
            let manifest = try await manifest(of: id)
            oldest = min(oldest, manifest.ledger)
            if manifest.kind == .base { bases.append(manifest) }
        }
        if let vault = try await vaultManifest() { oldest = min(oldest, vault.ledger) }
        let objects: [MediumObject]
        do { objects = try await medium.list(RepositoryLayout.backups) } catch { throw .medium(error) }
        let known = Set(all)
        var leftovers: [String] = []
        var byteCount = 0
        for object in objects {
            guard let id = object.key.split(separator: "/").dropFirst().first.flatMap({ BackupID($0) }) else { continue }
            if !known.contains(id) { leftovers.append(object.key) }
            if !known.contains(id) || going.contains(id) { byteCount += object.byteCount }
        }
        let segments = try await segments(before: bases)
        byteCount += segments.reduce(0) { $0 + $1.byteCount }
        return Pruning(
            backups: all.filter { going.contains($0) }, leftovers: leftovers,
            segments: segments.map(\.key).sorted { $0.hasSuffix(".json") && !$1.hasSuffix(".json") }, ledger: oldest == .max ? 0 : oldest,
            byteCount: byteCount)
    }

    /// What of the logs no base backup begins with any more. Of a cluster without one, everything stays: one may be in the making, or be wanted.
    private func segments(before bases: [BackupManifest]) async throws(ArchiveError) -> [MediumObject] {
        var found: [MediumObject] = []
        for system in Set(bases.compactMap { $0.wal?.system }).sorted() {
            let size = try await acceptance(of: system).size
            let first = bases.compactMap { base in
                base.wal?.system == system ? base.wal.flatMap { WALSegment($0.first) }.map { $0.number(size) } : nil
            }.min()
            let objects: [MediumObject]
            do { objects = try await medium.list(RepositoryLayout.wal(system)) } catch { throw .medium(error) }
            found += objects.filter { object in
                // Histories and restore points have other names, and stay.
                let name = object.key.split(separator: "/").last?.split(separator: ".").first ?? ""
                guard let first, let segment = WALSegment(name.uppercased()) else { return false }
                return segment.number(size) < first
            }
        }
        return found
    }

    /// Carries a pruning out. The caller holds the repository's lock: else a backup under way would be taken for a leftover.
    ///
    /// A manifest goes before what it tells of: whatever stops this, no backup is listed that is not whole.
    package func prune(_ pruning: Pruning, progress: @Sendable (Int) -> Void = { _ in }) async throws(ArchiveError) {
        do throws(MediumError) {
            for (done, id) in pruning.backups.enumerated() {
                try await medium.remove([RepositoryLayout.manifest(id)])
                try await medium.remove(try await medium.list(RepositoryLayout.backup(id)).map(\.key))
                progress(done + 1)
            }
            if !pruning.leftovers.isEmpty { try await medium.remove(pruning.leftovers) }
            if !pruning.segments.isEmpty { try await medium.remove(pruning.segments) }
        } catch {
            throw .medium(error)
        }
    }
}

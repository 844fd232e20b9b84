import SubjectRights
package import Vocabulary

extension ArchiveRepository {
    /// The clusters whose log is taken.
    package func clusters() async throws(ArchiveError) -> [String] {
        let objects: [MediumObject]
        do { objects = try await medium.list(RepositoryLayout.wal) } catch { throw .medium(error) }
        return objects.compactMap { object in
            let words = object.key.split(separator: "/")
            return words.count == 3 && words[2] == "accepted.json" ? String(words[1]) : nil
        }
    }

    /// Everything there is to restore a cluster from.
    package func recoverySources(of system: String) async throws(ArchiveError) -> RecoverySources {
        let acceptance = try await acceptance(of: system)
        let objects: [MediumObject]
        do { objects = try await medium.list(RepositoryLayout.wal(system)) } catch { throw .medium(error) }
        let inventory = WALInventory(system: system, objects)
        var bases: [BackupManifest] = []
        for id in try await backups() {
            let manifest = try await manifest(of: id)
            if manifest.kind == .base, manifest.wal?.system == system { bases.append(manifest) }
        }
        var lines: [WALLine] = []
        for timeline in inventory.histories.union(inventory.segments.map(\.timeline)).sorted() {
            if inventory.histories.contains(timeline) {
                let file = WALFile.history(timeline)
                guard let line = try await statement(of: file, system: system)?.line else {
                    throw .damaged(RepositoryLayout.wal(file, of: system) + "json", "it is gone again")
                }
                lines.append(line)
            } else {
                // The first timeline has no history. Of another that has none, segments before its beginning cannot be told.
                lines.append(WALLine(root: timeline))
            }
        }
        return RecoverySources(acceptance: acceptance, inventory: inventory, bases: bases, lines: lines)
    }

    /// A restore point by its name.
    package func restorePoint(_ name: String, of system: String) async throws(ArchiveError) -> RestorePoint {
        let key = RepositoryLayout.restorePoint(name, of: system)
        do throws(ArchiveError) {
            guard let point = RestorePoint(try await statement(.restorePoint, at: key)), point.name == name, point.system == system else {
                throw .damaged(key, "it is not the statement of this restore point")
            }
            return point
        } catch {
            if case .medium(let error) = error, error.code == .missing { throw .unreachable("there is no restore point '\(name)'") }
            throw error
        }
    }

    package func hasRestorePoint(_ name: String, of system: String) async throws(ArchiveError) -> Bool {
        let key = RepositoryLayout.restorePoint(name, of: system)
        do { return try await medium.list(key).contains { $0.key == key } } catch { throw .medium(error) }
    }

    /// Tells of a restore point that is in the log.
    ///
    /// - Throws: `exists` of the medium when there is one of this name.
    package func put(_ point: RestorePoint) async throws(ArchiveError) {
        try await put(point.object, as: .restorePoint, at: RepositoryLayout.restorePoint(point.name, of: point.system), ifAbsent: true)
    }

    /// When the last segment of a plan was written to last: nothing newer is in the log.
    package func end(of plan: RecoveryPlan, system: String) async throws(ArchiveError) -> Instant {
        let file = WALFile.segment(plan.last)
        guard let statement = try await statement(of: file, system: system) else {
            throw .damaged(RepositoryLayout.wal(file, of: system) + "json", "it is gone again")
        }
        return statement.writtenAt
    }

    /// A way to a target, after all there is of the cluster was looked at.
    ///
    /// - Throws: `unreachable` or `gap` when there is none.
    package func recoveryPlan(
        to target: RecoveryTarget, of system: String, timeline: UInt32?
    ) async throws(ArchiveError) -> RecoveryPlan {
        let plan = try RecoveryPlan.make(to: target, from: try await recoverySources(of: system), timeline: timeline)
        guard case .moment(let moment) = target else { return plan }
        let end = try await end(of: plan, system: system)
        guard moment > end else { return plan }
        if let gap = plan.gap { throw .gap("\(gap)") }
        throw .unreachable("that is behind \(end), where the write-ahead log in the repository ends")
    }
}

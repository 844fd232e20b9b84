import Archives
import DataFormats
import Foundation
import Storage
import Vocabulary

/// From when to when a restore is possible out of one base backup.
struct RecoveryWindow: Sendable, Equatable {
    let system: String
    let timeline: UInt32
    let base: BackupID
    let from: Instant
    /// `nil` when not even the base backup is whole.
    let to: Instant?
    let last: WALSegment?
    /// The first segment that is missing.
    let gap: WALSegment?

    /// Of every cluster, line and base backup; the newest way last.
    static func all(_ repository: ArchiveRepository) async throws(ArchiveError) -> [RecoveryWindow] {
        var windows: [RecoveryWindow] = []
        for system in try await repository.clusters() {
            let sources = try await repository.recoverySources(of: system)
            for line in sources.lines {
                for base in sources.bases {
                    guard let coverage = sources.coverage(of: base, along: line), let needed = base.wal.flatMap({ WALSegment($0.last) }) else {
                        continue
                    }
                    var end: Instant?
                    if let last = coverage.last, coverage.reaches(needed, sources.acceptance.size) {
                        end = try await repository.statement(of: .segment(last), system: system)?.writtenAt
                    }
                    windows.append(
                        RecoveryWindow(
                            system: system, timeline: line.timeline, base: base.id, from: base.endedAt, to: end, last: coverage.last,
                            gap: coverage.gap))
                }
            }
        }
        return windows
    }

    var object: JSONObject {
        [
            "cluster": .string(system), "timeline": .number(JSONNumber(Int(timeline))), "base": .string("\(base)"), "from": .string("\(from)"),
            "to": to.map { .string("\($0)") } ?? .null, "last_segment": last.map { .string("\($0)") } ?? .null,
            "missing_segment": gap.map { .string("\($0)") } ?? .null,
        ]
    }
}

/// Sets restore points.
struct RestorePointSetting: Sendable {
    let repository: ArchiveRepository
    let store: BackupTarget

    /// Sets one into the log, and tells of it in the repository. When this dies in between, the log has a mark that nobody knows of.
    func set(_ name: String) async throws -> RestorePoint {
        let standing = try await store.standing()
        let system = try ContinuousRun.system(standing)
        _ = try await repository.acceptance(of: system)
        let taken = CommandFailure(.invalid, "there is a restore point '\(name)' already", hint: "choose another name")
        if try await repository.hasRestorePoint(name, of: system) { throw taken }
        // Single in the log, too, where nothing else sees to that.
        let mark = "gatehouse-\(name)-" + String((0..<6).map { _ in "abcdefghijklmnopqrstuvwxyz234567".randomElement() ?? "a" })
        let set = try await store.withDatabase { database in
            let archiving: LogArchiving
            do throws(StorageError) { archiving = try await LogArchiving.read(database) } catch { throw CommandFailure(error) }
            guard archiving.mayMark else {
                throw CommandFailure(
                    .denied, "the role '\(standing.role)' may not set restore points",
                    hint: "GRANT EXECUTE ON FUNCTION pg_switch_wal(), pg_create_restore_point(text) TO \(standing.role)")
            }
            do throws(StorageError) { return try await LogArchiving.mark(mark, database) } catch { throw CommandFailure(error) }
        }
        guard let position = WALPosition(set.position), let segment = WALSegment(set.segment) else {
            throw CommandFailure(.failed, "the server did not say where the restore point is")
        }
        let point = RestorePoint(
            name: name, mark: mark, system: system, timeline: segment.timeline, position: position, setAt: set.setAt)
        do throws(ArchiveError) { try await repository.put(point) } catch {
            if case .medium(let problem) = error, problem.code == .exists { throw taken }
            throw error as any Error
        }
        return point
    }
}

package import Vocabulary

/// Where a restore to a point in time leads.
package enum RecoveryTarget: Sendable, Equatable {
    case moment(Instant)
    case restorePoint(RestorePoint)
    /// As far as the log goes.
    case end
}

/// What there is of one cluster to restore from.
package struct RecoverySources: Sendable {
    package let acceptance: WALAcceptance
    package let inventory: WALInventory
    /// Base backups of the cluster, oldest first.
    package let bases: [BackupManifest]
    /// One for each timeline that has segments, or a history.
    package let lines: [WALLine]

    package init(acceptance: WALAcceptance, inventory: WALInventory, bases: [BackupManifest], lines: [WALLine]) {
        self.acceptance = acceptance
        self.inventory = inventory
        self.bases = bases
        self.lines = lines
    }

    /// How far a base backup gets on a line; `nil` when the line does not come from its timeline, or had left it before.
    package func coverage(of base: BackupManifest, along line: WALLine) -> WALCoverage? {
        guard let wal = base.wal, let first = WALSegment(wal.first), let last = WALSegment(wal.last), wal.system == acceptance.system,
            line.contains(last.timeline)
        else { return nil }
        let size = acceptance.size
        // The old timeline may have gone on after another had left it: a backup of that part is none of the new one's.
        if let end = line.end(of: last.timeline), last.number(size) >= size.number(of: end) { return nil }
        return WALCoverage(from: first, needed: last, along: line, present: inventory.segments, size: size)
    }

    /// The line that a restore takes when nobody chooses: that of the newest timeline.
    package var newestLine: WALLine? { lines.max { $0.timeline < $1.timeline } }
}

/// A way to a target: a base backup, the line, and the segments between them, all of which are there.
package struct RecoveryPlan: Sendable {
    package var base: BackupManifest
    package let line: WALLine
    package let target: RecoveryTarget
    /// The last segment that is there without a gap.
    package let last: WALSegment
    /// The first that is missing behind it, when later ones are there.
    package let gap: WALSegment?
    package let size: WALSegmentSize

    /// Finds one.
    ///
    /// - Parameter timeline: where it is to lead; the newest when `nil`.
    /// - Throws: `unreachable` or `gap`, before anything was unpacked. Whether a moment is behind the log's end is not told here: see
    ///   ``ArchiveRepository/recoveryPlan(to:of:timeline:)``.
    package static func make(
        to target: RecoveryTarget, from sources: RecoverySources, timeline: UInt32? = nil
    ) throws(ArchiveError) -> RecoveryPlan {
        let line: WALLine?
        switch (timeline, target) {
        case (let timeline?, _): line = sources.lines.first { $0.timeline == timeline }
        // The newest line that the point is on: one that was set on a line that was left is not on the newest.
        case (nil, .restorePoint(let point)): line = sources.lines.filter { contains($0, point) }.max { $0.timeline < $1.timeline }
        case (nil, _): line = sources.newestLine
        }
        guard let line else {
            let nothing = "there is no write-ahead log of the cluster \(sources.acceptance.system)"
            throw .unreachable(timeline.map { "there is nothing of timeline \($0)" } ?? nothing)
        }
        if case .restorePoint(let point) = target, !contains(line, point) {
            throw .unreachable("the restore point '\(point.name)' is not on timeline \(line.timeline), which had left its own before it was set")
        }
        let size = sources.acceptance.size
        let candidates = sources.bases.compactMap { base in sources.coverage(of: base, along: line).map { (base: base, coverage: $0) } }
        guard !candidates.isEmpty else { throw .unreachable("there is no base backup on timeline \(line.timeline)") }
        let usable = candidates.filter { isBefore($0.base, target, size) }
        guard let oldest = candidates.first else { throw .unreachable("there is no base backup on timeline \(line.timeline)") }
        guard !usable.isEmpty else {
            throw .unreachable("that is before \(oldest.base.endedAt), when the oldest base backup (\(oldest.base.id)) was done")
        }
        // The newest is the shortest way; an older one may get round a gap that the newest has right behind it.
        var problem = ArchiveError.unreachable("no base backup gets there")
        for (base, coverage) in usable.reversed() {
            guard let last = coverage.last, let wal = base.wal, let needed = WALSegment(wal.last), coverage.reaches(needed, size) else {
                problem = .gap(coverage.gap.map { "\($0)" } ?? base.wal?.first ?? "")
                continue
            }
            if case .restorePoint(let point) = target, last.number(size) < size.number(of: point.position) {
                problem =
                    coverage.gap.map { .gap("\($0)") }
                    ?? .unreachable("the segment with the restore point '\(point.name)' is not in the repository yet")
                continue
            }
            if case .end = target, let gap = coverage.gap { throw .gap("\(gap)") }
            return RecoveryPlan(base: base, line: line, target: target, last: last, gap: coverage.gap, size: size)
        }
        throw problem
    }

    private static func contains(_ line: WALLine, _ point: RestorePoint) -> Bool {
        guard line.contains(point.timeline) else { return false }
        return line.end(of: point.timeline).map { point.position <= $0 } ?? true
    }

    /// A base backup ends with a segment of its own: what comes after it is in later ones.
    private static func isBefore(_ base: BackupManifest, _ target: RecoveryTarget, _ size: WALSegmentSize) -> Bool {
        switch target {
        case .moment(let moment): base.endedAt <= moment
        case .restorePoint(let point):
            base.wal.flatMap { WALSegment($0.last) }.map { $0.number(size) < size.number(of: point.position) } ?? false
        case .end: true
        }
    }
}

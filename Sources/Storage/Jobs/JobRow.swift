import PostgresLink
package import Vocabulary

package enum JobKind: String, Sendable, CaseIterable {
    case `import`, export
}

package enum JobState: String, Sendable, CaseIterable {
    /// An import takes rows.
    case open
    /// In its turn, or at work.
    case running
    case done
    /// What was imported is taken back.
    case reverting
    case reverted
    /// It cannot go on; the code says why.
    case failed
    /// Ended by its owner.
    case cancelled
}

/// A job as it rests.
package struct JobRow: Sendable {
    package let id: UUIDv7
    package let kind: JobKind
    package let entity: String
    package var state: JobState
    package let owner: String
    package let purpose: String?
    package let isDryRun: Bool
    package var content: [UInt8]?
    package var parts: Int32
    package var doneParts: Int32
    package var counts: JobCounts
    /// Where an export goes on.
    package let next: String?
    /// Why it failed, or what it waits for.
    package let code: String?
    package let createdAt: Instant
    package let endedAt: Instant?
    package let filesUntil: Instant
    package let revertibleUntil: Instant?
    package let dueAt: Instant?

    package init(
        id: UUIDv7, kind: JobKind, entity: String, state: JobState, owner: String, purpose: String?, isDryRun: Bool, content: [UInt8],
        createdAt: Instant, filesUntil: Instant, revertibleUntil: Instant?, dueAt: Instant?
    ) {
        self.id = id
        self.kind = kind
        self.entity = entity
        self.state = state
        self.owner = owner
        self.purpose = purpose
        self.isDryRun = isDryRun
        self.content = content
        (parts, doneParts, counts) = (0, 0, JobCounts())
        (next, code, endedAt) = (nil, nil, nil)
        self.revertibleUntil = revertibleUntil
        self.createdAt = createdAt
        self.filesUntil = filesUntil
        self.dueAt = dueAt
    }

    init?(_ rows: ResultSet, _ row: Int) {
        guard let id = rows.uuid(row, 0), let kind = rows.text(row, 1).flatMap(JobKind.init), let entity = rows.text(row, 2),
            let state = rows.text(row, 3).flatMap(JobState.init), let owner = rows.text(row, 4), let createdAt = rows.timestamp(row, 17),
            let filesUntil = rows.timestamp(row, 19)
        else { return nil }
        self.id = id
        self.kind = kind
        self.entity = entity
        self.state = state
        self.owner = owner
        purpose = rows.text(row, 5)
        isDryRun = rows.bool(row, 6) ?? false
        content = rows.bytes(row, 7)
        (parts, doneParts) = (rows.int32(row, 8), rows.int32(row, 9))
        counts = JobCounts(
            total: rows.int64(row, 10) ?? 0, created: rows.int64(row, 11) ?? 0, updated: rows.int64(row, 12) ?? 0, skipped: rows.int64(row, 13) ?? 0,
            refused: rows.int64(row, 14) ?? 0)
        next = rows.text(row, 15)
        code = rows.text(row, 16)
        self.createdAt = createdAt
        endedAt = rows.timestamp(row, 18)
        self.filesUntil = filesUntil
        revertibleUntil = rows.timestamp(row, 20)
        dueAt = rows.timestamp(row, 21)
    }
}

/// How many rows had which fate. Of an export only the total counts.
package struct JobCounts: Sendable, Equatable {
    package var total: Int64 = 0
    package var created: Int64 = 0
    package var updated: Int64 = 0
    package var skipped: Int64 = 0
    package var refused: Int64 = 0
    package init(total: Int64 = 0, created: Int64 = 0, updated: Int64 = 0, skipped: Int64 = 0, refused: Int64 = 0) {
        self.total = total
        self.created = created
        self.updated = updated
        self.skipped = skipped
        self.refused = refused
    }
}

/// What became of a row of an import, or a row of an export.
package struct JobLine: Sendable {
    package enum Fate: String, Sendable { case exported, created, updated, skipped, refused }

    package let number: Int64
    package let fate: Fate
    package let record: UUIDv7?
    package let subject: UUIDv7?
    /// Of the record, after the row.
    package let version: Int64?
    /// How the record was seen by the owner.
    package let sight: String?
    package let sealed: [UInt8]?

    package init(
        number: Int64, fate: Fate, record: UUIDv7? = nil, subject: UUIDv7? = nil, version: Int64? = nil, sight: String? = nil, sealed: [UInt8]? = nil
    ) {
        self.number = number
        self.fate = fate
        self.record = record
        self.subject = subject
        self.version = version
        self.sight = sight
        self.sealed = sealed
    }
}

/// A record that an import has made or changed, with the last version that the import gave it.
package struct JobEffect: Sendable {
    package let record: UUIDv7
    package let version: Int64
    package let wasCreated: Bool
    /// Of the first of its rows.
    package let number: Int64
}

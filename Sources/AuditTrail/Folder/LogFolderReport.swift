package import TransparencyLog

/// What the verification of a folder came to.
package struct LogFolderReport: Sendable {
    package struct Epoch: Sendable {
        package let epoch: Int
        /// What the folder's checkpoint says; `nil` when it says nothing that can be read.
        package internal(set) var origin: LogOrigin?
        package internal(set) var head: TreeHead?
        /// Entries that were read and hashed.
        package internal(set) var entries = 0
        /// Entries that were taken out under a pruning policy; of them only the hashes were verified.
        package internal(set) var pruned = 0
        /// The head that was lost when this epoch began, as its first entry tells.
        package internal(set) var lost: Checkpoint?
        package internal(set) var kept: Checkpoint?
        /// Whether the first entry was taken out under a pruning policy, so that nothing tells what the epoch goes on from.
        package internal(set) var isBeginningPruned = false
        /// Checkpoints beside the folder's own that were compared.
        package internal(set) var comparedCheckpoints = 0
        /// Time stamps that nothing was given to verify with.
        package internal(set) var uncheckedTimestamps = 0
    }

    package internal(set) var epochs: [Epoch] = []
    /// Signature lines of keys that were not given: of witnesses, or of nobody.
    package internal(set) var uncheckedSignatures = 0
    /// In the order they were found; no more than the verifier was told to keep.
    package private(set) var findings: [FolderFinding] = []
    /// Of all, whether kept or not. Neighbouring entries with the same fate count as one.
    package private(set) var findingCount = 0
    package private(set) var counts: [FolderFinding.Code: Int] = [:]
    private let limit: Int
    private var last: FolderFinding?

    init(limit: Int) {
        self.limit = limit
    }

    package var isSound: Bool { findingCount == 0 }

    mutating func add(
        _ code: FolderFinding.Code, epoch: Int? = nil, at positions: Range<Int>? = nil, file: String? = nil, _ sentence: String
    ) {
        findingCount += 1
        counts[code, default: 0] += 1
        let finding = FolderFinding(code: code, epoch: epoch, positions: positions, file: file, sentence: sentence)
        if findings.count < limit { findings.append(finding) }
        last = finding
    }

    /// Adds a finding about entries that lie side by side, or makes the last one longer when it is about those just before.
    mutating func add(
        _ code: FolderFinding.Code, epoch: Int, entries: Range<Int>, _ predicate: (_ entries: String) -> String
    ) {
        if let last, last.code == code, last.epoch == epoch, let before = last.positions, before.upperBound == entries.lowerBound {
            let whole = before.lowerBound..<entries.upperBound
            let finding = FolderFinding(code: code, epoch: epoch, positions: whole, file: nil, sentence: predicate(Self.name(whole, epoch)))
            if findings.last == last { findings[findings.count - 1] = finding }
            self.last = finding
        } else {
            add(code, epoch: epoch, at: entries, predicate(Self.name(entries, epoch)))
        }
    }

    private static func name(_ entries: Range<Int>, _ epoch: Int) -> String {
        entries.count == 1
            ? "entry \(entries.lowerBound) of epoch \(epoch)"
            : "each of the entries \(entries.lowerBound) to \(entries.upperBound - 1) of epoch \(epoch)"
    }
}

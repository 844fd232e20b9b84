/// Something wrong with an exported log: what, in which epoch, where, in one sentence.
package struct FolderFinding: Sendable, Hashable, CustomStringConvertible {
    /// The raw values are stable words, never reused.
    package enum Code: String, Sendable, Hashable, CaseIterable {
        // Entries
        /// The entry is not the one that the log's hashes were made of.
        case entryChanged = "entry-changed"
        /// An entry of the log is not there.
        case entryMissing = "entry-missing"
        /// An entry is there that the log has not at this size.
        case entryAdded = "entry-added"
        /// The entry stands at another position in the log.
        case entryOrder = "entry-order"
        /// The entry is no canonical JSON object with a version and an id.
        case entryMalformed = "entry-malformed"
        /// The entry is of another tenant than the log.
        case entryForeign = "entry-foreign"
        /// An entry before has the same id.
        case entryRepeated = "entry-repeated"

        // Tiles
        case tileChanged = "tile-changed"
        case tileMissing = "tile-missing"
        /// Entries and tiles agree, but do not lead to the root that was signed.
        case rootWrong = "root-wrong"

        // Checkpoints
        /// The checkpoint is not there, is none, or is not signed by the log's key.
        case checkpointUnverified = "checkpoint-unverified"
        /// A checkpoint kept elsewhere is none, or is not signed by the log's key.
        case outsideUnverified = "outside-unverified"
        /// A witness's line does not verify, or one that has to be there is not.
        case cosignatureUnverified = "cosignature-unverified"
        /// A checkpoint cannot be compared, because hashes before its size are not there.
        case checkpointUnchecked = "checkpoint-unchecked"
        /// A time stamp is not of the checkpoint it stands beside, or does not verify.
        case timestampUnverified = "timestamp-unverified"
        /// A signed checkpoint has more entries than the log has here.
        case tailCut = "tail-cut"
        /// A signed checkpoint has another history.
        case fork

        // Epochs
        case epochMissing = "epoch-missing"
        /// The first entry of an epoch does not say what the epoch goes on from, or what it says is not so.
        case epochBroken = "epoch-broken"

        // Files
        /// The position before which entries were taken out is none, or the entries are there.
        case prunedWrong = "pruned-wrong"
        /// The file does not belong there.
        case fileUnexpected = "file-unexpected"
        /// The file or folder cannot be read.
        case fileUnreadable = "file-unreadable"
    }

    package let code: Code
    /// `nil` when it is of none.
    package let epoch: Int?
    /// Positions of entries, as the log counts them, or of the entries below a tile.
    package let positions: Range<Int>?
    /// The file or checkpoint it is about, as the folder or the caller names it.
    package let file: String?
    /// Lower case, no full stop; names positions and files, never content.
    package let sentence: String

    package var description: String { "\(code.rawValue): \(sentence)" }
}

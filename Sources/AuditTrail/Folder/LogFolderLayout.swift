import TransparencyLog

/// Where the files of an exported log stand: for each epoch a folder of its number, and in it what C2SP tlog-tiles names.
///
/// - `checkpoint`: the newest one; `checkpoints/<size>`: others, older or with signatures of witnesses; `<size>.tsr`: time stamps of them
/// - `tile/<level>/…`, `tile/entries/…`
/// - `pruned`: a position; the entries before it may have been taken out
struct LogFolderLayout {
    /// A bundle of the longest entries.
    static let greatestBundleByteCount = TileID.width * (2 + EntryBundle.greatestEntryByteCount)
    static let greatestNoteByteCount = SignedNote.greatestByteCount
    static let greatestTimestampByteCount = 1 << 20

    let folder: String
    let epoch: Int

    var root: String { "\(folder)/\(epoch)" }
    var checkpoint: String { "\(root)/checkpoint" }
    var checkpoints: String { "\(root)/checkpoints" }
    var pruned: String { "\(root)/pruned" }

    func checkpoint(size: Int) -> String { "\(checkpoints)/\(size)" }
    func timestamp(size: Int) -> String { "\(root)/\(size).tsr" }
    func tile(_ path: TilePath) -> String { "\(root)/\(path)" }

    /// What a file of an epoch's folder is, by its path there; `nil` for one that does not belong there.
    enum File: Equatable {
        case checkpoint
        case checkpointOf(size: Int)
        case timestampOf(size: Int)
        case pruned
        case tile(TilePath)
    }

    static func file(at path: String) -> File? {
        switch path {
        case "checkpoint": return .checkpoint
        case "pruned": return .pruned
        default: break
        }
        if path.hasPrefix("checkpoints/") { return size(path.dropFirst("checkpoints/".count)).map { .checkpointOf(size: $0) } }
        if path.hasSuffix(".tsr") { return size(path.dropLast(".tsr".count)).map { .timestampOf(size: $0) } }
        return TilePath(path).map { .tile($0) }
    }

    /// A number as sizes are written.
    static func size(_ text: some StringProtocol) -> Int? {
        guard let size = Int(text), size >= 0, String(size) == text else { return nil }
        return size
    }
}

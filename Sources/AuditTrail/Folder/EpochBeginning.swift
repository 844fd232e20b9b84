import DataFormats
import TransparencyLog

/// What the first entry of a further epoch tells: the head that its log goes on from, and the one that was lost with the database's later state.
struct EpochBeginning {
    let kept: Checkpoint
    let lost: Checkpoint

    /// `nil` when the entry is none that begins an epoch.
    init?(_ entry: [UInt8]) {
        guard let object = (try? JSONReader.read(entry))?.objectValue, object["action"]?.stringValue == "begin",
            object["entity"]?.stringValue == "log", let kept = Self.head(object["kept"]?.stringValue),
            let lost = Self.head(object["lost"]?.stringValue)
        else { return nil }
        self.kept = kept
        self.lost = lost
    }

    /// Reads `ORIGIN SIZE BASE64ROOT`: a checkpoint with spaces for line ends.
    private static func head(_ text: String?) -> Checkpoint? {
        guard let parts = text?.split(separator: " ", omittingEmptySubsequences: false), parts.count == 3 else { return nil }
        return try? Checkpoint(parts.map { $0 + "\n" }.joined())
    }
}

/// A file that PostgreSQL gives to `archive_command`, or asks of `restore_command`.
package enum WALFile: Sendable, Hashable, CustomStringConvertible {
    case segment(WALSegment)
    /// The beginning of a segment that was never filled, because the cluster went over to another timeline.
    case partial(WALSegment)
    /// Where a timeline came from.
    case history(UInt32)
    /// What a base backup noted of itself: the segment it began in, and where in it.
    case backup(WALSegment, offset: UInt32)

    /// By name; `nil` for everything else, paths among it.
    package init?(_ name: some StringProtocol) {
        let words = name.split(separator: ".", omittingEmptySubsequences: false)
        switch (words.count, words.last) {
        case (1, _):
            guard let segment = WALSegment(name) else { return nil }
            self = .segment(segment)
        case (2, "partial"):
            guard let segment = WALSegment(words[0]) else { return nil }
            self = .partial(segment)
        case (2, "history"):
            guard let timeline = HexadecimalWord.read(words[0]), timeline > 0 else { return nil }
            self = .history(timeline)
        case (3, "backup"):
            guard let segment = WALSegment(words[0]), let offset = HexadecimalWord.read(words[1]) else { return nil }
            self = .backup(segment, offset: offset)
        default: return nil
        }
    }

    package var description: String {
        switch self {
        case .segment(let segment): "\(segment)"
        case .partial(let segment): "\(segment).partial"
        case .history(let timeline): HexadecimalWord.write(timeline) + ".history"
        case .backup(let segment, let offset): "\(segment).\(HexadecimalWord.write(offset)).backup"
        }
    }

    package var timeline: UInt32 {
        switch self {
        case .segment(let segment), .partial(let segment), .backup(let segment, _): segment.timeline
        case .history(let timeline): timeline
        }
    }
}

/// One segment of a write-ahead log by the name of its file: timeline, and two numbers whose meaning depends on the size of the cluster's
/// segments.
package struct WALSegment: Sendable, Hashable, CustomStringConvertible {
    package let timeline: UInt32
    let high: UInt32
    let low: UInt32

    /// The name of a file: 24 hexadecimal digits in capitals.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 24, let timeline = HexadecimalWord.read(text.prefix(8)),
            let high = HexadecimalWord.read(text.dropFirst(8).prefix(8)), let low = HexadecimalWord.read(text.suffix(8)), timeline > 0
        else { return nil }
        (self.timeline, self.high, self.low) = (timeline, high, low)
    }

    /// - Parameter size: of a segment, in bytes.
    package init(timeline: UInt32, number: UInt64, size: WALSegmentSize) {
        self.timeline = timeline
        high = UInt32(truncatingIfNeeded: number / size.segmentsPerNumber)
        low = UInt32(truncatingIfNeeded: number % size.segmentsPerNumber)
    }

    package var description: String { HexadecimalWord.write(timeline) + HexadecimalWord.write(high) + HexadecimalWord.write(low) }

    /// How many segments stand before it in the log, whatever the timeline.
    package func number(_ size: WALSegmentSize) -> UInt64 { UInt64(high) * size.segmentsPerNumber + UInt64(low) }

    /// Where it begins.
    package func start(_ size: WALSegmentSize) -> WALPosition { WALPosition(byte: number(size) * UInt64(size.byteCount)) }
}

/// How many bytes a segment of a cluster has: a power of two from 1 MiB to 1 GiB, chosen when the cluster was made.
package struct WALSegmentSize: Sendable, Hashable {
    package let byteCount: Int

    package init?(byteCount: Int) {
        guard (1 << 20...1 << 30).contains(byteCount), byteCount & (byteCount - 1) == 0 else { return nil }
        self.byteCount = byteCount
    }

    var segmentsPerNumber: UInt64 { (1 << 32) / UInt64(byteCount) }

    /// The number of the segment that a position is in.
    package func number(of position: WALPosition) -> UInt64 { position.byte / UInt64(byteCount) }
}

/// Eight hexadecimal digits in capitals, of which PostgreSQL makes the names of its files.
enum HexadecimalWord {
    static func read(_ text: some StringProtocol) -> UInt32? {
        guard text.utf8.count == 8, text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x46).contains($0) }) else { return nil }
        return UInt32(text, radix: 16)
    }

    static func write(_ number: UInt32) -> String {
        let digits = String(number, radix: 16, uppercase: true)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}

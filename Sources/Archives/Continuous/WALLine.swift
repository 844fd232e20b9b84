/// A timeline with those it came from: the way that a recovery takes through a write-ahead log.
///
/// A cluster that was restored to a moment, or promoted, goes on with a timeline of its own, and leaves that of before as it was.
package struct WALLine: Sendable, Hashable {
    /// One that was left, and where.
    package struct Ancestor: Sendable, Hashable {
        package let timeline: UInt32
        package let end: WALPosition

        package init(timeline: UInt32, end: WALPosition) {
            self.timeline = timeline
            self.end = end
        }
    }

    package let timeline: UInt32
    /// Oldest first.
    package let ancestors: [Ancestor]

    /// One that came from no other.
    package init(root timeline: UInt32) {
        self.timeline = timeline
        ancestors = []
    }

    /// `nil` unless numbers grow, and positions do not fall.
    package init?(timeline: UInt32, ancestors: [Ancestor]) {
        let numbers = ancestors.map(\.timeline) + [timeline]
        guard zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 }), numbers.first.map({ $0 > 0 }) == true,
            zip(ancestors, ancestors.dropFirst()).allSatisfy({ $0.end <= $1.end })
        else { return nil }
        self.timeline = timeline
        self.ancestors = ancestors
    }

    /// From the content of the timeline's history file: a line for each ancestor, of its number, the position where it was left, and why.
    package init?(history: [UInt8], of timeline: UInt32) {
        var ancestors: [Ancestor] = []
        for line in String(decoding: history, as: UTF8.self).split(whereSeparator: \.isNewline) {
            let words = line.split(maxSplits: 2, whereSeparator: \.isWhitespace)
            if words.isEmpty || words[0].hasPrefix("#") { continue }
            guard words.count >= 2, let number = UInt32(words[0]), let end = WALPosition(words[1]) else { return nil }
            ancestors.append(Ancestor(timeline: number, end: end))
        }
        guard !ancestors.isEmpty else { return nil }
        self.init(timeline: timeline, ancestors: ancestors)
    }

    package func contains(_ timeline: UInt32) -> Bool { timeline == self.timeline || ancestors.contains { $0.timeline == timeline } }

    /// The timeline whose segment of this number a recovery reads: the newest that had begun by then.
    func owner(of number: UInt64, _ size: WALSegmentSize) -> UInt32 {
        var owner = ancestors.first?.timeline ?? timeline
        for (position, ancestor) in ancestors.enumerated() where size.number(of: ancestor.end) <= number {
            owner = position + 1 < ancestors.count ? ancestors[position + 1].timeline : timeline
        }
        return owner
    }

    /// Where a timeline of this line was left; `nil` for the last one.
    func end(of timeline: UInt32) -> WALPosition? { ancestors.first { $0.timeline == timeline }?.end }
}

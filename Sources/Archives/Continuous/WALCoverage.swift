/// How far a recovery gets along a line with the segments that are there.
package struct WALCoverage: Sendable, Equatable {
    /// The last segment before the first that is missing; `nil` when not even the first is there.
    package let last: WALSegment?
    /// The first that is missing, although a later one is there or it is needed; `nil` without a gap.
    package let gap: WALSegment?

    /// - Parameters:
    ///   - first: the segment that recovery begins with.
    ///   - needed: the one it has to have reached at least.
    ///   - line: the way it takes; it has to contain the timelines of both.
    package init(from first: WALSegment, needed: WALSegment, along line: WALLine, present: Set<WALSegment>, size: WALSegmentSize) {
        var number = first.number(size)
        var last: WALSegment?
        var next = WALSegment(timeline: line.owner(of: number, size), number: number, size: size)
        while present.contains(next) {
            last = next
            number += 1
            next = WALSegment(timeline: line.owner(of: number, size), number: number, size: size)
        }
        self.last = last
        let isNeeded = number <= needed.number(size)
        let goesOn = present.contains { segment in
            let other = segment.number(size)
            return other > number && segment.timeline == line.owner(of: other, size)
        }
        gap = isNeeded || goesOn ? next : nil
    }

    /// Whether recovery comes to this segment.
    package func reaches(_ segment: WALSegment, _ size: WALSegmentSize) -> Bool {
        guard let last else { return false }
        return segment.number(size) <= last.number(size)
    }
}

import Archives
import Testing

struct WALCoverageTests {
    private func size() throws -> WALSegmentSize { try #require(WALSegmentSize(byteCount: 16 << 20)) }

    private func segments(_ timeline: UInt32, _ numbers: [UInt64]) throws -> [WALSegment] {
        let size = try size()
        return numbers.map { WALSegment(timeline: timeline, number: $0, size: size) }
    }

    private func coverage(
        _ first: UInt64, _ needed: UInt64, _ line: WALLine, _ present: [WALSegment], timeline: UInt32 = 1
    ) throws -> WALCoverage {
        let size = try size()
        return WALCoverage(
            from: WALSegment(timeline: timeline, number: first, size: size), needed: WALSegment(timeline: timeline, number: needed, size: size),
            along: line, present: Set(present), size: size)
    }

    @Test("without a gap the last segment is the end")
    func whole() throws {
        let found = try coverage(2, 3, WALLine(root: 1), try segments(1, [1, 2, 3, 4, 5]))
        #expect(found.last == (try segments(1, [5])[0]))
        #expect(found.gap == nil)
    }

    @Test("a segment that is missing before others is the gap, and recovery gets no further")
    func gap() throws {
        let found = try coverage(2, 2, WALLine(root: 1), try segments(1, [2, 3, 5, 6]))
        #expect(found.last == (try segments(1, [3])[0]))
        #expect(found.gap?.description == "000000010000000000000004")
        #expect(try found.reaches(segments(1, [3])[0], size()))
        #expect(try !found.reaches(segments(1, [5])[0], size()))
    }

    @Test("a segment that the base backup needs is a gap even when none comes after it")
    func needed() throws {
        #expect(try coverage(2, 3, WALLine(root: 1), try segments(1, [2])).gap?.description == "000000010000000000000003")
        #expect(try coverage(2, 3, WALLine(root: 1), []).last == nil)
    }

    @Test("a recovery goes over to the timeline that begins in a segment, and what the old one wrote after that is no part of it")
    func timelines() throws {
        let line = try #require(WALLine(history: Array("1\t0/4000100\tno recovery target specified\n".utf8), of: 2))
        let present = try segments(1, [2, 3, 4, 5, 6, 9]) + segments(2, [4, 5])
        let found = try coverage(2, 2, line, present)
        #expect(found.last == (try segments(2, [5])[0]))
        #expect(found.gap == nil, "that the old timeline goes on to 6 and 9 does not matter")
        let lacking = try coverage(2, 2, line, try segments(1, [2, 3, 4, 5]) + segments(2, [5]))
        #expect(lacking.gap?.description == "000000020000000000000004", "the new timeline has a segment of its own where it begins")
    }

    @Test("a history names ancestors in order, and a torn one is none")
    func histories() throws {
        let text = "1\t0/4000100\tbefore 2026-11-22 10:00:00+00\n\n2\t0/9000000\tno recovery target specified\n"
        let line = try #require(WALLine(history: Array(text.utf8), of: 3))
        #expect(line.ancestors.map(\.timeline) == [1, 2])
        #expect(line.contains(1) && line.contains(3) && !line.contains(4))
        for text in ["", "1\n", "1\tx\ty\n", "2\t0/4\ta\n1\t0/5\tb\n", "1\t0/5\ta\n2\t0/4\tb\n", "3\t0/5\titself\n"] {
            #expect(WALLine(history: Array(text.utf8), of: 3) == nil, "\(text)")
        }
    }
}

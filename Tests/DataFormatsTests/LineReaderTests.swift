import Testing

@testable import DataFormats

struct LineReaderTests {
    private struct Line: Equatable {
        let number: Int
        let text: String
        var problem: NumberedLine.Problem?
    }

    private func lines(_ chunks: [[UInt8]], limit: Int) -> [Line] {
        var reader = LineReader(maximumLineBytes: limit)
        var lines: [Line] = []
        func keep(_ line: NumberedLine) {
            lines.append(Line(number: line.number, text: String(decoding: line.bytes, as: UTF8.self), problem: line.problem))
        }
        for chunk in chunks {
            reader.feed(chunk) { keep($0) }
        }
        reader.finish { keep($0) }
        return lines
    }

    /// Reads the input whole, cut in two at every place, and byte by byte; all must agree.
    private func lines(_ text: String, limit: Int = 100, at location: SourceLocation = #_sourceLocation) -> [Line] {
        let bytes = Array(text.utf8)
        let whole = lines([bytes], limit: limit)
        for cut in 0...bytes.count {
            #expect(lines([Array(bytes[..<cut]), Array(bytes[cut...])], limit: limit) == whole, sourceLocation: location)
        }
        #expect(lines(bytes.map { [$0] }, limit: limit) == whole, sourceLocation: location)
        return whole
    }

    @Test func `line ends are dropped and blank lines counted`() {
        #expect(
            lines("{}\n\n\r\n[1]\r\n a\rb\n\r\r\nlast") == [
                Line(number: 1, text: "{}"), Line(number: 4, text: "[1]"), Line(number: 5, text: " a\rb"),
                Line(number: 6, text: "\r"), Line(number: 7, text: "last"),
            ])
        #expect(lines("") == [])
        #expect(lines("\n\r\n") == [])
        #expect(lines("a\r") == [Line(number: 1, text: "a\r")])
    }

    @Test func `a line that is too long is a problem of its own`() {
        #expect(
            lines("1234\n12345\n1234\r\n12345\r\n1234\r5\n\nx\n123456", limit: 4) == [
                Line(number: 1, text: "1234"), Line(number: 2, text: "", problem: .tooLong), Line(number: 3, text: "1234"),
                Line(number: 4, text: "", problem: .tooLong), Line(number: 5, text: "", problem: .tooLong),
                Line(number: 7, text: "x"), Line(number: 8, text: "", problem: .tooLong),
            ])
    }

    @Test func `every limit gives the same lines for every cut`() {
        for limit in 0...8 {
            _ = lines("a\r\nbcd\n\r\r\n\nefgh\r\nijklm\n\r", limit: limit)
        }
    }

    @Test func `an error of the receiver is passed on`() {
        struct Stop: Error {}
        var reader = LineReader()
        #expect(throws: Stop.self) {
            try reader.feed(Array("a\nb\n".utf8)) { (_: NumberedLine) throws(Stop) in throw Stop() }
        }
    }

    @Test func `the problem has a stable word`() {
        #expect(NumberedLine.Problem.tooLong.rawValue == "line-too-long")
    }
}

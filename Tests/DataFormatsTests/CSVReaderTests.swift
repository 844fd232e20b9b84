import Testing

@testable import DataFormats

struct CSVReaderTests {
    private func rows(_ chunks: [[UInt8]], reader: CSVReader = CSVReader()) -> [CSVRow] {
        var reader = reader
        var rows: [CSVRow] = []
        for chunk in chunks {
            reader.feed(chunk) { rows.append($0) }
        }
        reader.finish { rows.append($0) }
        return rows
    }

    /// Reads the input whole, cut in two at every place, and byte by byte; all must agree.
    private func rows(
        _ bytes: [UInt8], reader: CSVReader = CSVReader(), at location: SourceLocation = #_sourceLocation
    ) -> [CSVRow] {
        let whole = rows([bytes], reader: reader)
        for cut in 0...bytes.count {
            #expect(rows([Array(bytes[..<cut]), Array(bytes[cut...])], reader: reader) == whole, sourceLocation: location)
        }
        #expect(rows(bytes.map { [$0] }, reader: reader) == whole, sourceLocation: location)
        return whole
    }

    private func rows(
        _ text: String, reader: CSVReader = CSVReader(), at location: SourceLocation = #_sourceLocation
    ) -> [CSVRow] {
        rows(Array(text.utf8), reader: reader, at: location)
    }

    @Test(arguments: ["\r\n", "\n", "\r"])
    func `every line end separates rows and counts once`(end: String) {
        let text = ["a,b", "", "c,\"d\(end)e\"", "\"\"", "f"].joined(separator: end)
        let expected = [
            CSVRow(line: 1, fields: ["a", "b"]), CSVRow(line: 3, fields: ["c", "d\(end)e"]), CSVRow(line: 5, fields: [""]),
            CSVRow(line: 6, fields: ["f"]),
        ]
        #expect(rows(text) == expected)
        #expect(rows(text + end) == expected)
    }

    @Test func `mixed line ends and blank lines keep the numbers right`() {
        #expect(
            rows("\r\r\n\n\r\na\n\r\nb\r\rc\n") == [
                CSVRow(line: 5, fields: ["a"]), CSVRow(line: 7, fields: ["b"]), CSVRow(line: 9, fields: ["c"]),
            ])
        #expect(rows("\"\r\r\n\n\"\nx") == [CSVRow(line: 1, fields: ["\r\r\n\n"]), CSVRow(line: 5, fields: ["x"])])
    }

    @Test func `quotation marks enclose anything`() {
        #expect(
            rows("\"a,\"\"b\"\"\",\"\",\"\"\"\"\r\nx\"y,z\"\"") == [
                CSVRow(line: 1, fields: ["a,\"b\"", "", "\""]), CSVRow(line: 2, fields: ["x\"y", "z\"\""]),
            ])
    }

    @Test func `ragged rows and empty fields come as they are`() {
        #expect(
            rows("a,,\n,\nb\n ,x") == [
                CSVRow(line: 1, fields: ["a", "", ""]), CSVRow(line: 2, fields: ["", ""]), CSVRow(line: 3, fields: ["b"]),
                CSVRow(line: 4, fields: [" ", "x"]),
            ])
        #expect(rows("a,") == [CSVRow(line: 1, fields: ["a", ""])])
        #expect(rows("") == [])
        #expect(rows("\n") == [])
    }

    @Test func `a byte-order mark is dropped at the beginning only`() {
        #expect(rows("\u{FEFF}\"a\",b") == [CSVRow(line: 1, fields: ["a", "b"])])
        #expect(rows("\u{FEFF}") == [])
        #expect(
            rows("\u{FEFF}a\n\u{FEFF}b") == [CSVRow(line: 1, fields: ["a"]), CSVRow(line: 2, fields: ["\u{FEFF}b"])])
        #expect(
            rows([0xEF, 0xBB, UInt8(ascii: "a")]) == [
                CSVRow(line: 1, fields: ["\u{FFFD}a"], problem: .invalidUTF8(field: 0))
            ])
        #expect(rows([0xEF]) == [CSVRow(line: 1, fields: ["\u{FFFD}"], problem: .invalidUTF8(field: 0))])
        #expect(rows("\u{FF21},b") == [CSVRow(line: 1, fields: ["\u{FF21}", "b"])])
    }

    @Test func `space after a delimiter is skipped on request`() {
        let reader = CSVReader(skipsSpaceAfterDelimiter: true, delimiter: UInt8(ascii: ";"))
        #expect(rows(" a;  \"b;c\"; d ;", reader: reader) == [CSVRow(line: 1, fields: [" a", "b;c", "d ", ""])])
        #expect(rows("a, b") == [CSVRow(line: 1, fields: ["a", " b"])])
    }

    @Test func `invalid UTF-8 spoils its row only`() {
        let bytes = Array("a,b\nc,".utf8) + [0xC3] + Array("\nd,e".utf8)
        #expect(
            rows(bytes) == [
                CSVRow(line: 1, fields: ["a", "b"]),
                CSVRow(line: 2, fields: ["c", "\u{FFFD}"], problem: .invalidUTF8(field: 1)),
                CSVRow(line: 3, fields: ["d", "e"]),
            ])
    }

    @Test func `text after a closing quotation mark spoils its row only`() {
        #expect(
            rows("x,\"a\"b\"c,d\ne") == [
                CSVRow(line: 1, fields: ["x", "ab\"c", "d"], problem: .textAfterQuote(field: 1)), CSVRow(line: 2, fields: ["e"]),
            ])
    }

    @Test func `a quotation mark never closed is reported at the end`() {
        #expect(
            rows("a\nb,\"c\nd\n") == [
                CSVRow(line: 1, fields: ["a"]), CSVRow(line: 2, fields: [], problem: .unclosedQuote(field: 1)),
            ])
        #expect(rows("\"") == [CSVRow(line: 1, fields: [], problem: .unclosedQuote(field: 0))])
    }

    @Test func `a row that is too long is given up and the next line read`() {
        let reader = CSVReader(maximumRowBytes: 8)
        #expect(
            rows("12345678\n123456789,\"\n1,345,78\r\n1,345,789\r\nx", reader: reader) == [
                CSVRow(line: 1, fields: ["12345678"]), CSVRow(line: 2, fields: [], problem: .rowTooLong),
                CSVRow(line: 3, fields: ["1", "345", "78"]), CSVRow(line: 4, fields: [], problem: .rowTooLong),
                CSVRow(line: 5, fields: ["x"]),
            ])
        #expect(
            rows("a,\"b\r\ncd\r\nef\ng", reader: reader) == [
                CSVRow(line: 1, fields: [], problem: .unclosedQuote(field: 1)), CSVRow(line: 3, fields: ["ef"]),
                CSVRow(line: 4, fields: ["g"]),
            ])
        #expect(
            rows("\"123456\"\n\"1234567\"\nx", reader: reader) == [
                CSVRow(line: 1, fields: ["123456"]), CSVRow(line: 2, fields: [], problem: .unclosedQuote(field: 0)),
                CSVRow(line: 3, fields: ["x"]),
            ])
        #expect(
            rows(",,,,,,,,,\n,,,,,,,\n", reader: reader) == [
                CSVRow(line: 1, fields: [], problem: .rowTooLong),
                CSVRow(line: 2, fields: Array(repeating: "", count: 8)),
            ])
    }

    @Test func `every limit gives the same rows for every cut`() {
        for limit in 4...14 {
            let reader = CSVReader(maximumRowBytes: limit, skipsSpaceAfterDelimiter: true)
            _ = rows("ab, \"c\r\n\"\"d\" x\r\n\r\n, \"\r\r\n\n e\"\r123456789\r\n\"z", reader: reader)
        }
    }

    @Test func `an error of the receiver is passed on`() {
        struct Stop: Error {}
        var reader = CSVReader()
        #expect(throws: Stop.self) {
            try reader.feed(Array("a\nb\n".utf8)) { (_: CSVRow) throws(Stop) in throw Stop() }
        }
    }

    @Test func `random rows survive writing and reading in pieces`() {
        var random = SplitMix64(seed: 4)
        for _ in 0..<200 {
            var bytes: [UInt8] = []
            var written: [[String]] = []
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let row = (0..<Int.random(in: 1...5, using: &random)).map { _ in difficultText(using: &random) }
                CSVWriter.append(row, to: &bytes, exact: true)
                written.append(row)
            }
            let read = rows(pieces(of: bytes, using: &random))
            #expect(read.map { $0.fields.map { Array($0.utf8) } } == written.map { $0.map { Array($0.utf8) } })
            #expect(read.allSatisfy { $0.problem == nil })
        }
    }

    @Test func `random bytes never disturb the reader`() {
        var random = SplitMix64(seed: 5)
        let alphabet: [UInt8] = [0x22, 0x22, 0x2C, 0x0A, 0x0D, 0x20, 0x61, 0xC3, 0xA9, 0xEF, 0xBB, 0xBF]
        for _ in 0..<300 {
            let bytes = (0..<60).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
            let reader = CSVReader(maximumRowBytes: Int.random(in: 4...30, using: &random), skipsSpaceAfterDelimiter: true)
            let whole = rows([bytes], reader: reader)
            #expect(rows(pieces(of: bytes, using: &random), reader: reader) == whole)
            #expect(rows(bytes.map { [$0] }, reader: reader) == whole)
        }
    }

    @Test func `problems have stable words and sentences`() {
        let problems: [CSVProblem] = [.invalidUTF8(field: 0), .unclosedQuote(field: 1), .textAfterQuote(field: 2), .rowTooLong]
        #expect(problems.map(\.code) == ["invalid-utf8", "unclosed-quote", "text-after-quote", "row-too-long"])
        #expect(
            problems.map(\.description) == [
                "field 1 is not valid UTF-8", "the quotation mark that begins field 2 is never closed",
                "field 3 goes on after its closing quotation mark", "the row is too long",
            ])
    }
}

import Archives
import Testing

struct WALNameTests {
    private let size = WALSegmentSize(byteCount: 16 << 20)

    @Test(
        "a name of PostgreSQL's is read, and reads as it was written",
        arguments: [
            "000000010000000A000000FE", "000000010000000A000000FE.partial", "00000002.history", "000000010000000000000002.00000028.backup",
        ])
    func names(name: String) throws { #expect(try #require(WALFile(name)).description == name) }

    @Test(
        "what is no name of PostgreSQL's is none",
        arguments: [
            "", "000000010000000a000000fe", "00000001000000000000000", "000000000000000000000001", "+0000001000000000000000A", "00000000.history",
            "../../00000002.history", "000000010000000A000000FE.gz", "000000010000000000000002.28.backup", "00000002.history.history", "xlogtemp.12",
        ])
    func others(name: String) { #expect(WALFile(name) == nil) }

    @Test("after the last segment of a number comes the first of the next, whatever the size")
    func order() throws {
        let size = try #require(size)
        let last = try #require(WALSegment("0000000100000000000000FF"))
        #expect(WALSegment(timeline: 1, number: last.number(size) + 1, size: size).description == "000000010000000100000000")
        let large = try #require(WALSegmentSize(byteCount: 1 << 30))
        let third = try #require(WALSegment("000000010000000000000003"))
        #expect(WALSegment(timeline: 2, number: third.number(large) + 1, size: large).description == "000000020000000100000000")
        #expect(third.start(large) == WALPosition("0/C0000000"))
    }

    @Test("no size but a power of two from a megabyte to a gigabyte is one", arguments: [0, 1 << 19, 3 << 20, 1 << 31, -1])
    func sizes(count: Int) { #expect(WALSegmentSize(byteCount: count) == nil) }

    @Test("a position reads as it was written, and what is none is not read")
    func positions() throws {
        #expect(try #require(WALPosition("16/B374D848")).description == "16/B374D848")
        #expect(WALPosition(byte: 0x1_0000_0000).description == "1/0")
        for text in ["", "0", "0/", "/0", "0/+1", "0/123456789", "0/0/0", "g/0"] { #expect(WALPosition(text) == nil, "\(text)") }
    }

    @Test("the first page of a segment tells of its cluster")
    func header() throws {
        var bytes = [UInt8](repeating: 0, count: 8192)
        bytes[0] = 0x18
        bytes[1] = 0xD1
        bytes[2] = 0x06
        bytes[4] = 1
        bytes[11] = 0x02  // 0/2000000
        for (position, byte) in [0x39, 0x30, 0, 0, 0, 0, 0, 0].enumerated() { bytes[24 + position] = UInt8(byte) }
        bytes[35] = 0x01  // 16 MiB
        bytes[37] = 0x20  // 8 KiB
        let header = try #require(WALHeader(bytes))
        #expect(header.system == "12345")
        #expect(header.size.byteCount == 16 << 20)
        #expect(header.begins(try #require(WALSegment("000000010000000000000002"))))
        #expect(header.begins(try #require(WALSegment("000000020000000000000002"))), "a new timeline copies the segment it begins in")
        #expect(!header.begins(try #require(WALSegment("000000010000000000000003"))))
        #expect(WALHeader(Array(bytes.prefix(39))) == nil)
        #expect(WALHeader([UInt8](repeating: 0, count: 8192)) == nil)
        bytes[2] = 0x04
        #expect(WALHeader(bytes) == nil, "a short page header does not begin a segment")
    }
}

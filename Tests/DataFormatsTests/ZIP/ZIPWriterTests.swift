import DataFormats
import Testing

struct ZIPWriterTests {
    private func entries(_ files: [(String, [UInt8])]) -> [UInt8] {
        var zip = ZIPWriter()
        var file: [UInt8] = []
        for (name, content) in files {
            zip.begin(name, at: 1_700_000_000)
            for from in stride(from: 0, to: content.count, by: 1000) {
                content[from..<min(from + 1000, content.count)].withUnsafeBytes { zip.write($0) }
            }
            file += zip.takeOutput()
        }
        zip.finish()
        return file + zip.takeOutput()
    }

    @Test func `a file begins with an entry, ends with the directory, and comes out while it is written`() {
        var zip = ZIPWriter()
        zip.begin("a.txt", at: 0)
        #expect(zip.takeOutput().starts(with: [0x50, 0x4B, 0x03, 0x04]))
        // More than deflate keeps back, and nothing that it could shorten to nothing.
        var seed: UInt64 = 7
        let noise = (0..<1 << 20).map { _ -> UInt8 in
            seed = seed &* 6_364_136_223_846_793_005 &+ 1
            return UInt8(truncatingIfNeeded: seed >> 56)
        }
        noise.withUnsafeBytes { zip.write($0) }
        #expect(zip.takeOutput().count > 900_000)
        zip.finish()
        #expect(zip.takeOutput().suffix(22).starts(with: [0x50, 0x4B, 0x05, 0x06]))
    }

    @Test func `text gets shorter, and both names are there`() {
        let file = entries([("a/b.txt", Array(String(repeating: "again and again ", count: 10_000).utf8)), ("c.txt", [])])
        #expect(file.count < 5000)
        #expect(String(decoding: file, as: UTF8.self).contains("a/b.txt"))
        #expect(String(decoding: file, as: UTF8.self).contains("c.txt"))
    }

    @Test func `whoever gives up leaves no directory behind`() {
        var taken: [UInt8] = []
        do {
            var zip = ZIPWriter()
            zip.begin("a.txt", at: 0)
            taken = zip.takeOutput()
        }
        #expect(taken.suffix(22).starts(with: [0x50, 0x4B, 0x05, 0x06]) == false)
    }
}

import Testing

@testable import DataFormats

struct JSONWriterTests {
    private func text(_ write: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        write(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func `commas stand between values and nowhere else`() {
        let written = text { writer in
            writer.beginObject()
            writer.name("a")
            writer.beginArray()
            writer.null()
            writer.bool(true)
            writer.bool(false)
            writer.beginObject()
            writer.endObject()
            writer.beginArray()
            writer.endArray()
            writer.number(-1)
            writer.number(text: "1.50")
            writer.endArray()
            writer.preEncodedName(JSONWriter.encodedName("e\"mail"))
            writer.string("x")
            writer.name("raw")
            writer.raw(Array("[1]".utf8))
            Array("{}".utf8).withUnsafeBytes { bytes in
                writer.name("raw2")
                writer.raw(bytes)
            }
            writer.endObject()
        }
        #expect(written == #"{"a":[null,true,false,{},[],-1,1.50],"e\"mail":"x","raw":[1],"raw2":{}}"#)
    }

    @Test func `lines of NDJSON have no commas between them`() {
        let written = text { writer in
            for value in 1...2 as ClosedRange<Int64> {
                writer.beginArray()
                writer.number(value)
                writer.endArray()
                writer.endLine()
            }
        }
        #expect(written == "[1]\n[2]\n")
    }

    @Test func `escapes are the shortest ones`() {
        let written = text { $0.string("\"\\/\u{8}\u{C}\n\r\t\0\u{1F}\u{7F}\u{2028}é😀") }
        #expect(written == "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\u{7F}\u{2028}é😀\"")
    }

    @Test func `each special byte is found at each place of a word`() throws {
        for special in [0x00, 0x1F, 0x22, 0x5C] as [UInt8] {
            for length in 1...20 {
                for place in 0..<length {
                    var content = [UInt8](repeating: UInt8(ascii: "!"), count: length)
                    content[place] = special
                    var writer = JSONWriter()
                    content.withUnsafeBytes { writer.string(utf8: $0) }
                    let value = try JSONReader.read(writer.bytes)
                    #expect(value.stringValue.map { Array($0.utf8) } == content)
                }
            }
        }
    }

    @Test func `bytes beside the special ones are left alone`() {
        for byte in 0x20...0x7F as ClosedRange<UInt8> where byte != 0x22 && byte != 0x5C {
            let content = [UInt8](repeating: byte, count: 17)
            var writer = JSONWriter()
            content.withUnsafeBytes { writer.string(utf8: $0) }
            #expect(writer.bytes.count == 19)
        }
        let high = "ÿ€\u{10FFFF}ÿ€\u{10FFFF}"
        #expect(text { $0.string(high) } == "\"\(high)\"")
    }

    @Test func `integers of every length are written`() {
        var values: [Int64] = [.min, .max, 0]
        var power: Int64 = 1
        for _ in 0..<19 {
            values += [power, power - 1, -power]
            power &*= 10
        }
        for value in values {
            #expect(text { $0.number(value) } == value.description)
        }
    }

    @Test func `an empty buffer is an empty string`() {
        #expect(text { $0.string(utf8: UnsafeRawBufferPointer(start: nil, count: 0)) } == "\"\"")
    }
}

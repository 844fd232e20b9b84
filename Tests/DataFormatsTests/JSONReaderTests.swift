import Testing

@testable import DataFormats

struct JSONReaderTests {
    private func read(_ text: String, maximumDepth: Int = 32) throws(JSONError) -> JSONValue {
        try JSONReader.read(Array(text.utf8), maximumDepth: maximumDepth)
    }

    private func failure(of bytes: [UInt8]) -> JSONError? {
        do throws(JSONError) {
            _ = try JSONReader.read(bytes)
            return nil
        } catch {
            return error
        }
    }

    private func failure(of text: String) -> JSONError? {
        failure(of: Array(text.utf8))
    }

    @Test func `every kind of value is read`() throws {
        let text = #" { "a" : [ null , true , false ] , "b" : -1.50e+3 , "" : { } , "c" : "x" , "d" : [ ] } "#
        let expected: JSONValue = [
            "a": [nil, true, false],
            "b": .number(try #require(JSONNumber(text: "-1.50e+3"))),
            "": [:],
            "c": "x",
            "d": [],
        ]
        #expect(try read(text) == expected)
    }

    @Test func `every escape is read`() throws {
        let value = try read(#""\"\\\/\b\f\n\r\t\u0000\u00e9\u20AC\ud83d\uDE00 and long enough text after it""#)
        #expect(value.stringValue == "\"\\/\u{8}\u{C}\n\r\t\0é€😀 and long enough text after it")
    }

    @Test func `number text is kept exactly`() throws {
        let texts = [
            "0", "-0", "10", "1.0", "1E400", "0.1e-7", "123456789012345678901234567890.12345678901234567890",
            "9223372036854775807",
        ]
        for text in texts {
            guard case .number(let number) = try read(text) else {
                Issue.record("not read as a number: \(text)")
                continue
            }
            #expect(number.text == text)
        }
    }

    @Test func `members keep their order`() throws {
        let object = try #require(try read(#"{"z":1,"a":2,"m":3}"#).objectValue)
        #expect(object.members.map(\.name) == ["z", "a", "m"])
    }

    @Test(
        arguments: [
            ("", .unexpectedEnd, 0), ("  ", .unexpectedEnd, 2), ("[1,", .unexpectedEnd, 3), ("{\"a\"", .unexpectedEnd, 4),
            ("\"abc", .unexpectedEnd, 4), ("tru", .unexpectedEnd, 3), ("-", .unexpectedEnd, 1), ("1.", .unexpectedEnd, 2),
            ("1e", .unexpectedEnd, 2), ("\"\\", .unexpectedEnd, 2), ("\"\\u12", .unexpectedEnd, 5),
            ("\u{FEFF}1", .byteOrderMark, 0), ("nul1", .unexpectedByte, 3), ("[1,]", .unexpectedByte, 3),
            ("[,1]", .unexpectedByte, 1), ("{\"a\":1,}", .unexpectedByte, 7), ("{a:1}", .unexpectedByte, 1),
            ("{\"a\" 1}", .unexpectedByte, 5), ("[1 2]", .unexpectedByte, 3), ("[1}", .unexpectedByte, 2),
            ("'a'", .unexpectedByte, 0), ("+1", .unexpectedByte, 0), (".5", .unexpectedByte, 0), ("NaN", .unexpectedByte, 0),
            ("// c\n1", .unexpectedByte, 0), ("\u{A0}1", .unexpectedByte, 0), ("1 2", .trailingBytes, 2),
            ("{} x", .trailingBytes, 3), ("1\0", .trailingBytes, 1), ("0x1", .trailingBytes, 1),
            ("01", .invalidNumber, 1), ("-a", .invalidNumber, 1), ("1.e2", .invalidNumber, 2), ("1e+x", .invalidNumber, 3),
            ("\"\\x41\"", .invalidEscape, 1), ("\"\\u12G4\"", .invalidEscape, 1), ("\"\\U0041\"", .invalidEscape, 1),
            ("\"a\nb\"", .controlCharacter, 2), ("\"a\0b\"", .controlCharacter, 2), ("\"12345678\u{1F}\"", .controlCharacter, 9),
            ("\"\\ud800\"", .loneSurrogate, 1), ("\"x\\udc00\"", .loneSurrogate, 2), ("\"\\ud800\\ud800\"", .loneSurrogate, 1),
            ("\"\\ud800\\n.....\"", .loneSurrogate, 1), ("\"\\ud83d\\u0041\"", .loneSurrogate, 1),
        ] as [(String, JSONError.Code, Int)])
    func `what the grammar refuses is refused at its place`(text: String, code: JSONError.Code, offset: Int) {
        let error = failure(of: text)
        #expect(error?.code == code)
        #expect(error?.offset == offset)
        #expect(error?.pointer == nil)
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC3], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF0, 0x80, 0x80, 0x80],
            [0xFF],
        ] as [[UInt8]])
    func `bytes that are not UTF-8 are refused where they begin`(invalid: [UInt8]) {
        let prefix = Array("[\"é and more\", \"good é ".utf8)
        let plain = failure(of: prefix + invalid + Array("\"]".utf8))
        #expect(plain?.code == .invalidUTF8)
        #expect(plain?.offset == prefix.count)
        let escaped = failure(of: prefix + Array("\\n".utf8) + invalid + Array("\"]".utf8))
        #expect(escaped?.code == .invalidUTF8)
        #expect(escaped?.offset == prefix.count + 2)
        let name = failure(of: Array("{\"".utf8) + invalid + Array("\":1}".utf8))
        #expect(name?.code == .invalidUTF8)
    }

    @Test func `line and column count from one in scalars and know all line ends`() {
        let error = failure(of: "[\n1,\r\n2,\r\"é😀\", x]")
        #expect(error?.line == 4)
        #expect(error?.column == 7)
        #expect(error?.description == "the JSON text has an unexpected byte at line 4, column 7")
        let first = failure(of: "x")
        #expect(first?.line == 1)
        #expect(first?.column == 1)
    }

    @Test func `a repeated name is refused with a pointer to it`() {
        let error = failure(of: #"{"x":[0,{"a/b~":{"k":1,"\u006b":2}}]}"#)
        #expect(error?.code == .duplicateName)
        #expect(error?.pointer == "/x/1/a~1b~0/k")
        #expect(error?.offset == 23)
        #expect(error?.description == "an object has two members with the same name at line 1, column 24")
    }

    @Test func `names that differ in bytes only are different names`() throws {
        let object = try #require(try read("{\"\u{E9}\":1,\"e\u{301}\":2}").objectValue)
        #expect(object.count == 2)
        #expect(object["\u{E9}"] == 1)
        #expect(object["e\u{301}"] == 2)
    }

    @Test func `a repeated name is found among many members`() throws {
        let members = (0..<100).map { "\"name\($0)\":\($0)" }
        let object = try #require(try read("{\(members.joined(separator: ","))}").objectValue)
        #expect(object["name77"] == 77)
        for repeated in [0, 15, 16, 17, 99] {
            let text = "{\((members + ["\"name\(repeated)\":0"]).joined(separator: ","))}"
            #expect(failure(of: text)?.pointer == "/name\(repeated)")
        }
    }

    @Test func `depth is bounded`() throws {
        let deep = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
        _ = try read(deep)
        #expect(failure(of: "[\(deep)]")?.code == .tooDeep)
        #expect(failure(of: "[\(deep)]")?.offset == 32)
        #expect(try read("1", maximumDepth: 0) == 1)
        #expect(throws: JSONError.self) { try read("[]", maximumDepth: 0) }
        #expect(throws: JSONError.self) { try read("{\"a\":{}}", maximumDepth: 1) }
        let veryDeep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONError.self) { try read(veryDeep, maximumDepth: .max) }
    }

    @Test func `an error never repeats the text`() {
        let error = failure(of: #"{"marker-name": marker}"#)
        #expect(error.map { !String(describing: $0).contains("marker") } == true)
        let duplicate = failure(of: #"{"marker":1,"marker":2}"#)
        #expect(duplicate.map { !String(describing: $0).contains("marker") } == true)
    }

    @Test func `every proper prefix of an object is refused`() throws {
        let bytes = Array(#"{"a":[1.5e3,"\u00e9\ud83d\ude00 text",null,true],"é":{"x":{}}}"#.utf8)
        _ = try JSONReader.read(bytes)
        for length in 0..<bytes.count {
            #expect(failure(of: Array(bytes[..<length])) != nil)
        }
    }

    @Test func `bytes changed at random are refused or read the same twice`() throws {
        var random = SplitMix64(seed: 20_250_601)
        let source = Array(#"{"a":[1.5e3,"\u00e9\ud83d\ude00 text",null,true],"é":{"x":{}},"l":-0}"#.utf8)
        for _ in 0..<5_000 {
            var bytes = source
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            do throws(JSONError) {
                let value = try JSONReader.read(bytes)
                #expect(try JSONReader.read(value.encoded()) == value)
            } catch {
                #expect(error.offset <= bytes.count)
            }
        }
    }

    @Test func `codes are stable words`() {
        #expect(
            JSONError.Code.allCases.map(\.rawValue) == [
                "unexpected-end", "unexpected-byte", "trailing-bytes", "byte-order-mark", "invalid-utf8", "invalid-escape",
                "lone-surrogate", "control-character", "invalid-number", "duplicate-name", "too-deep",
            ])
    }
}

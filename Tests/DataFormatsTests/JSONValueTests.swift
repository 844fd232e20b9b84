import Testing

@testable import DataFormats

struct JSONValueTests {
    private func randomValue(depth: Int, using random: inout SplitMix64) -> JSONValue {
        switch Int.random(in: 0..<(depth == 0 ? 4 : 6), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .number(JSONNumber(Int64.random(in: .min ... .max, using: &random)))
        case 3: return .string(difficultText(using: &random))
        case 4:
            return .array(
                (0..<Int.random(in: 0...5, using: &random)).map { _ in randomValue(depth: depth - 1, using: &random) })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                _ = object.append(randomValue(depth: depth - 1, using: &random), named: difficultText(using: &random))
            }
            return .object(object)
        }
    }

    @Test func `random values survive writing and reading`() throws {
        var random = SplitMix64(seed: 1)
        for _ in 0..<300 {
            let value = randomValue(depth: 3, using: &random)
            let bytes = value.encoded()
            let copy = try JSONReader.read(bytes)
            #expect(copy == value)
            #expect(copy.hashValue == value.hashValue)
            #expect(copy.encoded() == bytes)
        }
    }

    @Test func `strings are equal by bytes`() {
        #expect(JSONValue.string("\u{E9}") != .string("e\u{301}"))
        #expect(JSONValue.string("") == .string(""))
        #expect(JSONValue.object(["\u{E9}": 1]) != .object(["e\u{301}": 1]))
    }

    @Test func `accessors give only their own kind`() {
        #expect(JSONValue.string("a").stringValue == "a")
        #expect(JSONValue.null.stringValue == nil)
        #expect(JSONValue.array([1]).arrayValue == [1])
        #expect(JSONValue.bool(true).arrayValue == nil)
        #expect(JSONValue.object(["a": 1]).objectValue?["a"] == 1)
        #expect((1 as JSONValue).objectValue == nil)
    }

    @Test func `numbers know whether they are integers`() {
        #expect(JSONNumber(Int64.min).integer == .min)
        #expect(JSONNumber(7).text == "7")
        #expect(JSONNumber(text: "-0")?.integer == 0)
        #expect(JSONNumber(text: "9223372036854775808")?.integer == .none)
        #expect(JSONNumber(text: "1.0")?.integer == .none)
        #expect(JSONNumber(text: "1e2")?.integer == .none)
        #expect(JSONNumber(text: "1e2")?.double == 100)
        #expect(JSONNumber(text: "1e400")?.double == .infinity)
        #expect(JSONNumber(text: "-1e400")?.double == -.infinity)
        #expect(JSONNumber(0.1)?.text == "0.1")
        #expect(JSONNumber(Double.nan) == nil)
        for text in ["", "+1", "01", "1.", ".1", "1e", " 1", "1 ", "NaN", "Infinity", "0x1"] {
            #expect(JSONNumber(text: text) == nil)
        }
    }

    @Test(arguments: [3, 16, 17, 40])
    func `objects of any size behave alike`(size: Int) {
        var object = JSONObject()
        for index in 0..<size {
            let isNew = object.append(.number(JSONNumber(index)), named: "n\(index)")
            #expect(isNew)
        }
        let isRepeatNew = object.append(nil, named: "n1")
        #expect(!isRepeatNew)
        object["n1"] = "changed"
        object["n0"] = nil
        object["new"] = .null
        #expect(object.count == size)
        #expect(object["n0"] == nil)
        #expect(object["n1"] == "changed")
        #expect(object["n2"] == 2)
        #expect(object["n\(size - 1)"] == .number(JSONNumber(size - 1)))
        #expect(object["new"] == .null)
        #expect(object["absent"] == nil)
        #expect(object.members.first?.name == "n1")
        #expect(object.members.last?.name == "new")
    }
}

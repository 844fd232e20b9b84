import Expressions
import Testing

@Suite("Values")
struct ValueTests {
    @Test func `a value says nothing of what it holds`() {
        let value = Value.map(MapValue(members: [("name", .string("Ann"))]))
        #expect("\(value)" == "redacted")
        #expect(String(reflecting: value) == "redacted")
        #expect(Mirror(reflecting: value).children.isEmpty)
    }

    @Test func `identity heeds kind and code points, equality heeds numbers`() {
        #expect(Value.int(1) != .uint(1))
        #expect(Value.int(1).isEqual(to: .uint(1)))
        #expect(Value.double(0.0) != .double(-0.0))
        #expect(Value.double(0.0).isEqual(to: .double(-0.0)))
        #expect(Value.double(.nan) == .double(-.nan))
        #expect(!Value.double(.nan).isEqual(to: .double(.nan)))
        #expect(Value.string("\u{E9}") != .string("e\u{301}"))
        #expect(!Value.string("\u{E9}").isEqual(to: .string("e\u{301}")))
        #expect(Set<Value>([.string("\u{E9}"), .string("e\u{301}"), .int(1), .uint(1), .double(.nan), .double(.nan)]).count == 5)
    }

    @Test func `a map keeps its order, and is equal in another`() throws {
        let one = try MapValue([(.string("b"), .int(1)), (.string("a"), .int(2))])
        let other = try MapValue([(.string("a"), .int(2)), (.string("b"), .int(1))])
        #expect(one.entries.map(\.key) == [.string("b"), .string("a")])
        #expect(one == other)
        #expect(one.hashValue == other.hashValue)
        #expect(one != (try MapValue([(.string("a"), .uint(2)), (.string("b"), .int(1))])))
        #expect(Value.map(one).isEqual(to: .map(try MapValue([(.string("a"), .double(2)), (.string("b"), .uint(1))]))))
    }

    @Test(arguments: [1, 8, 9, 100])
    func `a map finds its keys whatever its size`(count: Int) throws {
        let map = try MapValue((0..<count).map { (.int(Int64($0)), .int(Int64($0 * 2))) } + [(.string("k"), .null), (.bool(true), .null)])
        #expect(map.count == count + 2)
        for key in 0..<count {
            #expect(map.value(of: .int(Int64(key))) == .int(Int64(key * 2)))
            #expect(map.value(of: .uint(UInt64(key))) == .int(Int64(key * 2)))
            #expect(map.value(of: .double(Double(key))) == .int(Int64(key * 2)))
        }
        #expect(map.value(of: .int(Int64(count))) == nil)
        #expect(map.value(of: .double(0.5)) == nil)
        #expect(map.value(of: .null) == nil)
        #expect(map.value(named: "k") == .null)
        #expect(map.value(named: "l") == nil)
    }

    @Test func `a key that is none and a key that comes twice are refused`() {
        #expect(throws: EvaluationError.Code.badKey) { try MapValue([(.double(1), .null)]) }
        #expect(throws: EvaluationError.Code.repeatedKey) { try MapValue([(.int(1), .null), (.uint(1), .null)]) }
    }

    @Test func `of a member that comes twice the last value counts`() {
        let map = MapValue(members: [("a", .int(1)), ("b", .int(2)), ("a", .int(3))])
        #expect(map.entries.map(\.value) == [.int(3), .int(2)])
    }

    @Test(arguments: [
        (0.0, "0"), (-0.0, "-0"), (1, "1"), (-1.5, "-1.5"), (123456, "123456"), (1_234_567, "1.234567e+06"), (1e6, "1e+06"), (0.0001, "0.0001"),
        (0.00001, "1e-05"), (1.5e16, "1.5e+16"), (1e100, "1e+100"), (.leastNonzeroMagnitude, "5e-324"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
        (.nan, "NaN"),
    ])
    func `a double is written as the reference implementation writes it`(number: Double, text: String) {
        #expect(number.celText == text)
    }

    @Test func `times before 1970 and at the ends are written and read`() throws {
        for text in ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999999999Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z"] {
            #expect(try #require(Timestamp(text)).text == text)
        }
        #expect(Timestamp.earliest.text == "0001-01-01T00:00:00Z")
        #expect(Timestamp.latest.text == "9999-12-31T23:59:59.999999999Z")
        #expect(Timestamp("2024-02-29T24:00:00Z") == nil)
        #expect(Timestamp("2024-02-29T00:00:00+24:00") == nil)
        #expect(Timestamp("2024-02-29 00:00:00Z") == nil)
        #expect(Timestamp("2024-02-29T00:00:00.Z") == nil)
        #expect(Timestamp("2024-02-29T00:00:00Zx") == nil)
    }

    @Test(arguments: [
        ("1.5s", 1_500_000_000), ("-1.5h", -5_400_000_000_000), ("10ms", 10_000_000), (".5us", 500), ("+1ns", 1), ("0.9ns", 0),
        ("1.h", 3_600_000_000_000),
    ])
    func `a length of time is read to the nanosecond`(text: String, count: Int64) {
        #expect(Nanoseconds(text)?.count == count)
    }

    @Test(arguments: ["", "s", "1", "1x", "1 s", ".s", "--1s", "1s1", "1e3s", "9999999999h", "9223372036854775807s", "１s"])
    func `what is no length of time is refused`(text: String) {
        #expect(Nanoseconds(text) == nil)
    }

    @Test func `the shortest and the longest are written and read`() throws {
        for count in [Int64.min, -1, 0, 1, 999_999_999, 1_000_000_000, .max] {
            #expect(try #require(Nanoseconds(Nanoseconds(count).text)).count == count)
        }
    }
}

import Expressions
import Testing

@Suite("Fuzzing")
struct FuzzTests {
    private static let words = [
        "(", ")", "[", "]", "{", "}", "?", ":", ",", ".", "+", "-", "*", "/", "%", "!", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "in", "true",
        "false", "null", "0", "1", "-1", "9223372036854775807", "-9223372036854775808", "18446744073709551615u", "1.5", "1e308", "0x7f", "2u", "'a'",
        "\"é\"", "b'\\xff'", "r'\\'", "'''", "'", "\\", "x", "y", "list", "map", "m", "s", "t", "d", "has(x.a)", "size(", ".size()", ".all(x, ",
        ".exists(x, ", ".map(y, ", ".filter(y, ", ".exists_one(x, ", "[0]", "['a']", ".a", ".matches('a')", ".contains(s)", ".startsWith(", "int(",
        "string(", "timestamp(", "duration('1s')", "type(", "dyn(", ".getHours('Europe/Lisbon')", "ipInRange(s, '::/0')", "while", "//", "\n", " ",
        "`a`",
    ]

    private static let bindings = MapBindings(variables: [
        "x": .int(3), "y": .double(-0.5), "list": .list([.int(1), .string("a"), .null]), "m": .map(MapValue(members: [("a", .int(1))])),
        "s": .string("añb"), "t": .timestamp(.earliest), "d": .duration(Nanoseconds(.min)),
    ])

    /// Reads a text, and evaluates it when it can be read; whatever happens is an answer.
    private func attempt(_ text: String) {
        do {
            let node = try ExpressionParser.parse(text)
            _ = try? node.evaluate(Self.bindings)
        } catch let problem {
            #expect(problem.place.offset >= 0 && problem.place.offset <= text.utf8.count)
            #expect(problem.place.line >= 1 && problem.place.column >= 1)
        }
    }

    @Test(arguments: 1...20)
    func `no soup of words is a crash`(seed: UInt64) {
        var random = SeededRandom(state: seed)
        for _ in 0..<2000 {
            let count = Int.random(in: 1...30, using: &random)
            attempt((0..<count).map { _ in Self.words.randomElement(using: &random) ?? "" }.joined(separator: Bool.random(using: &random) ? " " : ""))
        }
    }

    @Test(arguments: 1...10)
    func `no bytes are a crash`(seed: UInt64) {
        var random = SeededRandom(state: seed)
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            attempt(String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test(arguments: 1...20)
    func `no published vector with a wrong byte is a crash`(seed: UInt64) throws {
        var random = SeededRandom(state: seed)
        let vectors = try Vector.file("gatehouse") + Vector.file("timestamps") + Vector.file("parse")
        for _ in 0..<1000 {
            guard let vector = vectors.randomElement(using: &random) else { return }
            var bytes = Array(vector.expression.utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
                let position = Int.random(in: 0..<bytes.count, using: &random)
                if Bool.random(using: &random) { bytes.remove(at: position) } else { bytes[position] = UInt8.random(in: 9...126, using: &random) }
            }
            attempt(String(decoding: bytes, as: UTF8.self))
        }
    }
}

/// SplitMix64: the same numbers for the same seed, everywhere.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

import Expressions
import Testing

@Suite("Limits")
struct LimitTests {
    @Test(arguments: [
        "(", "[", "{", "!", "-", "- ", "f(", "a[", "{1:", "a.b(", "has(", "true?true:", "!(", "-(", "[(", "a<", "a==", "x.", "[x.map(y,",
    ])
    func `what is opened four thousand times is refused with a place`(part: String) {
        let text = String(repeating: part, count: 4000 / part.utf8.count)
        let problem = #expect(throws: ExpressionProblem.self) { try ExpressionParser.parse(text) }
        #expect((problem?.place.offset ?? 0) < text.utf8.count)
        #expect(problem?.message == "the expression is nested deeper than 64 levels")
    }

    @Test(arguments: [
        ("(", "1", ")"), ("[", "1", "]"), ("!", "true", ""), ("- ", "x", ""), ("{1: ", "1", "}"), ("dyn(", "1", ")"), ("true ? 1 : ", "1", ""),
    ])
    func `sixty-four levels are read and evaluated, and no more`(opening: String, core: String, closing: String) throws {
        func nested(_ levels: Int) -> String {
            String(repeating: opening, count: levels) + core + String(repeating: closing, count: levels)
        }
        let bindings = MapBindings(variables: ["x": .int(1)])
        _ = try ExpressionParser.parse(nested(64)).evaluate(bindings)
        let problem = #expect(throws: ExpressionProblem.self) { try ExpressionParser.parse(nested(65)) }
        #expect((problem?.place.offset ?? 0) >= 64 * opening.utf8.count)
    }

    @Test(arguments: [
        ("true", "&&", 680), ("false", "||", 450), ("1", "+", 2000), ("1", "-", 2000), ("1", "*", 2000), ("'ab'", "+", 800), ("[1]", "+", 900),
    ])
    func `chains may be as long as the text`(operand: String, operation: String, count: Int) throws {
        let text = Array(repeating: operand, count: count).joined(separator: operation)
        #expect(text.utf8.count <= ExpressionParser.largestText)
        _ = try ExpressionParser.parse(text).evaluate(NoBindings())
    }

    @Test func `a list, a map and a call may have hundreds of parts`() throws {
        let numbers = (0..<400).map(String.init).joined(separator: ", ")
        #expect(try ExpressionParser.parse("[\(numbers)][399]").evaluate(NoBindings()) == .int(399))
        let entries = (0..<400).map { "\($0):0" }.joined(separator: ",")
        #expect(try ExpressionParser.parse("{\(entries)}[399]").evaluate(NoBindings()) == .int(0))
        #expect(throws: EvaluationError.self) { try ExpressionParser.parse("f(\(numbers))").evaluate(NoBindings()) }
    }

    @Test func `four KiB are read, and a byte more is refused where it stands`() throws {
        let longest = "'" + String(repeating: "é", count: 2047) + "'"
        #expect(longest.utf8.count == 4096)
        #expect(try ExpressionParser.parse(longest).evaluate(NoBindings()) != .null)
        let problem = #expect(throws: ExpressionProblem.self) { try ExpressionParser.parse(longest + " ") }
        #expect(problem?.place == Place(offset: 4096, line: 1, column: 2050))
    }

    @Test(arguments: [
        "x.all(a, x.all(b, x.all(c, true)))", "x.exists(a, x.exists(b, x.exists(c, false)))", "x.map(a, x.map(b, x.map(c, c)))",
        "x.all(a, x.all(b, x.all(c, true)) || true)", "true || x.all(a, x.all(b, x.all(c, true))) || true ? x.all(a, x == x) : true",
        "[x, x, x, x].all(a, [x, x, x, x].all(b, x.all(c, a == b)))", "x.all(a, !(-1 in x))",
        "[x, x, x].map(a, a + a).map(a, a + a).map(a, a + a).map(a, a + a).map(a, a + a).map(a, a + a).map(a, a + a).map(a, a + a).map(a, a + a)",
    ])
    func `a runaway evaluation ends with an error of its own`(text: String) {
        let bindings = MapBindings(variables: ["x": .list((0..<1500).map { .int($0) })])
        let error = #expect(throws: EvaluationError.self) { try ExpressionParser.parse(text).evaluate(bindings) }
        #expect(error?.code == .tooMuch)
    }

    @Test func `text that doubles does not fill the memory`() throws {
        let text = "[s]" + String(repeating: ".map(a,a+a)", count: 60)
        let error = #expect(throws: EvaluationError.self) {
            try ExpressionParser.parse(text).evaluate(MapBindings(variables: ["s": .string(String(repeating: "x", count: 1000))]))
        }
        #expect(error?.code == .tooMuch)
    }

    @Test(arguments: ["s == t", "s < t", "s.startsWith(t)", "s.contains(t)", "s in [t]", "s in {t: 1}", "{t: 1}[s] == 1", "int(s) == 1 || true"])
    func `long texts cost more than short ones`(text: String) throws {
        // Two copies: the same storage would be compared at a glance.
        let bindings = MapBindings(variables: [
            "s": .string(String(repeating: "x", count: 1 << 20)), "t": .string(String(repeating: "x", count: 1 << 20)),
            "many": .list((0..<1000).map { .int($0) }),
        ])
        let error = #expect(throws: EvaluationError.self) { try ExpressionParser.parse("many.map(i, \(text))").evaluate(bindings) }
        #expect(error?.code == .tooMuch)
    }

    @Test func `a pattern that backtracks elsewhere is matched in linear time`() throws {
        let bindings = MapBindings(variables: ["s": .string(String(repeating: "a", count: 100_000) + "!")])
        #expect(try ExpressionParser.parse("s.matches('^(a+)+$')").evaluate(bindings) == .bool(false))
        #expect(try ExpressionParser.parse("s.matches('(a|aa)+[!]$')").evaluate(bindings) == .bool(true))
        #expect(try ExpressionParser.parse("s.matches('(.*)(.*)(.*)(.*)(.*)x')").evaluate(bindings) == .bool(false))
    }

    @Test func `more patterns than are kept are compiled again`() throws {
        for number in 0..<300 {
            #expect(try ExpressionParser.parse("'n\(number)'.matches('^n\(number)$')").evaluate(NoBindings()) == .bool(true))
        }
    }

    @Test func `text is searched in linear time`() throws {
        let bindings = MapBindings(variables: [
            "s": .string(String(repeating: "a", count: 200_000)), "part": .string(String(repeating: "a", count: 100_000) + "b"),
        ])
        #expect(try ExpressionParser.parse("s.contains(part)").evaluate(bindings) == .bool(false))
    }
}

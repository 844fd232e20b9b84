import Expressions
import Testing

@Suite("Parsing")
struct ParserTests {
    @Test(arguments: [
        ("1 + 2 * 3", Value.int(7)), ("(1 + 2) * 3", .int(9)), ("10 - 2 - 3", .int(5)), ("true ? 1 : false ? 2 : 3", .int(1)),
        ("1 < 2 == true", .bool(true)), ("!true || !!true", .bool(true)), ("--5", .int(5)), ("-9223372036854775808", .int(.min)),
        ("0xFF", .int(255)), ("-0x10", .int(-16)), ("7u", .uint(7)), ("0xFu", .uint(15)), (".5", .double(0.5)), ("1e3", .double(1000)),
        ("-0.0", .double(-0.0)), ("[1, 2,]", .list([.int(1), .int(2)])), ("{'a': 1}.a", .int(1)), ("// note\n1", .int(1)),
        (#"'\a\b\f\n\r\t\v\\\?\"\'\`'"#, .string("\u{7}\u{8}\u{C}\n\r\t\u{B}\\?\"'`")), (#"'\x41\u00e9\U0001F600\101'"#, .string("Aé😀A")),
        (#"b'\xff\377é'"#, .bytes([255, 255, 0xC3, 0xA9])), (#"r'\n'"#, .string(#"\n"#)), (#"R"\x""#, .string(#"\x"#)),
        (#"br'\x'"#, .bytes([0x5C, 0x78])), ("'''a\n'b'''", .string("a\n'b")), (#""""a"b""""#, .string(#"a"b"#)),
        ("[1, 2].exists(x, .type(x) == int)", .bool(true)), ("{'a-b': 1}.`a-b`", .int(1)),
    ])
    func `an expression means what its grammar says`(text: String, expected: Value) throws {
        #expect(try ExpressionParser.parse(text).evaluate(NoBindings()) == expected)
    }

    @Test(arguments: [
        ("", 1, 1), ("1 +", 1, 4), ("(1", 1, 3), ("a.", 1, 3), ("a b", 1, 3), ("a = b", 1, 3), ("a & b", 1, 3), ("'abc", 1, 1), ("'a\nb'", 1, 1),
        (#"'\q'"#, 1, 2), (#"'é\q'"#, 1, 3), (#"'\ud800'"#, 1, 2), (#"b'\u0041'"#, 1, 3), (#"'\400'"#, 1, 2), (#"'\x4'"#, 1, 2),
        ("9223372036854775808", 1, 1), ("-9223372036854775809", 1, 1), ("18446744073709551616u", 1, 1), ("1e999", 1, 1), ("0x", 1, 1), ("1x", 1, 1),
        ("while", 1, 1), ("a.in", 1, 3), ("has(a)", 1, 1), ("[1].all(1, true)", 1, 9), ("[1].all(.x, true)", 1, 9),
        ("true\n  && §", 2, 6), ("a.?b", 1, 3), ("[?a]", 1, 2), ("T{a: 1}", 1, 2), ("a.B{}", 1, 4), ("f(1,)", 1, 5), ("a ? b", 1, 6),
        ("[1].all(x, .x)", 1, 12), ("{1}", 1, 3), ("1 in", 1, 5), ("!-a", 1, 2), ("\u{0}", 1, 1),
    ])
    func `a mistake is told with its place`(text: String, line: Int, column: Int) {
        let problem = #expect(throws: ExpressionProblem.self) { try ExpressionParser.parse(text) }
        #expect(problem?.place.line == line)
        #expect(problem?.place.column == column)
        #expect(problem?.message.hasSuffix(".") == false)
    }
}

struct NoBindings: Bindings {
    func value(of variable: String) -> Value? { nil }
    func member(_ name: String, of variable: String) -> MemberValue? { nil }
}

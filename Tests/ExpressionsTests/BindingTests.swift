import Expressions
import Testing

@Suite("Bindings")
struct BindingTests {
    /// A record that is never made into a map.
    private struct Members: Bindings {
        let members: [String: Value]

        func value(of variable: String) -> Value? {
            if variable == "record" { Issue.record("the whole record was asked for") }
            return nil
        }

        func member(_ name: String, of variable: String) -> MemberValue? {
            guard variable == "record" else { return nil }
            return members[name].map { .value($0) } ?? .missing
        }
    }

    private func evaluate(_ text: String) throws -> Value {
        try ExpressionParser.parse(text).evaluate(Members(members: ["amount": .int(5), "note": .null, "tags": .list([.string("a")])]))
    }

    @Test func `members are asked for one by one`() throws {
        #expect(try evaluate("record.amount > 4 && record.tags[0] == 'a'") == .bool(true))
        #expect(try evaluate("has(record.note) && record.note == null && !has(record.other)") == .bool(true))
        #expect(try evaluate("['a'].all(x, x in record.tags)") == .bool(true))
    }

    @Test func `a member that is missing is an error with its place`() {
        let error = #expect(throws: EvaluationError.self) { try evaluate("true &&\n  record.other == 1") }
        #expect(error == EvaluationError(.noSuchKey, at: Place(offset: 17, line: 2, column: 10)))
    }

    @Test func `a macro's variable hides one of the same name`() throws {
        #expect(try evaluate("[{'amount': 7}].all(record, record.amount == 7 && !has(record.note))") == .bool(true))
    }

    @Test func `a condition is a bool or an error`() throws {
        #expect(try ExpressionParser.parse("1 < 2").evaluateTruth(NoBindings()))
        #expect(throws: EvaluationError.self) { try ExpressionParser.parse("1").evaluateTruth(NoBindings()) }
    }
}

import Expressions
import Testing

@Suite("Conformance")
struct ConformanceTests {
    @Test(
        arguments: [
            "basic", "comparisons", "conversions", "fields", "fp_math", "gatehouse", "integer_math", "lists", "logic", "macros", "namespace", "parse",
            "plumbing", "string", "timestamps",
        ])
    func `every vector comes to what was published`(file: String) throws {
        let vectors = try Vector.file(file)
        #expect(!vectors.isEmpty)
        for vector in vectors {
            let outcome = Result { try ExpressionParser.parse(vector.expression).evaluate(vector.bindings) }
            switch (outcome, vector.expected) {
            case (.success(let value), .some(let expected)):
                #expect(value == expected, "\(vector.name): \(vector.expression) is \(value.typeName)")
            case (.success, nil): Issue.record("\(vector.name): \(vector.expression) has a value instead of an error")
            case (.failure(let error), .some): Issue.record("\(vector.name): \(vector.expression) fails: \(error)")
            case (.failure, nil): break
            }
        }
    }
}

import ArgumentParser
import DataFormats
import Expressions
import Glibc

struct ExpressionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "expression", abstract: "Try the expressions that conditions are written in.", subcommands: [Evaluate.self, Sql.self]
    )

    struct Evaluate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Evaluate one expression a line.",
            discussion: """
                Reads a JSON object a line from standard input, with "expr" and, if there are variables, "bindings". Writes a line for each:
                {"value": V}, or {"error": "text"} when the line, the expression or its evaluation is wrong. A wrong line ends nothing;
                blank lines are passed over.

                Values are typed: {"int":"1"} {"uint":"1"} {"double":"1.5"} {"string":"a"} {"bool":true} {"null":null} {"bytes":"AA=="}
                {"list":[V]} {"map":[[V,V]]} {"timestamp":"2026-01-31T00:00:00Z"} {"duration":"1.5s"} {"type":"int"}

                Example: echo '{"expr":"x + 1","bindings":{"x":{"int":"41"}}}' | gatehouse expression evaluate
                """
        )

        func run() throws { try StandardInput.lines { Console.say(Self.answer(to: $0)) } }

        private static func answer(to line: NumberedLine) -> String {
            let answer: JSONValue
            do {
                if let problem = line.problem { throw problem }
                answer = ["value": TypedValueCoding.json(try evaluate(JSONReader.read(line.bytes, maximumDepth: TypedValueCoding.greatestDepth)))]
            } catch let problem as ExpressionProblem {
                // A hint is a line of its own elsewhere; here an answer is one line.
                answer = ["error": .string("\(problem.place.line):\(problem.place.column): \(problem.message)")]
            } catch {
                answer = ["error": .string("\(error)")]
            }
            return String(decoding: answer.encoded(), as: UTF8.self)
        }

        private static func evaluate(_ line: JSONValue) throws -> Value {
            guard let question = line.objectValue, let text = question["expr"]?.stringValue else { throw TypedValueCoding.Problem.noExpression }
            let bindings = VariableBindings(variables: try TypedValueCoding.variables(question["bindings"] ?? .null))
            return try ExpressionParser.parse(text).evaluate(bindings)
        }
    }
}

/// Variables that are there as a whole.
struct VariableBindings: Bindings {
    let variables: [String: Value]

    func value(of variable: String) -> Value? { variables[variable] }
    func member(_ name: String, of variable: String) -> MemberValue? { nil }
}

/// Lines of standard input, as they come.
enum StandardInput {
    /// Calls `line` as soon as a line is complete, so that a program at the other end of a pipe may wait for each answer.
    static func lines(maximumBytes: Int = 16 << 20, _ line: (NumberedLine) throws -> Void) throws {
        var reader = LineReader(maximumLineBytes: maximumBytes)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            // SAFETY: read() writes at most `count` bytes.
            let count = buffer.withUnsafeMutableBytes { read(STDIN_FILENO, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw CommandFailure(.failed, "standard input cannot be read")
            }
            if count == 0 { break }
            try buffer.withUnsafeBytes { try reader.feed(UnsafeRawBufferPointer(rebasing: $0[..<count]), line) }
        }
        try reader.finish(line)
    }
}

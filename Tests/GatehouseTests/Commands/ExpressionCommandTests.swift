import Foundation
import Testing

@Suite(.timeLimit(.minutes(5)))
struct ExpressionCommandTests {
    /// A program that evaluates expressions, with both ends of its pipes.
    private final class Evaluator {
        private let process = Process()
        private let input = Pipe()
        private let output = Pipe()

        init() throws {
            process.executableURL = URL(fileURLWithPath: GatehouseProgram.path)
            process.arguments = ["expression", "evaluate"]
            process.standardInput = input
            process.standardOutput = output
            try process.run()
        }

        /// Sends a line and waits for the line that answers it.
        func answer(to line: String) -> String {
            input.fileHandleForWriting.write(Data((line + "\n").utf8))
            var answer = Data()
            while answer.last != UInt8(ascii: "\n") {
                let more = output.fileHandleForReading.availableData
                if more.isEmpty { break }
                answer += more
            }
            return String(decoding: answer, as: UTF8.self)
        }

        func end() -> Int32 {
            input.fileHandleForWriting.closeFile()
            process.waitUntilExit()
            return process.terminationStatus
        }
    }

    @Test func `each line is answered before the next one is sent`() throws {
        let evaluator = try Evaluator()
        #expect(evaluator.answer(to: #"{"expr":"x + 1","bindings":{"x":{"int":"41"}}}"#) == "{\"value\":{\"int\":\"42\"}}\n")
        #expect(evaluator.answer(to: "no JSON").hasPrefix(#"{"error":"the JSON text has an unexpected byte"#))
        #expect(evaluator.answer(to: "[]").hasPrefix(#"{"error":"#))
        #expect(evaluator.answer(to: #"{"expr":"1 +"}"#) == "{\"error\":\"1:4: the expression ends where a value is expected\"}\n")
        #expect(evaluator.answer(to: #"{"expr":"1 / 0"}"#) == "{\"error\":\"1:3: divide by zero\"}\n")
        #expect(evaluator.answer(to: #"{"expr":"x","bindings":{"x":{"bool":"true"}}}"#).hasPrefix(#"{"error":"#))
        #expect(evaluator.answer(to: #"{"expr":"true"}"#) == "{\"value\":{\"bool\":true}}\n")
        #expect(evaluator.end() == 0)
    }

    @Test(arguments: [
        #"{"int":"-9223372036854775808"}"#, #"{"uint":"18446744073709551615"}"#, #"{"double":"1.5"}"#, #"{"double":"-0.0"}"#, #"{"double":"NaN"}"#,
        #"{"double":"Infinity"}"#, #"{"double":"-Infinity"}"#, #"{"double":"5e-324"}"#, #"{"string":"é\n"}"#, #"{"bool":false}"#, #"{"null":null}"#,
        #"{"bytes":"AP8="}"#, #"{"list":[{"int":"1"},{"list":[]}]}"#, #"{"map":[[{"uint":"1"},{"map":[]}],[{"string":"a"},{"null":null}]]}"#,
        #"{"timestamp":"0001-01-01T00:00:00.000000001Z"}"#, #"{"duration":"-1.5s"}"#, #"{"type":"int"}"#,
    ])
    func `a typed value comes back as it was`(value: String) throws {
        let evaluator = try Evaluator()
        #expect(evaluator.answer(to: #"{"expr":"x","bindings":{"x":\#(value)}}"#) == "{\"value\":\(value)}\n")
        #expect(evaluator.end() == 0)
    }
}

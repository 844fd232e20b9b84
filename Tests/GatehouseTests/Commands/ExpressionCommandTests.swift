import Foundation
import TestPostgres
import Testing

@Suite(.timeLimit(.minutes(15)))
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

    private func sql(_ arguments: String...) async throws -> Program.Outcome {
        try await GatehouseProgram.run(["expression", "sql", "--policies", Repository.policies] + arguments)
    }

    @Test func `what a condition asks of the database is printed with its parameters`() async throws {
        let outcome = try await sql(
            "--entity", "deal", "--principal-id", "ann", "--team", "north", "--team", "o'hare",
            "record.amount > 2 && (owner_id == principal.id || team_id in principal.teams) && name == 'two\\nlines'"
        )
        #expect(outcome.errors == "")
        #expect(
            outcome.output == """
                ((("deal"."amount")::double precision > $1) AND (("deal"."owner_id" = $2 AND "deal"."owner_id" IS NOT NULL) OR \
                ("deal"."team_id" = ANY($3) AND "deal"."team_id" IS NOT NULL)) AND ("deal"."name" = $4 AND "deal"."name" IS NOT NULL))
                $1 = double precision 2.0
                $2 = text 'ann'
                $3 = text[] {'north', 'o''hare'}
                $4 = text E'two\\nlines'

                """
        )
    }

    @Test func `JSON has the same`() async throws {
        let outcome = try await sql("--entity", "deals", "--json", "stage in ['won'] && close_date < timestamp('2026-11-22T09:30:00Z') && 1 / 0 == 1")
        #expect(
            outcome.output == #"{"sql":"((\"deal\".\"stage\" = ANY($1) AND \"deal\".\"stage\" IS NOT NULL) AND (\"deal\".\"close_date\" <= $2) "#
                + #"AND NULL::boolean)","parameters":[{"type":"text[]","value":["won"]},{"type":"date","value":"2026-11-22"}]}"# + "\n"
        )
    }

    @Test func `a sealed column is said to go through the vault`() async throws {
        let outcome = try await sql("--entity", "contact", "email in ['a@b.c', null]")
        #expect(
            outcome.output == """
                (("contact".id = ANY($1)) OR ("contact"."email" IS NULL))
                $1 = uuid[] (records whose email opens to this value, by the vault)

                """
        )
    }

    @Test(arguments: [
        ("stage == 'wonn'", "error: 1:10: 'stage' never has this value\n  hint: did you mean 'won'?\n"),
        (
            "amount + 1.0 > 2.0",
            "error: 1:8: arithmetic cannot be done on columns\n  hint: compare the column itself, and move the arithmetic to the other side\n"
        ),
        ("stage ==", "error: 1:9: the expression ends where a value is expected\n"),
    ])
    func `a condition that cannot be asked is invalid input`(text: String, expected: String) async throws {
        let outcome = try await sql("--entity", "deal", text)
        #expect(outcome.status == 5)
        #expect(outcome.output == "")
        #expect(outcome.errors == expected)
    }

    @Test func `an entity that there is not is invalid input`() async throws {
        let outcome = try await sql("--entity", "dael", "true")
        #expect(outcome.status == 5)
        #expect(outcome.errors == "error: there is no entity 'dael'\n  hint: did you mean 'deal'?\n")
    }
}

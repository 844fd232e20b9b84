import Catalog
import DataFormats
import Gateway
import Testing

@testable import Assembly
@testable import HTTPInterface

/// `docs/errors.md` against the code.
struct ErrorTableTests {
    /// The status in the body of the answer.
    private func status(_ code: Refusal.Code) throws -> Int64 {
        let body = Problem.response(Refusal(code, "a sentence"), trace: "t").body
        guard case .number(let status)? = try JSONReader.read(body).objectValue?["status"] else { return 0 }
        return status.integer ?? 0
    }

    private func word(_ cell: String) -> String { cell.filter { $0 != "`" } }

    @Test func `every wire code is documented once, with its status`() throws {
        let rows = try Repository.table("docs/errors.md", below: "## Over HTTP")
        let documented = rows.map { word($0[0]) }
        #expect(documented.count == Set(documented).count)
        #expect(Set(documented) == Set(Refusal.Code.allCases.map(\.rawValue)))
        for row in rows {
            let code = try #require(Refusal.Code(rawValue: word(row[0])))
            #expect(row[1] == "\(try status(code))", "status of \(row[0])")
            #expect(!row[2].isEmpty)
        }
    }

    @Test func `every code of a member is documented once`() throws {
        let documented = try Repository.table("docs/errors.md", below: "## Members of a body").map { word($0[0]) }
        #expect(documented.count == Set(documented).count)
        let ofValues = ValueProblem.Code.allCases.map(\.rawValue)
        let ofRefusals: [Refusal.Code] = [.memberUnknown, .fieldNotWritable, .valueTaken, .referenceUnknown]
        #expect(Set(documented) == Set(ofValues + ofRefusals.map(\.rawValue) + ["match-ambiguous"]))
    }

    @Test func `every exit code is documented once`() throws {
        let rows = try Repository.table("docs/errors.md", below: "## Exit codes")
        #expect(rows.map { $0[0] } == CommandFailure.Kind.allCases.map { "\($0.rawValue)" } + ["64"])
        #expect(rows.map { word($0[1]) } == CommandFailure.Kind.allCases.map { "\($0)" } + [""])
    }

    @Test(arguments: Refusal.Code.allCases) func `every refusal has an exit code of its kind`(code: Refusal.Code) throws {
        let failure = CommandFailure(Refusal(code, "a sentence"))
        let expected: CommandFailure.Kind =
            switch try status(code) {
            case 401, 403: .denied
            case 404: .notFound
            case 500: .failed
            case 429, 503: .unavailable
            default: .invalid
            }
        #expect(failure.kind == expected)
        #expect(failure.message.contains(code.rawValue))
    }
}

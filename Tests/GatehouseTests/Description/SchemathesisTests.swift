import DataFormats
import Foundation
import TestPostgres
import Testing

/// Requests that follow from the description, right ones and wrong ones, against a gateway with sample data: what is answered has to be
/// what the description says. `GATEHOUSE_SCHEMATHESIS_EXAMPLES` has it try more.
@Suite(.serialized, .timeLimit(.minutes(60)), .enabled(if: DescriptionTools.schemathesis != nil))
struct SchemathesisTests {
    @Test("the API answers as its description says", arguments: ["administrator", "sales-rep"])
    func run(role: String) async throws {
        try await Site.with { site in
            try await site.serve()
            let sample = try await site.run("sample", "--people", "20", "--json")
            #expect(sample.status == 0, "\(sample.errors)")
            let caller = try await site.caller(role, user: "ann")
            let examples = ProcessInfo.processInfo.environment["GATEHOUSE_SCHEMATHESIS_EXAMPLES"] ?? "2"
            let outcome = try await Program.run(
                [
                    try #require(DescriptionTools.schemathesis), "--config-file", "\(Repository.root)/scripts/schemathesis.toml", "--no-color", "run",
                    "\(try site.url)/openapi.json", "--checks", "all",
                    // `Allow` names what a path offers to anybody (RFC 9110 section 10.2.1); the document, what it offers to this caller.
                    "--exclude-checks", "allow_header_conformance", "--phases", "examples,coverage,fuzzing,stateful", "--max-examples", examples,
                    "--seed", "1", "--header", "Authorization: Bearer \(caller.token ?? "")",
                ], folder: site.folder)
            let failures = outcome.output.range(of: "= FAILURES").map { String(outcome.output[$0.lowerBound...].prefix(20_000)) } ?? outcome.output
            #expect(outcome.status == 0, "\(failures.suffix(20_000))\(outcome.errors)")
        }
    }
}

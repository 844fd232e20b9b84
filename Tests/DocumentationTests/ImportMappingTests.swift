import DataFormats
import Foundation
import Gateway
import PolicyFiles
import Testing
import Vocabulary

@testable import Assembly

/// The mapping in `policies/README.md`, and what mappings refuse.
struct ImportMappingTests {
    private func mapping(_ yaml: String) throws -> ImportMapping {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".yaml")
        try yaml.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        return try ImportMapping(PolicyFolder.document(at: file.path))
    }

    @Test func `the example of the page does what the page says`() throws {
        let page = try Repository.text("policies/README.md")
        let block = try #require(page.components(separatedBy: "```yaml\n").last?.components(separatedBy: "```").first)
        let mapping = try mapping(block)
        #expect(mapping.delimiter == UInt8(ascii: ";"))
        #expect(mapping.skipsSpace)
        let header = ["E-mail", "Born", "Stage", "Rep", "Revenue", "Company", "Row"]
        try mapping.check(header)
        let row = try mapping.apply(line: 2, header, [" ann@example.com ", "2.3.1984", "Won", "Ann  Example", "1.25", "Acme", "7"]).get()
        #expect(row.members["email"]?.stringValue == "ann@example.com")
        #expect(row.members["birth_date"]?.stringValue == "1984-03-02")
        #expect(row.members["stage"]?.stringValue == "won")
        #expect(row.members["owner_id"]?.stringValue == "ann.example")
        #expect(row.members["annual_revenue"]?.stringValue == "1250000")
        #expect(row.members["external_id"]?.stringValue == "Acme-7")
        #expect(row.members["source"]?.stringValue == "import")
        #expect(row.members["account_id"] == nil)
        #expect(row.lookups.map { [$0.member, $0.field, $0.value] } == [["account_id", "name", "Acme"]])
        let empty = try mapping.apply(line: 3, header, ["", "", "", "", "", "", "8"]).get()
        #expect(empty.members["email"] == nil)
    }

    @Test func `a row that does not fit says which column and not which value`() throws {
        let mapping = try mapping("columns:\n  Born: { to: birth_date, date: DMY }\n  Stage: { to: stage, values: { Won: won } }\n")
        for (cells, column) in [(["31.2.1984", "Won"], "Born"), (["1.2.1984", "Maybe"], "Stage")] {
            guard case .failure(let problem) = mapping.apply(line: 2, ["Born", "Stage"], cells) else {
                Issue.record("the row was taken")
                continue
            }
            #expect(problem.reason.hasPrefix(column))
            for cell in cells { #expect(!problem.reason.contains(cell)) }
        }
    }

    @Test func `a column that nobody mentions is told, and so is one that is not there`() throws {
        let mapping = try mapping("columns: { A: email }\nignore: [B]\n")
        #expect(throws: Never.self) { try mapping.check(["A", "B"]) }
        #expect(throws: CommandFailure.self) { try mapping.check(["A", "B", "C"]) }
        #expect(throws: CommandFailure.self) { try mapping.check(["B"]) }
    }

    @Test(arguments: [
        "columns: { A: { to: born, date: DYM } }", "columns: { A: { to: n, shift: -2 } }", "columns: { A: { to: n, shift: 400 } }",
        "columns: { A: { member: n } }", "delimiter: \"::\"", "column: { A: b }", "columns: { A: { to: n, as: title } }",
    ])
    func `a wrong mapping is told`(yaml: String) {
        #expect(throws: Diagnostic.self) { try mapping(yaml) }
    }
}

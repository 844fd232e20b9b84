import Foundation
import TestPostgres
import Testing

/// Every requirement of the Application Security Verification Standard 5.0 (V…) and of the API Security Top 10 of 2023 (API…) that Gatehouse answers
/// for has a test that carries its id in its name.
struct RequirementTests {
    static let ids = [
        "V1.2.4", "V1.2.10", "V2.4.1", "V4.1.1", "V4.1.3", "V4.2.1", "V4.2.4", "V6.3.1", "V8.2.1", "V8.2.2", "V8.2.3", "V8.3.2", "V8.4.1", "V9.1.1",
        "V9.1.2",
        "V9.1.3",
        "V9.2.1", "V9.2.2", "V9.2.3", "V10.3.1", "V10.3.2", "V10.3.3", "V10.3.4", "V10.3.5", "V11.3.2", "V11.3.4", "V11.5.1", "V12.1.1", "V12.1.2",
        "V12.1.3", "V12.3.2",
        "V13.2.4", "V13.2.5",
        "V14.2.1", "V14.2.7", "V14.3.2", "V15.3.1", "V15.3.2", "V16.2.1", "V16.3.2", "V16.4.1", "V16.4.2", "V16.5.1",
        "API1", "API2", "API3", "API4", "API5", "API6", "API7", "API8", "API9", "API10",
    ]

    @Test(arguments: ids)
    func `a test names the requirement`(id: String) throws {
        let names = try Self.names.get()
        #expect(names.contains { Self.mentions($0, id) }, "no test has \(id) in its name")
    }

    /// The names of all tests, as they stand in the sources.
    private static let names = Result {
        let folder = URL(filePath: Repository.root + "/Tests")
        var names: [String] = []
        for case let file as URL in FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil) ?? .init()
        where file.pathExtension == "swift" {
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                if let name = line.firstMatch(of: /func `(.+)`/)?.1 ?? line.firstMatch(of: /@Test\("(.+?)"/)?.1 { names.append(String(name)) }
            }
        }
        return names
    }

    /// Whether an id stands in a name as a word: V1.2.1 is not in V1.2.10.
    static func mentions(_ name: String, _ id: String) -> Bool {
        name.ranges(of: id).contains { range in
            let next = range.upperBound < name.endIndex ? name[range.upperBound] : " "
            return !next.isNumber && next != "."
        }
    }

    @Test func `an id is found as a word alone`() {
        #expect(Self.mentions("V1.2.4: x", "V1.2.4") && Self.mentions("V8.2.2 [API1]: x", "API1"))
        #expect(!Self.mentions("V1.2.40: x", "V1.2.4") && !Self.mentions("V1.2.10 [API10]", "API1") && !Self.mentions("nothing", "V1.2.4"))
    }
}

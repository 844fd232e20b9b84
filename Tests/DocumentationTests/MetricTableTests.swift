import Testing

@testable import Telemetry

/// `docs/metrics.md` against the code.
struct MetricTableTests {
    @Test func `every metric is documented once, as it is exposed`() throws {
        let rows = try Repository.table("docs/metrics.md", below: "## All of them")
        let expected = MetricFamily.allCases.map { family in
            let ending =
                switch family.kind {
                case .counter: "_total"
                case .info: "_info"
                case .gauge, .histogram: ""
                }
            return [
                "`\(family.name)\(ending)`", family.kind.rawValue, family.labels.map { "`\($0)`" }.joined(separator: ", "), family.help,
            ]
        }
        #expect(rows == expected)
    }

    @Test func `no document names a metric that is not exposed`() throws {
        let exposed = Set(try Repository.table("docs/metrics.md", below: "## All of them").map { $0[0].filter { $0 != "`" } })
        for file in try Repository.documents() {
            for match in try Repository.text(file).matches(of: /gatehouse_[a-z_]*[a-z]/) where !Self.others.contains(String(match.output)) {
                #expect(exposed.contains(String(match.output)), "\(file)")
            }
        }
    }

    /// Roles and databases.
    private static let others: Set = ["gatehouse_rows", "gatehouse_vault"]
}

import DataFormats
import Gateway

/// What became of the rows of a file.
struct ImportSummary: Sendable {
    private(set) var counts: [ImportOutcome.Fate: Int] = [:]

    /// Why the first refused row was refused.
    private(set) var firstReason: String?

    mutating func add(_ outcomes: [ImportOutcome]) {
        for outcome in outcomes {
            add(outcome.fate, 1)
            if outcome.fate == .refused, firstReason == nil { firstReason = outcome.problems.map(\.detail).joined(separator: "; ") }
        }
    }
    mutating func add(_ fate: ImportOutcome.Fate, _ count: Int) { counts[fate, default: 0] += count }

    subscript(fate: ImportOutcome.Fate) -> Int { counts[fate] ?? 0 }
    var total: Int { counts.values.reduce(0, +) }

    var json: JSONValue {
        var object = JSONObject()
        for fate in ImportOutcome.Fate.allCases { object[fate.rawValue] = .number(JSONNumber(self[fate])) }
        return .object(object)
    }

    var sentence: String { ImportOutcome.Fate.allCases.map { "\(self[$0]) \($0.rawValue)" }.joined(separator: ", ") }
}

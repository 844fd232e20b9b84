import DataFormats
package import Vocabulary

/// Who looked at a person's data or changed it, for which purposes and how often, month by month (GDPR Art. 15(1)(a) and (c)).
///
/// Named by what they are in the company, not by who they are: people who act under the controller's authority are no recipients, and their names are
/// theirs (GDPR Art. 15(4)).
package struct AccessSummary: Sendable {
    private struct Key: Hashable, Comparable {
        let month: String
        let roles: String
        let purpose: String

        static func < (left: Key, right: Key) -> Bool { (left.month, left.roles, left.purpose) < (right.month, right.roles, right.purpose) }
    }

    private var shown: [Key: Int64] = [:]
    private var changed: [Key: Int64] = [:]

    package init() {}

    /// - Parameters:
    ///   - roles: of whoever asked.
    ///   - isChange: whether data was written, rather than shown.
    package mutating func add(at time: Instant, roles: [String], purpose: String?, isChange: Bool) {
        let key = Key(month: String(time.description.prefix(7)), roles: roles.sorted().joined(separator: ", "), purpose: purpose ?? "")
        if isChange { changed[key, default: 0] += 1 } else { shown[key, default: 0] += 1 }
    }

    package var section: ExportSection {
        let rows = Set(shown.keys).union(changed.keys).sorted().map { key -> [JSONValue] in
            [
                .string(key.month), .string(key.roles), key.purpose.isEmpty ? .null : .string(key.purpose),
                .number(JSONNumber(shown[key] ?? 0)), .number(JSONNumber(changed[key] ?? 0)),
            ]
        }
        return ExportSection(
            name: "accesses", title: "Who looked at it",
            explanation: "How often your data was shown to somebody or changed, by month, role and purpose, as far as the audit trail goes back.",
            columns: [
                ("month", "Month"), ("roles", "As"), ("purpose", "For"), ("times_shown", "Times shown"), ("times_changed", "Times changed"),
            ], rows: rows)
    }
}

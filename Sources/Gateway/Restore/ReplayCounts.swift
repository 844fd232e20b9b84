package import Archives
package import DataFormats

/// What erasing again has done after a restore, in numbers. Erasing once more what is gone counts nothing.
package struct ReplayCounts: Sendable, Equatable {
    /// People whom the ledger and the tombstones of the vault name.
    package var people = 0
    package var keys = 0
    package var searchTokens = 0
    /// Digests that keep people out, which the vault did not have any more.
    package var suppressions = 0
    /// Records that are gone, by entity.
    package var deleted: [String: Int] = [:]
    /// Records that stay and are about nobody, by entity.
    package var blanked: [String: Int] = [:]
    /// References in records that stay, by entity and field.
    package var cut: [String: Int] = [:]
    /// Rows beside the records, by table.
    package var rows: [String: Int] = [:]
    /// Events whose reasons and record ids were taken away.
    package var margins = 0

    package init() {}

    /// Nothing was there that had to go.
    package var isIdle: Bool {
        keys == 0 && searchTokens == 0 && suppressions == 0 && margins == 0 && deleted.isEmpty && blanked.isEmpty && cut.isEmpty && rows.isEmpty
    }

    package mutating func add(_ other: ReplayCounts) {
        people += other.people
        keys += other.keys
        searchTokens += other.searchTokens
        suppressions += other.suppressions
        margins += other.margins
        deleted.merge(other.deleted, uniquingKeysWith: +)
        blanked.merge(other.blanked, uniquingKeysWith: +)
        cut.merge(other.cut, uniquingKeysWith: +)
        rows.merge(other.rows, uniquingKeysWith: +)
    }

    /// For reports.
    package var object: JSONObject {
        func object(_ counts: [String: Int]) -> JSONValue {
            var object = JSONObject()
            for (name, count) in counts.sorted(by: { $0.key < $1.key }) { object[name] = .number(JSONNumber(count)) }
            return .object(object)
        }
        return [
            "people": .number(JSONNumber(people)), "keys": .number(JSONNumber(keys)), "search_tokens": .number(JSONNumber(searchTokens)),
            "suppressions": .number(JSONNumber(suppressions)), "deleted": object(deleted), "blanked": object(blanked),
            "references_cut": object(cut), "rows": object(rows), "margins": .number(JSONNumber(margins)),
        ]
    }
}

/// Why erasing again did not come to its end. What it had erased is erased.
package enum ReplayFailure: Error, Sendable {
    /// The ledger is not whole, or cannot be read.
    case ledger(ArchiveError)
    case gateway(Refusal)
}

package import Expressions
import PostgresLink

/// A question for counts and sums.
package struct RecordGrouping: Sendable {
    /// Plain fields by position.
    package let by: [Int]
    /// Integers and amounts, by position.
    package let sums: [Int]
    package let condition: RowCondition
    package let limit: Int

    package init(by: [Int], sums: [Int], condition: RowCondition, limit: Int) {
        self.by = by
        self.sums = sums
        self.condition = condition
        self.limit = limit
    }
}

/// Groups as PostgreSQL counted them, small ones among them. Cannot be encoded: only a disclosure can.
package struct StoredGroups: Sendable {
    package let grouping: RecordGrouping
    private let rows: ResultSet

    init(_ rows: ResultSet, _ grouping: RecordGrouping) {
        self.rows = rows
        self.grouping = grouping
    }

    package var indices: Range<Int> { 0..<rows.rowCount }

    /// How many records a group has.
    package func count(_ group: Int) -> Int64 { rows.int64(group, grouping.by.count) ?? 0 }
    /// How many people its records are about.
    package func people(_ group: Int) -> Int { Int(rows.int64(group, grouping.by.count + 1) ?? 0) }
    /// Decimal digits; `nil` when no record of the group has a value.
    package func sum(_ group: Int, _ number: Int) -> String? { rows.text(group, grouping.by.count + 2 + number) }

    /// Lends the values that the group has in common, in the order of `by`; `nil` is NULL.
    package func withKey<Value>(_ group: Int, _ body: (_ cell: (Int) -> UnsafeRawBufferPointer?) -> Value) -> Value {
        rows.withRow(group) { cells in body { cells[$0] } }
    }
}

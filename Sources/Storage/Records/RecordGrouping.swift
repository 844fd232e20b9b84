package import Expressions
package import PostgresLink

/// A question for counts and sums, and how its answer is read.
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

    package func count(_ rows: ResultSet, _ row: Int) -> Int64 { rows.int64(row, by.count) ?? 0 }
    /// How many people the records of a group are about.
    package func people(_ rows: ResultSet, _ row: Int) -> Int { Int(rows.int64(row, by.count + 1) ?? 0) }
    /// Decimal digits; `nil` when no record of the group has a value.
    package func sum(_ rows: ResultSet, _ row: Int, _ number: Int) -> String? { rows.text(row, by.count + 2 + number) }
}

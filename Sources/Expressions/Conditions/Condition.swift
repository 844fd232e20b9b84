/// A checked condition: a boolean expression over a record, the caller and the request.
///
/// One text, two ways to its truth: in memory, for a record at hand, and as a ``RowCondition`` for the database. Both agree
/// for every record (a property test compares them).
package struct Condition: Sendable {
    /// As it was written.
    package let text: String
    package let root: Node
    /// The columns it speaks of.
    package let columns: Set<Column>
}

/// The outcome of a condition for one record.
package enum Truth: Sendable, Hashable {
    case yes, no, error
}

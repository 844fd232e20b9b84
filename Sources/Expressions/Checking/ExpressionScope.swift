/// What an expression may speak of.
package struct ExpressionScope: Sendable {
    /// Variables but `record`: `principal`, `request`, `now`.
    package let variables: [String: ExpressionType]
    /// The members of `record`; `nil` when there is no record to speak of.
    package let columns: [String: Column]?
    /// Whether a column may be named without `record.` before it, as in a list's filter. A variable of the same name wins.
    package let hasBareColumns: Bool

    package init(variables: [String: ExpressionType], columns: [String: Column]?, hasBareColumns: Bool = false) {
        self.variables = variables
        self.columns = columns
        self.hasBareColumns = hasBareColumns
    }
}

/// What is known of a value before it is there. Whatever a type says, a column may be null.
package indirect enum ExpressionType: Sendable, Hashable {
    /// Found out when it is there.
    case any
    case null, bool, int, uint, double, string, bytes, timestamp, duration, type
    case list(ExpressionType)
    case map(ExpressionType, ExpressionType)
    /// Known members and no others.
    case object([String: ExpressionType])
}

/// How two values that have an order stand to each other.
package enum ValueOrder: Sendable, Hashable {
    case before, same, after
    /// One of them is NaN.
    case unordered

    @inline(__always)
    init<Ordered: Comparable>(_ left: Ordered, _ right: Ordered) {
        self = left < right ? .before : left == right ? .same : left > right ? .after : .unordered
    }

    var reversed: ValueOrder {
        switch self {
        case .before: .after
        case .after: .before
        case .same, .unordered: self
        }
    }
}

extension Value {
    /// What `==` answers: values of different kinds are unequal, but numbers are compared as numbers; NaN equals nothing.
    package func isEqual(to other: Value) -> Bool {
        var unlimited = Int.max
        return isEqual(to: other, budget: &unlimited)
    }

    /// What `<` and its like answer; `nil` when the two have no order.
    package func order(against other: Value) -> ValueOrder? {
        switch (self, other) {
        case (.int(let left), .int(let right)): ValueOrder(left, right)
        case (.double(let left), .double(let right)): ValueOrder(left, right)
        case (.string(let left), .string(let right)): ValueOrder(left.exactOrder(against: right), 0)
        case (.timestamp(let left), .timestamp(let right)): ValueOrder(left, right)
        case (.duration(let left), .duration(let right)): ValueOrder(left, right)
        case (.bool(let left), .bool(let right)): ValueOrder(left ? 1 : 0, right ? 1 : 0)
        case (.bytes(let left), .bytes(let right)):
            left.lexicographicallyPrecedes(right) ? .before : left == right ? .same : .after
        default: numericOrder(against: other)
        }
    }

    /// Takes one from the budget for each element looked at and for sixteen bytes. Below zero it stops, and the answer means
    /// nothing.
    func isEqual(to other: Value, budget: inout Int) -> Bool {
        switch (self, other) {
        case (.string(let left), .string(let right)):
            budget &-= left.utf8.count / 16
            return left.isSameText(as: right)
        case (.int(let left), .int(let right)): return left == right
        case (.bool(let left), .bool(let right)): return left == right
        case (.null, .null): return true
        case (.double(let left), .double(let right)): return left == right
        case (.bytes(let left), .bytes(let right)):
            budget &-= left.count / 16
            return left == right
        case (.timestamp(let left), .timestamp(let right)): return left == right
        case (.duration(let left), .duration(let right)): return left == right
        case (.type(let left), .type(let right)): return left == right
        case (.list(let left), .list(let right)):
            guard left.count == right.count else { return false }
            for (left, right) in zip(left, right) {
                budget -= 1
                guard budget >= 0, left.isEqual(to: right, budget: &budget) else { return false }
            }
            return true
        case (.map(let left), .map(let right)):
            guard left.count == right.count else { return false }
            for entry in left.entries {
                budget -= 1
                guard budget >= 0, let value = right.value(of: entry.key), entry.value.isEqual(to: value, budget: &budget) else { return false }
            }
            return true
        default: return numericOrder(against: other) == .same
        }
    }

    /// How many bytes comparing it, or looking for it, may read.
    var byteCount: Int {
        switch self {
        case .string(let text): text.utf8.count
        case .bytes(let bytes): bytes.count
        default: 0
        }
    }

    /// Numbers of any two kinds on one line; `nil` when one is no number.
    ///
    /// A double inside the range of the integers is compared with the nearest double of the integer, as CEL's published
    /// conformance tests (`not_lt_dyn_int_big_lossy_double`) and PostgreSQL's comparison of bigint and double precision do.
    private func numericOrder(against other: Value) -> ValueOrder? {
        switch (self, other) {
        case (.int(let left), .int(let right)): ValueOrder(left, right)
        case (.uint(let left), .uint(let right)): ValueOrder(left, right)
        case (.double(let left), .double(let right)): ValueOrder(left, right)
        case (.int(let left), .uint(let right)): Self.order(left, right)
        case (.uint(let left), .int(let right)): Self.order(right, left).reversed
        case (.int(let left), .double(let right)): ValueOrder(Double(left), right)
        case (.double(let left), .int(let right)): ValueOrder(left, Double(right))
        case (.uint(let left), .double(let right)): ValueOrder(Double(left), right)
        case (.double(let left), .uint(let right)): ValueOrder(left, Double(right))
        default: nil
        }
    }

    private static func order(_ left: Int64, _ right: UInt64) -> ValueOrder {
        guard let left = UInt64(exactly: left) else { return .before }
        return ValueOrder(left, right)
    }
}

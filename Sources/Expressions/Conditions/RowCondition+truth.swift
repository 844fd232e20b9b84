import Vocabulary

extension RowCondition {
    /// What the condition comes to for a record at hand.
    ///
    /// - Parameters:
    ///   - value: a column's value in the form of its kind, `.null` when it has none; asked for the column `id` of kind
    ///     identifier, too, when the condition names records.
    ///   - subject: whether this holds for the person that the record is about; never asked to be an error.
    package func truth(value: (Column) -> Value, subject: (SubjectCondition) -> Bool) -> Truth {
        switch self {
        case .constant(let constant): return Truth(constant)
        case .error: return .error
        case .flag(let column):
            guard case .bool(let flag) = value(column) else { return .error }
            return Truth(flag)
        case .isNull(let column): return Truth(value(column).isNull)
        case .equal(let column, let wanted): return Truth(Self.areEqual(value(column), wanted))
        case .anyOf(let column, let wanted, let orNull), .sealed(let column, let wanted, let orNull):
            let present = value(column)
            return Truth(present.isNull ? orNull : wanted.contains { Self.areEqual(present, $0) })
        case .same(let left, let right):
            let (left, right) = (value(left), value(right))
            return Truth(left.isNull || right.isNull ? left.isNull && right.isNull : Self.areEqual(left, right))
        case .ordered(let column, let order, let bound): return Self.compare(value(column), order, bound)
        case .relative(let left, let order, let right): return Self.compare(value(left), order, value(right))
        case .settled(let column, let outcome): return value(column).isNull ? .error : Truth(outcome)
        case .text(let column, let test, let part):
            guard case .string(let text) = value(column) else { return .error }
            return Truth(test.holds(text, part))
        case .length(let column, let order, let bound):
            guard case .string(let text) = value(column) else { return .error }
            return Self.compare(.int(Int64(text.unicodeScalars.count)), order, .int(bound))
        case .identified(let records):
            guard case .string(let id) = value(Column("id", .identifier)) else { return .no }
            return Truth(records.contains { $0.description == id })
        case .subject(let condition): return Truth(subject(condition))
        case .not(let condition): return !condition.truth(value: value, subject: subject)
        case .all(let conditions): return Self.joined(conditions, until: .no, value, subject)
        case .any(let conditions): return Self.joined(conditions, until: .yes, value, subject)
        case .choice(let condition, let left, let right):
            switch condition.truth(value: value, subject: subject) {
            case .yes: return left.truth(value: value, subject: subject)
            case .no: return right.truth(value: value, subject: subject)
            case .error: return .error
            }
        }
    }

    /// One condition with the deciding outcome decides, in either order; otherwise an error stays.
    private static func joined(
        _ conditions: [RowCondition], until deciding: Truth, _ value: (Column) -> Value, _ subject: (SubjectCondition) -> Bool
    ) -> Truth {
        var outcome = !deciding
        for condition in conditions {
            switch condition.truth(value: value, subject: subject) {
            case deciding: return deciding
            case .error: outcome = .error
            default: break
            }
        }
        return outcome
    }

    /// Both have the form of one column.
    private static func areEqual(_ left: Value, _ right: Value) -> Bool {
        if case (.bool(let left), .bool(let right)) = (left, right) { return left == right }
        return compare(left, .equal, right) == .yes
    }

    private static func compare(_ left: Value, _ order: Order, _ right: Value) -> Truth {
        switch (left, right) {
        case (.int(let left), .int(let right)): Truth(order.holds(left, right))
        case (.double(let left), .double(let right)): Truth(order.holds(left, right))
        case (.timestamp(let left), .timestamp(let right)): Truth(order.holds(left, right))
        case (.bool(let left), .bool(let right)): Truth(order.holds(left ? 1 : 0, right ? 1 : 0))
        case (.string(let left), .string(let right)): Truth(order.holds(CodePoints(left), CodePoints(right)))
        default: .error
        }
    }
}

extension RowCondition.Order {
    func holds<Compared: Comparable>(_ left: Compared, _ right: Compared) -> Bool {
        switch self {
        case .less: left < right
        case .lessOrEqual: left <= right
        case .greater: left > right
        case .greaterOrEqual: left >= right
        case .equal: left == right
        case .notEqual: left != right
        }
    }
}

extension RowCondition.TextTest {
    /// By code points: a letter with a combining mark behind it contains the letter.
    func holds(_ text: String, _ part: String) -> Bool {
        let text = Array(text.utf8)
        let part = Array(part.utf8)
        switch self {
        case .startsWith: return text.starts(with: part)
        case .endsWith: return text.count >= part.count && text[(text.count - part.count)...].elementsEqual(part)
        case .contains:
            guard !part.isEmpty else { return true }
            guard text.count >= part.count else { return false }
            return (0...(text.count - part.count)).contains { text[$0..<($0 + part.count)].elementsEqual(part) }
        }
    }
}

/// A text as its code points, which UTF-8 puts in the same order; a `String` holds `é` and `e` with an accent for equal.
private struct CodePoints: Comparable {
    let text: String
    init(_ text: String) { self.text = text }
    static func == (left: CodePoints, right: CodePoints) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }
    static func < (left: CodePoints, right: CodePoints) -> Bool { left.text.utf8.lexicographicallyPrecedes(right.text.utf8) }
}

extension Value {
    var isNull: Bool { if case .null = self { true } else { false } }
}

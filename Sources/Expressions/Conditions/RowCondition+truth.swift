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
        case .equal(let column, let wanted): return Truth(value(column).isEqual(to: wanted))
        case .anyOf(let column, let wanted, let orNull), .sealed(let column, let wanted, let orNull):
            let present = value(column)
            return Truth(present.isNull ? orNull : wanted.contains { present.isEqual(to: $0) })
        case .same(let left, let right): return Truth(value(left).isEqual(to: value(right)))
        case .ordered(let column, let order, let bound): return Self.compare(value(column), order, bound)
        case .relative(let left, let order, let right): return Self.compare(value(left), order, value(right))
        case .settled(let column, let outcome): return value(column).isNull ? .error : Truth(outcome)
        case .text(let column, let test, let part):
            guard case .string(let text) = value(column) else { return .error }
            return Truth(test.holds(text, part.text))
        case .length(let column, let order, let bound):
            guard case .string(let text) = value(column) else { return .error }
            return Self.compare(.int(Int64(text.unicodeScalars.count)), order, .int(bound))
        case .identified(let records):
            guard case .string(let id) = value(Column("id", .identifier)) else { return .no }
            return Truth(records.contains { $0.description == id })
        case .related: return .error
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

    private static func compare(_ left: Value, _ order: Order, _ right: Value) -> Truth {
        left.order(against: right).map { Truth(order.admits($0)) } ?? .error
    }
}

extension RowCondition.Order {
    /// Whether values that stand to each other like this satisfy it.
    func admits(_ order: ValueOrder) -> Bool {
        switch self {
        case .less: order == .before
        case .lessOrEqual: order == .before || order == .same
        case .greater: order == .after
        case .greaterOrEqual: order == .after || order == .same
        case .equal: order == .same
        case .notEqual: order != .same
        }
    }
}

extension RowCondition.TextTest {
    /// By code points: a letter with a combining mark behind it contains the letter.
    func holds(_ text: String, _ part: String) -> Bool {
        switch self {
        case .startsWith: text.starts(exactlyWith: part)
        case .endsWith: text.ends(exactlyWith: part)
        case .contains: text.contains(exactly: part)
        }
    }
}

extension Value {
    var isNull: Bool { if case .null = self { true } else { false } }
}

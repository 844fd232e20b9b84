/// Conditions with their constants worked out. An error stays beside what may still outweigh it: `error && row` is false where
/// the row is, and an error elsewhere.
extension RowCondition {
    package var isAlways: Bool { self == .constant(true) }
    package var isNever: Bool { self == .constant(false) }

    /// Whether no row at all makes it true: an allow that rests on it allows nothing.
    package var cannotHold: Bool {
        switch self {
        case .constant(let value): !value
        case .error: true
        case .all(let conditions): conditions.contains { $0.cannotHold }
        case .any(let conditions): conditions.allSatisfy { $0.cannotHold }
        case .choice(_, let left, let right): left.cannotHold && right.cannotHold
        default: false
        }
    }

    /// True where all are; true when there are none.
    package static func conjunction(_ conditions: [RowCondition]) -> RowCondition {
        var kept: [RowCondition] = []
        var hasError = false
        for condition in conditions {
            switch condition {
            case .constant(false): return condition
            case .constant(true): break
            case .error:
                if !hasError { kept.append(.error) }
                hasError = true
            case .all(let inner):
                for condition in inner where condition != .error || !hasError {
                    hasError = hasError || condition == .error
                    kept.append(condition)
                }
            default: kept.append(condition)
            }
        }
        return kept.count > 1 ? .all(kept) : kept.first ?? .constant(true)
    }

    /// True where one is; false when there are none.
    package static func disjunction(_ conditions: [RowCondition]) -> RowCondition {
        var kept: [RowCondition] = []
        var hasError = false
        for condition in conditions {
            switch condition {
            case .constant(true): return condition
            case .constant(false): break
            case .error:
                if !hasError { kept.append(.error) }
                hasError = true
            case .any(let inner):
                for condition in inner where condition != .error || !hasError {
                    hasError = hasError || condition == .error
                    kept.append(condition)
                }
            default: kept.append(condition)
            }
        }
        return kept.count > 1 ? .any(kept) : kept.first ?? .constant(false)
    }

    package static func negation(_ condition: RowCondition) -> RowCondition {
        switch condition {
        case .constant(let value): .constant(!value)
        case .error: .error
        case .not(let inner): inner
        case .settled(let column, let value): .settled(column, !value)
        default: .not(condition)
        }
    }

    /// With some of its parts replaced (`nil` leaves a part as it is), and simplified anew.
    package func mapped(_ replace: (RowCondition) -> RowCondition?) -> RowCondition {
        if let replacement = replace(self) { return replacement }
        return switch self {
        case .not(let inner): .negation(inner.mapped(replace))
        case .all(let inner): .conjunction(inner.map { $0.mapped(replace) })
        case .any(let inner): .disjunction(inner.map { $0.mapped(replace) })
        case .choice(let condition, let left, let right):
            switch condition.mapped(replace) {
            case .constant(let isLeft): isLeft ? left.mapped(replace) : right.mapped(replace)
            case .error: .error
            case let known: .choice(known, left.mapped(replace), right.mapped(replace))
            }
        default: self
        }
    }
}

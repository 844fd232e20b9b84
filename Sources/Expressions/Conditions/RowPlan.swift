/// A condition taken apart once: what is to be worked out when caller and request are known, and what is left to the row.
indirect enum RowPlan: Sendable {
    /// Speaks of no column.
    case folded(Node)
    case constant(Bool)
    case flag(Column)
    case equal(Column, Node, isNegated: Bool)
    case ordered(Column, RowCondition.Order, Node)
    case contained(Column, Node)
    case same(Column, Column, isNegated: Bool)
    case relative(Column, RowCondition.Order, Column)
    case text(Column, RowCondition.TextTest, Node)
    case length(Column, RowCondition.Order, Node)
    case not(RowPlan)
    case all([RowPlan])
    case any([RowPlan])
    case choice(RowPlan, RowPlan, RowPlan)
}

extension RowPlan {
    /// What is left to the row. Never fails: what cannot be worked out is ``RowCondition/error``.
    func rows(_ bindings: some Bindings) -> RowCondition {
        switch self {
        case .folded(let node):
            guard case .bool(let value)? = Self.value(node, bindings) else { return .error }
            return .constant(value)
        case .constant(let value): return .constant(value)
        case .flag(let column): return .flag(column)
        case .equal(let column, let node, let isNegated):
            guard let value = Self.value(node, bindings) else { return .error }
            let condition = column.equals(value)
            return isNegated ? .negation(condition) : condition
        case .ordered(let column, let order, let node):
            guard let value = Self.value(node, bindings) else { return .error }
            return column.ordered(order, value)
        case .contained(let column, let node):
            switch Self.value(node, bindings) {
            case .list(let elements): return column.isAny(of: elements)
            case .map(let map): return column.isAny(of: map.entries.map(\.key))
            default: return .error
            }
        case .same(let left, let right, let isNegated):
            let condition = RowCondition.same(left, right)
            return isNegated ? .negation(condition) : condition
        case .relative(let left, let order, let right): return .relative(left, order, right)
        case .text(let column, let test, let node):
            guard case .string(let text)? = Self.value(node, bindings) else { return .error }
            return column.passes(test, text)
        case .length(let column, let order, let node):
            guard let value = Self.value(node, bindings) else { return .error }
            return column.length(order, value)
        case .not(let plan): return .negation(plan.rows(bindings))
        case .all(let plans):
            var conditions: [RowCondition] = []
            for plan in plans {
                let condition = plan.rows(bindings)
                if condition.isNever { return condition }
                conditions.append(condition)
            }
            return .conjunction(conditions)
        case .any(let plans):
            var conditions: [RowCondition] = []
            for plan in plans {
                let condition = plan.rows(bindings)
                if condition.isAlways { return condition }
                conditions.append(condition)
            }
            return .disjunction(conditions)
        case .choice(let condition, let left, let right):
            switch condition.rows(bindings) {
            case .constant(let isLeft): return isLeft ? left.rows(bindings) : right.rows(bindings)
            case .error: return .error
            case let known: return .choice(known, left.rows(bindings), right.rows(bindings))
            }
        }
    }

    private static func value(_ node: Node, _ bindings: some Bindings) -> Value? {
        if case .literal(let value) = node.kind { return value }
        do throws(EvaluationError) { return try node.evaluate(bindings) } catch { return nil }
    }
}

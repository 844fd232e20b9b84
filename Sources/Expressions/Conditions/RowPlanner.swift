/// Takes a checked condition apart, and refuses what the database has no form for.
///
/// Whatever speaks of no column may use the whole language: it is worked out before the database is asked.
struct RowPlanner {
    private let scope: ExpressionScope

    static func plan(_ node: Node, in scope: ExpressionScope) throws(ExpressionProblem) -> RowPlan {
        try RowPlanner(scope: scope).plan(node)
    }

    private func plan(_ node: Node) throws(ExpressionProblem) -> RowPlan {
        guard node.mentionsRecord else { return .folded(node) }
        if let column = node.column(in: scope) { return try flag(column, node) }
        switch node.kind {
        case .has: return .constant(true)
        case .unary(.not, let operand): return .not(try plan(operand))
        case .binary(.and, _, _): return .all(try plans(node.operands(of: .and)))
        case .binary(.or, _, _): return .any(try plans(node.operands(of: .or)))
        case .binary(.contained, let left, let right): return try membership(left, right, node)
        case .binary(let sign, let left, let right):
            guard let order = RowCondition.Order(rawValue: sign.rawValue) else { throw Self.refusal(of: node) }
            return try comparison(order, left, right, node)
        case .conditional(let condition, let left, let right):
            return .choice(try plan(condition), try plan(left), try plan(right))
        case .call(let name, let target?, let arguments):
            guard let test = RowCondition.TextTest(rawValue: name), let argument = arguments.first else { throw Self.refusal(of: node) }
            return try textTest(test, target, argument, node)
        default: throw Self.refusal(of: node)
        }
    }

    private func plans(_ nodes: [Node]) throws(ExpressionProblem) -> [RowPlan] {
        var plans: [RowPlan] = []
        for node in nodes { plans.append(try plan(node)) }
        return plans
    }

    private func flag(_ column: Column, _ node: Node) throws(ExpressionProblem) -> RowPlan {
        if column.isSealed { throw Self.sealed(column, node) }
        guard column.kind == .boolean else { throw ExpressionProblem(node.place, "'\(column.name)' is neither true nor false") }
        return .flag(column)
    }

    // MARK: Comparisons

    /// One side of a comparison, as far as the database has a form for it.
    private enum Side {
        case free(Node)
        case column(Column)
        case length(Column)
    }

    private func side(_ node: Node) throws(ExpressionProblem) -> Side {
        guard node.mentionsRecord else { return .free(node) }
        if let column = node.column(in: scope) { return .column(column) }
        guard case .call(let name, let target, let arguments) = node.kind else { throw Self.refusal(of: node) }
        let operand = target ?? arguments.first
        // It changes nothing but what the checker says.
        if name == "dyn", let operand { return try side(operand) }
        guard name == "size", let operand, let column = operand.column(in: scope) else { throw Self.refusal(of: node) }
        if column.isSealed { throw Self.sealed(column, node) }
        guard column.kind == .text else {
            throw ExpressionProblem(node.place, "'size' counts the characters of a text, and '\(column.name)' is none")
        }
        return .length(column)
    }

    private func comparison(_ order: RowCondition.Order, _ left: Node, _ right: Node, _ node: Node) throws(ExpressionProblem) -> RowPlan {
        switch (try side(left), try side(right)) {
        case (.column(let column), .free(let value)): return try comparison(column, order, value, node)
        case (.free(let value), .column(let column)): return try comparison(column, order.swapped, value, node)
        case (.length(let column), .free(let value)): return .length(column, order, value)
        case (.free(let value), .length(let column)): return .length(column, order.swapped, value)
        case (.column(let left), .column(let right)): return try comparison(left, order, right, node)
        default:
            throw ExpressionProblem(
                node.place, "the size of a column can be compared with a value only",
                hint: "compare it with a number, or with something of the caller"
            )
        }
    }

    private func comparison(
        _ column: Column, _ order: RowCondition.Order, _ value: Node, _ node: Node
    ) throws(ExpressionProblem) -> RowPlan {
        if column.isSealed, order != .equal || !column.isSearchable {
            throw Self.sealed(column, node, isNotEqual: order == .notEqual)
        }
        switch order {
        case .equal, .notEqual: return .equal(column, value, isNegated: order == .notEqual)
        default:
            if column.kind == .identifier {
                throw ExpressionProblem(node.place, "'\(column.name)' is an id, and ids have no order", hint: "compare ids with == or in")
            }
            return .ordered(column, order, value)
        }
    }

    private func comparison(
        _ left: Column, _ order: RowCondition.Order, _ right: Column, _ node: Node
    ) throws(ExpressionProblem) -> RowPlan {
        for column in [left, right] where column.isSealed { throw Self.sealed(column, node) }
        guard left.kind == right.kind else {
            throw ExpressionProblem(
                node.place, "'\(left.name)' and '\(right.name)' cannot be compared: one is \(left.kind.words), the other \(right.kind.words)"
            )
        }
        switch order {
        case .equal, .notEqual: return .same(left, right, isNegated: order == .notEqual)
        default:
            if left.kind == .identifier { throw ExpressionProblem(node.place, "ids have no order", hint: "compare ids with == or in") }
            return .relative(left, order, right)
        }
    }

    private func membership(_ left: Node, _ right: Node, _ node: Node) throws(ExpressionProblem) -> RowPlan {
        if right.mentionsRecord {
            throw ExpressionProblem(
                right.place, "'in' looks for a column in a list, not the other way round", hint: "join comparisons: record.a == x || record.b == x"
            )
        }
        guard case .column(let column) = try side(left) else {
            throw ExpressionProblem(left.place, "'in' looks for a column in a list, not for something made of it")
        }
        if column.isSealed, !column.isSearchable { throw Self.sealed(column, node) }
        return .contained(column, right)
    }

    private func textTest(
        _ test: RowCondition.TextTest, _ target: Node, _ argument: Node, _ node: Node
    ) throws(ExpressionProblem) -> RowPlan {
        guard case .column(let column) = try side(target), !argument.mentionsRecord else {
            throw ExpressionProblem(
                node.place, "'\(test.rawValue)' asks a column about a text that is no column", hint: "write record.name.\(test.rawValue)('…')"
            )
        }
        if column.isSealed { throw Self.sealed(column, node) }
        guard column.kind == .text else {
            throw ExpressionProblem(node.place, "'\(test.rawValue)' asks about a text, and '\(column.name)' is none")
        }
        return .text(column, test, argument)
    }

    // MARK: Refusals

    private static func sealed(_ column: Column, _ node: Node, isNotEqual: Bool = false) -> ExpressionProblem {
        guard column.isSearchable else {
            return ExpressionProblem(
                node.place, "'\(column.name)' is sealed and cannot be searched for", hint: "the catalog says what can: 'search: [exact]'"
            )
        }
        return ExpressionProblem(
            node.place, "'\(column.name)' is sealed: it can be compared with == and in only",
            hint: isNotEqual ? "write !(… == …)" : nil
        )
    }

    private static func refusal(of node: Node) -> ExpressionProblem {
        let (what, hint): (String, String?) =
            switch node.kind {
            case .binary(.add, _, _), .binary(.subtract, _, _), .binary(.multiply, _, _), .binary(.divide, _, _), .binary(.remainder, _, _),
                .unary(.negate, _):
                ("arithmetic cannot be done on columns", "compare the column itself, and move the arithmetic to the other side")
            case .comprehension: ("macros cannot go over columns", "write record.x in list, or join comparisons with && and ||")
            case .call(let name, _, _):
                ("'\(name)' cannot be asked of columns", "columns know ==, !=, <, <=, >, >=, in, startsWith, endsWith, contains and size")
            case .index, .select: ("a column has no members or elements", nil)
            case .list, .map: ("a list or map cannot be made of columns", "join comparisons with && and ||")
            case .conditional:
                ("a choice between values of columns cannot be compared", "choose between conditions: c ? record.a == x : record.b == x")
            default: ("a condition over columns cannot be compared", "write the condition itself, or ! before it")
            }
        return ExpressionProblem(node.place, what, hint: hint)
    }
}

extension RowCondition.Order {
    /// The same with its sides exchanged.
    var swapped: RowCondition.Order {
        switch self {
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        case .equal, .notEqual: self
        }
    }
}

extension Column.Kind {
    var words: String {
        switch self {
        case .text: "a text"
        case .integer: "a whole number"
        case .decimal: "an amount"
        case .boolean: "a boolean"
        case .date: "a date"
        case .timestamp: "a time"
        case .identifier: "an id"
        }
    }
}

extension Node {
    /// Whether any part speaks of `record`; no macro's variable can have this name.
    var mentionsRecord: Bool { mentions(["record"]) }

    /// Whether any part speaks of one of these variables. Goes without recursion: a sum of many terms is a deep tree.
    func mentions(_ variables: Set<String>) -> Bool {
        var open = [self]
        while let node = open.popLast() {
            if case .variable(let name) = node.kind, variables.contains(name) { return true }
            open += node.children
        }
        return false
    }

    private var children: [Node] {
        switch kind {
        case .literal, .variable: []
        case .select(let operand, _), .has(let operand, _), .unary(_, let operand): [operand]
        case .index(let left, let right), .binary(_, let left, let right): [left, right]
        case .list(let elements): elements
        case .map(let entries): entries.flatMap { [$0.key, $0.value] }
        case .conditional(let condition, let left, let right): [condition, left, right]
        case .call(_, let target, let arguments): arguments + (target.map { [$0] } ?? [])
        case .comprehension(let comprehension): [comprehension.range, comprehension.body] + (comprehension.condition.map { [$0] } ?? [])
        }
    }

    /// What a chain of one operator joins, from left to right.
    func operands(of sign: BinaryOperator) -> [Node] {
        var operands: [Node] = []
        var open = [self]
        while let node = open.popLast() {
            if case .binary(sign, let left, let right) = node.kind { open += [right, left] } else { operands.append(node) }
        }
        return operands
    }

    /// Every column that the expression names.
    func columns(in scope: ExpressionScope) -> Set<Column> {
        var found: Set<Column> = []
        var open = [self]
        while let node = open.popLast() {
            if let column = node.column(in: scope) { found.insert(column) }
            if case .has(let operand, let member) = node.kind, case .variable("record") = operand.kind, let column = scope.columns?[member] {
                found.insert(column)
            }
            open += node.children
        }
        return found
    }
}

import Vocabulary

/// Finds the type of an expression whose names are resolved, and what in it can never work.
///
/// Stricter than evaluation where a slip is likelier than intent: `record.amount == 'x'` is false for every record, and a
/// problem here. What only the value will tell (a claim of the caller, an element of a mixed list) passes.
struct ExpressionChecker {
    private let scope: ExpressionScope
    private var bound: [(name: String, type: ExpressionType)] = []

    private init(_ scope: ExpressionScope) { self.scope = scope }

    static func type(of node: Node, in scope: ExpressionScope) throws(ExpressionProblem) -> ExpressionType {
        var checker = ExpressionChecker(scope)
        return try checker.type(of: node)
    }

    /// Checks that the expression is true or false, as a condition has to be.
    static func checkCondition(_ node: Node, in scope: ExpressionScope) throws(ExpressionProblem) {
        var checker = ExpressionChecker(scope)
        try checker.require(.boolean, node) { "a condition is true or false, not \($0)" }
    }

    private mutating func type(of node: Node) throws(ExpressionProblem) -> ExpressionType {
        switch node.kind {
        case .literal(let value): return value.type
        case .variable(let name): return try type(ofVariable: name, node)
        case .select(let operand, let member): return try type(of: member, of: operand, node)
        case .has(let operand, let member):
            _ = try type(of: member, of: operand, node)
            return .bool
        case .index(let operand, let key): return try type(ofElement: key, of: operand, node)
        case .list(let elements):
            var joined: ExpressionType?
            for element in elements {
                let type = try type(of: element)
                joined = joined.map { $0.joined(with: type) } ?? type
            }
            return .list(joined ?? .any)
        case .map(let entries): return try type(ofMap: entries)
        case .unary(.not, let operand):
            try require(.boolean, operand) { "'!' turns a boolean around, not \($0)" }
            return .bool
        case .unary(.negate, let operand):
            let type = try type(of: operand)
            guard type.may(be: [.int, .double]) else {
                throw ExpressionProblem(node.place, "'-' turns an int or a double around, not \(type.exactWord)")
            }
            return type
        case .binary(let sign, let left, let right): return try type(of: sign, left, right, node)
        case .conditional(let condition, let left, let right):
            try require(.boolean, condition) { "'?' asks for a boolean, not \($0)" }
            let type = try type(of: left)
            return type.joined(with: try self.type(of: right))
        case .call(let name, let target, let arguments): return try type(ofCall: name, target, arguments, node)
        case .comprehension(let comprehension): return try type(of: comprehension, node)
        }
    }

    /// Both branches of a choice have to fit, whatever is known of the choice.
    private mutating func require(
        _ families: TypeFamilies, _ node: Node, _ message: (String) -> String
    ) throws(ExpressionProblem) {
        if case .conditional(let condition, let left, let right) = node.kind {
            try require(.boolean, condition) { "'?' asks for a boolean, not \($0)" }
            try require(families, left, message)
            try require(families, right, message)
            return
        }
        let type = try type(of: node)
        guard type.may(be: families) else { throw ExpressionProblem(node.place, message(type.word)) }
    }

    // MARK: Names

    private func type(ofVariable name: String, _ node: Node) throws(ExpressionProblem) -> ExpressionType {
        if let variable = bound.last(where: { $0.name == name }) { return variable.type }
        if let type = scope.variables[name] {
            guard case .object(let members) = type else { return type }
            throw Self.notAlone(name, members.keys.sorted(), node)
        }
        if name == "record", let columns = scope.columns { throw Self.notAlone(name, columns.keys.sorted(), node) }
        if node.typeName != nil { return .type }
        throw ExpressionProblem(node.place, "'\(name)' is not known here")
    }

    private static func notAlone(_ name: String, _ members: [String], _ node: Node) -> ExpressionProblem {
        ExpressionProblem(
            node.place, "'\(name)' is no value by itself", hint: members.first.map { "name one of its members, such as \(name).\($0)" }
        )
    }

    private mutating func type(of member: String, of operand: Node, _ node: Node) throws(ExpressionProblem) -> ExpressionType {
        if node.typeName != nil { return .type }
        if case .variable(let name) = operand.kind, !bound.contains(where: { $0.name == name }) {
            if name == "record", scope.variables[name] == nil, let columns = scope.columns {
                if let column = columns[member] { return column.type }
                throw Self.unknown(member, of: name, columns.keys.sorted(), node)
            }
            if case .object(let members)? = scope.variables[name] {
                if let type = members[member] { return type }
                throw Self.unknown(member, of: name, members.keys.sorted(), node)
            }
        }
        switch try type(of: operand) {
        case .any: return .any
        case .map(_, let value): return value
        case .object(let members):
            if let type = members[member] { return type }
            throw Self.unknown(member, of: "it", members.keys.sorted(), node)
        case let type: throw ExpressionProblem(node.place, "\(type.word) has no members, and so no '\(member)'")
        }
    }

    /// The one answer for a member that is hidden from the author, or a slip of the keyboard: the scope holds neither.
    private static func unknown(_ member: String, of name: String, _ known: [String], _ node: Node) -> ExpressionProblem {
        ExpressionProblem(
            node.place, "\(name) has no '\(member)'", hint: known.isEmpty ? nil : Spelling.hint(for: member, among: known)
        )
    }

    private mutating func type(ofElement key: Node, of operand: Node, _ node: Node) throws(ExpressionProblem) -> ExpressionType {
        let keyType = try type(of: key)
        switch try type(of: operand) {
        case .any: return .any
        case .list(let element):
            guard keyType.may(be: .number) else { throw ExpressionProblem(key.place, "a list is counted through by a number, not \(keyType.word)") }
            return element
        case .map(let known, let value):
            guard keyType.mayEqual(known) else {
                throw ExpressionProblem(key.place, "the map's keys are \(known.word) each, not \(keyType.word)")
            }
            return value
        case let type: throw ExpressionProblem(node.place, "[] takes from a list or a map, not from \(type.word)")
        }
    }

    private mutating func type(ofMap entries: [(key: Node, value: Node)]) throws(ExpressionProblem) -> ExpressionType {
        var keys: ExpressionType?
        var values: ExpressionType?
        for (key, value) in entries {
            let keyType = try type(of: key)
            guard keyType.may(be: [.boolean, .int, .uint, .text]) else {
                throw ExpressionProblem(key.place, "the key of a map is a boolean, a whole number or a text, not \(keyType.exactWord)")
            }
            let valueType = try type(of: value)
            keys = keys.map { $0.joined(with: keyType) } ?? keyType
            values = values.map { $0.joined(with: valueType) } ?? valueType
        }
        return .map(keys ?? .any, values ?? .any)
    }

    // MARK: Operators

    private mutating func type(of sign: BinaryOperator, _ left: Node, _ right: Node, _ node: Node) throws(ExpressionProblem) -> ExpressionType {
        switch sign {
        case .and, .or:
            for operand in [left, right] { try require(.boolean, operand) { "'\(sign.rawValue)' joins booleans, not \($0)" } }
            return .bool
        default: break
        }
        let leftType = try type(of: left)
        let rightType = try type(of: right)
        switch sign {
        case .and, .or: return .bool
        case .equal, .notEqual:
            guard leftType.mayEqual(rightType) else { throw Self.apart(sign, leftType, rightType, node) }
            try checkChoice(left, right)
            try checkChoice(right, left)
            return .bool
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            for (type, operand) in [(leftType, left), (rightType, right)] where !type.may(be: .ordered) {
                throw ExpressionProblem(operand.place, "'\(sign.rawValue)' has no meaning for \(type.word)")
            }
            guard leftType.mayEqual(rightType) else { throw Self.apart(sign, leftType, rightType, node) }
            return .bool
        case .contained:
            switch rightType {
            case .any: break
            case .list(let element):
                if case .list(let elements) = right.kind {
                    for element in elements { try checkElement(element, left, leftType) }
                } else if !leftType.mayEqual(element) {
                    throw ExpressionProblem(node.place, "'in' looks for \(leftType.word) in a list of which each element is \(element.word)")
                }
            case .map(let key, _):
                guard leftType.mayEqual(key) else {
                    throw ExpressionProblem(node.place, "'in' looks for \(leftType.word) in a map of which each key is \(key.word)")
                }
            default: throw ExpressionProblem(right.place, "'in' looks into a list or the keys of a map, not into \(rightType.word)")
            }
            return .bool
        case .add, .subtract, .multiply, .divide, .remainder: return try type(ofArithmetic: sign, leftType, rightType, node)
        }
    }

    /// An element of a list that stands in the expression itself.
    private mutating func checkElement(_ element: Node, _ left: Node, _ leftType: ExpressionType) throws(ExpressionProblem) {
        let type = try type(of: element)
        guard type.mayEqual(leftType) else { throw ExpressionProblem(element.place, "'in' looks for \(leftType.word), and this is \(type.word)") }
        try checkChoice(left, element)
    }

    private static func apart(_ sign: BinaryOperator, _ left: ExpressionType, _ right: ExpressionType, _ node: Node) -> ExpressionProblem {
        ExpressionProblem(node.place, "'\(sign.rawValue)' compares \(left.word) with \(right.word)")
    }

    /// A choice that the column can never have is a slip; it is not repeated here, for it may be a value that somebody typed.
    private func checkChoice(_ side: Node, _ other: Node) throws(ExpressionProblem) {
        guard let column = side.column(in: scope), !column.choices.isEmpty, case .literal(.string(let text)) = other.kind,
            !column.choices.contains(where: { $0.utf8.elementsEqual(text.utf8) })
        else { return }
        throw ExpressionProblem(other.place, "'\(column.name)' never has this value", hint: Spelling.hint(for: text, among: column.choices))
    }

    private func type(
        ofArithmetic sign: BinaryOperator, _ left: ExpressionType, _ right: ExpressionType, _ node: Node
    ) throws(ExpressionProblem) -> ExpressionType {
        switch (sign, left, right) {
        case (_, .any, .any): return .any
        case (.add, .timestamp, .duration), (.add, .duration, .timestamp), (.subtract, .timestamp, .duration): return .timestamp
        case (.subtract, .timestamp, .timestamp): return .duration
        case (.add, .timestamp, .any), (.add, .any, .timestamp): return .timestamp
        case (.add, .duration, .any), (.add, .any, .duration), (.subtract, .timestamp, .any), (.subtract, .any, .timestamp),
            (.subtract, .any, .duration):
            return .any
        case (.subtract, .duration, .any): return .duration
        case (.add, .list(let element), .list(let other)): return .list(element.joined(with: other))
        case (.add, .list, .any), (.add, .any, .list): return .list(.any)
        default: break
        }
        let known = left == .any ? right : left
        let operands: TypeFamilies =
            switch sign {
            case .add: [.number, .text, .bytes, .duration]
            case .subtract: [.number, .duration]
            case .remainder: [.int, .uint]
            default: .number
            }
        guard known.may(be: operands) else { throw ExpressionProblem(node.place, "'\(sign.rawValue)' has no meaning for \(known.exactWord)") }
        guard left == .any || right == .any || left == right else {
            let isNumbers = left.may(be: .number) && right.may(be: .number)
            throw ExpressionProblem(
                node.place, "'\(sign.rawValue)' cannot take \(left.exactWord) and \(right.exactWord) together",
                hint: isNumbers ? "convert one of them: int(…), uint(…) or double(…)" : nil
            )
        }
        return known
    }

    // MARK: Functions and macros

    private mutating func type(
        ofCall name: String, _ target: Node?, _ arguments: [Node], _ node: Node
    ) throws(ExpressionProblem) -> ExpressionType {
        let signature = try FunctionSignature.named(name, isMethod: target != nil, arguments: arguments.count, at: node.place)
        let operands = (target.map { [$0] } ?? []) + arguments
        for (operand, families) in zip(operands, signature.parameters) {
            let type = try type(of: operand)
            guard type.may(be: families) else { throw ExpressionProblem(operand.place, "'\(name)' takes \(families.words), not \(type.word)") }
        }
        return signature.result
    }

    private mutating func type(of comprehension: Comprehension, _ node: Node) throws(ExpressionProblem) -> ExpressionType {
        let macro = comprehension.macro.rawValue
        let element: ExpressionType
        switch try type(of: comprehension.range) {
        case .any: element = .any
        case .list(let type), .map(let type, _): element = type
        case let type:
            throw ExpressionProblem(comprehension.range.place, "'\(macro)' goes through a list or the keys of a map, not through \(type.word)")
        }
        bound.append((comprehension.variable, element))
        defer { bound.removeLast() }
        if let condition = comprehension.condition { try require(.boolean, condition) { "the filter of '\(macro)' is true or false, not \($0)" } }
        if comprehension.macro == .map { return .list(try type(of: comprehension.body)) }
        try require(.boolean, comprehension.body) { "what '\(macro)' asks is true or false, not \($0)" }
        return comprehension.macro == .filter ? .list(element) : .bool
    }
}

extension Value {
    /// What the type checker knows of a literal.
    var type: ExpressionType {
        switch self {
        case .null: .null
        case .bool: .bool
        case .int: .int
        case .uint: .uint
        case .double: .double
        case .string: .string
        case .bytes: .bytes
        case .timestamp: .timestamp
        case .duration: .duration
        case .type: .type
        case .list: .list(.any)
        case .map: .map(.any, .any)
        }
    }
}

extension Node {
    /// The column that the node names, once its names are resolved.
    func column(in scope: ExpressionScope) -> Column? {
        guard case .select(let operand, let member) = kind, case .variable("record") = operand.kind else { return nil }
        return scope.columns?[member]
    }
}

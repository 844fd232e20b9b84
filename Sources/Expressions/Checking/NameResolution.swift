import Vocabulary

/// Gives every name its meaning: definitions are put in place of their names, and columns named alone become members of
/// `record`. What comes out speaks of the scope's variables, of `record` and of the variables of its own macros only.
struct NameResolution {
    /// A definition can name definitions, so that a short text can stand for a very long expression.
    static let mostNodes = 8192
    static let mostLevels = 2112

    private let scope: ExpressionScope
    private let definitions: [String: Node]
    private var bound: [String] = []
    private var nodes = 0

    init(_ scope: ExpressionScope, _ definitions: [String: Node]) {
        self.scope = scope
        self.definitions = definitions
    }

    static func resolve(_ node: Node, _ scope: ExpressionScope, _ definitions: [String: Node]) throws(ExpressionProblem) -> Node {
        var resolution = NameResolution(scope, definitions)
        return try resolution.resolved(node, 0)
    }

    private mutating func resolved(_ node: Node, _ level: Int) throws(ExpressionProblem) -> Node {
        try count(node.place, level)
        let level = level + 1
        switch node.kind {
        case .select where node.typeName != nil: return node
        case .variable(let name): return try meaning(of: name, node, level)
        case .literal: return node
        case .select(let operand, let member): return Node(.select(try resolved(operand, level), member), at: node.place)
        case .has(let operand, let member): return Node(.has(try resolved(operand, level), member), at: node.place)
        case .index(let operand, let key):
            return Node(.index(try resolved(operand, level), try resolved(key, level)), at: node.place)
        case .list(let elements): return Node(.list(try resolved(elements, level)), at: node.place)
        case .map(let entries):
            var resolvedEntries: [(key: Node, value: Node)] = []
            for (key, value) in entries { resolvedEntries.append((try resolved(key, level), try resolved(value, level))) }
            return Node(.map(resolvedEntries), at: node.place)
        case .unary(let sign, let operand): return Node(.unary(sign, try resolved(operand, level)), at: node.place)
        case .binary(let sign, let left, let right):
            return Node(.binary(sign, try resolved(left, level), try resolved(right, level)), at: node.place)
        case .conditional(let condition, let left, let right):
            return Node(
                .conditional(try resolved(condition, level), try resolved(left, level), try resolved(right, level)), at: node.place
            )
        case .call(let name, let target, let arguments):
            var resolvedTarget: Node?
            if let target { resolvedTarget = try resolved(target, level) }
            return Node(.call(name, target: resolvedTarget, try resolved(arguments, level)), at: node.place)
        case .comprehension(let comprehension): return try resolved(comprehension, node.place, level)
        }
    }

    private mutating func resolved(_ nodes: [Node], _ level: Int) throws(ExpressionProblem) -> [Node] {
        var result: [Node] = []
        result.reserveCapacity(nodes.count)
        for node in nodes { result.append(try resolved(node, level)) }
        return result
    }

    private mutating func resolved(_ comprehension: Comprehension, _ place: Place, _ level: Int) throws(ExpressionProblem) -> Node {
        let name = comprehension.variable
        // INVARIANT: a macro's variable hides nothing, so that a definition means the same wherever its name stands.
        if name == "record" || scope.variables[name] != nil || definitions[name] != nil || bareColumn(name) != nil {
            throw ExpressionProblem(
                place, "the variable '\(name)' of \(comprehension.macro.rawValue) would hide another '\(name)'", hint: "give it another name"
            )
        }
        let range = try resolved(comprehension.range, level)
        bound.append(name)
        defer { bound.removeLast() }
        var condition: Node?
        if let written = comprehension.condition { condition = try resolved(written, level) }
        let body = try resolved(comprehension.body, level)
        return Node(
            .comprehension(Comprehension(macro: comprehension.macro, range: range, variable: name, condition: condition, body: body)), at: place
        )
    }

    private mutating func meaning(of name: String, _ node: Node, _ level: Int) throws(ExpressionProblem) -> Node {
        if bound.contains(name) { return node }
        if let definition = definitions[name] { return try copy(definition, at: node.place, level) }
        if scope.variables[name] != nil || (name == "record" && scope.columns != nil) { return node }
        if bareColumn(name) != nil { return Node(.select(Node(.variable("record"), at: node.place), name), at: node.place) }
        if node.typeName != nil { return node }
        var known = Set(scope.variables.keys).union(definitions.keys)
        if let columns = scope.columns {
            known.insert("record")
            if scope.hasBareColumns { known.formUnion(columns.keys) }
        }
        throw ExpressionProblem(node.place, "'\(name)' is not known here", hint: Spelling.hint(for: name, among: known.sorted()))
    }

    private func bareColumn(_ name: String) -> Column? { scope.hasBareColumns ? scope.columns?[name] : nil }

    /// A definition, all of it standing where its name was written: what is wrong with it there is wrong with the use.
    private mutating func copy(_ node: Node, at place: Place, _ level: Int) throws(ExpressionProblem) -> Node {
        try count(place, level)
        let level = level + 1
        switch node.kind {
        case .literal, .variable: return Node(node.kind, at: place)
        case .select(let operand, let member): return Node(.select(try copy(operand, at: place, level), member), at: place)
        case .has(let operand, let member): return Node(.has(try copy(operand, at: place, level), member), at: place)
        case .index(let operand, let key):
            return Node(.index(try copy(operand, at: place, level), try copy(key, at: place, level)), at: place)
        case .list(let elements): return Node(.list(try copy(elements, at: place, level)), at: place)
        case .map(let entries):
            var copies: [(key: Node, value: Node)] = []
            for (key, value) in entries { copies.append((try copy(key, at: place, level), try copy(value, at: place, level))) }
            return Node(.map(copies), at: place)
        case .unary(let sign, let operand): return Node(.unary(sign, try copy(operand, at: place, level)), at: place)
        case .binary(let sign, let left, let right):
            return Node(.binary(sign, try copy(left, at: place, level), try copy(right, at: place, level)), at: place)
        case .conditional(let condition, let left, let right):
            return Node(
                .conditional(
                    try copy(condition, at: place, level), try copy(left, at: place, level), try copy(right, at: place, level)
                ),
                at: place
            )
        case .call(let name, let target, let arguments):
            var copiedTarget: Node?
            if let target { copiedTarget = try copy(target, at: place, level) }
            return Node(.call(name, target: copiedTarget, try copy(arguments, at: place, level)), at: place)
        case .comprehension(let comprehension):
            var condition: Node?
            if let written = comprehension.condition { condition = try copy(written, at: place, level) }
            return Node(
                .comprehension(
                    Comprehension(
                        macro: comprehension.macro, range: try copy(comprehension.range, at: place, level), variable: comprehension.variable,
                        condition: condition, body: try copy(comprehension.body, at: place, level)
                    )
                ),
                at: place
            )
        }
    }

    private mutating func copy(_ nodes: [Node], at place: Place, _ level: Int) throws(ExpressionProblem) -> [Node] {
        var result: [Node] = []
        result.reserveCapacity(nodes.count)
        for node in nodes { result.append(try copy(node, at: place, level)) }
        return result
    }

    private mutating func count(_ place: Place, _ level: Int) throws(ExpressionProblem) {
        nodes += 1
        if nodes > Self.mostNodes || level > Self.mostLevels {
            throw ExpressionProblem(place, "the expression is too large once its definitions stand in it", hint: "say it in fewer parts")
        }
    }
}

extension Node {
    /// The name of a type, where the node is one: `int`, `google.protobuf.Timestamp`.
    var typeName: String? {
        switch kind {
        case .variable(let name): Self.typeNames.contains(name) ? name : nil
        case .select(let operand, let last):
            if case .select(let first, "protobuf") = operand.kind, case .variable("google") = first.kind, last == "Timestamp" || last == "Duration" {
                "google.protobuf.\(last)"
            } else {
                nil
            }
        default: nil
        }
    }

    private static let typeNames: Set<String> = [
        "bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type",
    ]
}

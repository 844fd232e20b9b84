/// Variables, fields and indexes.
extension Evaluation {
    mutating func variable(_ name: String, at node: Node) throws(EvaluationError) -> Value {
        if let value = local(name) ?? bindings.value(of: name) { return value }
        guard let type = Value.basicTypes[name] else { throw EvaluationError(.unknownVariable, at: node.place) }
        return type
    }

    private func local(_ name: String) -> Value? {
        if locals.isEmpty { return nil }
        return locals.last { $0.name == name }?.value
    }

    /// `operand.field`
    mutating func selection(_ field: String, of operand: Node, at node: Node) throws(EvaluationError) -> Value {
        if case .variable(let name) = operand.kind, locals.isEmpty || local(name) == nil, let member = bindings.member(field, of: name) {
            guard case .value(let value) = member else { throw EvaluationError(.noSuchKey, at: node.place) }
            return value
        }
        let whole: Value
        do throws(EvaluationError) {
            whole = try value(of: operand)
        } catch {
            guard error.code == .unknownVariable, let value = qualified(node) else { throw error }
            return value
        }
        guard case .map(let map) = whole else { throw EvaluationError(.noSuchOverload, at: node.place) }
        guard let value = map.value(named: field) else { throw EvaluationError(.noSuchKey, at: node.place) }
        return value
    }

    /// `has(operand.field)`
    mutating func presence(of field: String, in operand: Node, at node: Node) throws(EvaluationError) -> Bool {
        if case .variable(let name) = operand.kind, locals.isEmpty || local(name) == nil, let member = bindings.member(field, of: name) {
            if case .missing = member { return false }
            return true
        }
        guard case .map(let map) = try value(of: operand) else { throw EvaluationError(.noSuchOverload, at: node.place) }
        return map.value(named: field) != nil
    }

    /// What a name with dots stands for when its first part is no variable: a variable with dots in its name, or a type.
    private func qualified(_ node: Node) -> Value? {
        guard let name = Self.qualifiedName(node) else { return nil }
        return bindings.value(of: name) ?? Value.timeTypes[name]
    }

    private static func qualifiedName(_ node: Node) -> String? {
        switch node.kind {
        case .variable(let name): name
        case .select(let operand, let field): qualifiedName(operand).map { "\($0).\(field)" }
        default: nil
        }
    }

    /// `container[index]`
    mutating func element(of container: Value, at index: Value, _ node: Node) throws(EvaluationError) -> Value {
        switch container {
        case .list(let elements):
            let position: Int? =
                switch index {
                case .int(let number): Int(exactly: number)
                case .uint(let number): Int(exactly: number)
                case .double(let number): Int(exactly: number)
                default: nil
                }
            guard let position else {
                let isNumber = index.order(against: .int(0)) != nil
                throw EvaluationError(isNumber ? .indexOutOfRange : .noSuchOverload, at: node.place)
            }
            guard elements.indices.contains(position) else { throw EvaluationError(.indexOutOfRange, at: node.place) }
            return elements[position]
        case .map(let map):
            try spend(index.byteCount / 16, at: node)
            guard let value = map.value(of: index) else { throw EvaluationError(.noSuchKey, at: node.place) }
            return value
        default: throw EvaluationError(.noSuchOverload, at: node.place)
        }
    }

    mutating func list(_ nodes: [Node]) throws(EvaluationError) -> Value {
        var elements: [Value] = []
        elements.reserveCapacity(nodes.count)
        for node in nodes { elements.append(try value(of: node)) }
        return .list(elements)
    }

    mutating func map(_ nodes: [(key: Node, value: Node)], at node: Node) throws(EvaluationError) -> Value {
        var entries: [(key: Value, value: Value)] = []
        entries.reserveCapacity(nodes.count)
        for (key, value) in nodes { entries.append((try self.value(of: key), try self.value(of: value))) }
        do throws(EvaluationError.Code) { return .map(try MapValue(entries)) } catch { throw EvaluationError(error, at: node.place) }
    }
}

extension Value {
    /// Names that stand for types, unless they are variables.
    static let basicTypes: [String: Value] = Dictionary(
        uniqueKeysWithValues: ["bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type"].map { ($0, .type($0)) })

    static let timeTypes: [String: Value] = [
        "google.protobuf.Timestamp": .type("google.protobuf.Timestamp"), "google.protobuf.Duration": .type("google.protobuf.Duration"),
    ]
}

/// Calls of functions.
extension Evaluation {
    mutating func call(_ targetNode: Node?, _ argumentNodes: [Node], at node: Node) throws(EvaluationError) -> Value {
        guard let function = node.function else { throw EvaluationError(.unknownVariable, at: node.place) }
        var values: [Value] = []
        values.reserveCapacity(argumentNodes.count + 1)
        if let targetNode { values.append(try value(of: targetNode)) }
        for argument in argumentNodes { values.append(try value(of: argument)) }
        let isMethod = targetNode != nil
        switch (function, values.count, isMethod) {
        case (.size, 1, _):
            return try size(of: values[0], at: node)
        case (.contains, 2, true), (.startsWith, 2, true), (.endsWith, 2, true), (.matches, 2, _):
            return .bool(try textTest(function, values[0], values[1], isLiteral: argumentNodes.last?.isLiteral == true, at: node))
        case (.type, 1, false): return .type(values[0].typeName)
        case (.dyn, 1, false): return values[0]
        case (.int, 1, false), (.uint, 1, false), (.double, 1, false), (.string, 1, false), (.bytes, 1, false), (.bool, 1, false),
            (.timestamp, 1, false), (.duration, 1, false):
            return try conversion(of: values[0], to: function, at: node)
        case (.ipInRange, 2, false):
            guard case .string(let address) = values[0], case .string(let range) = values[1] else { break }
            guard let isInside = AddressRange.contains(address, range: range) else { throw EvaluationError(.badConversion, at: node.place) }
            return .bool(isInside)
        case (let function, 1...2, true) where function.isTimeField:
            return .int(try timeField(function, of: values[0], zone: values.count == 2 ? values[1] : nil, at: node))
        default: break
        }
        throw EvaluationError(.noSuchOverload, at: node.place)
    }

    private mutating func size(of value: Value, at node: Node) throws(EvaluationError) -> Value {
        switch value {
        case .string(let text):
            try spend(text.utf8.count / 16, at: node)
            return .int(Int64(text.unicodeScalars.count))
        case .bytes(let bytes): return .int(Int64(bytes.count))
        case .list(let elements): return .int(Int64(elements.count))
        case .map(let map): return .int(Int64(map.count))
        default: throw EvaluationError(.noSuchOverload, at: node.place)
        }
    }

    private mutating func textTest(
        _ function: Function, _ text: Value, _ part: Value, isLiteral: Bool, at node: Node
    ) throws(EvaluationError) -> Bool {
        guard case .string(let text) = text, case .string(let part) = part else { throw EvaluationError(.noSuchOverload, at: node.place) }
        try spend(part.utf8.count / 16, at: node)
        switch function {
        case .startsWith: return text.starts(exactlyWith: part)
        case .endsWith: return text.ends(exactlyWith: part)
        case .contains:
            try spend(text.utf8.count / 16, at: node)
            return text.contains(exactly: part)
        default:
            // Compiling costs more than matching; a pattern that is written out is compiled once.
            try spend(text.utf8.count / 16 + (isLiteral ? 0 : 100 + part.utf8.count), at: node)
            guard let pattern = isLiteral ? PatternCache.shared.pattern(part) : Pattern(part) else {
                throw EvaluationError(.badPattern, at: node.place)
            }
            return pattern.matches(text)
        }
    }
}

extension Node {
    fileprivate var isLiteral: Bool {
        if case .literal = kind { true } else { false }
    }
}

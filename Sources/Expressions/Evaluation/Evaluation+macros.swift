/// `all`, `exists`, `exists_one`, `map` and `filter`.
extension Evaluation {
    mutating func value(of macro: Comprehension, at node: Node) throws(EvaluationError) -> Value {
        let elements: [Value]
        switch try value(of: macro.range) {
        case .list(let list): elements = list
        case .map(let map):
            try spend(map.count, at: node)
            elements = map.entries.map(\.key)
        default: throw EvaluationError(.noSuchOverload, at: node.place)
        }
        locals.append((macro.variable, .null))
        defer { locals.removeLast() }
        switch macro.macro {
        case .all: return .bool(try absorbing(elements, macro.body, decisive: false))
        case .exists: return .bool(try absorbing(elements, macro.body, decisive: true))
        case .exists_one:
            var count = 0
            for element in elements where try holds(macro.body, for: element) { count += 1 }
            return .bool(count == 1)
        case .filter:
            var kept: [Value] = []
            for element in elements where try holds(macro.body, for: element) { kept.append(element) }
            return .list(kept)
        case .map:
            var results: [Value] = []
            for element in elements {
                if let condition = macro.condition, try !holds(condition, for: element) { continue }
                locals[locals.count - 1].value = element
                results.append(try value(of: macro.body))
            }
            return .list(results)
        }
    }

    private mutating func holds(_ condition: Node, for element: Value) throws(EvaluationError) -> Bool {
        locals[locals.count - 1].value = element
        return try truth(of: condition)
    }

    /// Whether a decisive element was found; an error matters only if none was.
    private mutating func absorbing(_ elements: [Value], _ body: Node, decisive: Bool) throws(EvaluationError) -> Bool {
        var failure: EvaluationError?
        for element in elements {
            do throws(EvaluationError) {
                if try holds(body, for: element) == decisive { return decisive }
            } catch {
                if error.code == .tooMuch { throw error }
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return !decisive
    }
}

extension Node {
    /// The value of the expression, with CEL's rules: `&&`, `||`, `all` and `exists` do not heed an error that cannot matter.
    ///
    /// Takes a bounded number of steps, whatever the lists are that the bindings hold; then it fails with
    /// ``EvaluationError/Code/tooMuch``.
    package func evaluate(_ bindings: any Bindings) throws(EvaluationError) -> Value {
        var evaluation = Evaluation(bindings)
        return try evaluation.value(of: self)
    }

    /// The same for a condition; anything but a bool is an error.
    package func evaluateTruth(_ bindings: any Bindings) throws(EvaluationError) -> Bool {
        var evaluation = Evaluation(bindings)
        return try evaluation.truth(of: self)
    }
}

/// One evaluation: the bindings, the variables of the macros around, and what may still be spent.
///
/// It is not generic over the bindings: unspecialised across modules, that would cost more than the call through the protocol.
struct Evaluation {
    /// A step is a node, an element looked at, or sixteen bytes of text read or written.
    static let largestBudget = 1_000_000

    let bindings: any Bindings
    var locals: [(name: String, value: Value)] = []
    var budget = Evaluation.largestBudget

    init(_ bindings: any Bindings) { self.bindings = bindings }

    mutating func value(of node: Node) throws(EvaluationError) -> Value {
        try spend(1, at: node)
        // What conditions mostly consist of comes first and by itself: in one switch with the rest the compiler retains every part.
        if case .select(let operand, let field) = node.kind { return try selection(field, of: operand, at: node) }
        if case .literal(let value) = node.kind { return value }
        return try composite(node)
    }

    private mutating func composite(_ node: Node) throws(EvaluationError) -> Value {
        switch node.kind {
        case .literal(let value): return value
        case .variable(let name): return try variable(name, at: node)
        case .select(let operand, let field): return try selection(field, of: operand, at: node)
        case .has(let operand, let field): return .bool(try presence(of: field, in: operand, at: node))
        case .index(let operand, let index): return try element(of: value(of: operand), at: value(of: index), node)
        case .list(let elements): return try list(elements)
        case .map(let entries): return try map(entries, at: node)
        case .unary(.negate, let operand): return try negation(of: value(of: operand), at: node)
        case .unary(.not, _): return .bool(try truth(of: node))
        case .binary(let operation, let left, let right):
            return operation.isArithmetic ? try arithmetic(operation, left, right, at: node) : .bool(try truth(of: node))
        case .conditional(let condition, let yes, let no): return try value(of: truth(of: condition) ? yes : no)
        case .call(_, let target, let arguments): return try call(target, arguments, at: node)
        case .comprehension(let comprehension): return try value(of: comprehension, at: node)
        }
    }

    /// The value of a node that has to be a bool.
    mutating func truth(of node: Node) throws(EvaluationError) -> Bool {
        switch node.kind {
        case .binary(let operation, let left, let right) where !operation.isArithmetic:
            try spend(1, at: node)
            switch operation {
            case .and: return try absorbing(left, right, decisive: false)
            case .or: return try absorbing(left, right, decisive: true)
            default: return try relation(operation, left, right, at: node)
            }
        case .unary(.not, let operand):
            try spend(1, at: node)
            return try !truth(of: operand)
        default:
            guard case .bool(let bool) = try value(of: node) else { throw EvaluationError(.noSuchOverload, at: node.place) }
            return bool
        }
    }

    /// `left && right`, which false decides, and `left || right`, which true decides: even if the other is an error.
    private mutating func absorbing(_ left: Node, _ right: Node, decisive: Bool) throws(EvaluationError) -> Bool {
        do throws(EvaluationError) {
            if try truth(of: left) == decisive { return decisive }
        } catch {
            if error.code != .tooMuch, try truth(of: right) == decisive { return decisive }
            throw error
        }
        return try truth(of: right)
    }

    @inline(__always)
    mutating func spend(_ steps: Int, at node: Node) throws(EvaluationError) {
        budget &-= steps
        if budget < 0 { throw EvaluationError(.tooMuch, at: node.place) }
    }
}

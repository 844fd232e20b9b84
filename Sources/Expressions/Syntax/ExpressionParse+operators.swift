/// Binary and unary operators, loosest first.
extension ExpressionParse {
    mutating func disjunction() throws(ExpressionProblem) -> Node {
        var operands = [try conjunction()]
        var places: [Place] = []
        while let place = try take(.or) {
            operands.append(try conjunction())
            places.append(place)
        }
        return Self.balanced(.or, operands[...], places[...])
    }

    private mutating func conjunction() throws(ExpressionProblem) -> Node {
        var operands = [try relation()]
        var places: [Place] = []
        while let place = try take(.and) {
            operands.append(try relation())
            places.append(place)
        }
        return Self.balanced(.and, operands[...], places[...])
    }

    /// A tree of as little depth as can be. Both operators are associative, errors included.
    private static func balanced(_ operation: BinaryOperator, _ operands: ArraySlice<Node>, _ places: ArraySlice<Place>) -> Node {
        if operands.count == 1 { return operands[operands.startIndex] }
        let half = operands.count / 2
        let left = balanced(operation, operands.prefix(half), places.prefix(half - 1))
        let right = balanced(operation, operands.dropFirst(half), places.dropFirst(half))
        return Node(.binary(operation, left, right), at: places[places.startIndex + half - 1])
    }

    private mutating func relation() throws(ExpressionProblem) -> Node {
        var left = try sum()
        var count = 0
        while let operation = relationHere {
            let place = current.place
            count += 1
            try checkDepth(count, at: place)
            try advance()
            left = Node(.binary(operation, left, try sum()), at: place)
        }
        return left
    }

    private var relationHere: BinaryOperator? {
        switch current.kind {
        case .symbol(.equal): .equal
        case .symbol(.notEqual): .notEqual
        case .symbol(.less): .less
        case .symbol(.lessOrEqual): .lessOrEqual
        case .symbol(.greater): .greater
        case .symbol(.greaterOrEqual): .greaterOrEqual
        case .identifier("in"): .contained
        default: nil
        }
    }

    private mutating func sum() throws(ExpressionProblem) -> Node {
        var left = try product()
        while true {
            let operation: BinaryOperator
            switch current.kind {
            case .symbol(.plus): operation = .add
            case .symbol(.minus): operation = .subtract
            default: return left
            }
            let place = current.place
            try advance()
            left = Node(.binary(operation, left, try product()), at: place)
        }
    }

    private mutating func product() throws(ExpressionProblem) -> Node {
        var left = try unary()
        while true {
            let operation: BinaryOperator
            switch current.kind {
            case .symbol(.times): operation = .multiply
            case .symbol(.slash): operation = .divide
            case .symbol(.percent): operation = .remainder
            default: return left
            }
            let place = current.place
            try advance()
            left = Node(.binary(operation, left, try unary()), at: place)
        }
    }

    /// Any number of one of the two operators; the grammar does not mix them.
    private mutating func unary() throws(ExpressionProblem) -> Node {
        var places: [Place] = []
        while let place = try take(.not) {
            places.append(place)
            try checkDepth(places.count, at: place)
        }
        if !places.isEmpty { return Self.wrapped(try signed(at: try take(.minus)), in: .not, places) }
        while let place = try take(.minus) {
            if isNumberHere { return Self.wrapped(try signed(at: place), in: .negate, places) }
            places.append(place)
            try checkDepth(places.count, at: place)
        }
        return Self.wrapped(try member(), in: .negate, places)
    }

    private static func wrapped(_ operand: Node, in operation: UnaryOperator, _ places: [Place]) -> Node {
        places.reversed().reduce(operand) { Node(.unary(operation, $0), at: $1) }
    }

    private var isNumberHere: Bool {
        switch current.kind {
        case .int, .double: true
        default: false
        }
    }

    /// A member, whose number has the sign that stood before it, if there was one.
    private mutating func signed(at sign: Place?) throws(ExpressionProblem) -> Node {
        guard let sign else { return try member() }
        switch current.kind {
        case .int(let magnitude):
            guard magnitude <= Int64.min.magnitude else { throw Self.tooLarge(at: sign) }
            try advance()
            return try members(of: Node(.literal(.int(Int64(truncatingIfNeeded: 0 &- magnitude))), at: sign))
        case .double(let number):
            try advance()
            return try members(of: Node(.literal(.double(-number)), at: sign))
        default:
            throw ExpressionProblem(sign, "'-' cannot follow '!'", hint: "put the operand in parentheses")
        }
    }

    static func tooLarge(at place: Place) -> ExpressionProblem {
        ExpressionProblem(place, "the number is too large for an int", hint: "write it as a double, or as a uint with 'u' behind it")
    }
}

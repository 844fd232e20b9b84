/// Comparisons and arithmetic.
extension Evaluation {
    /// `==`, `<`, `in` and their like.
    mutating func relation(_ operation: BinaryOperator, _ leftNode: Node, _ rightNode: Node, at node: Node) throws(EvaluationError) -> Bool {
        let left = try value(of: leftNode)
        let right = try value(of: rightNode)
        switch operation {
        case .equal: return try isEqual(left, right, at: node)
        case .notEqual: return try !isEqual(left, right, at: node)
        case .contained: return try isContained(left, in: right, at: node)
        default:
            try spend(left.byteCount / 16, at: node)
            guard let order = left.order(against: right) else { throw EvaluationError(.noSuchOverload, at: node.place) }
            switch operation {
            case .less: return order == .before
            case .lessOrEqual: return order == .before || order == .same
            case .greater: return order == .after
            default: return order == .after || order == .same
            }
        }
    }

    @inline(__always)
    private mutating func isEqual(_ left: Value, _ right: Value, at node: Node) throws(EvaluationError) -> Bool {
        let isEqual = left.isEqual(to: right, budget: &budget)
        try spend(0, at: node)
        return isEqual
    }

    private mutating func isContained(_ value: Value, in container: Value, at node: Node) throws(EvaluationError) -> Bool {
        switch container {
        case .list(let elements):
            for element in elements {
                try spend(1, at: node)
                if try isEqual(element, value, at: node) { return true }
            }
            return false
        case .map(let map):
            try spend(value.byteCount / 16, at: node)
            return map.position(of: value) != nil
        default: throw EvaluationError(.noSuchOverload, at: node.place)
        }
    }

    func negation(of value: Value, at node: Node) throws(EvaluationError) -> Value {
        switch value {
        case .int(let number):
            guard number != .min else { throw EvaluationError(.outOfRange, at: node.place) }
            return .int(-number)
        case .double(let number): return .double(-number)
        default: throw EvaluationError(.noSuchOverload, at: node.place)
        }
    }

    /// A chain of sums and products from the left, without a call for each: it may be as long as the text.
    mutating func arithmetic(_ operation: BinaryOperator, _ left: Node, _ right: Node, at node: Node) throws(EvaluationError) -> Value {
        guard case .binary(let inner, _, _) = left.kind, inner.isArithmetic else {
            return try combine(operation, value(of: left), value(of: right), at: node)
        }
        var chain: [(operation: BinaryOperator, right: Node, node: Node)] = [(operation, right, node)]
        var first = left
        while case .binary(let operation, let left, let right) = first.kind, operation.isArithmetic {
            chain.append((operation, right, first))
            first = left
        }
        var result = try value(of: first)
        for link in chain.reversed() {
            try spend(1, at: link.node)
            result = try combine(link.operation, result, value(of: link.right), at: link.node)
        }
        return result
    }

    private mutating func combine(_ operation: BinaryOperator, _ left: Value, _ right: Value, at node: Node) throws(EvaluationError) -> Value {
        switch (left, right) {
        case (.int(let left), .int(let right)): return .int(try Self.result(operation, left, right, at: node))
        case (.uint(let left), .uint(let right)): return .uint(try Self.result(operation, left, right, at: node))
        case (.double(let left), .double(let right)):
            switch operation {
            case .add: return .double(left + right)
            case .subtract: return .double(left - right)
            case .multiply: return .double(left * right)
            case .divide: return .double(left / right)
            default: throw EvaluationError(.noSuchOverload, at: node.place)
            }
        default: break
        }
        if operation == .add {
            switch (left, right) {
            case (.string(let left), .string(let right)):
                try spend((left.utf8.count + right.utf8.count) / 16, at: node)
                return .string(left + right)
            case (.bytes(let left), .bytes(let right)):
                try spend((left.count + right.count) / 16, at: node)
                return .bytes(left + right)
            case (.list(let left), .list(let right)):
                try spend(left.count + right.count, at: node)
                return .list(left + right)
            default: break
            }
        }
        guard operation == .add || operation == .subtract, let result = Self.time(operation == .add, left, right) else {
            throw EvaluationError(.noSuchOverload, at: node.place)
        }
        guard let value = result.value else { throw EvaluationError(.outOfRange, at: node.place) }
        return value
    }

    private static func result<Number: FixedWidthInteger>(
        _ operation: BinaryOperator, _ left: Number, _ right: Number, at node: Node
    ) throws(EvaluationError) -> Number {
        let (result, isOver): (Number, Bool)
        switch operation {
        case .add: (result, isOver) = left.addingReportingOverflow(right)
        case .subtract: (result, isOver) = left.subtractingReportingOverflow(right)
        case .multiply: (result, isOver) = left.multipliedReportingOverflow(by: right)
        case .divide:
            if right == 0 { throw EvaluationError(.divisionByZero, at: node.place) }
            (result, isOver) = left.dividedReportingOverflow(by: right)
        default:
            if right == 0 { throw EvaluationError(.modulusByZero, at: node.place) }
            (result, isOver) = left.remainderReportingOverflow(dividingBy: right)
        }
        if isOver { throw EvaluationError(.outOfRange, at: node.place) }
        return result
    }

    /// Sums and differences of times; `nil` when there is no such operation, and a `nil` inside when the result is out of range.
    private static func time(_ isSum: Bool, _ left: Value, _ right: Value) -> (value: Value?, Void)? {
        switch (left, right) {
        case (.timestamp(let time), .duration(let length)):
            return (time.moved(by: length.count, isBackward: !isSum).map { .timestamp($0) }, ())
        case (.duration(let length), .timestamp(let time)) where isSum:
            return (time.moved(by: length.count, isBackward: false).map { .timestamp($0) }, ())
        case (.duration(let left), .duration(let right)):
            let (count, isOver) =
                isSum ? left.count.addingReportingOverflow(right.count) : left.count.subtractingReportingOverflow(right.count)
            return (isOver ? nil : .duration(Nanoseconds(count)), ())
        case (.timestamp(let left), .timestamp(let right)) where !isSum:
            return (left.nanoseconds(since: right).map { .duration(Nanoseconds($0)) }, ())
        default: return nil
        }
    }
}

extension BinaryOperator {
    /// Whether the result is anything but a bool.
    var isArithmetic: Bool {
        switch self {
        case .add, .subtract, .multiply, .divide, .remainder: true
        case .or, .and, .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .contained: false
        }
    }
}

extension Timestamp {
    /// `nil` outside the years 1 to 9999.
    func moved(by count: Int64, isBackward: Bool) -> Timestamp? {
        let whole = count.flooredQuotient(1_000_000_000)
        let part = count - whole * 1_000_000_000
        // Both are far from the ends of 64 bits: seconds of the years 1 to 9999, and 64 bits of nanoseconds as seconds.
        let sum = Int64(nanoseconds) + (isBackward ? -part : part)
        let carry = sum.flooredQuotient(1_000_000_000)
        return Timestamp(
            seconds: seconds + (isBackward ? -whole : whole) + carry, nanoseconds: Int32(truncatingIfNeeded: sum - carry * 1_000_000_000))
    }

    /// `nil` when 64 bits do not hold it.
    func nanoseconds(since other: Timestamp) -> Int64? {
        let (product, isOver) = (seconds - other.seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isOverSum) = product.addingReportingOverflow(Int64(nanoseconds) - Int64(other.nanoseconds))
        return isOver || isOverSum ? nil : sum
    }
}

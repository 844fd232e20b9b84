/// A comparison of a column with a value that is known, brought to the column's form.
///
/// In an expression numbers of all kinds compare with each other, and times go down to nanoseconds; a column holds whole
/// numbers, or days, or microseconds. The value is moved to the nearest one that the column can have, and the comparison with
/// it, so that the database compares two values of one kind and comes to what the expression says.
extension Column {
    func equals(_ value: Value) -> RowCondition { isAny(of: [value], isList: false) }

    /// - Parameter isList: `in` keeps its form for a list of one: the number of elements should not make another statement.
    func isAny(of values: [Value], isList: Bool = true) -> RowCondition {
        let isNullable = origin == .stored
        let hasNull = isNullable && values.contains { $0.isNull }
        var known: [Value] = []
        var spans: [RowCondition] = []
        for value in values {
            switch bound(value) {
            case .exact(let value): known.append(value)
            case .span(let first, let last):
                spans.append(.all([.not(.isNull(self)), .ordered(self, .greaterOrEqual, .int(first)), .ordered(self, .lessOrEqual, .int(last))]))
            default: break
            }
        }
        if !isNullable { return isAnyOfFlags(known) }
        return .disjunction([isAnyOfKnown(known, hasNull, isList)] + spans)
    }

    private func isAnyOfKnown(_ values: [Value], _ hasNull: Bool, _ isList: Bool) -> RowCondition {
        guard let first = values.first else { return hasNull ? .isNull(self) : .constant(false) }
        if isSealed { return .sealed(self, values, orNull: hasNull) }
        return isList ? .anyOf(self, values, orNull: hasNull) : .equal(self, first)
    }

    private func isAnyOfFlags(_ values: [Value]) -> RowCondition {
        let hasTrue = values.contains { if case .bool(true) = $0 { true } else { false } }
        let hasFalse = values.contains { if case .bool(false) = $0 { true } else { false } }
        if hasTrue && hasFalse { return .constant(true) }
        if hasTrue { return .flag(self) }
        return hasFalse ? .negation(.flag(self)) : .constant(false)
    }

    func ordered(_ order: RowCondition.Order, _ value: Value) -> RowCondition {
        if kind == .boolean {
            guard case .bool(let flag) = value else { return .error }
            return ordered(order, flag)
        }
        return switch bound(value) {
        case .exact(let value): .ordered(self, order, value)
        case .span(let first, let last): .ordered(self, order, .int(order == .less || order == .greaterOrEqual ? first : last))
        case .behind(let value): .ordered(self, order.isUpward ? .greater : .lessOrEqual, value)
        case .beyondAll: .settled(self, !order.isUpward)
        case .beforeAll: .settled(self, order.isUpward)
        case .apart: .settled(self, false)
        case .otherKind: .error
        }
    }

    /// False comes before true.
    private func ordered(_ order: RowCondition.Order, _ flag: Bool) -> RowCondition {
        switch (order, flag) {
        case (.less, true), (.lessOrEqual, false): .negation(.flag(self))
        case (.greater, false), (.greaterOrEqual, true): .flag(self)
        case (.less, false), (.greater, true): settled(false)
        default: settled(true)
        }
    }

    func length(_ order: RowCondition.Order, _ value: Value) -> RowCondition {
        let bound = Bound.ofInteger(value)
        switch order {
        case .equal, .notEqual:
            guard case .exact(.int(let count)) = bound else { return settled(order == .notEqual) }
            return .length(self, order, count)
        default:
            return switch bound {
            case .exact(.int(let count)), .span(let count, _): .length(self, order, count)
            case .behind(.int(let count)): .length(self, order.isUpward ? .greater : .lessOrEqual, count)
            case .beyondAll: settled(!order.isUpward)
            case .beforeAll: settled(order.isUpward)
            case .apart: settled(false)
            default: .error
            }
        }
    }

    func passes(_ test: RowCondition.TextTest, _ text: String) -> RowCondition {
        // PostgreSQL has no text with a zero character, and cannot even be asked about one.
        text.utf8.contains(0) ? settled(false) : .text(self, test, ExactText(text))
    }

    private func settled(_ value: Bool) -> RowCondition { origin == .stored ? .settled(self, value) : .constant(value) }

    // MARK: Forms

    /// Where a value stands among those that a column can have.
    enum Bound {
        case exact(Value)
        /// One number as a double, and all of these as whole numbers: beyond 2^53 a double is the nearest of several.
        case span(Int64, Int64)
        /// Right behind this value, before the next one that the column can have.
        case behind(Value)
        case beyondAll, beforeAll
        /// A number, but on no side of any: NaN.
        case apart
        /// Not to be compared with the column at all.
        case otherKind

        static func ofInteger(_ value: Value) -> Bound {
            switch value {
            case .int: .exact(value)
            case .uint(let number): Int64(exactly: number).map { .exact(.int($0)) } ?? .beyondAll
            case .double(let number): ofInteger(number)
            default: .otherKind
            }
        }

        private static func ofInteger(_ number: Double) -> Bound {
            if number.isNaN { return .apart }
            if number.magnitude < 0x1p53, let floor = Int64(exactly: number.rounded(.down)) {
                return Double(floor) == number ? .exact(.int(floor)) : .behind(.int(floor))
            }
            guard let least = first(where: { $0 >= number }) else { return .beyondAll }
            guard Double(least) == number else { return .beforeAll }
            return .span(least, first(where: { $0 > number }).map { $0 - 1 } ?? .max)
        }

        /// The smallest whole number of which, as a double, something holds that holds for all above it.
        private static func first(where holds: (Double) -> Bool) -> Int64? {
            guard holds(Double(Int64.max)) else { return nil }
            var (below, above) = (Int64.min, Int64.max)
            while below < above {
                let middle = Int64((Int128(below) + Int128(above)) >> 1)
                if holds(Double(middle)) { above = middle } else { below = middle + 1 }
            }
            return above
        }

        /// Comparing a whole number with a double, an expression takes the nearest double for it.
        static func ofDouble(_ value: Value) -> Bound {
            switch value {
            case .double(let number): number.isNaN ? .apart : .exact(value)
            case .int(let number): .exact(.double(Double(number)))
            case .uint(let number): .exact(.double(Double(number)))
            default: .otherKind
            }
        }

        static func ofText(_ value: Value) -> Bound {
            guard case .string(let text) = value else { return .otherKind }
            guard let zero = text.utf8.firstIndex(of: 0) else { return .exact(value) }
            // No text without a zero character lies between the part before it and the whole.
            return .behind(.string(String(text[..<zero])))
        }

        static func ofTime(_ value: Value, _ floor: (Timestamp) -> Timestamp?) -> Bound {
            guard case .timestamp(let time) = value, let floor = floor(time) else { return .otherKind }
            return floor == time ? .exact(value) : .behind(.timestamp(floor))
        }
    }

    private func bound(_ value: Value) -> Bound {
        switch kind {
        case .text: return .ofText(value)
        case .integer: return .ofInteger(value)
        case .decimal: return .ofDouble(value)
        case .boolean: if case .bool = value { return .exact(value) } else { return .otherKind }
        case .date: return .ofTime(value) { $0.startOfDay }
        case .timestamp: return .ofTime(value) { $0.wholeMicrosecond }
        case .identifier:
            guard case .string(let text) = value, Self.isCanonicalIdentifier(text) else { return .otherKind }
            return .exact(value)
        }
    }

    /// 8-4-4-4-12 in lower case, as ids are written in expressions; in another form a text is never equal to one.
    private static func isCanonicalIdentifier(_ text: String) -> Bool {
        guard text.utf8.count == 36 else { return false }
        for (position, byte) in text.utf8.enumerated() {
            switch (position, byte) {
            case (8, UInt8(ascii: "-")), (13, UInt8(ascii: "-")), (18, UInt8(ascii: "-")), (23, UInt8(ascii: "-")): break
            case (8, _), (13, _), (18, _), (23, _): return false
            case (_, UInt8(ascii: "0")...UInt8(ascii: "9")), (_, UInt8(ascii: "a")...UInt8(ascii: "f")): break
            default: return false
            }
        }
        return true
    }
}

extension RowCondition.Order {
    /// Asks for what lies above.
    var isUpward: Bool { self == .greater || self == .greaterOrEqual }
}

extension Timestamp {
    /// Midnight before it, or itself.
    var startOfDay: Timestamp? {
        let rest = seconds % 86_400
        return Timestamp(seconds: seconds - (rest < 0 ? rest + 86_400 : rest))
    }

    /// The last whole microsecond that is not later.
    var wholeMicrosecond: Timestamp? { Timestamp(seconds: seconds, nanoseconds: nanoseconds - nanoseconds % 1000) }
}

/// A map of CEL: keys are bool, int, uint or string, each once, in the order in which they were written.
///
/// An int and a uint of the same number are one key, and a double that is a whole number finds it. Equality here does not
/// heed the order of the entries.
package struct MapValue: Sendable {
    package let entries: [(key: Value, value: Value)]
    /// Only for maps that are too large to look through.
    private let index: [Key: Int]?

    /// Up to this many entries comparing is quicker than hashing.
    private static let largestScan = 8

    /// Refused with ``EvaluationError/Code/badKey`` or ``EvaluationError/Code/repeatedKey``.
    package init(_ entries: [(key: Value, value: Value)]) throws(EvaluationError.Code) {
        var index: [Key: Int] = [:]
        if entries.count > Self.largestScan { index.reserveCapacity(entries.count) }
        for (position, entry) in entries.enumerated() {
            guard entry.key.isMapKey, let key = Key(entry.key) else { throw .badKey }
            if index.updateValue(position, forKey: key) != nil { throw .repeatedKey }
        }
        self.entries = entries
        self.index = entries.count > Self.largestScan ? index : nil
    }

    /// A map with names for keys; of a name that comes twice the last value counts.
    package init(members: some Sequence<(name: String, value: Value)>) {
        var entries: [(key: Value, value: Value)] = []
        var index: [Key: Int] = [:]
        for (name, value) in members {
            if let position = index.updateValue(entries.count, forKey: .string(ExactText(name))) {
                index[.string(ExactText(name))] = position
                entries[position].value = value
            } else {
                entries.append((.string(name), value))
            }
        }
        self.entries = entries
        self.index = entries.count > Self.largestScan ? index : nil
    }

    package var count: Int { entries.count }

    package func value(of key: Value) -> Value? { position(of: key).map { entries[$0].value } }

    /// The value of a string key.
    package func value(named name: String) -> Value? {
        if let index { return index[.string(ExactText(name))].map { entries[$0].value } }
        for entry in entries {
            if case .string(let text) = entry.key, text.isSameText(as: name) { return entry.value }
        }
        return nil
    }

    func position(of key: Value) -> Int? {
        guard let key = Key(key) else { return nil }
        if let index { return index[key] }
        return entries.firstIndex { Key($0.key) == key }
    }

    /// A key by its number or text, whatever kind of number it is.
    private enum Key: Hashable {
        case bool(Bool)
        case int(Int64)
        /// More than an `Int64` holds.
        case large(UInt64)
        case string(ExactText)

        /// `nil` when no map has such a key.
        init?(_ value: Value) {
            switch value {
            case .bool(let bool): self = .bool(bool)
            case .int(let number): self = .int(number)
            case .uint(let number): self = Int64(exactly: number).map { .int($0) } ?? .large(number)
            case .double(let number):
                if let whole = Int64(exactly: number) {
                    self = .int(whole)
                } else if let whole = UInt64(exactly: number) {
                    self = .large(whole)
                } else {
                    return nil
                }
            case .string(let text): self = .string(ExactText(text))
            default: return nil
            }
        }
    }
}

extension MapValue: Hashable {
    package static func == (left: MapValue, right: MapValue) -> Bool {
        guard left.count == right.count else { return false }
        return left.entries.allSatisfy { entry in
            guard let position = right.position(of: entry.key) else { return false }
            return right.entries[position].key == entry.key && right.entries[position].value == entry.value
        }
    }

    package func hash(into hasher: inout Hasher) {
        // The sum does not depend on the order of the entries.
        var sum = 0
        for (key, value) in entries {
            var entry = Hasher()
            entry.combine(key)
            entry.combine(value)
            sum &+= entry.finalize()
        }
        hasher.combine(sum)
    }
}

extension Value {
    fileprivate var isMapKey: Bool {
        switch self {
        case .bool, .int, .uint, .string: true
        default: false
        }
    }
}

/// Kinds of values that an operator or function does not tell apart: all numbers compare with each other.
struct TypeFamilies: OptionSet, Sendable {
    let rawValue: UInt16

    static let boolean = TypeFamilies(rawValue: 1)
    static let int = TypeFamilies(rawValue: 2)
    static let uint = TypeFamilies(rawValue: 4)
    static let double = TypeFamilies(rawValue: 8)
    static let text = TypeFamilies(rawValue: 16)
    static let bytes = TypeFamilies(rawValue: 32)
    static let time = TypeFamilies(rawValue: 64)
    static let duration = TypeFamilies(rawValue: 128)
    static let list = TypeFamilies(rawValue: 256)
    static let map = TypeFamilies(rawValue: 512)
    static let type = TypeFamilies(rawValue: 1024)
    static let null = TypeFamilies(rawValue: 2048)

    static let number: TypeFamilies = [.int, .uint, .double]
    static let ordered: TypeFamilies = [.boolean, .number, .text, .bytes, .time, .duration]
    static let anything: TypeFamilies = [.ordered, .list, .map, .type, .null]

    /// In words, as in "takes a text or a list".
    var words: String {
        var words: [String] = []
        if contains(.number) { words.append("a number") }
        for (family, word) in Self.named where contains(family) && !(contains(.number) && Self.number.contains(family)) { words.append(word) }
        guard words.count > 1, let last = words.popLast() else { return words.first ?? "nothing" }
        return words.joined(separator: ", ") + " or " + last
    }

    private static let named: [(TypeFamilies, String)] = [
        (.int, "an int"), (.uint, "a uint"), (.double, "a double"), (.text, "a text"), (.bytes, "bytes"), (.boolean, "a boolean"),
        (.time, "a time"), (.duration, "a duration"), (.list, "a list"), (.map, "a map"), (.type, "a type"), (.null, "null"),
    ]
}

extension ExpressionType {
    /// What the type belongs to; empty for a type that only its value will tell.
    var families: TypeFamilies {
        switch self {
        case .any: []
        case .null: .null
        case .bool: .boolean
        case .int: .int
        case .uint: .uint
        case .double: .double
        case .string: .text
        case .bytes: .bytes
        case .timestamp: .time
        case .duration: .duration
        case .type: .type
        case .list: .list
        case .map, .object: .map
        }
    }

    /// Whether a value of this type may belong to one of these.
    func may(be families: TypeFamilies) -> Bool { self == .any || !self.families.isDisjoint(with: families) }

    /// Whether the two may be equal: of one family, or one of them unknown or null.
    func mayEqual(_ other: ExpressionType) -> Bool {
        if self == .any || other == .any || self == .null || other == .null { return true }
        return families == other.families || (may(be: .number) && other.may(be: .number))
    }

    /// What is known of a value that is of this type or of the other; any value may be null anyway.
    func joined(with other: ExpressionType) -> ExpressionType {
        if self == other || other == .null { return self }
        return self == .null ? other : .any
    }

    /// "a number", "a text": what a comparison tells apart.
    var word: String {
        if !families.isDisjoint(with: .number) { return TypeFamilies.number.words }
        return self == .any ? "anything" : families.words
    }

    /// "an int", "a text": what arithmetic tells apart.
    var exactWord: String { self == .any ? "anything" : families.words }
}

extension Column {
    /// The type of its values in an expression.
    var type: ExpressionType {
        switch kind {
        case .text, .identifier: .string
        case .integer: .int
        case .decimal: .double
        case .boolean: .bool
        case .date, .timestamp: .timestamp
        }
    }
}

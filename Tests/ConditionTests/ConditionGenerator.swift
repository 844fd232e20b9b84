import Catalog
import Expressions
import Vocabulary

/// Numbers that look random and are the same for the same seed (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

/// Makes up conditions of every form that can be asked of a table, and rows to ask.
struct ConditionGenerator {
    private var random: SplitMix64
    private let ids: [String]

    init(seed: UInt64, ids: [String] = []) {
        random = SplitMix64(state: seed)
        self.ids = ids
    }

    // MARK: The caller

    static let scope = ExpressionScope(
        variables: [
            "principal": .object([
                "id": .string, "teams": .list(.string), "level": .int, "large": .uint, "rate": .double, "since": .timestamp, "boss": .bool,
                "nothing": .any, "claims": .map(.string, .any), "mixed": .any, "numbers": .list(.int), "records": .list(.string),
            ]),
            "now": .timestamp,
        ],
        columns: nil
    )

    mutating func bindings() throws -> SampleBindings {
        let claims: [(String, Value)] = [("region", .string(text())), ("level", .int(integer())), ("none", .null)]
        return SampleBindings(
            variables: [
                "principal": [
                    "id": .string(text()), "teams": .list((0..<Int.random(in: 0...3, using: &random)).map { _ in .string(text()) }),
                    "level": .int(integer()), "large": .uint(pick([0, 1, 3, 9_007_199_254_740_993, 1 << 63, .max])), "rate": .double(double()),
                    "since": .timestamp(try time()), "boss": .bool(.random(using: &random)), "nothing": .null,
                    "claims": .map(MapValue(members: claims.map { (name: $0.0, value: $0.1) })),
                    "mixed": .list([.null, .string(text()), .int(integer()), .double(double()), .bool(true), .timestamp(try time())]),
                    "numbers": .list((0..<Int.random(in: 0...3, using: &random)).map { _ in .int(integer()) }),
                    "records": .list((0..<Int.random(in: 0...3, using: &random)).map { _ in .string(pick(ids)) }),
                ]
            ],
            now: .timestamp(try time())
        )
    }

    // MARK: Rows

    mutating func row(_ entity: Entity, before: [RecordID]) throws -> SampleRow {
        let id = RecordID(UUIDv7(high: random.next(), low: random.next()))
        let values = entity.fields.map { field -> FieldValue? in
            if field.isSealed || (!field.isSystem && chance(5)) { return nil }
            return switch field.type {
            case .choice: .text(pick(["open", "won", "lost"]))
            case .integer: .integer(integer())
            case .money: .decimal(pick(Self.amounts))
            case .boolean: .boolean(.random(using: &random))
            case .date: CalendarDate(pick(Self.days)).map { .date($0) }
            case .timestamp: Instant(pick(Self.moments)).map { .timestamp($0) }
            case .reference: .reference(pick(before + [id]))
            default: .text(text())
            }
        }
        return SampleRow(
            id: id, subject: chance(4) ? nil : SubjectID(id.uuid), values: values, isRestricted: chance(3), isObjecting: chance(3)
        )
    }

    private static let texts = [
        "", "a", "A", "ab", "abc", "b", "ba", "zz", "é", "e\u{301}", "e", "\u{301}", "ß", "日本", "日", "😀", "👩‍👩‍👧", "\u{E000}", "\u{FFFD}", "\u{10FFFF}",
        "a b", " ", "%", "_", "a%b", "\\", "'", "\"", "$1", "\r\n", "\n", "\u{1}", "open", "won", "Å", "\u{212B}", "A\u{30A}",
    ]
    private static let integers: [Int64] = [
        0, 1, -1, 2, 3, 5, 10, 1 << 53, (1 << 53) + 1, (1 << 53) - 1, -(1 << 53), -(1 << 53) - 1, (1 << 53) + 3, .max, .max - 1, .max - 600, .min,
        .min + 1,
        .min + 600, 1 << 62, (1 << 62) + 1,
    ]
    private static let doubles: [Double] = [
        0, 1, -1, 2.5, 2, 3, -0.5, 0.1, 0.3, 1200.5, 0x1p53, 0x1p53 + 2, -0x1p53, 0x1p62, 0x1p63, -0x1p63, -0x1.0000000000001p63, 1e300, -1e300,
        .leastNonzeroMagnitude,
        9007199254740991, 4503599627370496.5, 99999999999999.9999, 9223372036854774784, .infinity, -.infinity, .nan,
    ]
    private static let amounts = [
        "0", "0.1", "0.3", "-0.01", "1", "2", "2.5", "3", "1200.50", "99999999999999.9999", "9007199254740993", "9007199254740992",
        "-9007199254740993",
        "123456789012345678.1234", "9223372036854775807", "9223372036854775808", "0.0001",
    ]
    private static let days = ["0001-01-01", "9999-12-31", "1969-12-31", "1970-01-01", "2024-02-29", "2026-11-22", "2026-11-21", "1999-12-31"]
    private static let moments = [
        "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00Z", "2026-11-22T00:00:00Z",
        "2026-11-22T09:30:00.000001Z", "2026-11-22T09:30:00Z", "1999-12-31T23:59:59.5Z",
    ]
    private static let times = [
        "0001-01-01T00:00:00.000000001Z", "9999-12-31T23:59:59.999999999Z", "9999-12-31T00:00:00Z", "2026-11-22T09:30:00.000000001Z",
        "2026-11-22T09:30:00.0000019Z", "1969-12-31T12:00:00Z", "1969-12-31T23:59:59.999999001Z", "2024-02-29T00:00:00Z", "2026-11-21T00:00:00Z",
        "1969-12-31T00:00:00Z",
    ]

    // MARK: Conditions

    /// Any condition that is not too long to be read.
    mutating func condition(depth: Int) -> String {
        while true {
            let text = part(depth: depth)
            if text.utf8.count <= ExpressionParser.largestText { return text }
        }
    }

    private mutating func part(depth: Int) -> String {
        if depth > 0, !chance(4) {
            let inner = depth - 1
            switch Int.random(in: 0..<8, using: &random) {
            case 0: return "!(\(part(depth: inner)))"
            case 1, 2: return "(\(part(depth: inner)) && \(part(depth: inner)))"
            case 3, 4: return "(\(part(depth: inner)) || \(part(depth: inner)))"
            case 5: return "(\(part(depth: inner)) ? \(part(depth: inner)) : \(part(depth: inner)))"
            case 6: return "(\(part(depth: inner)) && \(part(depth: inner)) && \(part(depth: inner)))"
            default: return "(\(folded()) ? \(part(depth: inner)) : \(part(depth: inner)))"
            }
        }
        return chance(6) ? folded() : leaf()
    }

    /// A boolean that speaks of no column.
    private mutating func folded() -> String {
        pick([
            "true", "false", "principal.boss", "!principal.boss", "principal.level > 2", "principal.nothing == null", "1 / 0 == 1",
            "principal.claims['gone'] == 1", "principal.claims.level == principal.level", "principal.teams.exists(t, t == 'a')",
            "principal.teams.all(t, size(t) > 0)", "principal.id.matches('^[a-z]+$')", "size(principal.teams) > 1", "principal.nothing < 3",
            "now > timestamp('2000-01-01T00:00:00Z')", "now.getFullYear() >= 2000", "int('x') == 1 || principal.boss", "dyn('x')",
            "principal.rate * 2.0 > 4.0", "has(principal.claims.region)", "principal.nothing", "'a' in principal.mixed",
            "ipInRange('10.1.2.3', '10.0.0.0/8')",
        ])
    }

    private mutating func leaf() -> String {
        switch Int.random(in: 0..<11, using: &random) {
        case 0, 1: return textLeaf()
        case 2, 3: return numberLeaf(["number", "other_number"])
        case 4, 5: return numberLeaf(["amount", "other_amount"])
        case 6: return flagLeaf()
        case 7: return timeLeaf(["day", "other_day"])
        case 8: return timeLeaf(["moment", "other_moment"])
        case 9: return idLeaf()
        default: return anyLeaf()
        }
    }

    private mutating func textLeaf() -> String {
        let names = ["title", "other_text"]
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return compared(names, textValue(), Self.orders)
        case 1, 2: return compared(names, textValue(), Self.equalities)
        case 3: return "\(column(names)) in \(list { $0.textValue() })"
        case 4: return "\(column(names)).\(pick(["startsWith", "endsWith", "contains"]))(\(textValue()))"
        case 5:
            return compared(
                ["size(\(column(names)))", "\(column(names)).size()"],
                pick(["0", "1", "2", "2.5", "3u", "-1", "1e300", "dyn('x')", "0.0/0.0", "principal.level"]), Self.operators, isColumn: false)
        case 6: return "\(column(names)) \(pick(Self.operators)) \(column(names))"
        default:
            return pick([
                "\(column(["stage"])) == 'won'", "\(column(["stage"])) in ['won', 'lost']", "\(column(["stage"])) != 'open'",
                "'won' == \(column(["stage"]))",
            ])
        }
    }

    private mutating func numberLeaf(_ names: [String]) -> String {
        switch Int.random(in: 0..<6, using: &random) {
        case 0, 1: return compared(names, numberValue(), Self.orders)
        case 2: return compared(names, numberValue(), Self.equalities)
        case 3, 4: return "\(column(names)) in \(list { $0.numberValue() })"
        default: return "\(column(names)) \(pick(Self.operators)) \(column(names))"
        }
    }

    private mutating func flagLeaf() -> String {
        let names = ["flag", "other_flag", "restricted", "objected"]
        switch Int.random(in: 0..<7, using: &random) {
        case 0, 1: return column(names)
        case 2: return "!\(column(names))"
        case 3: return compared(names, flagValue(), Self.operators)
        case 4: return "\(column(names)) in \(list { $0.flagValue() })"
        case 5: return "\(column(names)) \(pick(Self.operators)) \(column(names))"
        default: return compared(names, pick(["null", "dyn('x')", "principal.nothing"]), Self.equalities)
        }
    }

    private mutating func timeLeaf(_ names: [String]) -> String {
        switch Int.random(in: 0..<6, using: &random) {
        case 0, 1, 2: return compared(names, timeValue(), Self.operators)
        case 3, 4: return "\(column(names)) in \(list { $0.timeValue() })"
        default: return "\(column(names)) \(pick(Self.operators)) \(column(names))"
        }
    }

    private mutating func idLeaf() -> String {
        let names = ["parent_id", "other_id", "id"]
        switch Int.random(in: 0..<3, using: &random) {
        case 0: return compared(names, idValue(), Self.equalities)
        case 1: return "\(column(names)) in \(list { $0.idValue() })"
        default: return "\(column(names)) \(pick(Self.equalities)) \(column(names))"
        }
    }

    private mutating func anyLeaf() -> String {
        let name = column(Self.names)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: return "\(name) == null"
        case 1: return "null != \(name)"
        case 2: return "has(record.\(pick(Self.names)))"
        case 3: return "\(name) in principal.mixed"
        default: return "dyn(\(name)) \(pick(Self.equalities)) \(pick(["dyn(1)", "dyn('a')", "dyn(true)", "principal.nothing", "now", "dyn(2.5)"]))"
        }
    }

    private static let names = ["title", "stage", "number", "amount", "flag", "day", "moment", "parent_id", "id", "restricted", "objected"]
    private static let orders = ["<", "<=", ">", ">="]
    private static let equalities = ["==", "!="]
    private static let operators = orders + equalities

    private mutating func column(_ names: [String]) -> String {
        let name = pick(names)
        return chance(2) ? name : "record.\(name)"
    }

    private mutating func compared(_ names: [String], _ value: String, _ operators: [String], isColumn: Bool = true) -> String {
        let side = isColumn ? column(names) : pick(names)
        let sign = pick(operators)
        return chance(3) ? "\(value) \(sign) \(side)" : "\(side) \(sign) \(value)"
    }

    private mutating func list(_ value: (inout ConditionGenerator) -> String) -> String {
        if chance(8) {
            return pick([
                "principal.mixed", "dyn(principal.claims)", "dyn({'a': 1, 3: 2, true: 3})", "dyn('x')", "dyn([])", "principal.nothing",
                "[1, 2].map(x, dyn(x))",
            ])
        }
        var elements = (0..<Int.random(in: 0...4, using: &random)).map { _ in "dyn(\(value(&self)))" }
        if chance(3) { elements.append("null") }
        return "[\(elements.joined(separator: ", "))]"
    }

    private mutating func textValue() -> String {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return "principal.id"
        case 1: return "principal.claims.region"
        case 2: return pick(["dyn(1)", "principal.nothing", "dyn(true)", "principal.claims.gone", "string(principal.level)", "dyn(1 / 0)"])
        case 3: return "\(literal(text())) + \(literal(text()))"
        case 4: return literal(text() + "\0" + text())
        case 5: return "(principal.boss ? \(literal(text())) : \(literal(text())))"
        default: return literal(text())
        }
    }

    private mutating func numberValue() -> String {
        switch Int.random(in: 0..<12, using: &random) {
        case 0: return "principal.level"
        case 1: return "principal.large"
        case 2: return "principal.rate"
        case 3:
            return pick([
                "dyn('x')", "dyn(null)", "principal.nothing", "dyn(true)", "principal.claims.level", "1 / 0", "0.0 / 0.0", "1.0 / 0.0", "-1.0 / 0.0",
            ])
        case 4: return pick(["0u", "3u", "9007199254740993u", "9223372036854775808u", "18446744073709551615u"])
        case 5: return "\(Int.random(in: 0...9, using: &random)) + \(Int.random(in: 0...9, using: &random))"
        case 6, 7, 8: return Self.literal(double())
        default: return "\(integer())"
        }
    }

    private mutating func flagValue() -> String { pick(["true", "false", "principal.boss", "dyn(1)", "principal.nothing", "(1 == 1)"]) }

    private mutating func timeValue() -> String {
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return "now"
        case 1: return "principal.since"
        case 2: return "now - duration('\(Int.random(in: 0...100, using: &random))h')"
        case 3: return pick(["dyn('2026-11-22')", "principal.nothing", "dyn(1)", "timestamp(principal.id)", "principal.since + duration('1ns')"])
        default: return "timestamp('\(pick(Self.days.map { $0 + "T00:00:00Z" } + Self.moments + Self.times))')"
        }
    }

    private mutating func idValue() -> String {
        switch Int.random(in: 0..<5, using: &random) {
        case 0: return literal(pick(ids).uppercased())
        case 1: return pick(["dyn(1)", "principal.nothing", "''", "'not an id'", "principal.id"])
        default: return literal(pick(ids))
        }
    }

    // MARK: Values

    private mutating func text() -> String { chance(4) ? pick(Self.texts) + pick(Self.texts) : pick(Self.texts) }
    private mutating func integer() -> Int64 { chance(5) ? Int64.random(in: -10...10, using: &random) : pick(Self.integers) }
    private mutating func double() -> Double { pick(Self.doubles) }
    private mutating func time() throws -> Timestamp {
        let text = pick(Self.moments + Self.times)
        guard let time = Timestamp(text) else { throw ExpressionProblem(Place(offset: 0, line: 1, column: 1), "no time") }
        return time
    }

    private func literal(_ text: String) -> String {
        var literal = "'"
        for scalar in text.unicodeScalars {
            if scalar.isASCII, scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "-" {
                literal.unicodeScalars.append(scalar)
                continue
            }
            let digits = String(scalar.value, radix: 16)
            literal += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
        }
        return literal + "'"
    }

    private static func literal(_ number: Double) -> String {
        if number.isNaN { return "0.0 / 0.0" }
        if number.isInfinite { return number > 0 ? "1.0 / 0.0" : "-1.0 / 0.0" }
        return "double('\(number)')"
    }

    private mutating func chance(_ oneIn: Int) -> Bool { Int.random(in: 0..<oneIn, using: &random) == 0 }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        precondition(!elements.isEmpty, "there is nothing to pick from")
        return elements[Int.random(in: elements.indices, using: &random)]
    }
}

import Expressions
import Vocabulary

/// A scope, a caller and a record to write conditions about.
enum Deals {
    static let columns = [
        Column("id", .identifier), Column("stage", .text, choices: ["open", "won", "lost"]), Column("name", .text), Column("other_name", .text),
        Column("amount", .decimal), Column("units", .integer), Column("is_open", .boolean), Column("close_date", .date),
        Column("created_at", .timestamp), Column("updated_at", .timestamp), Column("owner_id", .text), Column("contact_id", .identifier),
        Column("email", .text, isSealed: true, isSearchable: true), Column("notes", .text, isSealed: true),
        Column("restricted", .boolean, origin: .restricted),
    ]

    static let variables: [String: ExpressionType] = [
        "principal": .object(["id": .string, "teams": .list(.string), "level": .int, "claims": .map(.string, .any), "boss": .bool]),
        "request": .object(["purpose": .string, "ip": .string]), "now": .timestamp,
    ]

    static let scope = ExpressionScope(variables: variables, columns: Dictionary(uniqueKeysWithValues: columns.map { ($0.name, $0) }))
    static let filter = ExpressionScope(variables: variables, columns: scope.columns, hasBareColumns: true)

    static func column(_ name: String) -> Column { columns.first { $0.name == name } ?? Column(name, .text) }

    /// What a problem says, or nothing.
    static func problem(_ text: String, _ scope: ExpressionScope = scope, _ definitions: [String: Node] = [:]) -> String? {
        do throws(ExpressionProblem) {
            _ = try Condition.compile(text, scope: scope, definitions: definitions)
            return nil
        } catch {
            return error.description
        }
    }

    static func rows(_ text: String, _ scope: ExpressionScope = scope) throws -> RowCondition {
        try Condition.compile(text, scope: scope).rows(Caller())
    }

    struct Caller: Bindings {
        var record: [String: Value] = [:]

        func value(of variable: String) -> Value? { variable == "now" ? Timestamp("2026-11-22T09:30:00.5Z").map { .timestamp($0) } : nil }

        func member(_ name: String, of variable: String) -> MemberValue? {
            switch (variable, name) {
            case ("record", _): record[name].map { .value($0) } ?? .missing
            case ("principal", "id"): .value(.string("ann"))
            case ("principal", "teams"): .value(.list([.string("north"), .string("south")]))
            case ("principal", "level"): .value(.int(3))
            case ("principal", "boss"): .value(.bool(false))
            case ("principal", "claims"): .value(.map(MapValue(members: [(name: "region", value: .string("EU")), (name: "none", value: .null)])))
            case ("request", "purpose"): .value(.string("sales"))
            case ("request", "ip"): .value(.string("10.1.2.3"))
            default: .missing
            }
        }
    }
}

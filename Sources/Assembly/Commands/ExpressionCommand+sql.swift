import ArgumentParser
import Catalog
import DataFormats
import Expressions
import Identity
import Policies
import PolicyFiles
import PostgresLink
import Storage
import Vocabulary

extension ExpressionCommand {
    struct Sql: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print what a condition asks of the database.",
            discussion: """
                The first line is what stands behind WHERE, a line for each parameter follows. With --json both are members: "sql", and \
                "parameters" with "type" and "value". What speaks of no column (principal, request, now) is worked out from the options \
                first. Columns go by record.name or by name alone. A comparison with a sealed column becomes one with the ids of the \
                records that the vault finds; nothing is looked up here.

                Example: gatehouse expression sql --entity deal "stage == 'won' && amount > 5000"
                """
        )

        @Option(help: ArgumentHelp("The entity whose records the condition is about.", valueName: "name"))
        var entity: String

        @Option(help: ArgumentHelp("The folder of policies; found by itself in a checkout.", valueName: "dir"))
        var policies: String?

        @Option(help: ArgumentHelp("The state directory on this host, if its policies are meant.", valueName: "dir"))
        var state: String?

        @Option(help: ArgumentHelp("principal.id", valueName: "name"))
        var principalID = "host"

        @Option(help: ArgumentHelp("One of principal.roles; may be repeated.", valueName: "name"))
        var role: [String] = []

        @Option(help: ArgumentHelp("One of principal.teams; may be repeated.", valueName: "name"))
        var team: [String] = []

        @Option(help: ArgumentHelp("request.purpose", valueName: "name"))
        var purpose: String?

        @Flag(help: "Print JSON.") var json = false

        @Argument(help: "The condition.")
        var condition: String

        func run() throws {
            let location = try PolicyLocation.find(policies, state.map { try StateDirectory($0) })
            let folder: PolicyFolder
            do throws(Diagnostics) { folder = try PolicyFolder.load(location) } catch { throw CommandFailure(error) }
            let catalog = folder.catalog
            guard let entity = catalog.entity(named: entity) ?? catalog.entity(plural: entity) else {
                throw CommandFailure(
                    .invalid, "there is no entity '\(self.entity)'", hint: Spelling.hint(for: self.entity, among: catalog.entities.map(\.name))
                )
            }
            // Somebody who might ask, to work out what speaks of no record.
            let caller = Principal.described(tenant: TenantID(.make()), user: principalID, roles: role, teams: team)
            let bindings = RequestBindings(
                AccessRequest(principal: caller, purpose: purpose.flatMap { catalog.purposes[$0] }), attributes: folder.policies.attributes
            )
            let scope = ExpressionScope(
                variables: RequestBindings.variables(attributes: folder.policies.attributes),
                columns: Dictionary(entity.columns.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }), hasBareColumns: true
            )
            let compiled: Condition
            do throws(ExpressionProblem) { compiled = try Condition.compile(condition, scope: scope) } catch {
                throw CommandFailure(.invalid, "\(error.place.line):\(error.place.column): \(error.message)", hint: error.hint)
            }
            var lookUps = LookUps()
            let shown = ShownStatement(lookUps.standIn(for: compiled.rows(bindings)).filter(entity), lookUps)
            Console.say(json ? shown.json : shown.text)
        }
    }
}

/// Stands in for what only the vault can answer: an id for each look-up, that nothing else has.
private struct LookUps {
    private var columns: [String: String] = [:]

    mutating func standIn(for condition: RowCondition) -> RowCondition {
        var found: [(record: RecordID, column: String)] = []
        let standing = condition.mapped { part in
            guard case .sealed(let column, _, let orNull) = part else { return nil }
            let record = RecordID.make()
            found.append((record, column.name))
            // Two, so that the form is that of a list, as long as the vault makes it.
            return .disjunction([.identified([record, .make()]), orNull ? .isNull(column) : .constant(false)])
        }
        for (record, column) in found { columns[record.description] = column }
        return standing
    }

    /// What the parameter will hold, if it is one of these.
    func note(_ value: InspectedValue) -> String? {
        guard case .list(let elements) = value, case .text(let id)? = elements.first, let column = columns[id] else {
            return nil
        }
        return "records whose \(column) opens to this value, by the vault"
    }
}

/// A condition and its parameters for somebody to read.
private struct ShownStatement {
    private let sql: String
    private let parameters: [(type: String, value: InspectedValue, note: String?)]

    init(_ statement: SQL, _ lookUps: LookUps) {
        sql = statement.text
        parameters = statement.parameters.map { ($0.typeName, $0.inspected, lookUps.note($0.inspected)) }
    }

    var text: String {
        ([sql]
            + parameters.enumerated().map { index, parameter in
                "$\(index + 1) = \(parameter.type) \(parameter.note.map { "(\($0))" } ?? Self.text(parameter.value))"
            }).joined(separator: "\n")
    }

    var json: String {
        let listed = parameters.map { parameter -> JSONValue in
            guard let note = parameter.note else { return ["type": .string(parameter.type), "value": Self.json(parameter.value)] }
            return ["type": .string(parameter.type), "value": nil, "note": .string(note)]
        }
        let shown: JSONValue = ["sql": .string(sql), "parameters": .array(listed)]
        return String(decoding: shown.encoded(), as: UTF8.self)
    }

    /// On one line, whatever the value has in it.
    private static func text(_ value: InspectedValue) -> String {
        switch value {
        case .null: "NULL"
        case .bool(let flag): "\(flag)"
        case .integer(let number): "\(number)"
        case .double(let number): "\(number)"
        case .list(let elements): "{" + elements.map { text($0) }.joined(separator: ", ") + "}"
        case .text(let text): quoted(text)
        }
    }

    /// As PostgreSQL writes strings, with escapes only where there has to be one.
    private static func quoted(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else { return "'\(text.replacing("'", with: "''"))'" }
        var escaped = "E'"
        for scalar in text.unicodeScalars {
            switch scalar {
            case "'": escaped += "''"
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\r": escaped += "\\r"
            case "\t": escaped += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                escaped += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped + "'"
    }

    private static func json(_ value: InspectedValue) -> JSONValue {
        switch value {
        case .null: .null
        case .bool(let flag): .bool(flag)
        case .integer(let number): .number(JSONNumber(number))
        case .double(let number): JSONNumber(number).map { .number($0) } ?? .string("\(number)")
        case .text(let text): .string(text)
        case .list(let elements): .array(elements.map { json($0) })
        }
    }
}

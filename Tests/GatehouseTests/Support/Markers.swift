import Catalog
import DataFormats
import Vocabulary

/// A value for each field that occurs nowhere else, so that wherever it turns up it has leaked.
struct Markers: Sendable {
    /// By entity and field: what is sent, and the texts by which it would be recognised.
    private(set) var values: [String: (sent: JSONValue, texts: [String])] = [:]

    /// - Parameter seed: keeps the markers of two subjects apart; two digits.
    init(_ catalog: CompiledCatalog, seed: Int) {
        var number = seed * 1000
        for entity in catalog.entities where !entity.isWrittenByGatewayOnly {
            for field in entity.fields where !field.isSystem {
                number += 1
                values["\(entity.name).\(field.name)"] = Self.value(field, number)
            }
        }
    }

    func sent(_ entity: String, _ field: String) -> JSONValue? { values["\(entity).\(field)"]?.sent }
    func texts(_ entity: String, _ field: String) -> [String] { values["\(entity).\(field)"]?.texts ?? [] }

    /// All members of an entity's body but its references.
    func body(_ entity: Entity) -> JSONObject {
        var body = JSONObject()
        for field in entity.fields { body[field.name] = field.referenceTo == nil ? sent(entity.name, field.name) : nil }
        return body
    }

    /// Texts of all fields of a kind.
    func texts(_ catalog: CompiledCatalog, where isWanted: (Field) -> Bool) -> [String] {
        catalog.entities.flatMap { entity in entity.fields.filter(isWanted).flatMap { texts(entity.name, $0.name) } }
    }

    private static func value(_ field: Field, _ number: Int) -> (sent: JSONValue, texts: [String])? {
        let word = "Kvz\(number)qx"
        switch field.type {
        case .text, .longtext: return (.string("\(word) Runa\(number)"), [word, "Runa\(number)"])
        case .email: return (.string("\(word)@kvz\(number).example.org"), [word, "kvz\(number).example"])
        case .phone: return (.string("+4930 773 9\(number)"), ["+4930 773 9\(number)", "+49307739\(number)"])
        case .url: return (.string("https://kvz\(number).example.org/\(word)"), [word, "kvz\(number).example"])
        case .user, .team: return (.string("kvz\(number).qx"), ["kvz\(number).qx"])
        case .integer: return (.number(JSONNumber(Int64(773_900_000 + number))), ["\(773_900_000 + number)"])
        case .money: return (.string("7739\(number).25"), ["7739\(number).25"])
        case .date:
            guard let date = CalendarDate(year: 1815, month: 1 + number % 12, day: 1 + number % 28) else { return nil }
            return (.string("\(date)"), ["\(date)"])
        case .timestamp: return (.string("1999-12-31T23:\(10 + number % 50):07.771Z"), ["1999-12-31T23:\(10 + number % 50):07.771"])
        // Too short, or one of a few: they cannot be recognised in running text.
        case .choice: return field.choices.last.map { (.string($0), []) }
        case .currency: return (.string("XPF"), [])
        case .country: return (.string("TV"), [])
        case .boolean: return (.bool(true), [])
        case .reference: return nil
        }
    }
}

/// One record of each entity, all about one person.
struct MarkedRecords: Sendable {
    var ids: [String: String] = [:]
    var tags: [String: String] = [:]
    /// What was sent, by entity.
    var bodies: [String: JSONObject] = [:]

    /// - Parameter changes: members to be sent instead of markers, in every entity that has them.
    static func make(
        _ catalog: CompiledCatalog, _ markers: Markers, by caller: Caller, changes: JSONObject = JSONObject()
    ) async throws -> MarkedRecords {
        var made = MarkedRecords()
        for name in ["account", "contact", "lead", "deal", "activity", "task"] {
            guard let entity = catalog.entity(named: name) else { continue }
            var body = markers.body(entity)
            for change in changes.members where entity.position(of: change.name) != nil { body[change.name] = change.value }
            for field in entity.fields where !field.isSystem {
                if let target = field.referenceTo, let id = made.ids[target] { body[field.name] = .string(id) }
            }
            let answer = try await caller.post("/v1/\(entity.plural)", .object(body))
            guard answer.status == 201 else { throw MarkingFailure(description: "\(name): \(answer.text)") }
            made.ids[name] = answer.id
            made.tags[name] = answer.tag
            made.bodies[name] = body
        }
        let change = try await caller.get("/v1/stage_changes?deal_id=\(made.ids["deal"] ?? "")").data.first
        made.ids["stage_change"] = change?["id"]?.stringValue
        return made
    }
}

struct MarkingFailure: Error, CustomStringConvertible { let description: String }

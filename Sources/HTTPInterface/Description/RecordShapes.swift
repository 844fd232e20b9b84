import Catalog
import DataFormats
import Gateway
import Policies

/// The JSON shapes of one entity's records for one caller: what it is shown, and what it may send.
struct RecordShapes {
    let entity: Entity
    let offer: Offer.Records

    /// `stage_change` is `StageChange`.
    var typeName: String { entity.name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined() }
    var pluralName: String { entity.plural.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined() }
    var draftName: String { typeName + "Draft" }
    var changeName: String { typeName + "Change" }

    /// `components/schemas` of this entity.
    var components: [(name: String, shape: Shape)] {
        var components: [(name: String, shape: Shape)] = [(typeName, shown)]
        if let created = offer.created { components.append((draftName, draft(created))) }
        if let changed = offer.changed { components.append((changeName, change(changed))) }
        return components
    }

    /// A record as it is shown. Members that nobody asked for (`fields`) are not in it.
    private var shown: Shape {
        var members: [(key: String, value: Shape)] = [("id", .id)]
        for (position, access) in (offer.access ?? []).enumerated() {
            let field = entity.fields[position]
            guard let shape = shown(field, access, varies: offer.varies[position]) else { continue }
            members.append((field.name + "?", shape))
        }
        members.append(("_meta", meta))
        return .object(members, isClosed: false).says("\(entity.label), as you may see it")
    }

    private func shown(_ field: Field, _ access: FieldAccess, varies: Bool) -> Shape? {
        switch access {
        case .hidden: return nil
        case .masked(let mask):
            return Shape.text.orNull.says("\(field.label): masked for you, \(Self.words(mask))").with("x-masked", .string(mask.rawValue))
        case .clear:
            // What some records show masked is a text there, whatever its type.
            if varies {
                let types: [JSONValue] =
                    field.type.isTextual ? ["string", "null"] : [.string(field.type == .boolean ? "boolean" : "integer"), "string", "null"]
                return Shape(["type": .array(types)]).says("\(field.label); masked or absent in records, and for purposes, that show you less")
            }
            return answered(field).orNull.says(described(field))
        }
    }

    private static func words(_ mask: Mask) -> String {
        switch mask {
        case .hidden: "not shown"
        case .redacted: "as `***`"
        case .year: "as the year"
        case .last4: "as the last four characters"
        case .email: "as `j***@e***.com`"
        case .initial: "as an initial"
        }
    }

    private var meta: Shape {
        .object([
            "version": .whole(), "etag": .text, "masked": .map(.text), "withheld": .list(.text), "normalized?": .map(.text), "erased?": .list(.text),
            "unreadable?": .list(.text), "deleted_at?": .time, "deleted_by?": .text,
        ]).says("the version of the record, and which members are masked or withheld")
    }

    private func draft(_ writable: [Bool]) -> Shape {
        .object(
            writableFields(writable).map { field in
                let isNeeded = field.isRequired && field.defaultValue == nil
                return (field.name + (isNeeded ? "" : "?"), sent(field, canBeNull: !field.isRequired))
            }, isClosed: true
        ).says("\(entity.label), as you may create it")
    }

    private func change(_ writable: [Bool]) -> Shape {
        .object(writableFields(writable).map { ($0.name + "?", sent($0, canBeNull: !$0.isRequired)) }, isClosed: true)
            .says("What you may change: null empties a member, what is not mentioned stays")
    }

    private func writableFields(_ writable: [Bool]) -> [Field] { zip(entity.fields, writable).filter { $1 && !$0.isSystem }.map(\.0) }

    private func sent(_ field: Field, canBeNull: Bool) -> Shape {
        let shape = Self.value(field)
        return (canBeNull ? shape.orNull : shape).says(described(field))
    }

    private func described(_ field: Field) -> String {
        var text = field.label
        if let target = field.referenceTo { text += ": the id of a record of \(target)" }
        if let currency = field.currencyField { text += ", in `\(currency)`" }
        if [.text, .longtext].contains(field.type) { text += "; at most \(field.maximumLength) bytes of UTF-8" }
        return text
    }

    /// What is answered keeps to its type; what was taken in long ago need not keep to all that is asked today.
    private func answered(_ field: Field) -> Shape {
        switch field.type {
        case .integer: .whole()
        case .boolean: .truth
        case .reference: .id
        case .date: .day
        case .timestamp: .time
        default: .text
        }
    }

    /// A value of a field, as it is sent.
    static func value(_ field: Field) -> Shape {
        switch field.type {
        case .text: Shape.text((field.isRequired ? 1 : 0)...field.maximumLength).with("pattern", #"^[^\u0000-\u0008\u000A-\u001F]*$"#)
        case .longtext: Shape.text(0...field.maximumLength).with("pattern", #"^[^\u0000]*$"#)
        case .email: Shape.text(format: "email").with("maxLength", .number(JSONNumber(field.maximumLength))).example("ada@example.org")
        case .phone: Shape.text(pattern: #"^\+?[0-9][0-9 ()./-]{1,20}[0-9]$"#).example("+49 30 901820")
        case .url:
            Shape.text(format: "uri").with("pattern", #"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?([/?#][!-~]*)?$"#).example("https://www.example.org")
        case .choice: Shape.choice(field.choices)
        case .reference: Shape.id
        case .integer: Shape.whole(-9_007_199_254_740_992...9_007_199_254_740_992)
        case .money: Shape.text(pattern: #"^-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,4})?$"#).example("1200.50")
        case .currency: Shape.named("Currency")
        case .country: Shape.named("Country")
        case .boolean: Shape.truth
        case .date: Shape.day
        case .timestamp: Shape.time
        case .user, .team: Shape.accountName
        }
    }
}

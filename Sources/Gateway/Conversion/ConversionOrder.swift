import Catalog
import DataFormats
import Vocabulary

/// What a caller wants a record to become, for each entity that the catalog lets it become.
struct ConversionOrder {
    enum Part {
        /// With what the caller says of it; the rest comes from the record.
        case make(JSONObject)
        /// A record that is there already.
        case link(RecordID)
        case none
    }

    let parts: [(target: Conversion.Target, part: Part)]

    /// Reads a body: `{"account": {"id": "…"}, "contact": {"mobile": "…"}, "deal": null}`. What is not mentioned is as the catalog says.
    static func read(_ body: JSONObject, _ conversion: Conversion) throws(Refusal) -> ConversionOrder {
        for member in body.members where !conversion.targets.contains(where: { $0.entity == member.name }) {
            let known = conversion.targets.map(\.entity).joined(separator: ", ")
            throw Refusal(
                .memberUnknown, "a member of the body is wrong", hint: "one of \(known)",
                members: [.init(member.name, Refusal.Code.memberUnknown.rawValue, "there is no such member")])
        }
        var parts: [(target: Conversion.Target, part: Part)] = []
        for target in conversion.targets { parts.append((target, try part(body[target.entity], target))) }
        return ConversionOrder(parts: parts)
    }

    private static func part(_ value: JSONValue?, _ target: Conversion.Target) throws(Refusal) -> Part {
        func wrong(_ detail: String) -> Refusal {
            Refusal(
                .valueInvalid, "a member of the body is wrong",
                members: [.init(target.entity, Refusal.Code.valueInvalid.rawValue, "\(target.entity) \(detail)")])
        }
        switch value {
        case nil: return target.making == .asked ? .none : .make(JSONObject())
        case .null?:
            if target.making == .always { throw wrong("cannot be left out") }
            return .none
        case .object(let object)?:
            guard let id = object["id"] else { return .make(object) }
            guard object.members.count == 1, let id = id.stringValue.flatMap({ RecordID($0) }) else {
                throw wrong("takes the id of a record alone, or the members of a new one")
            }
            return .link(id)
        default: throw wrong("is an object, or null")
        }
    }
}

extension Refusal {
    /// The same about a member of a member.
    func below(_ name: String) -> Refusal {
        var refusal = Refusal(code, detail, hint: hint, members: members.map { $0.below(name) })
        refusal.isCredentialOutdated = isCredentialOutdated
        refusal.event = event
        return refusal
    }
}

extension RecordDraft {
    /// Gives a new record the catalog's defaults, and refuses it when something required is missing.
    mutating func complete(_ entity: Entity) throws(Refusal) {
        var problems: [Refusal.Member] = []
        for (position, field) in entity.fields.enumerated() {
            if values[position] == nil, let defaultValue = field.defaultValue { set(defaultValue, at: position) }
            if field.isRequired, values[position].flatMap({ $0 }) == nil {
                problems.append(.init(field.name, "required", "\(field.name) has to have a value"))
            }
        }
        if problems.isEmpty { return }
        throw Refusal(.valueInvalid, "a new \(entity.name) lacks what it has to have", hint: "say it in the body", members: problems)
    }
}

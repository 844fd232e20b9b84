import Vocabulary

/// Reads `converts` and `duplicates` of an entity; the grammar is described in `policies/README.md`.
enum ConversionReader {
    static func conversion(_ node: SourceNode?, _ fields: [Field]) throws(Diagnostic) -> Conversion? {
        guard let node else { return nil }
        let mapping = try node.mapping("converts")
        try mapping.refuseOthers(than: ["at", "set", "to"])
        let time = try mapping.required("at")
        let timeField = try field(time, "at", fields)
        guard timeField.type == .timestamp, timeField.isSystem, !timeField.isSealed else {
            throw Diagnostic(
                time.position, "at '\(timeField.name)' is no timestamp that the gateway writes",
                hint: "\(timeField.name): { type: timestamp, class: operational, store: plain, system: true }")
        }
        var settings: [(field: String, value: FieldValue)] = []
        for member in try mapping["set"]?.mapping("set").members ?? [] {
            let set = try field(member.key, "set", fields)
            guard !set.isSealed, set.type == .choice else {
                throw Diagnostic(member.key.position, "set '\(set.name)' is no choice that rests in the clear")
            }
            do throws(ValueProblem) { settings.append((set.name, try set.read(text: try text(member.value)))) } catch {
                throw Diagnostic(member.value.position, error.detail)
            }
        }
        let list = try mapping.required("to")
        guard case .sequence(let items) = list.content, !items.isEmpty else {
            throw Diagnostic(list.position, "to is a list of what is made, at least one")
        }
        var targets: [Conversion.Target] = []
        for item in items {
            let target = try target(item, fields)
            guard !targets.contains(where: { $0.entity == target.entity || $0.link == target.link }) else {
                throw Diagnostic(item.position, "an entity, and a field that points to it, stand in 'to' once")
            }
            targets.append(target)
        }
        return Conversion(time: timeField.name, settings: settings, targets: targets)
    }

    static func duplicates(_ node: SourceNode?, _ fields: [Field]) throws(Diagnostic) -> [DuplicateRule] {
        guard let node else { return [] }
        guard case .sequence(let items) = node.content, !items.isEmpty else { throw Diagnostic(node.position, "duplicates is a list of rules") }
        var rules: [DuplicateRule] = []
        for item in items {
            let mapping = try item.mapping("a rule about duplicates")
            try mapping.refuseOthers(than: ["fields", "score"])
            let list = try mapping.required("fields")
            var found: [Field] = []
            for name in try list.texts("fields") {
                guard let field = fields.first(where: { $0.name == name.text }) else {
                    throw Diagnostic(
                        name.position, "'\(name.text)' is no field of this entity",
                        hint: Spelling.hint(for: name.text, among: fields.map(\.name)))
                }
                if found.contains(where: { $0.name == field.name }) { throw Diagnostic(name.position, "'\(name.text)' stands here twice") }
                found.append(field)
            }
            guard found.contains(where: \.findsDuplicates) else {
                throw Diagnostic(
                    list.position, "none of these fields finds a record by its value",
                    hint: "a sealed field with 'search: [exact]', or a plain one that is indexed or unique")
            }
            let score = try mapping.required("score")
            let value = try score.integer("score")
            guard (1...100).contains(value) else { throw Diagnostic(score.position, "score is 1 to 100") }
            rules.append(DuplicateRule(fields: found.map(\.name), score: value))
        }
        return rules
    }

    // MARK: Parts

    private static func text(_ node: SourceNode) throws(ValueProblem) -> String {
        guard case .scalar(let text, _) = node.content else { throw ValueProblem(.valueInvalid, "a value that is set is a single word") }
        return text
    }

    private static func field(_ node: SourceNode, _ what: String, _ fields: [Field]) throws(Diagnostic) -> Field {
        let name = try node.text(what)
        guard let field = fields.first(where: { $0.name == name }) else {
            throw Diagnostic(
                node.position, "'\(name)' is no field of this entity", hint: Spelling.hint(for: name, among: fields.map(\.name)))
        }
        return field
    }

    private static func target(_ node: SourceNode, _ fields: [Field]) throws(Diagnostic) -> Conversion.Target {
        let mapping = try node.mapping("what is made")
        try mapping.refuseOthers(than: ["entity", "make", "link", "origin", "fields"])
        let entity = try mapping.required("entity").text("entity")
        let linkNode = try mapping.required("link")
        let link = try field(linkNode, "link", fields)
        guard link.referenceTo == entity, link.isSystem else {
            throw Diagnostic(linkNode.position, "link '\(link.name)' is no reference to \(entity) that the gateway writes")
        }
        var pairs: [(to: String, from: String)] = []
        for member in try mapping["fields"]?.mapping("fields").members ?? [] {
            let source = try field(member.value, "fields", fields)
            let to = try member.key.text("fields")
            if source.isSystem { throw Diagnostic(member.value.position, "'\(source.name)' is written by the gateway, and not carried over") }
            if pairs.contains(where: { $0.to == to }) { throw Diagnostic(member.key.position, "'\(to)' stands here twice") }
            pairs.append((to, source.name))
        }
        return Conversion.Target(
            entity: entity, making: try mapping["make"]?.choice("make", of: Conversion.Making.self) ?? .always, link: link.name,
            origin: try mapping.required("origin").text("origin"), fields: pairs)
    }
}

/// Holds conversions against the entities that they make.
enum ConversionCheck {
    static func check(_ entity: Entity, _ source: SourceMapping, _ entities: [String: Entity]) throws(Diagnostic) {
        guard let conversion = entity.conversion else { return }
        let position = source["converts"]?.position ?? source.position
        for target in conversion.targets {
            guard let made = entities[target.entity] else {
                throw Diagnostic(
                    position, "\(entity.name) converts to '\(target.entity)', which is no entity",
                    hint: Spelling.hint(for: target.entity, among: entities.keys.sorted()))
            }
            if made.subject == .itself, entity.subject != .itself {
                throw Diagnostic(position, "a \(made.name) is a person, and a \(entity.name) is none", hint: "only a person becomes a person")
            }
            guard let origin = made.field(named: target.origin), origin.referenceTo == entity.name, origin.isSystem else {
                throw Diagnostic(
                    position, "origin '\(target.origin)' is no reference of \(made.name) to \(entity.name) that the gateway writes",
                    hint: "\(target.origin): { type: reference, to: \(entity.name), class: business, store: plain, system: true }")
            }
            for (to, from) in target.fields {
                guard let new = made.field(named: to), let old = entity.field(named: from) else {
                    throw Diagnostic(position, "\(made.name) has no field '\(to)'", hint: Spelling.hint(for: to, among: made.fields.map(\.name)))
                }
                if let reason = misfit(old, new) {
                    throw Diagnostic(position, "\(entity.name).\(from) does not become \(made.name).\(to): \(reason)")
                }
            }
        }
    }

    /// Why a value of one field cannot stand in another; `nil` when each can.
    private static func misfit(_ old: Field, _ new: Field) -> String? {
        if new.isSystem { return "the gateway writes it" }
        if old.type != new.type { return "one is \(old.type.rawValue), the other \(new.type.rawValue)" }
        if old.isSealed, !new.isSealed { return "it would rest in the clear" }
        if old.fieldClass.isNamedOnly, !new.fieldClass.isNamedOnly { return "it would be less than \(old.fieldClass.rawValue)" }
        if old.maximumLength > new.maximumLength { return "it may be longer" }
        if old.type == .choice, !Set(old.choices).isSubset(of: new.choices) { return "it has other choices" }
        if old.referenceTo != new.referenceTo { return "they point to different entities" }
        return nil
    }
}

extension Field {
    /// Whether a record can be found by the field's whole value.
    package var findsDuplicates: Bool { isExactlySearchable || (!isSealed && type.restsAsText && (isIndexed || uniqueness == .enforced)) }
}

import Catalog
import Expressions
import Vocabulary

/// Reads the rules of one policy document.
struct RuleReader {
    let resource: String?
    let entity: Entity?
    let catalog: CompiledCatalog
    let roles: Set<String>
    let derived: [String: DerivedRole]
    /// The names of all fields of all entities.
    let everyName: Set<String>
    let conditions: ConditionReader
    let definitions: ConditionReader.Definitions

    func read(_ node: SourceNode) throws(Diagnostic) -> Rule {
        let mapping = try node.mapping("a rule")
        try mapping.refuseOthers(than: PolicyWords.rule)
        let name = try mapping.required("name").text("name")
        guard (mapping["allow"] == nil) != (mapping["deny"] == nil) else {
            throw Diagnostic(mapping.position, "rule '\(name)' needs either allow or deny")
        }
        let effect: Rule.Effect = mapping["allow"] != nil ? .allow : .deny
        let actions = try actions(mapping["allow"] == nil ? mapping.required("deny") : mapping.required("allow"))
        let members = try RoleNames.read(mapping.required("to"), "to", among: roles, others: Set(derived.keys))
        let fields = try mapping["fields"].map { node throws(Diagnostic) in try fieldRule(node.mapping("fields"), effect) }
        let write = try mapping["write"].map { node throws(Diagnostic) in try writeRule(node.mapping("write")) }
        if effect == .deny, write != nil { throw Diagnostic(mapping.position, "a deny has no 'write': what nobody allows is not written") }
        let (obligations, duration) = try obligations(mapping, effect)
        let conditions = try mapping["when"].map { node throws(Diagnostic) in try self.conditions.conditions(node, "when", definitions) } ?? [:]
        return Rule(
            name: name, position: mapping.position, effect: effect, resource: resource, actions: actions,
            members: Rule.Members(roles: members.plain, derived: members.others.sorted().compactMap { derived[$0] }),
            purposes: try purposes(mapping["purposes"]), conditions: conditions, obligations: obligations, grantDuration: duration,
            fields: fields, write: write
        )
    }

    private func actions(_ node: SourceNode) throws(Diagnostic) -> Set<Action> {
        var actions: Set<Action> = []
        for item in try node.texts("the actions") {
            guard let action = Action(rawValue: item.text) else {
                throw Diagnostic(
                    item.position, "action '\(item.text)' is not known",
                    hint: Spelling.hint(for: item.text, among: Action.allCases.map(\.rawValue))
                )
            }
            actions.insert(action)
        }
        return actions
    }

    private func purposes(_ node: SourceNode?) throws(Diagnostic) -> Set<String>? {
        guard let node else { return nil }
        var purposes: Set<String> = []
        for item in try node.texts("purposes") {
            guard catalog.purposes[item.text] != nil else {
                throw Diagnostic(
                    item.position, "purpose '\(item.text)' is not declared",
                    hint: Spelling.hint(for: item.text, among: catalog.purposes.keys.sorted())
                )
            }
            purposes.insert(item.text)
        }
        if purposes.isEmpty { throw Diagnostic(node.position, "a rule for no purpose never speaks", hint: "leave 'purposes' out") }
        return purposes
    }

    private func obligations(_ mapping: SourceMapping, _ effect: Rule.Effect) throws(Diagnostic) -> (Set<Obligation>, Duration?) {
        var obligations: Set<Obligation> = []
        for name in ["reason", "require", "break_glass"] {
            if effect == .deny, let node = mapping[name] { throw Diagnostic(node.position, "a deny asks nothing of the caller") }
        }
        if let node = mapping["reason"] {
            guard try node.text("reason") == "required" else { throw Diagnostic(node.position, "reason is 'required', or left out") }
            obligations.insert(.reason)
        }
        for item in try mapping["require"]?.texts("require") ?? [] {
            switch Obligation(rawValue: item.text) {
            case .stepUp: obligations.insert(.stepUp)
            case .secondPerson: obligations.insert(.secondPerson)
            case .reason, .breakGlass, nil:
                throw Diagnostic(
                    item.position, "'\(item.text)' cannot be required", hint: "step-up or second-person; a reason is 'reason: required'"
                )
            }
        }
        if let node = mapping["break_glass"], try node.boolean("break_glass") { obligations.insert(.breakGlass) }
        if obligations.isSuperset(of: [.breakGlass, .secondPerson]) {
            throw Diagnostic(mapping.position, "who breaks the glass does not wait for a second person", hint: "choose one of the two")
        }
        guard obligations.contains(.breakGlass) || obligations.contains(.secondPerson) else {
            if let node = mapping["for"] { throw Diagnostic(node.position, "'for' goes with break_glass and with second-person") }
            return (obligations, nil)
        }
        let node = try mapping.required("for")
        let text = try node.text("for")
        guard let duration = Self.duration(text) else {
            throw Diagnostic(node.position, "'\(text)' is no length of time from a minute to a day", hint: "write 30m or 4h")
        }
        return (obligations, duration)
    }

    private static func duration(_ text: String) -> Duration? {
        guard let unit = text.last, let count = Int(text.dropLast()), count > 0 else { return nil }
        let duration: Duration
        switch unit {
        case "m" where count <= 1440: duration = .seconds(count * 60)
        case "h" where count <= 24: duration = .seconds(count * 3600)
        default: return nil
        }
        return duration
    }

    private func fieldRule(_ mapping: SourceMapping, _ effect: Rule.Effect) throws(Diagnostic) -> Rule.FieldRule {
        try mapping.refuseOthers(than: ["clear", "except", "up_to", "mask", "masked", "hide"])
        if let resource, SystemResource(rawValue: resource) != nil { throw Diagnostic(mapping.position, "\(resource) has no fields") }
        if effect == .deny, mapping["clear"] != nil { throw Diagnostic(mapping.position, "a deny makes nothing clear") }
        for limit in ["except", "up_to"] {
            if let node = mapping[limit], effect == .deny || mapping["clear"] == nil {
                throw Diagnostic(node.position, "'\(limit)' goes with 'clear'")
            }
        }
        if effect == .deny, ["mask", "masked", "hide"].allSatisfy({ mapping[$0] == nil }) {
            throw Diagnostic(
                mapping.position, "a deny with 'fields' takes sight of some away, and this one names none",
                hint: "write 'mask', 'masked' or 'hide', or leave 'fields' out to deny the action"
            )
        }
        let masked = try mapping["masked"].map { node throws(Diagnostic) in try selection(node, nil, nil) } ?? .none
        var masks: [String: Mask] = [:]
        if let node = mapping["mask"] {
            for member in try node.mapping("mask").members {
                let name = try member.key.text("a field's name")
                let field = try known(name, member.key.position)
                let mask = try member.value.choice("mask", of: Mask.self)
                if let field, !mask.fits(field.type) {
                    throw Diagnostic(member.value.position, "mask \(mask.rawValue) does not fit '\(name)' of type \(field.type.rawValue)")
                }
                masks[name] = mask
            }
        }
        var hide: Set<String> = []
        for item in try mapping["hide"]?.texts("hide") ?? [] {
            _ = try known(item.text, item.position)
            hide.insert(item.text)
        }
        let clear = try mapping["clear"].map { node throws(Diagnostic) in try selection(node, mapping["except"], mapping["up_to"]) } ?? .none
        return Rule.FieldRule(clear: clear, masks: masks, masked: masked, hide: hide)
    }

    private func writeRule(_ mapping: SourceMapping) throws(Diagnostic) -> Rule.WriteRule {
        try mapping.refuseOthers(than: ["fields", "except", "up_to"])
        return Rule.WriteRule(fields: try selection(mapping.required("fields"), mapping["except"], mapping["up_to"]))
    }

    private func selection(_ node: SourceNode, _ except: SourceNode?, _ upTo: SourceNode?) throws(Diagnostic) -> Rule.FieldSelection {
        var names: Set<String> = []
        var isEverything = false
        for item in try node.texts("a list of fields") {
            if item.text == "*" {
                isEverything = true
            } else {
                _ = try known(item.text, item.position)
                names.insert(item.text)
            }
        }
        var excluded: Set<String> = []
        for item in try except?.texts("except") ?? [] {
            _ = try known(item.text, item.position)
            excluded.insert(item.text)
        }
        let ceiling = try upTo?.choice("up_to", of: FieldClass.self) ?? .identifying
        if ceiling.isNamedOnly, let upTo {
            throw Diagnostic(upTo.position, "'*' never reaches \(ceiling.rawValue) fields", hint: "name them one by one")
        }
        return Rule.FieldSelection(isEverything: isEverything, upTo: ceiling, names: names, except: excluded)
    }

    /// In a policy for all entities a field need not exist in each, but in one.
    private func known(_ name: String, _ position: SourcePosition) throws(Diagnostic) -> Field? {
        guard let entity else {
            if everyName.contains(name) { return nil }
            throw Diagnostic(position, "'\(name)' is no field of any entity", hint: Spelling.hint(for: name, among: everyName.sorted()))
        }
        guard let field = entity.field(named: name) else {
            throw Diagnostic(
                position, "'\(name)' is no field of \(entity.name)", hint: Spelling.hint(for: name, among: entity.fields.map(\.name))
            )
        }
        return field
    }
}

package import Catalog
package import Vocabulary

/// Turns policy documents into ``CompiledPolicies``, or into everything that is wrong with them.
package enum PolicyCompiler {
    /// - Parameters:
    ///   - roles: the document of `roles.yaml`.
    ///   - documents: one for each file of `access/`.
    package static func compile(
        roles: SourceNode, documents: [SourceNode], catalog: CompiledCatalog
    ) throws(Diagnostics) -> CompiledPolicies {
        var problems: [Diagnostic] = []
        var names: Set<String> = []
        do throws(Diagnostic) {
            let top = try roles.mapping("the roles document")
            try top.refuseOthers(than: ["roles"])
            for member in try top.required("roles").mapping("roles").members {
                let name = try member.key.text("a role's name")
                try member.value.mapping("role \(name)").refuseOthers(than: ["label"])
                names.insert(name)
            }
        } catch {
            problems.append(error)
        }
        let everyName = Set(catalog.entities.flatMap { $0.fields.map(\.name) })
        var rules: [Rule] = []
        var seen: [String: SourcePosition] = [:]
        for document in documents {
            do throws(Diagnostic) {
                let mapping = try document.mapping("a policy")
                try mapping.refuseOthers(than: ["policy", "rules"])
                let resourceNode = try mapping.required("policy")
                let resource = try resourceNode.text("policy")
                let known = catalog.entities.map(\.name) + SystemResource.allCases.map(\.rawValue)
                guard resource == "*" || known.contains(resource) else {
                    throw Diagnostic(
                        resourceNode.position, "policy for '\(resource)', which is no entity", hint: Spelling.hint(for: resource, among: known)
                    )
                }
                guard case .sequence(let items) = try mapping.required("rules").content else {
                    throw Diagnostic(mapping.position, "rules has to be a list")
                }
                let reader = RuleReader(
                    resource: resource == "*" ? nil : resource, entity: catalog.entity(named: resource), roles: names, everyName: everyName
                )
                for item in items {
                    do throws(Diagnostic) {
                        let rule = try reader.read(item)
                        if let first = seen.updateValue(item.position, forKey: rule.name) {
                            throw Diagnostic(item.position, "rule '\(rule.name)' is written twice", hint: "see \(first)")
                        }
                        rules.append(rule)
                    } catch {
                        problems.append(error)
                    }
                }
            } catch {
                problems.append(error)
            }
        }
        if !problems.isEmpty { throw Diagnostics(problems) }
        return CompiledPolicies(roles: names, rules: rules, catalog: catalog)
    }
}

/// Reads the rules of one policy document.
private struct RuleReader {
    let resource: String?
    let entity: Entity?
    let roles: Set<String>
    /// The names of all fields of all entities.
    let everyName: Set<String>

    func read(_ node: SourceNode) throws(Diagnostic) -> Rule {
        let mapping = try node.mapping("a rule")
        for unbuilt in ["when", "purposes"] {
            if mapping[unbuilt] != nil {
                throw Diagnostic(
                    mapping.position, "'\(unbuilt)' is not offered by this version",
                    hint: "a rule takes name, allow or deny, to, fields and write"
                )
            }
        }
        try mapping.refuseOthers(than: ["name", "allow", "deny", "to", "fields", "write"])
        let name = try mapping.required("name").text("name")
        guard (mapping["allow"] == nil) != (mapping["deny"] == nil) else {
            throw Diagnostic(mapping.position, "rule '\(name)' needs either allow or deny")
        }
        let effect: Rule.Effect = mapping["allow"] != nil ? .allow : .deny
        var actions: Set<Action> = []
        let actionsNode = try mapping["allow"] == nil ? mapping.required("deny") : mapping.required("allow")
        for item in try actionsNode.texts("the actions") {
            guard let action = Action(rawValue: item.text) else {
                throw Diagnostic(
                    item.position, "action '\(item.text)' is not known",
                    hint: Spelling.hint(for: item.text, among: Action.allCases.map(\.rawValue))
                )
            }
            actions.insert(action)
        }
        let fields = try mapping["fields"].map { node throws(Diagnostic) in try fieldRule(node.mapping("fields"), effect) }
        let write = try mapping["write"].map { node throws(Diagnostic) in try writeRule(node.mapping("write")) }
        if effect == .deny, write != nil { throw Diagnostic(mapping.position, "a deny has no 'write': what nobody allows is not written") }
        return Rule(
            name: name, effect: effect, resource: resource, actions: actions, roles: try roleNames(mapping.required("to")),
            fields: fields, write: write
        )
    }

    private func roleNames(_ node: SourceNode) throws(Diagnostic) -> Set<String>? {
        var names: Set<String> = []
        for item in try node.texts("to") {
            if item.text == "*" { return nil }
            guard roles.contains(item.text) else {
                throw Diagnostic(item.position, "role '\(item.text)' is not known", hint: Spelling.hint(for: item.text, among: roles.sorted()))
            }
            names.insert(item.text)
        }
        return names
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

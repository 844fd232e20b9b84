import Catalog
import Expressions
package import Vocabulary

/// What compiles and is still likely to be a mistake.
package enum PolicyLint {
    package static func warnings(_ policies: CompiledPolicies) -> [Diagnostic] {
        var warnings: [Diagnostic] = []
        for rule in policies.rules {
            if let warning = reach(of: rule, policies) {
                warnings.append(warning)
            } else {
                warnings += [shadow(of: rule, policies), purposes(of: rule, policies), emptiness(of: rule)].compactMap { $0 }
            }
        }
        warnings += derivedRoles(policies)
        for entity in policies.catalog.entities { warnings += fields(of: entity, policies) }
        return warnings + silentRoles(policies)
    }

    // MARK: Rules

    private static func entities(of rule: Rule, _ policies: CompiledPolicies) -> [Entity] {
        rule.resource.map { name in policies.catalog.entity(named: name).map { [$0] } ?? [] } ?? policies.catalog.entities
    }

    /// A rule that can never match.
    private static func reach(of rule: Rule, _ policies: CompiledPolicies) -> Diagnostic? {
        let entities = entities(of: rule, policies)
        if rule.actions.isEmpty { return Diagnostic(rule.position, "rule '\(rule.name)' is about no action") }
        if rule.members.roles?.isEmpty == true, rule.members.derived.isEmpty {
            return Diagnostic(rule.position, "rule '\(rule.name)' is for nobody", hint: "name roles in 'to'")
        }
        if entities.isEmpty { return nil }
        if entities.allSatisfy({ !rule.canHold(on: $0.name) }) {
            return Diagnostic(rule.position, "rule '\(rule.name)' can never match", hint: "its conditions are false for every record")
        }
        let writes = rule.actions.subtracting([.read])
        if !writes.isEmpty, writes == rule.actions, entities.allSatisfy(\.isWrittenByGatewayOnly) {
            return Diagnostic(rule.position, "rule '\(rule.name)' can never match", hint: "the gateway alone writes \(entities[0].plural)")
        }
        return nil
    }

    /// An allow that a deny without conditions takes back whole.
    private static func shadow(of rule: Rule, _ policies: CompiledPolicies) -> Diagnostic? {
        guard rule.effect == .allow else { return nil }
        let deny = policies.rules.first { deny in
            deny.effect == .deny && !deny.limitsFieldsOnly && !deny.hasCondition && deny.actions.isSuperset(of: rule.actions)
                && (deny.resource == rule.resource || deny.resource == nil && rule.resource.flatMap(SystemResource.init(rawValue:)) == nil)
                && covers(deny.purposes, rule.purposes) && covers(deny.members.roles, everyRole(of: rule))
        }
        return deny.map { deny in
            Diagnostic(rule.position, "rule '\(rule.name)' is shadowed: '\(deny.name)' denies all that it allows", hint: "see \(deny.position)")
        }
    }

    /// `nil` stands for everything.
    private static func covers(_ whole: Set<String>?, _ part: Set<String>?) -> Bool {
        guard let whole else { return true }
        return part.map { $0.isSubset(of: whole) } ?? false
    }

    private static func everyRole(of rule: Rule) -> Set<String>? {
        guard var roles = rule.members.roles else { return nil }
        for derived in rule.members.derived {
            guard let from = derived.from else { return nil }
            roles.formUnion(from)
        }
        return roles
    }

    /// A rule for purposes that shows what the catalog does not keep for them.
    private static func purposes(of rule: Rule, _ policies: CompiledPolicies) -> Diagnostic? {
        guard rule.effect == .allow, let purposes = rule.purposes else { return nil }
        var found: [String: [String]] = [:]
        for entity in entities(of: rule, policies) {
            for field in entity.fields where field.fieldClass.isPersonal && rule.access(to: field) != .hidden && !field.purposes.isEmpty {
                for purpose in purposes.subtracting(field.purposes) { found[purpose, default: []].append("\(entity.name).\(field.name)") }
            }
        }
        guard !found.isEmpty else { return nil }
        let parts = found.sorted { $0.key < $1.key }.map { "for \($0.key): \(Self.list($0.value))" }
        return Diagnostic(
            rule.position, "rule '\(rule.name)' shows what the catalog does not keep " + parts.joined(separator: "; "),
            hint: "leave the fields out, or add the purpose to theirs in the catalog"
        )
    }

    /// An allow of reading that shows nothing.
    private static func emptiness(of rule: Rule) -> Diagnostic? {
        guard rule.effect == .allow, rule.actions.contains(.read), rule.fields == nil,
            rule.resource.flatMap(SystemResource.init(rawValue:)) == nil
        else { return nil }
        return Diagnostic(rule.position, "rule '\(rule.name)' lets records be read and shows no field", hint: "name some in 'fields'")
    }

    private static func derivedRoles(_ policies: CompiledPolicies) -> [Diagnostic] {
        var seen: Set<SourcePosition> = []
        var warnings: [Diagnostic] = []
        for rule in policies.rules {
            let entities = entities(of: rule, policies)
            for derived in rule.members.derived where seen.insert(derived.position).inserted {
                if !entities.isEmpty, entities.allSatisfy({ !derived.canHold(on: $0.name) }) {
                    warnings.append(Diagnostic(derived.position, "nobody can ever be '\(derived.name)'", hint: "see its 'from' and 'when'"))
                }
            }
        }
        return warnings
    }

    // MARK: Fields and roles

    private static func fields(of entity: Entity, _ policies: CompiledPolicies) -> [Diagnostic] {
        let reaches = policies.roles.sorted().map { policies.reach(of: $0, .read, on: entity.name) }
        return entity.fields.indices.compactMap { index in
            let field = entity.fields[index]
            guard field.fieldClass > .operational else { return nil }
            let seers = reaches.filter { $0.most.access[index].isClear }
            if seers.isEmpty {
                return Diagnostic(field.position, "no role sees \(entity.name).\(field.name) in the clear", hint: "is it needed? (GDPR Art. 5(1)(c))")
            }
            if seers.count == reaches.count, reaches.count > 1, field.fieldClass.isPersonal {
                return Diagnostic(field.position, "every role sees \(entity.name).\(field.name) in the clear", hint: "who needs it?")
            }
            return nil
        }
    }

    private static func silentRoles(_ policies: CompiledPolicies) -> [Diagnostic] {
        let spoken = policies.rules.filter { $0.effect == .allow }.reduce(into: Set<String>()) { spoken, rule in
            spoken.formUnion(everyRole(of: rule) ?? policies.roles)
        }
        return policies.roles.subtracting(spoken).sorted().map { role in
            Diagnostic(
                policies.rolePositions[role] ?? SourcePosition(file: "roles.yaml", line: 1, column: 1), "role '\(role)' may do nothing",
                hint: "no rule allows it anything"
            )
        }
    }

    private static func list(_ names: [String]) -> String {
        names.prefix(6).joined(separator: ", ") + (names.count > 6 ? " and \(names.count - 6) more" : "")
    }
}

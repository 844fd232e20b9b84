import Catalog
import Expressions
import Vocabulary

/// Who gains and who loses what between two sets of policies.
package struct PolicyComparison: Sendable {
    package enum Direction: String, Sendable, CaseIterable {
        case gains, loses
        /// Neither more nor less: more for some records, less for others.
        case changes
    }

    /// What changes in the same way for some fields of one entity.
    package struct Change: Sendable, Equatable {
        package let role: String
        package let entity: String
        package let action: Action
        package let direction: Direction
        /// Empty when the action itself is gained or lost.
        package fileprivate(set) var fields: [String]
        package let before: String
        package let after: String
        /// What the role comes for; empty for whatever it may be.
        package fileprivate(set) var purposes: [String] = []
    }

    package let changes: [Change]
    /// Rules that came, went or say something else, and what stands beside the rules.
    package let rules: [String]

    package var isEmpty: Bool { changes.isEmpty && rules.isEmpty }

    package init(_ old: CompiledPolicies, _ new: CompiledPolicies) {
        changes = Self.reaches(old, new)
        rules = Self.rules(old, new) + Self.settings(old, new)
    }

    // MARK: Roles

    private static func reaches(_ old: CompiledPolicies, _ new: CompiledPolicies) -> [Change] {
        let roles = old.roles.union(new.roles).sorted()
        let entities = Set((old.catalog.entities + new.catalog.entities).map(\.name)).sorted()
        let purposes = Set(old.catalog.purposes.keys).union(new.catalog.purposes.keys).sorted()
        var changes: [Change] = []
        for role in roles {
            for resource in entities + SystemResource.allCases.map(\.rawValue) {
                for action in Action.allCases {
                    var found: [Change] = []
                    for purpose in purposes {
                        for change in reach(old, new, role, resource, action, purpose) {
                            let known = found.firstIndex { $0.isSame(as: change) }
                            if let known { found[known].purposes.append(purpose) } else { found.append(change.declared(purpose)) }
                        }
                    }
                    changes += found.map { $0.purposes.count == purposes.count ? $0.declared(nil) : $0 }
                }
            }
        }
        return changes
    }

    private static func reach(
        _ old: CompiledPolicies, _ new: CompiledPolicies, _ role: String, _ resource: String, _ action: Action,
        _ purpose: String
    ) -> [Change] {
        let (before, after) = (Extent(old, role, resource, action, purpose), Extent(new, role, resource, action, purpose))
        var changes: [Change] = []
        if let change = compare(before.allowance, after.allowance) {
            changes.append(
                Change(
                    role: role, entity: resource, action: action, direction: change, fields: [], before: before.allowance.words,
                    after: after.allowance.words))
        }
        func add(_ field: String, _ before: Sight, _ after: Sight) {
            guard let direction = compare(before, after) else { return }
            let (before, after) = (before.words, after.words)
            if let known = changes.firstIndex(where: { !$0.fields.isEmpty && $0.direction == direction && $0.before == before && $0.after == after })
            {
                changes[known].fields.append(field)
            } else {
                changes.append(
                    Change(role: role, entity: resource, action: action, direction: direction, fields: [field], before: before, after: after))
            }
        }
        for name in Set(before.fields.keys).union(after.fields.keys).sorted() {
            add(name, before.fields[name] ?? .nothing, after.fields[name] ?? .nothing)
        }
        return changes
    }

    /// What a role has of a field or an action, at most and in any case, as ranks that can be compared.
    private struct Sight: Equatable {
        let most: Int
        let least: Int
        let words: String

        static let nothing = Sight(most: 0, least: 0, words: "hidden")
    }

    private struct Extent {
        let allowance: Sight
        var fields: [String: Sight] = [:]

        init(_ policies: CompiledPolicies, _ role: String, _ resource: String, _ action: Action, _ purpose: String) {
            let reach = policies.reach(of: role, action, on: resource, purpose: purpose)
            let (most, least) = (reach.most, reach.least)
            allowance = Sight(
                most: most.isAllowed ? 1 : 0, least: least.isAllowed ? 1 : 0,
                words: most.isAllowed ? (least.isAllowed ? "allowed" : "allowed for some") : "denied"
            )
            for (index, field) in (policies.catalog.entity(named: resource)?.fields ?? []).enumerated() {
                // What is seen is the matter of reading; of changes, what is written.
                switch action {
                case .read:
                    let (some, all) = (most.access[index], least.access[index])
                    let words = some == all ? some.words : "\(some.words) for some" + (all == .hidden ? "" : ", else \(all.words)")
                    fields[field.name] = Sight(most: some.rank, least: all.rank, words: words)
                case .create, .update, .import:
                    let (can, always) = (most.writable[index], least.writable[index])
                    fields[field.name] = Sight(
                        most: can ? 1 : 0, least: always ? 1 : 0, words: can ? (always ? "writable" : "writable for some") : "not writable")
                case .delete, .restore, .destroy, .convert, .merge: break
                }
            }
        }
    }

    private static func compare(_ before: Sight, _ after: Sight) -> Direction? {
        if before.most == after.most, before.least == after.least { return nil }
        if after.most >= before.most, after.least >= before.least { return .gains }
        if after.most <= before.most, after.least <= before.least { return .loses }
        return .changes
    }

    // MARK: Rules

    private static func rules(_ old: CompiledPolicies, _ new: CompiledPolicies) -> [String] {
        let (before, after) = (byName(old.rules), byName(new.rules))
        var lines: [String] = []
        for name in before.keys.sorted() where after[name] == nil { lines.append("rule \(name) is gone") }
        for name in after.keys.sorted() where before[name] == nil { lines.append("rule \(name) is there now") }
        for name in before.keys.sorted() {
            guard let was = before[name], let now = after[name] else { continue }
            let parts = was.parts
            for (part, text) in now.parts where parts[part] != text {
                lines.append("rule \(name): \(part) was \(parts[part] ?? "nothing"), is \(text)")
            }
        }
        return lines
    }

    private static func byName(_ rules: [Rule]) -> [String: Rule] { Dictionary(rules.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }) }

    private static func settings(_ old: CompiledPolicies, _ new: CompiledPolicies) -> [String] {
        var lines: [String] = []
        for name in Set(old.catalog.purposes.keys).union(new.catalog.purposes.keys).sorted() {
            let (was, now) = (old.catalog.purposes[name], new.catalog.purposes[name])
            switch (was, now) {
            case (nil, _): lines.append("purpose \(name) is there now")
            case (_, nil): lines.append("purpose \(name) is gone")
            case (let was?, let now?):
                if was.basis != now.basis { lines.append("purpose \(name): basis was \(was.basis.rawValue), is \(now.basis.rawValue)") }
                if was.canBeObjectedTo != now.canBeObjectedTo {
                    lines.append("purpose \(name) can \(now.canBeObjectedTo ? "now" : "no longer") be objected to")
                }
                if was.holdsDespiteRestriction != now.holdsDespiteRestriction {
                    lines.append("purpose \(name) \(now.holdsDespiteRestriction ? "now holds" : "no longer holds") despite a restriction")
                }
            }
        }
        for role in old.roles.union(new.roles).sorted() {
            if !new.roles.contains(role) { lines.append("role \(role) is gone") }
            if !old.roles.contains(role) { lines.append("role \(role) is there now") }
            let (was, now) = (old.purposes(of: role), new.purposes(of: role))
            if was != now, old.roles.contains(role), new.roles.contains(role) {
                let words = [was, now].map { $0?.joined(separator: ", ") ?? "any" }
                lines.append("role \(role): purposes were \(words[0]), are \(words[1])")
            }
        }
        for entity in Set(old.definitions.keys).union(new.definitions.keys).sorted() {
            let (was, now) = (old.definitions[entity] ?? [:], new.definitions[entity] ?? [:])
            for name in Set(was.keys).union(now.keys).sorted() where was[name] != now[name] {
                lines.append("\(entity): let \(name) was \(was[name] ?? "not said"), is \(now[name] ?? "not said")")
            }
        }
        for name in Set(old.smallestGroups.keys).union(new.smallestGroups.keys).sorted() {
            let (was, now) = (old.smallestGroups[name], new.smallestGroups[name])
            if was != now {
                lines.append("\(name): smallest_group was \(was.map { "\($0)" } ?? "not said"), is \(now.map { "\($0)" } ?? "not said")")
            }
        }
        return lines
    }
}

extension PolicyComparison.Change {
    fileprivate func isSame(as other: Self) -> Bool {
        direction == other.direction && fields == other.fields && before == other.before && after == other.after
    }

    fileprivate func declared(_ purpose: String?) -> Self {
        var copy = self
        copy.purposes = purpose.map { [$0] } ?? []
        return copy
    }
}

extension Rule {
    /// What of a rule the reach of roles does not tell, in words. Keys are the members of the grammar.
    fileprivate var parts: KeyValuePairs<String, String> {
        let conditions = Set(conditions.values.map(\.text)).sorted().joined(separator: " | ")
        let derived = members.derived.map { role in
            "\(role.name) of \(role.from?.sorted().joined(separator: ", ") ?? "anybody") when "
                + Set(role.conditions.values.map(\.text)).sorted().joined(separator: " | ")
        }
        return [
            "to": ((members.roles?.sorted() ?? ["*"]) + derived).joined(separator: ", "),
            "purposes": purposes?.sorted().joined(separator: ", ") ?? "any",
            "when": conditions.isEmpty ? "always" : conditions,
            "require": obligations.isEmpty ? "nothing" : obligations.map(\.words).sorted().joined(separator: " and "),
            "for": grantDuration.map { "\($0.components.seconds / 60)m" } ?? "nothing",
        ]
    }
}

extension KeyValuePairs<String, String> {
    fileprivate subscript(_ name: String) -> String? { first { $0.key == name }?.value }
}

extension FieldAccess {
    /// How much is seen, as a number.
    fileprivate var rank: Int {
        switch self {
        case .hidden: 0
        case .masked(let mask): 1 + (Mask.allCases.sorted().firstIndex(of: mask) ?? 0)
        case .clear: 100
        }
    }
}

import Catalog
import Expressions

/// What a role can do with the records of an entity, or with a system resource: at most, for the records, purposes and proofs that its rules ask for; and in
/// any case, for every record and whatever is declared.
package struct RoleReach: Sendable {
    package struct Extent: Sendable, Equatable {
        package fileprivate(set) var isAllowed: Bool
        package fileprivate(set) var access: [FieldAccess]
        package fileprivate(set) var writable: [Bool]
    }

    package let role: String
    package let action: Action
    package let most: Extent
    package let least: Extent
    /// The allows that may speak, in the order of the files.
    package let rules: [Rule]
}

extension CompiledPolicies {
    /// - Parameter purpose: what the role comes for; `nil` for whatever it may be, so that a rule for some purposes holds at most.
    package func reach(of role: String, _ action: Action, on resource: String, purpose: String? = nil) -> RoleReach {
        var reach = sight(of: role, action, on: resource, purpose)
        guard let entity = catalog.entity(named: resource), action != .read else { return reach }
        if entity.isWrittenByGatewayOnly {
            let none = RoleReach.Extent(
                isAllowed: false, access: entity.fields.map { _ in .hidden }, writable: entity.fields.map { _ in false })
            return RoleReach(role: role, action: action, most: none, least: none, rules: [])
        }
        // What one may change one also reads in the clear; a new record nobody could have read before.
        let reading = action == .create ? reach : sight(of: role, .read, on: resource, purpose)
        let counted = roles([role], for: purpose).first
        let certain = reach.rules.filter { isCertain($0, for: counted, purpose) }
        func writable(_ own: RoleReach.Extent, _ read: RoleReach.Extent, _ rules: [Rule]) -> [Bool] {
            entity.fields.indices.map { index in
                own.access[index].isClear && read.access[index].isClear && !entity.fields[index].isSystem
                    && rules.contains { $0.mayWrite(entity.fields[index]) }
            }
        }
        var (most, least) = (reach.most, reach.least)
        most.writable = writable(most, reading.most, reach.rules)
        least.writable = writable(least, reading.least, certain)
        reach = RoleReach(role: role, action: action, most: most, least: least, rules: reach.rules)
        return reach
    }

    private func sight(of role: String, _ action: Action, on resource: String, _ purpose: String?) -> RoleReach {
        // A caller whose role does not come for the purpose is still somebody, whom a rule for everybody means.
        let own = roles([role], for: purpose).first
        let speaking = rules.filter { rule in
            rule.concerns(resource, action) && mayBeMeant(own, by: rule) && rule.canHold(on: resource, purpose: purpose)
        }
        let certain = speaking.filter { isCertain($0, for: own, purpose) }
        let fields = catalog.entity(named: resource)?.fields ?? []
        func extent(_ allows: [Rule], denies: [Rule], limits: [Rule]) -> RoleReach.Extent {
            let isAllowed = !allows.isEmpty && denies.isEmpty
            let access = fields.map { field in
                guard isAllowed else { return FieldAccess.hidden }
                let widest = allows.map { $0.access(to: field) }.reduce(FieldAccess.hidden, FieldAccess.wider)
                return limits.map { $0.limit(on: field) }.reduce(widest, FieldAccess.narrower)
            }
            return RoleReach.Extent(isAllowed: isAllowed, access: access, writable: fields.map { _ in false })
        }
        func split(_ rules: [Rule]) -> (allows: [Rule], denies: [Rule], limits: [Rule]) {
            (
                rules.filter { $0.effect == .allow }, rules.filter { $0.effect == .deny && !$0.limitsFieldsOnly },
                rules.filter(\.limitsFieldsOnly)
            )
        }
        let (all, sure) = (split(speaking), split(certain))
        return RoleReach(
            role: role, action: action, most: extent(all.allows, denies: sure.denies, limits: sure.limits),
            least: extent(sure.allows, denies: all.denies, limits: all.limits), rules: sure.denies.isEmpty ? all.allows : []
        )
    }

    /// - Parameter role: `nil` for somebody without any.
    private func mayBeMeant(_ role: String?, by rule: Rule) -> Bool {
        Self.includes(rule.members.roles, role) || rule.members.derived.contains { Self.includes($0.from, role) }
    }

    private static func includes(_ roles: Set<String>?, _ role: String?) -> Bool {
        guard let roles else { return true }
        return role.map { roles.contains($0) } ?? false
    }

    private func isCertain(_ rule: Rule, for role: String?, _ purpose: String?) -> Bool {
        Self.includes(rule.members.roles, role) && !rule.hasCondition && (rule.purposes == nil || purpose != nil)
            && rule.obligations.isEmpty
    }
}

extension Rule {
    /// Whether there is a record of the entity, a caller and a purpose for which the rule can hold, as far as its text tells.
    func canHold(on resource: String, purpose: String? = nil) -> Bool {
        if let purpose, !isFor(purpose: purpose) { return false }
        guard conditions[resource]?.canHold(for: purpose.map { [$0] } ?? purposes) ?? true else { return false }
        if members.roles?.isEmpty != true { return true }
        return members.derived.contains { $0.canHold(on: resource) }
    }
}

extension DerivedRole {
    func canHold(on resource: String) -> Bool { from?.isEmpty != true && conditions[resource]?.canHold(for: nil) ?? true }
}

extension Condition {
    /// - Parameter purposes: those that are declared when the condition is asked; `nil` for any, and for none.
    fileprivate func canHold(for purposes: Set<String>?) -> Bool {
        guard let purposes else { return !rows(Unknown(purpose: nil)).isContradictory }
        return purposes.contains { !rows(Unknown(purpose: $0)).isContradictory }
    }
}

/// A request of which nothing is known but, perhaps, its purpose. What comes to false here is false for everybody: an unknown part
/// is an error, which only what is certain outweighs.
private struct Unknown: Bindings {
    let purpose: String?

    func value(of variable: String) -> Value? { nil }
    func member(_ name: String, of variable: String) -> MemberValue? {
        guard variable == "request", name == "purpose", let purpose else { return nil }
        return .value(.string(purpose))
    }
}

extension RowCondition {
    /// Whether no record fits, whatever the unknown parts come to: false, or one column with two values.
    fileprivate var isContradictory: Bool {
        switch self {
        case .constant(let value): return !value
        case .any(let conditions): return conditions.allSatisfy { $0.isContradictory }
        case .all(let conditions):
            if conditions.contains(where: { $0.isContradictory }) { return true }
            var values: [Column: Value] = [:]
            for case .equal(let column, let value) in conditions {
                if let first = values.updateValue(value, forKey: column), first != value { return true }
            }
            return false
        default: return false
        }
    }
}

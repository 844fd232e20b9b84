import Catalog
package import Identity
import Synchronization

/// The rules of all resources, checked against the catalog. No rule means deny.
package final class CompiledPolicies: Sendable {
    package let roles: Set<String>
    private let rules: [Rule]
    private let catalog: CompiledCatalog
    private let kept = Mutex<[Question: Decision]>([:])

    private struct Question: Hashable {
        let roles: String
        let resource: String
        let action: Action
    }

    init(roles: Set<String>, rules: [Rule], catalog: CompiledCatalog) {
        self.roles = roles
        self.rules = rules
        self.catalog = catalog
    }

    /// Decides; the same question has the same answer until the rules are loaded anew.
    package func decide(_ principal: Principal, _ action: Action, on resource: String) -> Decision {
        let question = Question(roles: principal.roleKey, resource: resource, action: action)
        if let decision = kept.withLock({ $0[question] }) { return decision }
        let decision = compute(Set(principal.roles), action, resource)
        kept.withLock { kept in
            // Role sets are few; should somebody make many, the memory of past questions is not worth more than this.
            if kept.count > 10_000 { kept.removeAll() }
            kept[question] = decision
        }
        return decision
    }

    private func compute(_ roles: Set<String>, _ action: Action, _ resource: String) -> Decision {
        let matching = rules.filter { $0.applies(to: resource, action, roles) }
        let fields = catalog.entity(named: resource)?.fields ?? []
        func denied(_ rule: String) -> Decision {
            Decision(
                resource: resource, action: action, isAllowed: false, rule: rule, access: fields.map { _ in .hidden },
                writable: fields.map { _ in false }
            )
        }
        // A deny that matches wins over every allow, of any role.
        if let deny = matching.first(where: { $0.effect == .deny && !$0.limitsFieldsOnly }) { return denied(deny.name) }
        let allows = matching.filter { $0.effect == .allow }
        guard let first = allows.first else { return denied("default-deny") }
        let limits = matching.filter { $0.effect == .deny }
        let access = fields.map { field in
            let widest = allows.map { $0.access(to: field) }.reduce(FieldAccess.hidden, Self.wider)
            return limits.map { $0.limit(on: field) }.reduce(widest, Self.narrower)
        }
        // What a caller may change it also reads in the clear: whether a change changes anything would else tell the value.
        let sight = action == .update || action == .import ? compute(roles, .read, resource).access : access
        let writable = fields.indices.map { position in
            access[position].isClear && sight[position].isClear && !fields[position].isSystem
                && allows.contains { $0.mayWrite(fields[position]) }
        }
        return Decision(resource: resource, action: action, isAllowed: true, rule: first.name, access: access, writable: writable)
    }

    /// The union: clear beats every mask, the weakest mask beats the others, anything beats hidden.
    private static func wider(_ left: FieldAccess, _ right: FieldAccess) -> FieldAccess {
        switch (left, right) {
        case (.clear, _), (_, .clear): .clear
        case (.masked(let a), .masked(let b)): .masked(max(a, b))
        case (.masked(let mask), .hidden), (.hidden, .masked(let mask)): .masked(mask)
        case (.hidden, .hidden): .hidden
        }
    }

    private static func narrower(_ left: FieldAccess, _ right: FieldAccess) -> FieldAccess {
        switch (left, right) {
        case (.hidden, _), (_, .hidden): .hidden
        case (.clear, let other), (let other, .clear): other
        case (.masked(let a), .masked(let b)): .masked(min(a, b))
        }
    }
}

import Catalog

/// Yes or no, the rule that decided, and for each field what may be seen and written. Only this module makes one.
package final class Decision: Sendable {
    package let resource: String
    package let action: Action
    package let isAllowed: Bool
    /// The rule that decided; `default-deny` when none spoke.
    package let rule: String
    /// Parallel to the entity's fields; empty for a system resource.
    package let access: [FieldAccess]
    package let writable: [Bool]
    /// Tells representations apart: two callers with the same fingerprint see the same of a record.
    package let fingerprint: String

    init(resource: String, action: Action, isAllowed: Bool, rule: String, access: [FieldAccess], writable: [Bool]) {
        self.resource = resource
        self.action = action
        self.isAllowed = isAllowed
        self.rule = rule
        self.access = access
        self.writable = writable
        self.fingerprint = access.map { access in
            switch access {
            case .clear: "c"
            case .masked(let mask): "m\(mask.rawValue);"
            case .hidden: "h"
            }
        }.joined()
    }

    /// Whoever may use a rule may ask for a grant that opens it.
    package static func asking(for rule: Rule) -> Decision {
        Decision(resource: SystemResource.grant.rawValue, action: .create, isAllowed: true, rule: rule.name, access: [], writable: [])
    }

    /// Nobody approves or closes what they asked for themselves.
    package static let ownGrant = Decision(
        resource: SystemResource.grant.rawValue, action: .update, isAllowed: false, rule: "own-grant", access: [], writable: [])

    static func denied(_ resource: String, _ action: Action, rule: String, fields: [Field]) -> Decision {
        Decision(
            resource: resource, action: action, isAllowed: false, rule: rule, access: fields.map { _ in .hidden },
            writable: fields.map { _ in false }
        )
    }
}

package import Catalog

/// What can be done to a resource.
package enum Action: String, Sendable, CaseIterable {
    case read, create, update
    /// Hides a record; ``restore`` brings it back, ``destroy`` takes it away for good.
    case delete, restore, destroy
    case `import`
    /// Turns a record into what the catalog says it becomes.
    case convert
    /// Makes several records one.
    case merge
}

/// Resources that are no entity of the catalog.
package enum SystemResource: String, Sendable, CaseIterable {
    /// The audit trail: `read`; `delete` drops entries that have lasted their time.
    case audit
    /// API keys: `read`, `create`, `update` (another secret), `delete` (revoke).
    case credential
    /// Consents, restrictions and objections of data subjects: `read`, `update`. Their keys: `delete` destroys one for good.
    case subject
    /// Requests for more access (two people, break-glass): `read` the list, `update` approves and closes.
    case grant
    /// Keys: `read` what there is, `update` rotates.
    case key
    /// The numbers for monitoring: `read`.
    case metrics
    /// Requests of data subjects: `read`, `create` (open), `update` (work on).
    case request
    /// Packages with everything about a person: `create` (have one built for them), `read` (fetch one's own).
    case export
    /// The second person's yes to what cannot be undone: `create`.
    case approval
    /// Legal holds: `read`, `create` (place), `delete` (release).
    case hold
    /// Retention: `read` plans, `update` carries them out.
    case retention
    /// Records of processing, the data map: `read`.
    case processing
    /// What recipients of data are told: `read`, `update` acknowledges it.
    case notice
    /// Agents of the Data Rights Protocol: `read`, `create`, `delete`.
    case rightsAgent = "rights-agent"
    /// Users, teams, and the roles that are given to users: `read`, `create`, `update` (also: give and take roles), `delete`.
    case user
    /// Endpoints that are told of events, each its owner's: `read`, `create`, `update`, `delete`.
    case webhook
    /// Imports and exports of many records, each its owner's: `read`, `create` (open, fill and start), `update` (take an import back), `delete`.
    case job
    /// Records that raise an alarm when they are read: `read` which, `create`, `delete`.
    case honey
    /// How many people a caller may see, lifted for one: `read`, `create`, `delete` (end it).
    case limit
}

/// What a caller may know of a field.
package enum FieldAccess: Sendable, Hashable {
    case clear
    case masked(Mask)
    case hidden

    package var isClear: Bool { self == .clear }

    /// Whether it shows no more than another.
    package func isNoWider(than other: FieldAccess) -> Bool { FieldAccess.wider(self, other) == other }

    /// The union: clear beats every mask, the weakest mask beats the others, anything beats hidden.
    package static func wider(_ left: FieldAccess, _ right: FieldAccess) -> FieldAccess {
        switch (left, right) {
        case (.clear, _), (_, .clear): .clear
        case (.masked(let a), .masked(let b)): .masked(max(a, b))
        case (.masked(let mask), .hidden), (.hidden, .masked(let mask)): .masked(mask)
        case (.hidden, .hidden): .hidden
        }
    }

    static func narrower(_ left: FieldAccess, _ right: FieldAccess) -> FieldAccess {
        switch (left, right) {
        case (.hidden, _), (_, .hidden): .hidden
        case (.clear, let other), (let other, .clear): other
        case (.masked(let a), .masked(let b)): .masked(min(a, b))
        }
    }
}

/// What a rule asks of the caller before it speaks.
package enum Obligation: String, Sendable, CaseIterable {
    /// A reason is stated (`Reason` header).
    case reason
    /// The credential was made for a short time by somebody who had to prove more than having a key.
    case stepUp = "step-up"
    /// Somebody else has approved.
    case secondPerson = "second-person"
    /// The glass was broken: the caller opened the rule for itself, for a while, to be reviewed.
    case breakGlass = "break-glass"
}

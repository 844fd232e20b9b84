package import Catalog

/// What can be done to a resource.
package enum Action: String, Sendable, CaseIterable {
    case read, create, update, delete, `import`
}

/// Resources that are no entity of the catalog.
package enum SystemResource: String, Sendable, CaseIterable {
    /// The audit trail: `read`; `delete` drops entries that have lasted their time.
    case audit
    /// API keys: `read`, `create`, `delete` (revoke).
    case credential
    /// Consents, restrictions and objections of data subjects: `read`, `update`. Their keys: `delete` destroys one for good.
    case subject
    /// Requests for more access (two people, break-glass): `read` the list, `update` approves and closes.
    case grant
    /// Keys: `read` what there is, `update` rotates.
    case key
    /// The numbers for monitoring: `read`.
    case metrics
}

/// What a caller may know of a field.
package enum FieldAccess: Sendable, Hashable {
    case clear
    case masked(Mask)
    case hidden

    package var isClear: Bool { self == .clear }

    /// The union: clear beats every mask, the weakest mask beats the others, anything beats hidden.
    static func wider(_ left: FieldAccess, _ right: FieldAccess) -> FieldAccess {
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

package import Catalog

/// What can be done to a resource.
package enum Action: String, Sendable, CaseIterable {
    case read, create, update, delete, `import`
}

/// Resources that are no entity of the catalog.
package enum SystemResource: String, Sendable, CaseIterable {
    /// The audit trail: `read`.
    case audit
    /// API keys: `read`, `create`, `delete` (revoke).
    case credential
}

/// What a caller may know of a field.
package enum FieldAccess: Sendable, Hashable {
    case clear
    case masked(Mask)
    case hidden

    package var isClear: Bool { self == .clear }
}

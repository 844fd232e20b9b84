package import Catalog
package import Expressions
package import Vocabulary

/// One rule of a policy file, in the shape that `policies/README.md` describes.
package struct Rule: Sendable {
    package enum Effect: String, Sendable { case allow, deny }

    package let name: String
    package let position: SourcePosition
    package let effect: Effect
    /// `nil` is `*`: every entity of the catalog (not the system resources, which are always named).
    package let resource: String?
    package let actions: Set<Action>
    package let members: Members
    /// Purposes that the rule speaks for, or `nil` for all, and for none declared.
    package let purposes: Set<String>?
    /// The condition, by the entity or system resource it was compiled for.
    let conditions: [String: Condition]
    package let obligations: Set<Obligation>
    /// How long a grant opens the rule, where one has to: see ``Obligation``.
    package let grantDuration: Duration?
    let fields: FieldRule?
    let write: WriteRule?

    /// Whom the rule speaks for.
    package struct Members: Sendable {
        /// Roles, or `nil` for `*`.
        package let roles: Set<String>?
        package let derived: [DerivedRole]
    }

    package struct FieldRule: Sendable {
        let clear: FieldSelection
        let masks: [String: Mask]
        /// The catalog's own mask for these.
        let masked: FieldSelection
        let hide: Set<String>
    }

    package struct WriteRule: Sendable {
        let fields: FieldSelection
    }

    /// Names, or `*` up to a class, without some.
    struct FieldSelection: Sendable {
        let isEverything: Bool
        /// What `*` reaches at most: what the rule's author has seen. Never a class that has to be named.
        let upTo: FieldClass
        let names: Set<String>
        let except: Set<String>

        static let none = FieldSelection(isEverything: false, upTo: .operational, names: [], except: [])

        func contains(_ field: Field) -> Bool {
            if names.contains(field.name) { return true }
            return isEverything && field.fieldClass <= upTo && !field.fieldClass.isNamedOnly && !except.contains(field.name)
        }
    }

    /// Whether the rule can speak about this at all; conditions and obligations are asked later.
    package func concerns(_ resource: String, _ action: Action) -> Bool {
        actions.contains(action) && speaks(of: resource)
    }

    /// Whether the rule is about this entity or system resource, whatever is done to it.
    package func speaks(of resource: String) -> Bool { self.resource.map { $0 == resource } ?? (SystemResource(rawValue: resource) == nil) }

    func isFor(purpose: String?) -> Bool {
        guard let purposes else { return true }
        return purpose.map { purposes.contains($0) } ?? false
    }

    /// The condition for an entity, as it was written.
    package func condition(on resource: String) -> Condition? { conditions[resource] }
    package var hasCondition: Bool { !conditions.isEmpty }

    /// A deny with `fields` takes away sight of those fields, not the action.
    package var limitsFieldsOnly: Bool { effect == .deny && fields != nil }

    package func access(to field: Field) -> FieldAccess {
        guard let fields else { return .hidden }
        if fields.hide.contains(field.name) { return .hidden }
        if let mask = fields.masks[field.name] { return mask == .hidden ? .hidden : .masked(mask) }
        if fields.clear.contains(field) { return .clear }
        if fields.masked.contains(field) { return field.mask == .hidden ? .hidden : .masked(field.mask) }
        return .hidden
    }

    package func limit(on field: Field) -> FieldAccess {
        guard let fields else { return .clear }
        if fields.hide.contains(field.name) { return .hidden }
        if let mask = fields.masks[field.name] { return mask == .hidden ? .hidden : .masked(mask) }
        // `*` gives away little, but takes away everything: a deny reaches the classes that an allow has to name.
        return fields.masked.contains(field) || fields.masked.isEverything ? (field.mask == .hidden ? .hidden : .masked(field.mask)) : .clear
    }

    /// What the law takes away, in the form of a rule.
    static func hiding(_ fields: [Field], of entity: Entity) -> Rule {
        Rule(
            name: "the-law-limits-sensitive-data", position: SourcePosition(file: "CCPA, Civil Code 1798.121", line: 1, column: 1), effect: .deny,
            resource: entity.name, actions: Set(Action.allCases), members: Members(roles: nil, derived: []), purposes: nil, conditions: [:],
            obligations: [], grantDuration: nil,
            fields: FieldRule(clear: .none, masks: [:], masked: .none, hide: Set(fields.map(\.name))), write: nil
        )
    }

    package func mayWrite(_ field: Field) -> Bool { write?.fields.contains(field) ?? false }
}

/// A role that a caller has for some records: `owner`, of a sales-rep, where the record's owner is the caller.
package struct DerivedRole: Sendable {
    package let name: String
    package let position: SourcePosition
    /// Roles of which the caller has one, or `nil` for `*`.
    package let from: Set<String>?
    let conditions: [String: Condition]

    package func condition(on resource: String) -> Condition? { conditions[resource] }
}

import Catalog
import Vocabulary

/// One rule of a policy file, in the shape that `policies/README.md` describes.
struct Rule: Sendable {
    enum Effect: Sendable { case allow, deny }

    let name: String
    let effect: Effect
    /// `nil` is `*`: every entity of the catalog (not the system resources, which are always named).
    let resource: String?
    let actions: Set<Action>
    /// Roles, or `nil` for `*`.
    let roles: Set<String>?
    let fields: FieldRule?
    let write: WriteRule?

    struct FieldRule: Sendable {
        let clear: FieldSelection
        let masks: [String: Mask]
        /// The catalog's own mask for these.
        let masked: FieldSelection
        let hide: Set<String>
    }

    struct WriteRule: Sendable {
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

    func applies(to resource: String, _ action: Action, _ callerRoles: Set<String>) -> Bool {
        guard actions.contains(action), roles.map({ !$0.isDisjoint(with: callerRoles) }) ?? true else { return false }
        if let own = self.resource { return own == resource }
        return SystemResource(rawValue: resource) == nil
    }

    /// A deny with `fields` takes away sight of those fields, not the action.
    var limitsFieldsOnly: Bool { effect == .deny && fields != nil }

    func access(to field: Field) -> FieldAccess {
        guard let fields else { return .hidden }
        if fields.hide.contains(field.name) { return .hidden }
        if let mask = fields.masks[field.name] { return mask == .hidden ? .hidden : .masked(mask) }
        if fields.clear.contains(field) { return .clear }
        if fields.masked.contains(field) { return field.mask == .hidden ? .hidden : .masked(field.mask) }
        return .hidden
    }

    func limit(on field: Field) -> FieldAccess {
        guard let fields else { return .clear }
        if fields.hide.contains(field.name) { return .hidden }
        if let mask = fields.masks[field.name] { return mask == .hidden ? .hidden : .masked(mask) }
        // `*` gives away little, but takes away everything: a deny reaches the classes that an allow has to name.
        return fields.masked.contains(field) || fields.masked.isEverything ? (field.mask == .hidden ? .hidden : .masked(field.mask)) : .clear
    }

    func mayWrite(_ field: Field) -> Bool { write?.fields.contains(field) ?? false }
}

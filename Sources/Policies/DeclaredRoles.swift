import Catalog
import Vocabulary

/// What `roles.yaml` says: who callers can be, what they come for, and what their credentials may say of them.
struct DeclaredRoles: Sendable {
    private(set) var positions: [String: SourcePosition] = [:]
    /// What roles come for, in the order of the file, each with its usual purpose first; a role that is not here may come for anything.
    private(set) var purposes: [(role: String, purposes: [String])] = []
    private(set) var attributes: [String: AttributeKind] = [:]

    var names: Set<String> { Set(positions.keys) }

    /// Whether a role may come for a purpose. Whoever declares none is held to what holds for all.
    func comes(_ role: String, for purpose: String?) -> Bool {
        guard let purpose, let own = purposes.first(where: { $0.role == role }) else { return true }
        return own.purposes.contains(purpose)
    }

    private static let taken = ["id", "roles", "teams", "method", "stepped_up"]

    init() {}

    init(_ document: SourceNode, _ catalog: CompiledCatalog) throws(Diagnostic) {
        let top = try document.mapping("the roles document")
        try top.refuseOthers(than: ["roles", "attributes"])
        for member in try top.required("roles").mapping("roles").members {
            let name = try member.key.text("a role's name")
            let mapping = try member.value.mapping("role \(name)")
            try mapping.refuseOthers(than: ["label", "purposes"])
            positions[name] = member.key.position
            guard let node = mapping["purposes"] else { continue }
            var own: [String] = []
            for item in try node.texts("purposes") {
                guard catalog.purposes[item.text] != nil else {
                    throw Diagnostic(
                        item.position, "purpose '\(item.text)' is not declared",
                        hint: Spelling.hint(for: item.text, among: catalog.purposes.keys.sorted())
                    )
                }
                own.append(item.text)
            }
            if own.isEmpty { throw Diagnostic(node.position, "a role that comes for nothing can do nothing", hint: "leave 'purposes' out") }
            purposes.append((name, own))
        }
        for member in try top["attributes"]?.mapping("attributes").members ?? [] {
            let name = try member.key.text("an attribute's name")
            let mapping = try member.value.mapping("attribute \(name)")
            try mapping.refuseOthers(than: ["type", "label"])
            guard name.utf8.count <= 48, name.utf8.allSatisfy({ (0x61...0x7A).contains($0) || $0 == 0x5F || (0x30...0x39).contains($0) }),
                !Self.taken.contains(name)
            else {
                throw Diagnostic(
                    member.key.position, "'\(name)' cannot be the name of an attribute",
                    hint: "a-z 0-9 _, and not \(Self.taken.joined(separator: ", "))"
                )
            }
            attributes[name] = try mapping.required("type").choice("type", of: AttributeKind.self)
        }
    }
}

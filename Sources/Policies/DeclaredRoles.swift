import Catalog
import Vocabulary

/// What `roles.yaml` says: who callers can be, what they come for, and what their credentials may say of them.
struct DeclaredRoles: Sendable {
    private(set) var positions: [String: SourcePosition] = [:]
    /// The purpose of a role's requests that declare none, in the order of the file.
    private(set) var purposes: [(role: String, purpose: String)] = []
    private(set) var attributes: [String: AttributeKind] = [:]

    var names: Set<String> { Set(positions.keys) }

    private static let taken = ["id", "roles", "teams", "method", "stepped_up"]

    init() {}

    init(_ document: SourceNode, _ catalog: CompiledCatalog) throws(Diagnostic) {
        let top = try document.mapping("the roles document")
        try top.refuseOthers(than: ["roles", "attributes"])
        for member in try top.required("roles").mapping("roles").members {
            let name = try member.key.text("a role's name")
            let mapping = try member.value.mapping("role \(name)")
            try mapping.refuseOthers(than: ["label", "purpose"])
            positions[name] = member.key.position
            guard let node = mapping["purpose"] else { continue }
            let purpose = try node.text("purpose")
            guard catalog.purposes[purpose] != nil else {
                throw Diagnostic(
                    node.position, "purpose '\(purpose)' is not declared", hint: Spelling.hint(for: purpose, among: catalog.purposes.keys.sorted())
                )
            }
            purposes.append((name, purpose))
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

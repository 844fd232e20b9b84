import Catalog
import Identity
import Policies
import Vocabulary

@testable import PolicyFiles

/// Policy documents written in tests, compiled as those of a folder are.
enum Written {
    static let purposes = """
        purposes:
          sales: { label: Selling, basis: contract }
          marketing: { basis: consent }
        """
    static let processing = """
        controller: { name: Example, address: "Example Street 1", email: privacy@example.com, country: DE }
        time_zone: Europe/Berlin
        """
    static let roles = """
        roles:
          rep: { label: Sells }
          lead: { label: Leads }
          guest: { label: Looks }
        """

    /// An entity about people whose first field stands in line 5.
    static func person(_ fields: String = "name: { type: text, class: identifying, store: sealed }", subject: String = "self") -> String {
        let lines = fields.split(separator: "\n").map { "  \($0)\n" }.joined()
        return """
            entity: person
            plural: people
            subject: \(subject)
            fields:
            \(lines)  created_at: { type: timestamp, class: operational, store: plain, system: true }
              updated_at: { type: timestamp, class: operational, store: plain, system: true }
            retention:
              - { name: old, since: updated_at, after: P3Y, do: erase, basis: "GDPR Art. 5(1)(e)" }
            """
    }

    /// An entity about nobody.
    static func thing(_ fields: String = "", name: String = "thing", plural: String = "things", more: String = "") -> String {
        let lines = fields.split(separator: "\n").map { "  \($0)\n" }.joined()
        return """
            entity: \(name)
            plural: \(plural)
            subject: none
            fields:
            \(lines)  created_at: { type: timestamp, class: operational, store: plain, system: true }
              updated_at: { type: timestamp, class: operational, store: plain, system: true }
            \(more)
            """
    }

    static func catalog(_ entities: [String], purposes: String = purposes) throws -> CompiledCatalog {
        let documents = try entities.enumerated().map { try YAMLDocument.read($1, file: "\($0 + 1).yaml") }
        return try CatalogCompiler.compile(purposes: YAMLDocument.read(purposes, file: "purposes.yaml"), entities: documents)
    }

    static func policies(_ documents: [String], roles: String = roles, catalog: CompiledCatalog) throws -> CompiledPolicies {
        let documents = try documents.enumerated().map { try YAMLDocument.read($1, file: "\($0 + 1).yaml") }
        return try PolicyCompiler.compile(roles: YAMLDocument.read(roles, file: "roles.yaml"), documents: documents, catalog: catalog)
    }

    /// One field with this declaration.
    static func field(_ declaration: String) throws -> Field {
        let catalog = try catalog([
            thing("currency: { type: currency, class: business, store: plain }\nvalue: { class: business, store: plain, \(declaration) }"),
            thing(name: "other", plural: "others"),
        ])
        guard let field = catalog.entity(named: "thing")?.field(named: "value") else { throw Missing() }
        return field
    }

    /// What the compilers say; empty when they say nothing.
    static func problems(_ body: () throws -> some Any) -> String {
        do {
            _ = try body()
            return ""
        } catch {
            return "\(error)"
        }
    }

    static func caller(_ roles: String...) -> Principal {
        .host(tenant: TenantID(UUIDv7(high: 0, low: 1)), roles: roles)
    }

    struct Missing: Error {}
}

extension CompiledPolicies {
    /// The most that any record shows a caller who comes for what the role usually comes for.
    func decide(_ principal: Principal, _ action: Action, on resource: String) -> Decision {
        let purpose = purpose(of: principal.roles).flatMap { catalog.purposes[$0] }
        return decide(AccessRequest(principal: principal, purpose: purpose), action, on: resource).widest
    }
}

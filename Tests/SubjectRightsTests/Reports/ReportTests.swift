import Catalog
import DataFormats
import Foundation
import PolicyFiles
import SubjectRights
import Testing
import Vocabulary

/// What is said of the processing comes from the declarations, all of it, and the same each time.
struct ReportTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

    private static let small = """
        purposes:
          service: { label: "Serving <customers> & friends", basis: contract }
          letters: { label: "Letters", basis: consent, direct_marketing: true }
        """
    private static let processing = """
        controller: { name: "Firm | \\"Co\\"", address: "Street 1", email: p@example.com, country: DE }
        recipients:
          far-mail: { label: "Sends *letters*", role: processor, purposes: [letters], country: US, safeguard: "standard clauses" }
          books: { label: "Keeps books", role: third-party, purposes: [service], country: FR }
        storage_locations: [DE]
        sources: ["fairs"]
        measures: ["locks", "<script>alert(1)</script>"]
        time_zone: Europe/Berlin
        """
    private static let person = """
        entity: person
        plural: people
        subject: self
        label: Person
        purposes: [service, letters]
        fields:
          name: { type: text, class: identifying, store: sealed, search: [exact], label: Name }
          health: { type: text, class: special, store: sealed, purposes: [service], label: Health }
          kind: { type: choice, of: [a, b], class: business, store: plain, label: Kind }
          created_at: { type: timestamp, class: operational, store: plain, system: true }
          updated_at: { type: timestamp, class: operational, store: plain, system: true }
        retention:
          - { name: old-people, when: "record.kind == 'a'", since: updated_at, after: P1Y, do: erase, basis: "GDPR Art. 5(1)(e)" }
        """
    private static let order = """
        entity: order
        plural: orders
        subject: { via: [person_id] }
        label: Order
        purposes: [service]
        fields:
          person_id: { type: reference, to: person, class: business, store: plain, indexed: true, label: Person }
          note: { type: text, class: personal, store: sealed, label: Note }
          total: { type: integer, class: business, store: plain, label: Total }
          created_at: { type: timestamp, class: operational, store: plain, system: true }
          updated_at: { type: timestamp, class: operational, store: plain, system: true }
        erasure: { do: blank, basis: "tax law" }
        retention:
          - { name: books, since: created_at, after: P10Y, do: keep, basis: "tax law, ten years" }
          - { name: old-orders, since: created_at, after: P10Y, do: erase, basis: "tax law, ten years" }
        """

    private static func declared() throws -> (catalog: CompiledCatalog, processing: ProcessingDeclaration) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let nodes = try [small, processing, person, order].enumerated().map { number, text in
            let file = folder.appendingPathComponent("\(number).yaml")
            try text.write(to: file, atomically: true, encoding: .utf8)
            return try PolicyFolder.document(at: file.path)
        }
        let catalog = try CatalogCompiler.compile(purposes: nodes[0], entities: Array(nodes[2...]))
        return (catalog, try ProcessingReader.read(nodes[1], purposes: catalog.purposes))
    }

    private static func documents() throws -> [(name: String, document: ReportDocument)] {
        let (catalog, processing) = try declared()
        let map = DataMap(catalog, processing) { entity, position in
            entity.fields[position].fieldClass.isPersonal
                ? DataMap.Sight(clear: ["owner"], masked: ["guest"]) : DataMap.Sight(clear: ["guest", "owner"], masked: [])
        }
        return [
            ("processing", ProcessingRecord(catalog, processing).document), ("datamap", map.document),
            ("notice", TransparencyNotice(catalog, processing).document),
        ]
    }

    @Test func `a small catalog is reported on word for word`() throws {
        for (name, document) in try Self.documents() {
            for (kind, text) in [("md", document.markdown), ("html", document.html)] {
                let file = Self.folder.appendingPathComponent("Golden/\(name).\(kind)")
                if ProcessInfo.processInfo.environment["WRITE_GOLDEN"] != nil { try text.write(to: file, atomically: true, encoding: .utf8) }
                #expect(try String(contentsOf: file, encoding: .utf8) == text, "\(name).\(kind)")
            }
        }
    }

    @Test func `a report is the same each time, and survives its way as JSON`() throws {
        let (first, second) = (try Self.documents(), try Self.documents())
        for ((name, one), (_, other)) in zip(first, second) {
            #expect(one == other, "\(name)")
            let object = try #require(try JSONReader.read(JSONValue.object(one.object).encoded()).objectValue)
            #expect(ReportDocument(object) == one, "\(name)")
        }
    }

    @Test func `nothing that is declared becomes markup`() throws {
        for (name, document) in try Self.documents() {
            #expect(!document.html.contains("<script"), "\(name)")
            #expect(!document.html.contains("<customers>"), "\(name)")
            // Each row of a table has the cells of its heading: a bar in a text is no cell.
            for section in document.sections { #expect(section.rows.allSatisfy { $0.count == section.columns.count }, "\(name) \(section.heading)") }
        }
        let page = try #require(try Self.documents().first).document
        #expect(page.markdown.contains("Firm \\| \"Co\"") && page.markdown.contains("&lt;script&gt;"))
    }

    @Test func `the shipped catalog is reported on whole`() throws {
        let folder = try Shipped.policies()
        let record = ProcessingRecord(folder.catalog, folder.processing).document.markdown
        for entity in folder.catalog.entities { for rule in entity.retention { #expect(record.contains(rule.name), "\(rule.name)") } }
        for purpose in folder.catalog.purposes.keys { #expect(record.contains(purpose), "\(purpose)") }
        for recipient in folder.processing.recipients { #expect(record.contains(recipient.name), "\(recipient.name)") }
        let map = DataMap(folder.catalog, folder.processing) { _, _ in DataMap.Sight(clear: [], masked: []) }.document
        let rows = map.sections.dropFirst().flatMap(\.rows)
        #expect(rows.count == folder.catalog.entities.reduce(0) { $0 + $1.fields.count })
    }
}

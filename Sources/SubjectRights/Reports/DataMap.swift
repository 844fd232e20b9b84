package import Catalog
import Vocabulary

/// Every field of every entity: what it is, where it rests, what for, who sees it, and when it goes.
package struct DataMap: Sendable {
    /// Who sees a field: roles that see it in the clear, and those that see it masked.
    package struct Sight: Sendable {
        package let clear: [String]
        package let masked: [String]

        package init(clear: [String], masked: [String]) {
            self.clear = clear
            self.masked = masked
        }
    }

    private let catalog: CompiledCatalog
    private let processing: ProcessingDeclaration
    private let sight: @Sendable (Entity, Int) -> Sight

    /// - Parameter sight: who sees the field of an entity at a position; what the policies say.
    package init(_ catalog: CompiledCatalog, _ processing: ProcessingDeclaration, sight: @escaping @Sendable (Entity, Int) -> Sight) {
        self.catalog = catalog
        self.processing = processing
        self.sight = sight
    }

    package var document: ReportDocument {
        ReportDocument(
            title: "Data map",
            introduction:
                "Where data of \(processing.controller.name) rests and who sees it, field by field. “Under the person's key” is unreadable as soon as the person is erased.",
            sections: [reach] + catalog.entities.map(section)
        )
    }

    private var words: ProcessingWords { ProcessingWords(catalog: catalog, processing: processing) }

    /// How far export, erasure and retention go.
    private var reach: ReportDocument.Section {
        .init(
            "Reach", columns: ["Records", "About", "Export", "Erasure of the person", "Retention"],
            rows: catalog.entities.map { entity in
                let about: String
                let (export, erasure): (String, String)
                switch entity.subject {
                case .itself: (about, export, erasure) = ("the person is the record", "whole", "goes")
                case .via(let fields):
                    about = "the person of \(fields.joined(separator: ", else "))"
                    export = "whole"
                    erasure =
                        entity.erasure.action == .delete ? "goes; stays emptied while a floor keeps it" : "stays, emptied: \(entity.erasure.basis)"
                case .nobody: (about, export, erasure) = ("nobody", "no: it is about nobody", "stays; references to the person are cut")
                }
                let rules = entity.retention.map { "\($0.name): \(words.words($0, of: entity))" }
                return [entity.label, about, export, erasure, rules.isEmpty ? "none: it is about nobody" : rules.joined(separator: "; ")]
            }
        )
    }

    private func section(_ entity: Entity) -> ReportDocument.Section {
        .init(
            "\(entity.label) (\(entity.name))",
            columns: [
                "Field", "Label", "Type", "Class", "Rests", "Found by", "Purposes", "Recipients", "Seen in the clear by", "Seen masked by",
                "When its person is erased",
            ],
            rows: entity.fields.enumerated().map { position, field in
                let purposes = words.purposes(of: field, in: entity)
                let recipients = processing.recipients.filter { recipient in recipient.purposes.contains { purposes.contains($0) } }
                let seen = sight(entity, position)
                return [
                    field.name, field.label, field.type.rawValue, field.fieldClass.rawValue, storage(field, entity), search(field),
                    purposes.joined(separator: ", "), field.fieldClass.isPersonal ? recipients.map(\.name).joined(separator: ", ") : "",
                    seen.clear.joined(separator: ", "), seen.masked.joined(separator: ", "), end(field, entity),
                ]
            }
        )
    }

    private func storage(_ field: Field, _ entity: Entity) -> String {
        if field.isSealed { return entity.subject == .nobody ? "sealed, under the tenant's key" : "sealed, under the person's key" }
        return field.exemption.map { "plain: \($0)" } ?? "plain"
    }

    private func search(_ field: Field) -> String {
        if !field.isSealed { return "value" }
        return field.search.isEmpty ? "nothing" : field.search.map(\.rawValue).sorted().joined(separator: ", ")
    }

    private func end(_ field: Field, _ entity: Entity) -> String {
        switch (entity.subject, entity.erasure.action) {
        case (.nobody, _):
            let pointsToPeople = field.referenceTo.flatMap { catalog.entity(named: $0) }.map { $0.subject != .nobody } ?? false
            return pointsToPeople ? "cut" : "stays"
        case (_, .delete): return "goes with the record"
        case (_, .blank):
            let pointsToPerson = field.referenceTo.flatMap { catalog.entity(named: $0) }.map { $0.subject == .itself } ?? false
            return field.goesWithThePerson(in: entity) ? "emptied" : pointsToPerson ? "cut" : "stays"
        }
    }
}

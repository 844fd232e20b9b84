package import Catalog
import Expressions
import Vocabulary

/// The record of processing activities that a controller keeps (GDPR Art. 30(1)), as the catalog and processing.yaml have it.
package struct ProcessingRecord: Sendable {
    private let catalog: CompiledCatalog
    private let processing: ProcessingDeclaration

    package init(_ catalog: CompiledCatalog, _ processing: ProcessingDeclaration) {
        self.catalog = catalog
        self.processing = processing
    }

    private var words: ProcessingWords { ProcessingWords(catalog: catalog, processing: processing) }

    package var document: ReportDocument {
        ReportDocument(
            title: "Record of processing activities",
            introduction: "Kept by \(processing.controller.name) under GDPR Art. 30(1). It is made from the declarations that the system goes by.",
            sections: [words.contacts, activities, data, recipients, transfers, erasure, measures]
        )
    }

    private var activities: ReportDocument.Section {
        .init(
            "Purposes (Art. 30(1)(b), (c))", columns: ["Purpose", "What for", "Ground", "People", "Recipients"],
            rows: words.purposes.map { purpose in
                var ground = "\(ProcessingWords.words(purpose.basis)) (\(ExportFrame.article(purpose.basis)))"
                if purpose.isDirectMarketing { ground += "; direct marketing (Art. 21(2))" }
                if purpose.isSaleOrSharing { ground += "; sale or sharing (CCPA 1798.120)" }
                return [
                    purpose.name, purpose.label, ground, words.entities(for: purpose.name).map(\.label).joined(separator: ", "),
                    processing.recipients(of: purpose.name).map(\.label).joined(separator: ", "),
                ]
            }
        )
    }

    private var data: ReportDocument.Section {
        let rows = catalog.entities.filter { $0.subject != .nobody }.flatMap { entity in
            FieldClass.allCases.compactMap { fieldClass -> [String]? in
                let fields = entity.fields.filter { $0.fieldClass == fieldClass }
                guard fieldClass.isPersonal, !fields.isEmpty else { return nil }
                let purposes = Set(fields.flatMap { words.purposes(of: $0, in: entity) }).sorted()
                return [
                    entity.label, ProcessingWords.words(fieldClass), fields.map(\.label).joined(separator: ", "),
                    purposes.joined(separator: ", "),
                ]
            }
        }
        return .init("People and data (Art. 30(1)(c))", columns: ["Records", "Category", "Data", "Purposes"], rows: rows)
    }

    private var recipients: ReportDocument.Section {
        .init(
            "Recipients (Art. 30(1)(d))", columns: ["Recipient", "What it does", "Role", "Country", "Purposes", "Told of changes"],
            rows: processing.recipients.map { recipient in
                [
                    recipient.name, recipient.label, ProcessingWords.words(recipient.role), recipient.country,
                    recipient.purposes.joined(separator: ", "), recipient.webhook == nil ? "by hand" : "by webhook (Art. 19)",
                ]
            }
        )
    }

    private var transfers: ReportDocument.Section {
        let rows =
            words.transfers.map { [$0.label, $0.country, words.transfer($0)] }
            + words.distantStorage.map { ["Storage", $0, "to be named by the controller (GDPR Art. 44 to 49)"] }
        let none = "No data leaves the European Economic Area: it rests in \(processing.storageLocations.joined(separator: ", "))."
        return rows.isEmpty
            ? .init("Transfers to third countries (Art. 30(1)(e))", none)
            : .init("Transfers to third countries (Art. 30(1)(e))", columns: ["To", "Country", "Safeguard"], rows: rows)
    }

    private var erasure: ReportDocument.Section {
        let rows = catalog.entities.flatMap { entity in
            entity.retention.map { rule in
                [
                    entity.label, rule.name, rule.condition?.text ?? "every record", words.words(rule, of: entity), rule.basis,
                ]
            }
        }
        return .init(
            "Time limits for erasure (Art. 30(1)(f))",
            "A floor (“kept at least”) wins over every other rule. Legal holds and restrictions stop all of them.",
            columns: ["Records", "Rule", "Which", "What becomes of them", "Ground"], rows: rows
        )
    }

    private var measures: ReportDocument.Section { .init("Security measures (Art. 30(1)(g), 32)", items: processing.measures) }
}

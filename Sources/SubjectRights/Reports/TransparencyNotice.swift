package import Catalog
import Vocabulary

/// What people are to be told about the use of their data (GDPR Art. 13, 14), as the declarations have it. A draft for whoever answers for it:
/// what no declaration says, such as why interests are legitimate, it leaves to be written.
package struct TransparencyNotice: Sendable {
    private let catalog: CompiledCatalog
    private let processing: ProcessingDeclaration

    package init(_ catalog: CompiledCatalog, _ processing: ProcessingDeclaration) {
        self.catalog = catalog
        self.processing = processing
    }

    private var words: ProcessingWords { ProcessingWords(catalog: catalog, processing: processing) }

    package var document: ReportDocument {
        var sections = [words.contacts, purposes, data]
        if !processing.sources.isEmpty {
            sections.append(
                .init("Where it comes from", "What you did not give us yourself comes from (GDPR Art. 14(2)(f)):", items: processing.sources))
        }
        sections += [recipients, transfers, periods, rights, decisions]
        return ReportDocument(
            title: "How we use your data",
            introduction: "\(processing.controller.name) tells you here what it does with your personal data, and what you can ask for.",
            sections: sections
        )
    }

    private var purposes: ReportDocument.Section {
        .init(
            "What we use it for, and what allows it",
            columns: ["What for", "What allows it", "What you can do"],
            rows: words.purposes.filter { !words.entities(for: $0.name).isEmpty }.map { purpose in
                let choice: String
                if purpose.basis == .consent {
                    choice = "Withdraw your consent at any time, which does not undo what was done before (Art. 7(3))"
                } else if purpose.isDirectMarketing {
                    choice = "Object at any time, and it stops (Art. 21(2))"
                } else if purpose.canBeObjectedTo {
                    choice = "Object for reasons of your own situation (Art. 21(1))"
                } else {
                    choice = ""
                }
                return [purpose.label, "\(ProcessingWords.words(purpose.basis)) (\(ExportFrame.article(purpose.basis)))", choice]
            }
        )
    }

    private var data: ReportDocument.Section {
        .init(
            "Which data that is",
            columns: ["Records", "Data"],
            rows: catalog.entities.filter { $0.subject != .nobody }.map { entity in
                [entity.label, entity.fields.filter { $0.fieldClass.isPersonal }.map(\.label).joined(separator: ", ")]
            }.filter { !$0[1].isEmpty }
        )
    }

    private var recipients: ReportDocument.Section {
        .init(
            "Who else gets it", columns: ["Who", "As", "Country"],
            rows: processing.recipients.map { [$0.label, ProcessingWords.words($0.role), $0.country] }
        )
    }

    private var transfers: ReportDocument.Section {
        if words.transfers.isEmpty, words.distantStorage.isEmpty {
            return .init("Countries outside the European Economic Area", "Your data does not go there.")
        }
        return .init(
            "Countries outside the European Economic Area", "You can ask us for a copy of the safeguards.", columns: ["Who", "Country", "Safeguard"],
            rows: words.transfers.map { [$0.label, $0.country, words.transfer($0)] } + words.distantStorage.map { ["Storage", $0, ""] }
        )
    }

    private var periods: ReportDocument.Section {
        let items = catalog.entities.filter { $0.subject != .nobody }.flatMap { entity in
            entity.retention.filter { $0.action != .review }.map { rule in
                let which = rule.condition == nil ? "" : " (\(rule.name.replacing("-", with: " ")))"
                return "\(entity.label)\(which): \(words.words(rule, of: entity)) (\(rule.basis))"
            }
        }
        return .init("How long we keep it", items: items)
    }

    private var rights: ReportDocument.Section {
        var items = [
            "a copy of your data, and to know what is done with it (GDPR Art. 15)", "that what is wrong is put right (Art. 16)",
            "that your data is erased (Art. 17)", "that its use is restricted (Art. 18)",
            "what you gave us in a form that machines read (Art. 20)", "that a use is stopped that you object to (Art. 21)",
            "that a consent ends (Art. 7(3))",
        ]
        if words.purposes.contains(where: \.isSaleOrSharing) { items.append("that your data is not sold or shared (California: CCPA 1798.120)") }
        let authority = processing.supervisoryAuthority.map { words.party($0) } ?? "the data protection authority of your country"
        return .init(
            "What you can ask for",
            "Write to \(processing.controller.email). We answer within a month (Art. 12(3)); it costs you nothing.",
            items: items + ["You can also complain to \(authority) (Art. 77)"]
        )
    }

    private var decisions: ReportDocument.Section {
        .init("Decisions by machines alone", "The declarations know of none (GDPR Art. 22).")
    }
}

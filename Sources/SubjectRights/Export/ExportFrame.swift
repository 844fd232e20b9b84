package import Catalog
import DataFormats
package import Vocabulary

/// What every file of a package says alike: who asked, when, under which law, and who answers.
package struct ExportFrame: Sendable {
    package let request: UUIDv7
    package let package: UUIDv7
    package let madeAt: Instant
    package let scope: ExportScope
    package let subjects: [SubjectID]
    package let processing: ProcessingDeclaration
    package let purposes: [String: Purpose]

    package init(
        request: UUIDv7, package: UUIDv7, madeAt: Instant, scope: ExportScope, subjects: [SubjectID], processing: ProcessingDeclaration,
        purposes: [String: Purpose]
    ) {
        self.request = request
        self.package = package
        self.madeAt = madeAt
        self.scope = scope
        self.subjects = subjects
        self.processing = processing
        self.purposes = purposes
    }

    /// What the person can do beside, with the article, in plain words (GDPR Art. 15(1)(e) and (f); CCPA 1798.130(a)(5)).
    var rights: [(right: String, article: String, text: String)] {
        if scope == .know {
            return [
                ("delete", "CCPA 1798.105", "You can ask us to delete personal information that we collected from you."),
                ("correct", "CCPA 1798.106", "You can ask us to correct what is inaccurate."),
                ("opt-out", "CCPA 1798.120", "You can tell us not to sell or share your personal information."),
                ("limit", "CCPA 1798.121", "You can limit the use of your sensitive personal information."),
                ("no-retaliation", "CCPA 1798.125", "We must not treat you worse because you used these rights."),
            ]
        }
        return [
            ("rectification", "GDPR Art. 16", "You can have what is wrong corrected and what is missing added."),
            ("erasure", "GDPR Art. 17", "You can ask us to erase your data; what a law makes us keep stays until then."),
            ("restriction", "GDPR Art. 18", "You can ask us to keep your data and not use it, while something is being clarified."),
            ("portability", "GDPR Art. 20", "You can have what you gave us in a form that other programs read."),
            ("objection", "GDPR Art. 21", "You can object to uses that rest on our interests, and to direct marketing at any time."),
            ("withdrawal", "GDPR Art. 7(3)", "You can withdraw a consent at any time, as easily as you gave it."),
            ("complaint", "GDPR Art. 77", "You can complain to a supervisory authority."),
        ]
    }

    /// Who has data for a purpose, in the order of `processing.yaml`.
    func recipients(of purposes: [String]) -> [Recipient] {
        processing.recipients.filter { recipient in recipient.purposes.contains(where: purposes.contains) }
    }

    /// The ground of a purpose as one reads it: `consent (GDPR Art. 6(1)(a))`.
    static func article(_ basis: LawfulBasis) -> String {
        switch basis {
        case .consent: "GDPR Art. 6(1)(a)"
        case .contract: "GDPR Art. 6(1)(b)"
        case .legalObligation: "GDPR Art. 6(1)(c)"
        case .vitalInterests: "GDPR Art. 6(1)(d)"
        case .publicTask: "GDPR Art. 6(1)(e)"
        case .legitimateInterests: "GDPR Art. 6(1)(f)"
        }
    }

    /// Why a field's value is not shown; `nil` for one that is.
    static func reason(_ treatment: ExportPlan.Treatment) -> String? {
        switch treatment {
        case .shown: nil
        case .held: "11 CCR 7024(d): it is held, and must not be shown"
        case .another: "GDPR Art. 15(4): it speaks of somebody else"
        case .ownOnly: "GDPR Art. 15(4): shown where it points to you, and not where it points to somebody else"
        }
    }

    static let automatedDecisions = "Gatehouse takes no decision about people by itself and makes no profile of them (GDPR Art. 22)."
}

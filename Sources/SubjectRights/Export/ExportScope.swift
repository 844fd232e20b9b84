/// Which right an export answers to; it decides what stands in it.
package enum ExportScope: String, Sendable, CaseIterable {
    /// Everything about the person, and what is to be said with it (GDPR Art. 15).
    case access
    /// The same in California (CCPA 1798.110, 1798.130): numbers of governments and accounts are said to be held, and not shown (11 CCR 7024(d)).
    case know
    /// What the person gave, for purposes that rest on consent or a contract, for machines to read (GDPR Art. 20).
    case portability

    package var law: String { self == .know ? "CCPA 1798.110, 1798.130" : self == .access ? "GDPR Art. 15" : "GDPR Art. 20" }

    /// What to call it at the top of a page.
    package var title: String {
        switch self {
        case .access, .know: "Your personal data"
        case .portability: "The personal data that you gave us"
        }
    }
}

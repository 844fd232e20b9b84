/// The six grounds of GDPR Art. 6(1).
package enum LawfulBasis: String, Sendable, CaseIterable {
    case consent
    case contract
    case legalObligation = "legal-obligation"
    case vitalInterests = "vital-interests"
    case publicTask = "public-task"
    case legitimateInterests = "legitimate-interests"
}

/// Why data is used (GDPR Art. 5(1)(b)), with what allows it.
package struct Purpose: Sendable, Hashable {
    package let name: String
    package let label: String
    package let basis: LawfulBasis

    package init(name: String, label: String, basis: LawfulBasis) {
        self.name = name
        self.label = label
        self.basis = basis
    }
}

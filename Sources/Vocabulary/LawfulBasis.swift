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
    /// Direct marketing can be objected to whatever its basis (GDPR Art. 21(2)).
    package let isDirectMarketing: Bool
    /// Why data is used for this purpose although its processing is restricted: legal claims, the protection of others, important
    /// public interest (GDPR Art. 18(2)). `nil`: it is not.
    package let restrictionExemption: String?

    package init(name: String, label: String, basis: LawfulBasis, isDirectMarketing: Bool = false, restrictionExemption: String? = nil) {
        self.name = name
        self.label = label
        self.basis = basis
        self.isDirectMarketing = isDirectMarketing
        self.restrictionExemption = restrictionExemption
    }

    package var holdsDespiteRestriction: Bool { restrictionExemption != nil }

    /// Whether an objection ends the use (GDPR Art. 21(1) and (2)).
    package var canBeObjectedTo: Bool { isDirectMarketing || basis == .legitimateInterests || basis == .publicTask }
}

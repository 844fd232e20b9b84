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
    /// The data is sold or shared for it in the CCPA's sense (Civil Code 1798.140(ad), (ah)): who opts out is not found for it.
    package let isSaleOrSharing: Bool
    /// The class of the Data Privacy Vocabulary that it belongs to, such as `Marketing`.
    package let vocabularyClass: String
    /// Versions of notices, as `marketing/1`, on which no consent to it rests any more.
    package var retiredNotices: [String] = []

    package init(
        name: String, label: String, basis: LawfulBasis, isDirectMarketing: Bool = false, restrictionExemption: String? = nil,
        isSaleOrSharing: Bool = false, vocabularyClass: String = "Purpose"
    ) {
        self.name = name
        self.label = label
        self.basis = basis
        self.isDirectMarketing = isDirectMarketing
        self.restrictionExemption = restrictionExemption
        self.isSaleOrSharing = isSaleOrSharing
        self.vocabularyClass = vocabularyClass
    }

    /// Sensitive data is used for it although its use is limited: what was asked for, what the law asks, what saves lives (CCPA, Civil
    /// Code 1798.121(a); 11 CCR 7027(m)).
    package var isNecessary: Bool { basis == .contract || basis == .legalObligation || basis == .vitalInterests }

    package var holdsDespiteRestriction: Bool { restrictionExemption != nil }

    /// Whether an objection ends the use (GDPR Art. 21(1) and (2)).
    package var canBeObjectedTo: Bool { isDirectMarketing || basis == .legitimateInterests || basis == .publicTask }
}

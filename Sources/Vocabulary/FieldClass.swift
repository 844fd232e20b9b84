/// How much a field can hurt the person it is about, least first.
package enum FieldClass: String, Sendable, CaseIterable, Comparable {
    case operational, business, personal, identifying
    /// GDPR Art. 9 and Art. 10 data; "sensitive personal information" of the CCPA.
    case special
    case financial

    /// Personal data in the sense of GDPR Art. 4(1): has to be sealed unless an exemption says why not.
    package var isPersonal: Bool { self >= .personal }

    /// Never reached by `*` in a policy: such a field is named or not seen.
    package var isNamedOnly: Bool { self >= .special }

    /// What a person may limit the use of (CCPA, Civil Code 1798.121).
    package var isSensitive: Bool { self >= .special }

    package static func < (left: FieldClass, right: FieldClass) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .operational: 0
        case .business: 1
        case .personal: 2
        case .identifying: 3
        case .special: 4
        case .financial: 5
        }
    }
}

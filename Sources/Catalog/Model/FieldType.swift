/// What values a field takes. Beside each: its JSON form.
package enum FieldType: String, Sendable, CaseIterable {
    /// String of one line.
    case text
    /// String of many lines.
    case longtext
    /// String, `local@domain`; kept as written, searched in normal form.
    case email
    /// String; kept as written and, where it can be told, in E.164.
    case phone
    /// String, http or https.
    case url
    /// String, one of `of`.
    case choice
    /// String, the id of a record of `to`.
    case reference
    /// Number without fraction, within ±2^53.
    case integer
    /// String of decimal digits, at most four of them behind the point; `currency` names the field beside it.
    case money
    /// String, ISO 4217 letters.
    case currency
    /// String, ISO 3166-1 alpha-2 letters.
    case country
    case boolean
    /// String, RFC 3339 full-date.
    case date
    /// String, RFC 3339 date-time; answered in UTC.
    case timestamp
    /// String, the name of a user or of a team of the company.
    case user, team

    /// Whether a plain value rests as text, just as it was written, and can be looked up by it.
    package var restsAsText: Bool {
        switch self {
        case .text, .email, .url, .choice, .currency, .country, .user, .team: true
        case .longtext, .phone, .reference, .integer, .money, .boolean, .date, .timestamp: false
        }
    }

    /// Whether the JSON form is a string.
    package var isTextual: Bool { self != .integer && self != .boolean }
}

/// Where a value rests.
package enum FieldStorage: String, Sendable, CaseIterable {
    /// In the clear, as a typed column: can be filtered, sorted and joined.
    case plain
    /// Encrypted under the key of the person it is about.
    case sealed
}

/// How a sealed field can be found.
package enum SearchKind: String, Sendable, CaseIterable {
    /// By the whole value in its normal form.
    case exact
    /// By each word of it; text only.
    case word
    /// By how a word of it begins, from two characters on; goes with `word`.
    case prefix
}

package enum Uniqueness: Sendable {
    case none
    /// A second record with the same value is refused.
    case enforced
    /// A second record with the same value is accepted and pointed out.
    case warned
}

/// How a value is shown to somebody who may know that it is there, but not read it.
package enum Mask: String, Sendable, CaseIterable, Comparable {
    /// Not shown at all: as if the field did not exist.
    case hidden
    /// `***`
    case redacted
    /// `1984` of a date.
    case year
    /// `***4412`
    case last4
    /// `j***@e***.com`
    case email
    /// `J.`
    case initial

    /// How much remains readable; the order is total so that "the weakest mask" is one mask.
    private var openness: Int {
        switch self {
        case .hidden: 0
        case .redacted: 1
        case .year: 2
        case .last4: 3
        case .email: 4
        case .initial: 5
        }
    }

    package static func < (left: Mask, right: Mask) -> Bool { left.openness < right.openness }

    /// Which types the mask makes sense of.
    package func fits(_ type: FieldType) -> Bool {
        switch self {
        case .hidden, .redacted: true
        case .year: type == .date
        case .last4: type == .phone || type == .text
        case .email: type == .email
        case .initial: type == .text
        }
    }
}

package import Vocabulary

/// A condition over the columns of one entity, everything else folded into it: true, false or an error for each row.
///
/// It has CEL's three outcomes as SQL has its three truth values, with NULL in the place of an error, and `all`, `any` and `not`
/// treat an error as SQL treats NULL. Values have the form of their column: a string for text and for ids (lower case), an int
/// for integers, a double for decimals, a timestamp for dates (midnight UTC) and for timestamps (whole microseconds).
package indirect enum RowCondition: Sendable, Hashable {
    case constant(Bool)
    case error
    /// The column itself; an error when it is null.
    case flag(Column)
    case isNull(Column)
    /// False when the column is null.
    case equal(Column, Value)
    case anyOf(Column, [Value], orNull: Bool)
    /// Null equals null.
    case same(Column, Column)
    /// An error when the column is null.
    case ordered(Column, Order, Value)
    /// Both columns are of one kind; an error when one of them is null.
    case relative(Column, Order, Column)
    /// What a comparison comes to for every value that is not null; an error when the column is null.
    case settled(Column, Bool)
    case text(Column, TextTest, ExactText)
    /// How many code points the column has; an error when it is null.
    case length(Column, Order, Int64)
    /// A sealed column is one of these values, in their search form. To be replaced by ``identified(_:)`` before it is asked
    /// of the database.
    case sealed(Column, [Value], orNull: Bool)
    /// The record is one of these.
    case identified([RecordID])
    /// The condition holds for the record that the column points to, one of the entity of this name; never asked of a record at
    /// hand, which does not know others.
    case related(Column, to: String, RowCondition)
    /// What is known of the person that the record is about; true for a record about nobody.
    case subject(SubjectCondition)
    case not(RowCondition)
    case all([RowCondition])
    case any([RowCondition])
    case choice(RowCondition, RowCondition, RowCondition)

    package enum Order: String, Sendable, Hashable, CaseIterable {
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case equal = "=="
        case notEqual = "!="
    }

    package enum TextTest: String, Sendable, Hashable, CaseIterable { case startsWith, endsWith, contains }
}

/// What the law asks of the person before a record about them is used.
package enum SubjectCondition: Sendable, Hashable {
    /// A consent to the purpose is in force (GDPR Art. 6(1)(a), 7): the last that was said, and not to a wording that is retired.
    case consents(to: String, retired: [String] = [])
    /// Processing is not restricted (GDPR Art. 18).
    case isUnrestricted
    /// No objection to the purpose stands (GDPR Art. 21); to any purpose, when none is named.
    case doesNotObject(to: String?)
    /// The person has not opted out of sale and sharing (CCPA, Civil Code 1798.120).
    case allowsSale
    /// The person does not limit the use of sensitive data (1798.121).
    case allowsSensitiveUse
}

/// A column that a condition may speak of, as a member of `record`.
package struct Column: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case text, integer, decimal, boolean, date, timestamp, identifier
    }

    package enum Origin: Sendable, Hashable {
        /// A field of the catalog, or `id`.
        case stored
        /// `record.restricted`, `record.objected`: what is known of the person; never null.
        case restricted, objected
    }

    package let name: String
    package let kind: Kind
    package let origin: Origin
    /// Sealed columns can be compared with `==` and `in` only, and only if they can be searched for.
    package let isSealed: Bool
    package let isSearchable: Bool
    /// All values that the column can have, where they are few and known.
    package let choices: [String]

    package init(
        _ name: String, _ kind: Kind, origin: Origin = .stored, isSealed: Bool = false, isSearchable: Bool = false, choices: [String] = []
    ) {
        self.name = name
        self.kind = kind
        self.origin = origin
        self.isSealed = isSealed
        self.isSearchable = isSearchable
        self.choices = choices
    }
}

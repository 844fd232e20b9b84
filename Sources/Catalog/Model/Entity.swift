package import Expressions

/// Whose data a record is.
package enum SubjectRule: Sendable, Equatable {
    /// The record is the person.
    case itself
    /// The person that the first of these references that is set points to.
    case via([String])
    /// Nobody's: sealed fields are sealed under the tenant's own key.
    case nobody
}

/// When data has to go (GDPR Art. 5(1)(e)).
package struct RetentionRule: Sendable {
    package enum Action: String, Sendable, CaseIterable {
        /// A record that is the person goes with the person: key, tokens and all that is about them. Any other record goes alone.
        case erase
        /// The record stays and is about nobody: what is personal in it is blanked, references to people are cut.
        case anonymise
        /// The record leaves the entity's table for the archive, where nothing but a hold, an export and an erasure reaches it.
        case archive
        /// Somebody looks at it.
        case review
        /// A floor: the law keeps the record until then, whatever other rules or the person say (GDPR Art. 17(3)(b)).
        case keep
    }

    package let name: String
    /// Over `record` and `now`; `nil` is every record.
    package let condition: Condition?
    /// The date or timestamp that the period runs from.
    package let since: String
    /// ISO 8601 duration.
    package let after: String
    package let action: Action
    package let basis: String
}

/// What becomes of an entity's records when the person they are about is erased (GDPR Art. 17).
package struct ErasureRule: Sendable, Equatable {
    package enum Action: String, Sendable, CaseIterable {
        /// The row goes. A row that a floor still keeps (``RetentionRule/Action/keep``) is blanked instead.
        case delete
        /// The row stays as a record of business that is about nobody: personal fields are emptied, references to the person cut.
        case blank
    }

    package let action: Action
    /// Why a record may stay: the article, or the law that asks for books. Empty for `delete`.
    package let basis: String
}

/// One kind of record. Made by compiling a catalog only.
package final class Entity: Sendable {
    package let name: String
    package let plural: String
    package let label: String
    package let subject: SubjectRule
    package let purposes: [String]
    package let fields: [Field]
    package let retention: [RetentionRule]
    package let erasure: ErasureRule
    /// The entity and field whose changes this entity records; such records are written by the gateway alone.
    package let historyOf: (entity: String, field: String)?
    /// What its records turn into; `nil` for nothing.
    package let conversion: Conversion?
    /// By which its records are found to be the same; empty when they are not looked for, and not merged.
    package let duplicates: [DuplicateRule]
    private let positions: [String: Int]

    init(
        name: String, plural: String, label: String, subject: SubjectRule, purposes: [String], fields: [Field],
        retention: [RetentionRule], erasure: ErasureRule, historyOf: (entity: String, field: String)?,
        conversion: Conversion? = nil, duplicates: [DuplicateRule] = []
    ) {
        self.name = name
        self.plural = plural
        self.label = label
        self.subject = subject
        self.purposes = purposes
        self.fields = fields
        self.retention = retention
        self.erasure = erasure
        self.historyOf = historyOf
        self.conversion = conversion
        self.duplicates = duplicates
        self.positions = Dictionary(uniqueKeysWithValues: fields.enumerated().map { ($1.name, $0) })
    }

    package func position(of name: String) -> Int? { positions[name] }
    package func field(named name: String) -> Field? { positions[name].map { fields[$0] } }
    package var searchableFields: [Field] { fields.filter(\.isSearchable) }
    package var isWrittenByGatewayOnly: Bool { historyOf != nil }
}

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
    package enum Action: String, Sendable, CaseIterable { case erase, review }

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

/// One kind of record. Made by compiling a catalog only.
package final class Entity: Sendable {
    package let name: String
    package let plural: String
    package let label: String
    package let subject: SubjectRule
    package let purposes: [String]
    package let fields: [Field]
    package let retention: [RetentionRule]
    /// The entity and field whose changes this entity records; such records are written by the gateway alone.
    package let historyOf: (entity: String, field: String)?
    private let positions: [String: Int]

    init(
        name: String, plural: String, label: String, subject: SubjectRule, purposes: [String], fields: [Field],
        retention: [RetentionRule], historyOf: (entity: String, field: String)?
    ) {
        self.name = name
        self.plural = plural
        self.label = label
        self.subject = subject
        self.purposes = purposes
        self.fields = fields
        self.retention = retention
        self.historyOf = historyOf
        self.positions = Dictionary(uniqueKeysWithValues: fields.enumerated().map { ($1.name, $0) })
    }

    package func position(of name: String) -> Int? { positions[name] }
    package func field(named name: String) -> Field? { positions[name].map { fields[$0] } }
    package var sealedFields: [Field] { fields.filter(\.isSealed) }
    package var searchableFields: [Field] { fields.filter(\.isSearchable) }
    package var isWrittenByGatewayOnly: Bool { historyOf != nil }
}

package import Expressions

/// What conditions may ask of one record and of the person it is about, at hand instead of in the database.
package struct RecordFacts: Sendable {
    /// Plain fields, and `id` where it is known, in the form of their columns; what is not there is null.
    package var values: [String: Value]
    /// `nil` for a record about nobody.
    package var person: PersonFacts?

    package init(values: [String: Value] = [:], person: PersonFacts? = nil) {
        self.values = values
        self.person = person
    }

    /// What the database would answer for the record.
    package func truth(of condition: RowCondition) -> Truth {
        condition.truth(
            value: { column in
                switch column.origin {
                case .stored: values[column.name] ?? .null
                case .restricted: .bool(person?.isRestricted ?? false)
                case .objected: .bool(person.map { !$0.objections.isEmpty } ?? false)
                }
            },
            subject: { person?.satisfies($0) ?? true }
        )
    }

    package func admits(_ condition: RowCondition) -> Bool { truth(of: condition) == .yes }
}

/// What a person has said to the use of their data.
package struct PersonFacts: Sendable, Hashable {
    /// Purposes with a consent in force.
    package var consents: Set<String>
    package var isRestricted: Bool
    /// Purposes objected to.
    package var objections: Set<String>
    /// No sale or sharing (CCPA).
    package var hasOptedOut: Bool
    /// Sensitive data only for what is necessary (CCPA).
    package var limitsSensitiveUse: Bool

    package init(
        consents: Set<String> = [], isRestricted: Bool = false, objections: Set<String> = [], hasOptedOut: Bool = false,
        limitsSensitiveUse: Bool = false
    ) {
        self.consents = consents
        self.isRestricted = isRestricted
        self.objections = objections
        self.hasOptedOut = hasOptedOut
        self.limitsSensitiveUse = limitsSensitiveUse
    }

    func satisfies(_ condition: SubjectCondition) -> Bool {
        switch condition {
        case .consents(let purpose, _): consents.contains(purpose)
        case .isUnrestricted: !isRestricted
        case .doesNotObject(to: nil): objections.isEmpty
        case .doesNotObject(to: let purpose?): !objections.contains(purpose)
        case .allowsSale: !hasOptedOut
        case .allowsSensitiveUse: !limitsSensitiveUse
        }
    }
}

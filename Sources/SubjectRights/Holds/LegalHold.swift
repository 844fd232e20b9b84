package import Vocabulary

/// An order that data is kept although it would have to go: it is needed for legal claims (GDPR Art. 17(3)(e)), and meanwhile only stored
/// (Art. 18(1)(c)).
package struct LegalHold: Sendable, Equatable {
    /// What is kept.
    package enum Scope: Sendable, Equatable {
        /// A person: all records about them, and their key.
        case subject(SubjectID)
        /// Every record of an entity, and the people they are about.
        case entity(String)
        /// The records of an entity for which a condition over its plain fields holds, now or when the hold was placed; and the people they
        /// are about.
        case query(entity: String, condition: String)

        package var entity: String? {
            switch self {
            case .subject: nil
            case .entity(let name), .query(let name, _): name
            }
        }
    }

    /// Who ended it, when and why.
    package struct Release: Sendable, Equatable {
        package let at: Instant
        package let by: String
        package let reason: Personal<String>

        package init(at: Instant, by: String, reason: Personal<String>) {
            self.at = at
            self.by = by
            self.reason = reason
        }
    }

    package let id: UUIDv7
    package let scope: Scope
    /// The case it is for, and the ground it rests on; both may name people.
    package let matter: Personal<String>
    package let basis: Personal<String>
    /// When somebody has to look whether it is still needed.
    package let reviewOn: CalendarDate
    package let placedAt: Instant
    package let placedBy: String
    /// How many records, and people, it reached when it was placed.
    package let reach: HoldCounts
    package let release: Release?

    package init(
        id: UUIDv7, scope: Scope, matter: Personal<String>, basis: Personal<String>, reviewOn: CalendarDate, placedAt: Instant, placedBy: String,
        reach: HoldCounts, release: Release? = nil
    ) {
        self.id = id
        self.scope = scope
        self.matter = matter
        self.basis = basis
        self.reviewOn = reviewOn
        self.placedAt = placedAt
        self.placedBy = placedBy
        self.reach = reach
        self.release = release
    }

    package var stands: Bool { release == nil }
}

/// How many records and people a hold reaches.
package struct HoldCounts: Sendable, Equatable {
    package let records: Int
    package let people: Int

    package init(records: Int, people: Int) {
        self.records = records
        self.people = people
    }
}

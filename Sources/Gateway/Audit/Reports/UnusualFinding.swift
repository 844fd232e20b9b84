package import Vocabulary

/// One line of the report on what is unusual: what, who, when, how much, and why it is there.
package struct UnusualFinding: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable, Comparable {
        case honeyRead = "honey-read"
        case brokenGlass = "broken-glass"
        case bulkRead = "bulk-read"
        case firstUse = "first-use"
        case deletions
        case denials
        case outOfHours = "out-of-hours"

        package static func < (left: Kind, right: Kind) -> Bool {
            (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
        }
    }

    package let kind: Kind
    package let actor: String
    package let first: Instant
    package let last: Instant
    /// People, deletions, denials or events.
    package let amount: Int
    /// What was exceeded, for kinds that have a limit.
    package var limit: Int?
    /// The median of the actor's own days before; `nil` when there were too few, or where nothing is compared.
    package var usual: Int?
    /// One sentence, made of words of the policies, the catalog and numbers.
    package let why: String
    /// A field by entity and name.
    package var field: String?
    package var rule: String?
    package var grant: UUIDv7?
}

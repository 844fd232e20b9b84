package import Storage
package import SubjectRights
package import Vocabulary

/// Everything a person has said to every purpose, and what of it is in force.
package struct ConsentLedger: Sendable {
    package let subject: SubjectID
    /// One for each purpose that rests on consent or that something was said to, by name.
    package let histories: [ConsentHistory]
    /// By the id of the event.
    package let evidence: [UUIDv7: String]
    package let optOuts: [OptOutRow]
    /// When this was so.
    package let time: Instant
    /// Notices on which no consent rests any more, by purpose.
    package let retired: [String: [String]]

    package func isInForce(_ history: ConsentHistory) -> Bool { history.isInForce(at: time, retired: retired[history.purpose] ?? []) }
    package func state(_ history: ConsentHistory) -> ConsentState? { history.state(at: time, retired: retired[history.purpose] ?? []) }
}

package import Vocabulary

/// What a person has said to one purpose, in the order of the ledger.
///
/// The state in force is worked out from it each time and kept nowhere: the last decisive event counts, if it is a valid one, inside its
/// time, and its notice was not retired.
package struct ConsentHistory: Sendable, Equatable {
    package let purpose: String
    package let events: [ConsentEvent]

    package init(purpose: String, events: [ConsentEvent]) {
        self.purpose = purpose
        self.events = events
    }

    /// One history a purpose, by name, of events in the order of the ledger.
    package static func all(_ events: [ConsentEvent]) -> [ConsentHistory] {
        Dictionary(grouping: events, by: \.purpose).sorted { $0.key < $1.key }.map { ConsentHistory(purpose: $0.key, events: $0.value) }
    }

    /// The last thing that was said, questions aside.
    package var lastWord: ConsentEvent? { events.last { $0.state.isDecisive } }

    package func isInForce(at now: Instant, retired: some Collection<String> = []) -> Bool {
        lastWord?.isInForce(at: now, retired: retired) ?? false
    }

    /// What to call it now: a consent whose time is over reads as expired although nobody wrote that down; `nil` when nothing was said.
    package func state(at now: Instant, retired: some Collection<String> = []) -> ConsentState? {
        guard let word = lastWord else { return events.last?.state }
        return word.state.isValidForProcessing && !word.isInForce(at: now, retired: retired) ? .expired : word.state
    }
}

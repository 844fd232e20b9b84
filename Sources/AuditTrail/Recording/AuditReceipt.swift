package import Vocabulary

/// Proof that an event is durable. Only this module makes one; nothing is disclosed without it.
package struct AuditReceipt: Sendable {
    package let event: EventID
    init(event: EventID) { self.event = event }
}

/// The trail could not be written, so what was asked for does not happen.
package enum AuditFailure: Error, Sendable, Equatable {
    /// Too many events wait, or the database did not take them in time.
    case unavailable
}

import AuditTrail
package import Storage
package import Vocabulary

/// An event of the trail as whoever may read the trail is shown it.
package struct DisclosedEvent: Sendable {
    package let id: EventID
    package let place: LogPlace
    /// The bytes that the log has.
    package let entry: [UInt8]
    /// One JSON object: the entry's members, the words of its margin, and `log` {epoch, position}.
    package let json: [UInt8]

    init(_ event: FoundEvent) {
        id = event.id
        place = event.place
        entry = event.entry
        json = AuditEventText.json(event)
    }
}

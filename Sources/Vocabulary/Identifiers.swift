/// A company whose records live apart from every other company's; taken from the credential alone.
package struct TenantID: Hashable, Sendable, CustomStringConvertible {
    package let uuid: UUIDv7
    package init(_ uuid: UUIDv7) { self.uuid = uuid }
    package var description: String { uuid.description }
}

/// The natural person that data is about (GDPR Art. 4(1)), known to the store under this pseudonym only.
package struct SubjectID: Hashable, Sendable, CustomStringConvertible {
    package let uuid: UUIDv7
    package init(_ uuid: UUIDv7) { self.uuid = uuid }
    package var description: String { uuid.description }
}

/// One row of one entity.
package struct RecordID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let uuid: UUIDv7
    package init(_ uuid: UUIDv7) { self.uuid = uuid }
    package init?(_ text: some StringProtocol) {
        guard let uuid = UUIDv7(text) else { return nil }
        self.uuid = uuid
    }
    package static func make() -> RecordID { RecordID(.make()) }
    package var description: String { uuid.description }
    package static func < (left: RecordID, right: RecordID) -> Bool { left.uuid < right.uuid }
}

/// One audit event.
package struct EventID: Hashable, Sendable, CustomStringConvertible {
    package let uuid: UUIDv7
    package init(_ uuid: UUIDv7) { self.uuid = uuid }
    package static func make() -> EventID { EventID(.make()) }
    package var description: String { uuid.description }
}

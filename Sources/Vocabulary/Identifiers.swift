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

/// A request, as W3C Trace Context names it: 16 bytes, written as 32 hexadecimal digits.
package struct TraceID: Hashable, Sendable, CustomStringConvertible {
    private let bits: UUIDv7

    package init(_ bits: UUIDv7) { self.bits = bits }
    package static func make() -> TraceID { TraceID(.make()) }

    /// Exactly 32 hexadecimal digits.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 32, text.utf8.allSatisfy({ $0 != UInt8(ascii: "-") }) else { return nil }
        let digits = Array(text)
        let spread = [digits[0..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20..<32]].map { String($0) }.joined(separator: "-")
        guard let bits = UUIDv7(spread) else { return nil }
        self.bits = bits
    }

    package var description: String { bits.description.filter { $0 != "-" } }
}

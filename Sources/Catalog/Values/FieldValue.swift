package import Vocabulary

/// A checked value of a field. Never printed: it may be about a person.
package enum FieldValue: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    case text(String)
    /// As written, and in E.164 where that can be told.
    case phone(String, normalised: String?)
    case integer(Int64)
    case decimal(String)
    case boolean(Bool)
    case date(CalendarDate)
    case timestamp(Instant)
    case reference(RecordID)

    package var description: String { "redacted" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// The bytes that are sealed: the JSON form without quotes. A phone number carries its E.164 form behind a zero byte.
    package var plaintext: [UInt8] {
        switch self {
        case .text(let text), .decimal(let text): return Array(text.utf8)
        case .phone(let raw, let normalised): return Array(raw.utf8) + (normalised.map { [0] + Array($0.utf8) } ?? [])
        case .integer(let value): return Array(String(value).utf8)
        case .boolean(let value): return Array((value ? "true" : "false").utf8)
        case .date(let date):
            var bytes: [UInt8] = []
            date.append(to: &bytes)
            return bytes
        case .timestamp(let instant):
            var bytes: [UInt8] = []
            instant.append(to: &bytes)
            return bytes
        case .reference(let record): return record.uuid.description.utf8.map { $0 }
        }
    }

    /// The inverse of ``plaintext``; `nil` when the bytes were not written by it.
    package init?(plaintext: [UInt8], type: FieldType) {
        let text = String(decoding: plaintext, as: UTF8.self)
        switch type {
        case .phone:
            let parts = text.split(separator: "\0", maxSplits: 1, omittingEmptySubsequences: false)
            self = .phone(String(parts.first ?? ""), normalised: parts.count > 1 ? String(parts[1]) : nil)
        case .integer:
            guard let value = Int64(text) else { return nil }
            self = .integer(value)
        case .money: self = .decimal(text)
        case .boolean: self = .boolean(text == "true")
        case .date:
            guard let date = CalendarDate(text) else { return nil }
            self = .date(date)
        case .timestamp:
            guard let instant = Instant(text) else { return nil }
            self = .timestamp(instant)
        case .reference:
            guard let record = RecordID(text) else { return nil }
            self = .reference(record)
        case .text, .longtext, .email, .url, .choice, .currency, .country, .user, .team: self = .text(text)
        }
    }
}

/// What is wrong with a value: a stable code and one sentence that does not repeat the value.
package struct ValueProblem: Error, Sendable, Equatable {
    package enum Code: String, Sendable, CaseIterable {
        case typeWrong = "type-wrong"
        case valueInvalid = "value-invalid"
        case valueTooLong = "value-too-long"
        case choiceUnknown = "choice-unknown"
        case required = "value-required"
    }

    package let code: Code
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }
}

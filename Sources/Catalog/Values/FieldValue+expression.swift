package import Expressions
package import Vocabulary

extension FieldValue {
    /// The value as conditions know it, in the form of ``Field/columnKind``: a phone number as it was written, an amount as the
    /// nearest double, a date as its midnight in UTC, an id in lower case.
    package var expressionValue: Value {
        switch self {
        case .text(let text), .phone(let text, _): .string(text)
        case .integer(let number): .int(number)
        case .decimal(let digits): Double(digits).map { .double($0) } ?? .null
        case .boolean(let flag): .bool(flag)
        case .date(let date): Timestamp(seconds: Int64(date.daysSince1970) * 86_400).map { .timestamp($0) } ?? .null
        case .timestamp(let instant): Timestamp(instant).map { .timestamp($0) } ?? .null
        case .reference(let record): .string(record.description)
        }
    }
}

extension FieldValue? {
    /// The same, and null for no value.
    package var expressionValue: Value { self?.expressionValue ?? .null }
}

extension Timestamp {
    /// `nil` outside the years 1 to 9999.
    package init?(_ instant: Instant) {
        let (seconds, rest) = instant.microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        let isBefore = rest < 0
        self.init(seconds: isBefore ? seconds - 1 : seconds, nanoseconds: Int32((isBefore ? rest + 1_000_000 : rest) * 1000))
    }
}

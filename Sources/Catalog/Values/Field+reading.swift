package import DataFormats
import Vocabulary

extension Field {
    /// Checks a JSON value against the declaration; `nil` stands for null.
    package func read(_ json: JSONValue) throws(ValueProblem) -> FieldValue? {
        switch json {
        case .null:
            if isRequired { throw ValueProblem(.required, "\(name) has to have a value") }
            return nil
        case .bool(let value):
            guard type == .boolean else { throw typeProblem }
            return .boolean(value)
        case .number(let number):
            guard type == .integer, let value = number.integer, Self.wholeNumbers.contains(value) else { throw typeProblem }
            return .integer(value)
        case .string(let text):
            guard type.isTextual else { throw typeProblem }
            return try read(text: text)
        case .array, .object:
            throw typeProblem
        }
    }

    /// Checks a value written as text, as it stands in a query or in a cell of a file.
    package func read(text: String) throws(ValueProblem) -> FieldValue {
        if text.utf8.contains(0) { throw ValueProblem(.valueInvalid, "\(name) has a zero byte in it") }
        if text.utf8.count > maximumLength {
            throw ValueProblem(.valueTooLong, "\(name) is longer than \(maximumLength) bytes")
        }
        switch type {
        case .text:
            if text.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\t" }) {
                throw ValueProblem(.valueInvalid, "\(name) has a line break or control character in it")
            }
            return try .text(nonEmpty(text))
        case .longtext: return try .text(nonEmpty(text))
        case .email:
            guard EmailAddress.isWellFormed(text) else {
                throw ValueProblem(.valueInvalid, "\(name) is not an e-mail address of the form local@domain")
            }
            return .text(text)
        case .phone:
            guard let phone = PhoneNumber(text) else {
                throw ValueProblem(.valueInvalid, "\(name) is not a phone number: 3 to 15 digits, with + and the country code if known")
            }
            return .phone(text, normalised: phone.e164)
        case .url:
            guard WebAddress.isWellFormed(text) else {
                throw ValueProblem(.valueInvalid, "\(name) is not an http or https address")
            }
            return .text(text)
        case .choice:
            guard choices.contains(text) else {
                throw ValueProblem(.choiceUnknown, "\(name) is none of " + choices.joined(separator: ", "))
            }
            return .text(text)
        case .reference:
            guard let record = RecordID(text) else { throw ValueProblem(.valueInvalid, "\(name) is not the id of a record") }
            return .reference(record)
        case .integer:
            guard let value = Int64(text), Self.wholeNumbers.contains(value) else { throw typeProblem }
            return .integer(value)
        case .money:
            guard let amount = DecimalAmount.canonical(text) else {
                throw ValueProblem(.valueInvalid, "\(name) is not a decimal amount such as \"1200.50\", at most four digits behind the point")
            }
            return .decimal(amount)
        case .currency:
            guard CodeLists.currencies.contains(text) else {
                throw ValueProblem(.valueInvalid, "\(name) is not an ISO 4217 currency code such as EUR")
            }
            return .text(text)
        case .country:
            guard CodeLists.countries.contains(text) else {
                throw ValueProblem(.valueInvalid, "\(name) is not an ISO 3166-1 alpha-2 country code such as DE")
            }
            return .text(text)
        case .boolean:
            switch text {
            case "true": return .boolean(true)
            case "false": return .boolean(false)
            default: throw typeProblem
            }
        case .date:
            guard let date = CalendarDate(text) else {
                throw ValueProblem(.valueInvalid, "\(name) is not a date of the form 2026-11-22")
            }
            return .date(date)
        case .timestamp:
            guard let instant = Instant(text) else {
                throw ValueProblem(.valueInvalid, "\(name) is not a time of the form 2026-11-22T09:30:00Z")
            }
            return .timestamp(instant)
        case .user, .team:
            guard AccountName.isWellFormed(text) else {
                throw ValueProblem(.valueInvalid, "\(name) takes letters, digits and . _ - @, at most 64, beginning with a letter or digit")
            }
            return .text(text)
        }
    }

    /// What every JSON reader takes over without loss (RFC 8259 section 6).
    private static let wholeNumbers: ClosedRange<Int64> = -(1 << 53)...(1 << 53)

    private func nonEmpty(_ text: String) throws(ValueProblem) -> String {
        if isRequired, text.allSatisfy(\.isWhitespace) { throw ValueProblem(.required, "\(name) has to have a value") }
        return text
    }

    private var typeProblem: ValueProblem {
        let form =
            switch type {
            case .integer: "a whole number"
            case .boolean: "true or false"
            case .money: "a string of decimal digits"
            default: "a string"
            }
        return ValueProblem(.typeWrong, "\(name) has to be \(form)")
    }
}

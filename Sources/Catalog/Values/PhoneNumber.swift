/// A phone number as people write it, brought to E.164 where it names its country.
package struct PhoneNumber: Sendable, Equatable {
    /// `+` and at most 15 digits (ITU-T E.164); `nil` for a number without a country code.
    package let e164: String?
    /// The number as it was dialled, without extension.
    private let digits: String

    /// What two writings of one number have in common: E.164, or the digits of a number that does not name its country.
    package var searchForm: String { e164 ?? digits }

    /// Accepts digits with spaces, dots, dashes, slashes and brackets, and an extension behind `x`, `ext` or `#`,
    /// which E.164 does not have and which is left out of it. `00` in front counts as `+`; the `(0)` that some write
    /// behind a country code is dropped.
    package init?(_ text: String) {
        var number = Substring(text.lowercased())
        for mark in ["ext.", "ext", "x", "#"] {
            if let position = number.firstRange(of: mark) {
                let rest = number[position.upperBound...].drop { $0.isWhitespace || $0 == "." || $0 == ":" }
                guard !rest.isEmpty, rest.count <= 8, rest.allSatisfy(Self.isDigit) else { return nil }
                number = number[..<position.lowerBound]
                break
            }
        }
        var digits = ""
        var isInternational = false
        for character in Self.namesCountry(number) ? number.replacing(/\(\s*0\s*\)/, with: "") : number {
            if Self.isDigit(character) {
                digits.append(character)
            } else if character == "+" || character == "＋" {
                guard digits.isEmpty, !isInternational else { return nil }
                isInternational = true
            } else if !(character.isWhitespace || "-–.()/·".contains(character) || character == "\u{202A}" || character == "\u{202C}") {
                guard let value = character.wholeNumberValue, character.isNumber, (0...9).contains(value) else { return nil }
                digits += String(value)
            }
        }
        if !isInternational, digits.hasPrefix("00"), digits.count > 8 {
            isInternational = true
            digits.removeFirst(2)
        }
        guard (3...15).contains(digits.count) else { return nil }
        if isInternational {
            guard digits.count >= 7, digits.first != "0" else { return nil }
            e164 = "+" + digits
        } else {
            e164 = nil
        }
        self.digits = digits
    }

    private static func namesCountry(_ number: Substring) -> Bool {
        number.contains { $0 == "+" || $0 == "＋" } || number.drop { $0.isWhitespace || $0 == "(" }.hasPrefix("00")
    }

    private static func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }
}

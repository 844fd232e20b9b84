package import Vocabulary

/// How long a consent lasts: years, months or days, as ISO 8601 writes them (`P2Y`, `P24M`, `P90D`).
package struct ConsentTerm: Sendable, Hashable, CustomStringConvertible {
    package let description: String
    private let months: Int
    private let days: Int

    package init?(_ text: String) {
        guard text.count >= 3, text.first == "P", let unit = text.last, let count = Int(text.dropFirst().dropLast()), (1...9999).contains(count),
            String(count) == text.dropFirst().dropLast()
        else { return nil }
        switch unit {
        case "Y": (months, days) = (count * 12, 0)
        case "M": (months, days) = (count, 0)
        case "D": (months, days) = (0, count)
        default: return nil
        }
        description = text
    }

    /// The same time of the day (UTC), that much later; a day that the month does not have becomes its last.
    package func end(from start: Instant) -> Instant {
        let dayLength: Int64 = 86_400_000_000
        let day = (start.microseconds / dayLength) - (start.microseconds % dayLength < 0 ? 1 : 0)
        let inDay = start.microseconds - day * dayLength
        let date = CalendarDate(daysSince1970: Int32(truncatingIfNeeded: day))
        let (year, month, number) = date.components
        let count = year * 12 + month - 1 + months
        var target = date
        if months > 0 {
            // The longest month has 31 days, the shortest 28: one of the four exists, up to the year 9999.
            target = (0..<4).lazy.compactMap { CalendarDate(year: count / 12, month: count % 12 + 1, day: number - $0) }.first ?? date
        }
        return Instant(microseconds: (Int64(target.daysSince1970) + Int64(days)) * dayLength + inDay)
    }
}

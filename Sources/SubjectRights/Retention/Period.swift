package import Vocabulary

/// How long data is kept: an ISO 8601 duration of one unit, such as `P3Y`, `P18M`, `P2W` or `P90D`.
package struct Period: Sendable, Equatable {
    private enum Unit: Character { case years = "Y", months = "M", weeks = "W", days = "D" }

    private let count: Int
    private let unit: Unit

    /// `nil` when it is not of this form.
    package init?(_ text: String) {
        guard text.first == "P", let unit = text.last.flatMap({ Unit(rawValue: $0) }), (3...6).contains(text.count) else { return nil }
        let digits = text.dropFirst().dropLast()
        guard digits.allSatisfy({ ("0"..."9").contains($0) }), let count = Int(digits) else { return nil }
        self.count = count
        self.unit = unit
    }

    /// The last day of a period that runs from a day: that of the same number in its last month, or that month's last (Regulation (EEC,
    /// Euratom) 1182/71 Art. 3(2)(c)). The whole of it belongs to the period.
    package func end(from day: CalendarDate) -> CalendarDate {
        switch unit {
        case .years: day.advanced(byMonths: count * 12)
        case .months: day.advanced(byMonths: count)
        case .weeks: day.advanced(by: count * 7)
        case .days: day.advanced(by: count)
        }
    }

    /// The last day from which the period is over when another day begins: whatever is from later is still kept.
    package func lastStart(overOn day: CalendarDate) -> CalendarDate {
        let last = day.advanced(by: -1)
        let months: Int
        switch unit {
        case .weeks: return last.advanced(by: -count * 7)
        case .days: return last.advanced(by: -count)
        case .years: months = count * 12
        case .months: months = count
        }
        let start = last.advanced(byMonths: -months)
        // From the last days of a long month the period ends on the last day of a short one: they are over together.
        guard last.advanced(by: 1).components.month != last.components.month else { return start }
        let (year, month, _) = start.components
        for number in [31, 30, 29] { if let day = CalendarDate(year: year, month: month, day: number) { return day } }
        return start
    }
}

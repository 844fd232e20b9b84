/// A day of the proleptic Gregorian calendar, years 1 to 9999.
package struct SampleDay: Sendable, Equatable, Comparable {
    let daysSinceEpoch: Int

    /// Traps on a day that does not exist.
    package init(year: Int, month: Int, day: Int) {
        precondition(SampleDay.exists(year: year, month: month, day: day), "no such day")
        // Years begin in March, so that the leap day is the last of its year.
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        daysSinceEpoch = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// Reads `2026-01-01`; nil for any other form and for a day that does not exist.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-") else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            var result = 0
            for byte in bytes[range] {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                result = result * 10 + Int(byte - UInt8(ascii: "0"))
            }
            return result
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            SampleDay.exists(year: year, month: month, day: day)
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    private init(daysSinceEpoch: Int) {
        self.daysSinceEpoch = daysSinceEpoch
    }

    package static func < (left: SampleDay, right: SampleDay) -> Bool {
        left.daysSinceEpoch < right.daysSinceEpoch
    }

    func adding(days: Int) -> SampleDay {
        SampleDay(daysSinceEpoch: daysSinceEpoch + days)
    }

    var parts: (year: Int, month: Int, day: Int) {
        let shifted = daysSinceEpoch + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    /// `2026-01-01`.
    package var text: String {
        var text = TextLine(capacity: 10)
        append(to: &text)
        return text.string
    }

    /// The moment on this day in UTC, as `2026-01-01T09:30:00Z`.
    func text(minuteOfDay: Int) -> String {
        var text = TextLine(capacity: 20)
        append(to: &text)
        text.append("T")
        text.append(twoDigits: minuteOfDay / 60)
        text.append(":")
        text.append(twoDigits: minuteOfDay % 60)
        text.append(":00Z")
        return text.string
    }

    private func append(to text: inout TextLine) {
        let (year, month, day) = parts
        text.append(twoDigits: year / 100)
        text.append(twoDigits: year % 100)
        text.append("-")
        text.append(twoDigits: month)
        text.append("-")
        text.append(twoDigits: day)
    }

    private static func exists(year: Int, month: Int, day: Int) -> Bool {
        guard (1...9999).contains(year), (1...12).contains(month), day >= 1 else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let last = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return day <= last[month - 1]
    }
}

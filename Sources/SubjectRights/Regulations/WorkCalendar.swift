package import Catalog
import Foundation
package import Vocabulary

/// Days as the controller counts them: in its time zone, with its weekends and holidays.
package struct WorkCalendar: Sendable {
    private let zone: TimeZone
    private let holidays: Set<CalendarDate>

    /// - Parameter timeZone: an IANA name; one that nobody knows counts in UTC.
    package init(timeZone: String, holidays: [CalendarDate] = []) {
        zone = TimeZone(identifier: timeZone) ?? .gmt
        self.holidays = Set(holidays)
    }

    package init(_ processing: ProcessingDeclaration) {
        self.init(timeZone: processing.timeZone, holidays: processing.holidays)
    }

    /// The day on which a moment lies.
    package func day(of moment: Instant) -> CalendarDate {
        let microseconds = moment.microseconds + offset(at: moment) * 1_000_000
        let days = microseconds / 86_400_000_000 - (microseconds % 86_400_000_000 < 0 ? 1 : 0)
        return CalendarDate(daysSince1970: Int32(truncatingIfNeeded: days))
    }

    /// The moment at which a day is over.
    package func end(of day: CalendarDate) -> Instant {
        let midnight = Int64(day.daysSince1970 + 1) * 86_400_000_000
        // The offset at midnight is that of a moment near it; clocks are turned at most once in a night.
        let near = Instant(microseconds: midnight - offset(at: Instant(microseconds: midnight)) * 1_000_000)
        return Instant(microseconds: midnight - offset(at: near) * 1_000_000)
    }

    /// Neither Saturday, nor Sunday, nor a holiday.
    package func isWorkingDay(_ day: CalendarDate) -> Bool {
        // 1970-01-01 was a Thursday.
        let weekday = (Int(day.daysSince1970) % 7 + 11) % 7
        return weekday != 0 && weekday != 6 && !holidays.contains(day)
    }

    /// The day itself, when work is done on it, else the next on which it is.
    package func workingDay(notBefore day: CalendarDate) -> CalendarDate {
        var day = day
        while !isWorkingDay(day) { day = day.advanced(by: 1) }
        return day
    }

    /// The day on which a number of working days have passed; the day it is counted from is not among them.
    package func workingDays(_ count: Int, after day: CalendarDate) -> CalendarDate {
        var (day, left) = (day, count)
        while left > 0 {
            day = day.advanced(by: 1)
            if isWorkingDay(day) { left -= 1 }
        }
        return day
    }

    private func offset(at moment: Instant) -> Int64 {
        Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(moment.microseconds) / 1_000_000)))
    }
}

extension CalendarDate {
    package func advanced(by days: Int) -> CalendarDate { CalendarDate(daysSince1970: daysSince1970 + Int32(days)) }

    /// The day of the same number in a later month, or the last of that month when it has no such day (Regulation (EEC, Euratom) 1182/71
    /// Art. 3(2)(c)).
    package func advanced(byMonths months: Int) -> CalendarDate {
        let (year, month, day) = components
        let count = year * 12 + month - 1 + months
        for last in [day, 30, 29, 28] where last <= day {
            if let date = CalendarDate(year: count / 12, month: count % 12 + 1, day: last) { return date }
        }
        return self
    }

    package func days(until other: CalendarDate) -> Int { Int(other.daysSince1970 - daysSince1970) }
}

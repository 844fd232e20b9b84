package import Vocabulary

/// The last day for something, as it was counted and as the law moves it.
package struct Deadline: Sendable, Hashable {
    /// As counted. Warnings go by this one.
    package let counted: CalendarDate
    /// The last day that is in time: moved on when the counted one is no working day and the rule says so.
    package let date: CalendarDate

    package init(counted: CalendarDate, date: CalendarDate) {
        self.counted = counted
        self.date = date
    }

    package var isMoved: Bool { counted != date }
}

/// How a deadline is counted from the day a request was received, and which rule says so.
package struct DeadlineRule: Sendable, Hashable {
    package enum Period: Sendable, Hashable {
        case months(Int)
        case days(Int)
        case businessDays(Int)
    }

    package let period: Period
    package let citation: String
    /// A last day that is no working day is moved to the next that is.
    package let movesToWorkingDay: Bool
    /// The day of receipt is the first of the period. The last day stays as the others count it; warnings come a day earlier.
    package let countsDayOfReceipt: Bool

    package init(_ period: Period, citation: String, movesToWorkingDay: Bool, countsDayOfReceipt: Bool = false) {
        self.period = period
        self.citation = citation
        self.movesToWorkingDay = movesToWorkingDay
        self.countsDayOfReceipt = countsDayOfReceipt
    }

    package func deadline(from receipt: CalendarDate, in calendar: WorkCalendar) -> Deadline {
        let counted =
            switch period {
            case .months(let months): receipt.advanced(byMonths: months)
            case .days(let days): receipt.advanced(by: days)
            case .businessDays(let days): calendar.workingDays(days, after: receipt)
            }
        return Deadline(counted: counted, date: movesToWorkingDay ? calendar.workingDay(notBefore: counted) : counted)
    }
}

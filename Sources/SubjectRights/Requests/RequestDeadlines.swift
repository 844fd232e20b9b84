package import Vocabulary

/// The days that a request has to keep, counted from the day of its receipt.
package struct RequestDeadlines: Sendable, Equatable {
    package let received: CalendarDate
    package let confirm: Deadline?
    package let answer: Deadline
    package let extended: Deadline?
    /// By how many days warnings come earlier than the days that are counted.
    package let warningLead: Int

    package init(received: CalendarDate, confirm: Deadline?, answer: Deadline, extended: Deadline?, warningLead: Int) {
        self.received = received
        self.confirm = confirm
        self.answer = answer
        self.extended = extended
        self.warningLead = warningLead
    }

    package init(_ terms: RequestTerms, receivedAt moment: Instant, in calendar: WorkCalendar) {
        let day = calendar.day(of: moment)
        self.init(
            received: day, confirm: terms.confirm?.deadline(from: day, in: calendar), answer: terms.answer.deadline(from: day, in: calendar),
            extended: terms.extended?.deadline(from: day, in: calendar), warningLead: terms.answer.countsDayOfReceipt ? 1 : 0
        )
    }
}

/// How near a deadline is. Each step is told once.
package enum Urgency: Int, Sendable, CaseIterable, Comparable {
    case calm, fortnight, week, threeDays, tomorrow, lastDay, overdue

    package static func < (left: Urgency, right: Urgency) -> Bool { left.rawValue < right.rawValue }

    package init(_ deadline: Deadline, lead: Int, on day: CalendarDate) {
        if day > deadline.date {
            self = .overdue
            return
        }
        self =
            switch day.days(until: deadline.counted) - lead {
            case ...0: .lastDay
            case 1: .tomorrow
            case 2...3: .threeDays
            case 4...7: .week
            case 8...14: .fortnight
            default: .calm
            }
    }

    package var name: String {
        switch self {
        case .calm: "calm"
        case .fortnight: "fortnight"
        case .week: "week"
        case .threeDays: "three-days"
        case .tomorrow: "tomorrow"
        case .lastDay: "last-day"
        case .overdue: "overdue"
        }
    }
}

/// What an officer is reminded of: which deadline, and how near it is.
package struct Reminder: Sendable, Equatable, CustomStringConvertible {
    package enum Duty: String, Sendable { case confirm, answer }

    package let duty: Duty
    package let urgency: Urgency

    package var description: String { "\(duty.rawValue):\(urgency.name)" }
}

extension RequestMachine {
    /// What is to be done first, and how near its last day is; `nil` once the request has ended.
    package func reminder(on day: CalendarDate) -> Reminder? {
        guard state.isOpen else { return nil }
        if confirmedAt == nil, let confirm = deadlines.confirm {
            return Reminder(duty: .confirm, urgency: Urgency(confirm, lead: 0, on: day))
        }
        return Reminder(duty: .answer, urgency: Urgency(due, lead: deadlines.warningLead, on: day))
    }

    package func isOverdue(on day: CalendarDate) -> Bool { state.isOpen && day > due.date }
}

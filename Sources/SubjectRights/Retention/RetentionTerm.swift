package import Catalog
package import Vocabulary

/// From when data is too old for one rule, at one moment.
package struct RetentionTerm: Sendable {
    package let rule: RetentionRule
    /// Dates up to this day are over.
    package let lastDay: CalendarDate
    /// Moments before this one are.
    package let before: Instant
    package let now: Instant

    /// Days are those of the controller. A period ends with the whole of its last day, so that nothing goes a moment too early and no floor
    /// gives way too early.
    package init(_ rule: RetentionRule, at now: Instant, _ calendar: WorkCalendar) {
        self.rule = rule
        self.now = now
        guard let period = Period(rule.after) else {
            // The catalog compiler lets no such period through; what nobody can count is never over.
            lastDay = CalendarDate(daysSince1970: -700_000)
            before = Instant(microseconds: -60_000_000_000_000_000)
            return
        }
        lastDay = period.lastStart(overOn: calendar.day(of: now))
        before = calendar.end(of: lastDay)
    }
}

package import Storage
package import Vocabulary

/// What counts as unusual, and since when.
package struct UnusualQuestion: Sendable {
    /// A limit that a day is held against: a number that somebody chose, or what the actor usually does, but never less than a floor.
    package struct Limit: Sendable, Equatable {
        package let chosen: Int?
        package let floor: Int

        /// A day is unusual above this.
        ///
        /// - Parameter usual: the median of the actor's own days; `nil` when there are too few to tell.
        func value(usual: Int?) -> Int { chosen ?? max(floor, (usual ?? 0) * UnusualQuestion.factor) }
    }

    /// How many times the usual is unusual.
    package static let factor = 3
    /// Days before the report that say what is usual.
    package static let historyDays = 28
    /// Fewer active days than these say nothing.
    package static let leastDays = 5

    package let since: Instant
    package let until: Instant
    package let hours: WorkingHours
    /// People whose data is read within an hour.
    package let people: Limit
    /// Denials on a day.
    package let denials: Limit
    /// Deletions on a day.
    package let deletions: Limit

    /// - Parameters:
    ///   - since: a day before the end where nothing is said.
    ///   - until: now where nothing is said.
    package init(
        since: Instant?, until: Instant?, now: Instant, hours: WorkingHours = .usual, people: Int? = nil, denials: Int? = nil, deletions: Int? = nil
    ) throws(Refusal) {
        let end = until ?? now
        let begin = since ?? end.advanced(by: .seconds(-86_400))
        guard begin < end else { throw Refusal(.parameterInvalid, "since has to come before until") }
        guard end.microseconds - begin.microseconds <= 400 * 86_400_000_000 else {
            throw Refusal(.parameterInvalid, "since and until are more than 400 days apart", hint: "ask for a year at a time")
        }
        self.since = begin
        self.until = end
        self.hours = hours
        self.people = Limit(chosen: people, floor: 50)
        self.denials = Limit(chosen: denials, floor: 20)
        self.deletions = Limit(chosen: deletions, floor: 10)
    }

    /// Stretches of at most a day, from the beginning of the history to the end, cut at the beginning of the report. What is of the history
    /// sees nothing of the report.
    package var stretches: [TrailStretch] {
        let (day, halfHour): (Int64, Int64) = (86_400_000_000, 1_800_000_000)
        func floored(_ time: Instant) -> Instant { Instant(microseconds: time.microseconds - time.microseconds % halfHour) }
        let first = (since.microseconds - Int64(Self.historyDays) * day) / day * day
        let days = stride(from: first, to: until.microseconds, by: Int64.Stride(day)).map { Instant(microseconds: $0) }
        let cuts = Set(days + [since, until]).sorted()
        return zip(cuts, cuts.dropFirst()).map { begin, end in
            TrailStretch(
                since: begin, until: end, hoursSince: floored(begin), hoursUntil: end == until ? end : floored(end),
                horizon: begin < since ? since : until)
        }
    }
}

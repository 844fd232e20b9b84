/// A moment before `asOf`.
struct PastMoment: Sendable {
    let daysAgo: Int
    /// In UTC.
    let minuteOfDay: Int

    init(daysAgo: Int, minuteOfDay: Int) {
        self.daysAgo = daysAgo
        self.minuteOfDay = minuteOfDay
    }

    /// Within office hours, on a full five minutes.
    init(daysAgo: Int, dice: inout Dice) {
        self.init(daysAgo: daysAgo, minuteOfDay: dice.roll(in: 7 * 12...18 * 12) * 5)
    }

    func text(before day: SampleDay) -> String {
        day.adding(days: -daysAgo).text(minuteOfDay: minuteOfDay)
    }
}

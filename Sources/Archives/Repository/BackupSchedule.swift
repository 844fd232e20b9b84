package import Vocabulary

/// When backups are made by themselves: `every 6h`, `daily 02:30`, `weekly sun 03:00`, or `off`. Hours are those of UTC. Pure: the clock is
/// an argument.
package enum BackupSchedule: Sendable, Equatable, CustomStringConvertible {
    case off
    /// So long after the one before began.
    case every(BackupSpan)
    /// Minutes since midnight.
    case daily(minute: Int)
    case weekly(Weekday, minute: Int)

    package enum Weekday: String, Sendable, CaseIterable {
        case mon, tue, wed, thu, fri, sat, sun
        /// Days since Monday.
        var number: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    /// More often than this, one backup would not have ended before the next begins.
    private static let shortest = 5

    package init(_ text: String) throws(BackupTextError) {
        let words = text.split(whereSeparator: \.isWhitespace)
        switch (words.first, words.count) {
        case ("off", 1): self = .off
        case ("every", 2):
            guard let span = BackupSpan(words[1]) else {
                throw BackupTextError(
                    "'\(words[1])' is no time between backups", hint: "minutes, hours, days or weeks: every 30m, every 6h, every 1d")
            }
            guard span.minutes >= Self.shortest else {
                throw BackupTextError("a backup every \(span) is too often", hint: "\(Self.shortest) minutes at least: every \(Self.shortest)m")
            }
            self = .every(span)
        case ("daily", 2): self = .daily(minute: try Self.minute(words[1]))
        case ("weekly", 3):
            guard let day = Weekday(rawValue: String(words[1])) else {
                throw BackupTextError("'\(words[1])' is no day of the week", hint: Weekday.allCases.map(\.rawValue).joined(separator: ", "))
            }
            self = .weekly(day, minute: try Self.minute(words[2]))
        default:
            throw BackupTextError(
                "'\(text)' says not when backups are made", hint: "every 6h, daily 02:30, weekly sun 03:00, or off; hours are those of UTC"
            )
        }
    }

    private static func minute(_ text: Substring) throws(BackupTextError) -> Int {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in part.utf8.count == 2 && part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(part) : nil }
        guard parts.count == 2, numbers.count == 2, numbers[0] < 24, numbers[1] < 60 else {
            throw BackupTextError("'\(text)' is no time of day", hint: "hours and minutes in UTC, 00:00 to 23:59")
        }
        return numbers[0] * 60 + numbers[1]
    }

    package var description: String {
        switch self {
        case .off: "off"
        case .every(let span): "every \(span)"
        case .daily(let minute): "daily \(Self.clock(minute))"
        case .weekly(let day, let minute): "weekly \(day.rawValue) \(Self.clock(minute))"
        }
    }

    private static func clock(_ minute: Int) -> String {
        [minute / 60, minute % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    }

    /// When the next backup begins after one that began at this moment; `nil` when none does.
    package func next(after moment: Instant) -> Instant? {
        switch self {
        case .off: return nil
        case .every(let span): return Instant(microseconds: moment.microseconds + span.microseconds)
        case .daily(let minute):
            let first = Self.instant(day: moment.dayNumber, minute)
            return first > moment ? first : Self.instant(day: moment.dayNumber + 1, minute)
        case .weekly(let weekday, let minute):
            // 1970-01-01 was a Thursday.
            let since = ((moment.dayNumber + Weekday.thu.number - weekday.number) % 7 + 7) % 7
            let first = Self.instant(day: moment.dayNumber - since, minute)
            return first > moment ? first : Self.instant(day: moment.dayNumber - since + 7, minute)
        }
    }

    /// Whether a backup should begin now. However many moments have passed since the last one, it is due once; the first is due at once.
    ///
    /// - Parameter made: when backups began. What is still to come, by a clock that was wrong, says nothing: otherwise none would be made
    ///   until then.
    package func isDue(made: some Sequence<Instant>, now: Instant) -> Bool {
        guard self != .off else { return false }
        guard let last = made.filter({ $0 <= now }).max() else { return true }
        return next(after: last).map { $0 <= now } ?? false
    }

    private static func instant(day: Int, _ minute: Int) -> Instant {
        Instant(microseconds: Int64(day) * 86_400_000_000 + Int64(minute) * 60_000_000)
    }
}

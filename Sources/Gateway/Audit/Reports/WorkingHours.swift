package import Foundation
package import Vocabulary

/// When people are expected at work: days of the week and hours, in a time zone.
package struct WorkingHours: Sendable, Equatable {
    /// ISO 8601: 1 is Monday.
    package let days: Set<Int>
    /// Minutes since midnight, in quarters of an hour. An end before the beginning lies on the next day.
    package let begin: Int
    package let end: Int
    package let zone: TimeZone

    package static let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    /// 07:00 to 20:00, Monday to Friday, in UTC.
    package static let usual = WorkingHours(days: Set(1...5), begin: 7 * 60, end: 20 * 60, zone: .gmt)

    init(days: Set<Int>, begin: Int, end: Int, zone: TimeZone) {
        self.days = days
        self.begin = begin
        self.end = end
        self.zone = zone
    }

    /// Reads `mon-fri` (or `mon,wed,fri`), `07:00-20:00` and the name of a time zone; what is `nil` is as usual.
    package init(days: String?, hours: String?, zone: String?) throws(Refusal) {
        let usual = Self.usual
        var wanted = usual.days
        if let days {
            guard let read = Self.days(days) else {
                throw Refusal(.parameterInvalid, "days are of the form mon-fri or mon,wed,fri")
            }
            wanted = read
        }
        var (begin, end) = (usual.begin, usual.end)
        if let hours {
            let ends = hours.split(separator: "-", omittingEmptySubsequences: false).map { Self.minutes(String($0)) }
            guard ends.count == 2, let from = ends[0], let to = ends[1], from != to, from < 24 * 60 else {
                throw Refusal(.parameterInvalid, "hours are of the form 07:00-20:00, in quarters of an hour")
            }
            (begin, end) = (from, to)
        }
        var place = usual.zone
        if let zone {
            guard let known = TimeZone(identifier: zone) else {
                throw Refusal(.parameterInvalid, "zone is not the name of a time zone", hint: "for instance Europe/Berlin, or UTC")
            }
            place = known
        }
        self.init(days: wanted, begin: begin, end: end, zone: place)
    }

    private static func days(_ text: String) -> Set<Int>? {
        var days: Set<Int> = []
        for part in text.lowercased().split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { names.firstIndex(of: String($0)) }
            switch (ends.count, ends.first ?? nil, ends.last ?? nil) {
            case (1, let day?, _): days.insert(day + 1)
            case (2, let from?, let to?):
                for step in 0...((to - from + 7) % 7) { days.insert((from + step) % 7 + 1) }
            default: return nil
            }
        }
        return days
    }

    private static func minutes(_ text: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.count == 2 }), let hour = Int(parts[0]), let minute = Int(parts[1]), (0...24).contains(hour),
            [0, 15, 30, 45].contains(minute), hour * 60 + minute <= 24 * 60
        else { return nil }
        return hour * 60 + minute
    }

    // MARK: Asking

    private func local(_ time: Instant) -> (day: Int, minute: Int) {
        let seconds = Int((Double(time.microseconds) / 1_000_000).rounded(.down))
        let shifted = seconds + zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
        let day = Int((Double(shifted) / 86_400).rounded(.down))
        return (day, (shifted - day * 86_400) / 60)
    }

    /// The day in this time zone, counted from 1970-01-01.
    func day(_ time: Instant) -> Int { local(time).day }

    /// Whether somebody is expected at work then.
    package func include(_ time: Instant) -> Bool {
        let (day, minute) = local(time)
        if begin < end { return isWorking(day) && (begin..<end).contains(minute) }
        return minute >= begin && isWorking(day) || minute < end && isWorking(day - 1)
    }

    /// 1970-01-01 was a Thursday.
    private func isWorking(_ day: Int) -> Bool { days.contains(((day + 3) % 7 + 7) % 7 + 1) }
}

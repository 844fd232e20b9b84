import ArgumentParser
import Vocabulary

/// Times of the trail as options give them.
enum TrailTime {
    /// A point, or a length of time before now: 12h, 30d.
    static func since(_ text: String, now: Instant = .now()) throws -> Instant {
        if let unit = text.last, let count = Int64(text.dropLast()), count > 0, count < 100_000 {
            switch unit {
            case "d": return now.advanced(by: .seconds(-86_400 * count))
            case "h": return now.advanced(by: .seconds(-3600 * count))
            default: break
            }
        }
        return try point(text, "--since")
    }

    /// A full time, or a date, which is its first moment in UTC.
    static func point(_ text: String, _ option: String) throws -> Instant {
        if let instant = Instant(text) { return instant }
        guard let date = CalendarDate(text) else {
            throw ValidationError("\(option) takes a time such as 2026-11-22T09:30:00Z, or a date" + (option == "--since" ? ", or 12h or 30d" : ""))
        }
        return Instant(microseconds: Int64(date.daysSince1970) * 86_400_000_000)
    }
}

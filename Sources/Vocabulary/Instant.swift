import Glibc

/// A moment in UTC with microseconds, which is what PostgreSQL keeps.
package struct Instant: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Microseconds since 1970-01-01T00:00:00Z.
    package let microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    /// The machine's clock. Rules never call this: the clock is an argument there.
    package static func now() -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    package func advanced(by duration: Duration) -> Instant {
        let (seconds, attoseconds) = duration.components
        return Instant(microseconds: microseconds + seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
    }

    /// Reads an RFC 3339 date-time of the years 1 to 9999 with any offset; fractions beyond microseconds are cut off.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: "t") || bytes[10] == UInt8(ascii: " "),
            let date = CalendarDate(String(decoding: bytes[0..<10], as: UTF8.self)),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let hour = CalendarDate.number(bytes[11..<13]), hour < 24,
            let minute = CalendarDate.number(bytes[14..<16]), minute < 60,
            let second = CalendarDate.number(bytes[17..<19]), second < 60
        else { return nil }
        var rest = bytes[19...]
        var fraction: Int64 = 0
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            guard !digits.isEmpty, digits.count <= 12 else { return nil }
            for place in 0..<6 {
                let index = digits.startIndex + place
                fraction = fraction * 10 + (index < digits.endIndex ? Int64(digits[index] - UInt8(ascii: "0")) : 0)
            }
            rest = rest[digits.endIndex...]
        }
        guard let offset = Self.offsetSeconds(Array(rest)) else { return nil }
        let seconds = Int64(date.daysSince1970) * 86_400 + Int64(hour * 3600 + minute * 60 + second) - offset
        guard Self.writable.contains(seconds) else { return nil }
        self.init(microseconds: seconds * 1_000_000 + fraction)
    }

    /// Seconds of the years 1 to 9999 in UTC: an offset must not lead to a year that four digits cannot write.
    private static let writable: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    private static func offsetSeconds(_ text: [UInt8]) -> Int64? {
        if text == [UInt8(ascii: "Z")] || text == [UInt8(ascii: "z")] { return 0 }
        guard text.count == 6, text[3] == UInt8(ascii: ":"), let hours = CalendarDate.number(text[1..<3]), hours < 24,
            let minutes = CalendarDate.number(text[4..<6]), minutes < 60
        else { return nil }
        let seconds = Int64(hours * 3600 + minutes * 60)
        switch text[0] {
        case UInt8(ascii: "+"): return seconds
        case UInt8(ascii: "-"): return -seconds
        default: return nil
        }
    }

    /// Appends `2026-11-22T09:30:00.000000Z`, always in UTC and always with six fraction digits.
    package func append(to bytes: inout [UInt8]) {
        var days = microseconds / 86_400_000_000
        var inDay = microseconds % 86_400_000_000
        if inDay < 0 {
            days -= 1
            inDay += 86_400_000_000
        }
        CalendarDate(daysSince1970: Int32(truncatingIfNeeded: days)).append(to: &bytes)
        let seconds = Int(inDay / 1_000_000)
        bytes.append(UInt8(ascii: "T"))
        CalendarDate.append(seconds / 3600, width: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        CalendarDate.append(seconds / 60 % 60, width: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        CalendarDate.append(seconds % 60, width: 2, to: &bytes)
        bytes.append(UInt8(ascii: "."))
        CalendarDate.append(Int(inDay % 1_000_000), width: 6, to: &bytes)
        bytes.append(UInt8(ascii: "Z"))
    }

    package var description: String {
        var bytes = [UInt8]()
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    package static func < (left: Instant, right: Instant) -> Bool { left.microseconds < right.microseconds }
}

import Testing
import Vocabulary

struct TimeTests {
    @Test(arguments: ["1970-01-01", "2000-02-29", "2024-02-29", "1999-12-31", "0001-01-01", "9999-12-31", "2026-11-22"])
    func `a date reads back as it was written`(text: String) throws {
        #expect(try #require(CalendarDate(text)).description == text)
    }

    @Test(arguments: [
        "2026-02-29", "1900-02-29", "2026-04-31", "2026-13-01", "2026-00-10", "2026-01-00", "0000-01-01", "2026-1-1", "20260101", "26-01-01",
        "2026/01/01", "2026-01-01T", "", "２０２６-01-01", "+026-01-01",
    ])
    func `what is no day is refused`(text: String) {
        #expect(CalendarDate(text) == nil)
    }

    @Test func `every day of four centuries follows the one before`() throws {
        let first = try #require(CalendarDate("1900-01-01")).daysSince1970
        #expect(CalendarDate("1970-01-01")?.daysSince1970 == 0)
        #expect(CalendarDate("2000-01-01")?.daysSince1970 == 10_957)
        var last = CalendarDate(daysSince1970: first - 1)
        for day in first..<(first + 146_097) {
            let date = CalendarDate(daysSince1970: day)
            #expect(last < date)
            let parts = date.components
            if CalendarDate(year: parts.year, month: parts.month, day: parts.day) != date { Issue.record("day \(day) does not read back") }
            last = date
        }
    }

    @Test(arguments: [
        ("2026-11-22T09:30:00Z", "2026-11-22T09:30:00.000000Z"),
        ("2026-11-22t09:30:00z", "2026-11-22T09:30:00.000000Z"),
        ("2026-11-22 09:30:00Z", "2026-11-22T09:30:00.000000Z"),
        ("2026-11-22T09:30:00.5+05:30", "2026-11-22T04:00:00.500000Z"),
        ("2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00.000000Z"),
        ("2026-11-22T09:30:00.123456789Z", "2026-11-22T09:30:00.123456Z"),
        ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
    ])
    func `a time is answered in UTC with microseconds`(text: String, expected: String) {
        #expect(Instant(text)?.description == expected)
        #expect(Instant(expected)?.description == expected)
    }

    @Test(arguments: [
        "2026-11-22", "2026-11-22T09:30Z", "2026-11-22T09:30:00", "2026-11-22T24:00:00Z", "2026-11-22T09:60:00Z", "2026-11-22T09:30:60Z",
        "2026-11-22T09:30:00.Z", "2026-11-22T09:30:00+0100", "2026-11-22T09:30:00+24:00", "2026-02-30T09:30:00Z", "2026-11-22T09:30:00Z ",
        "2026-11-22X09:30:00Z", "2026-11-22T09:30:00.1234567890123Z",
    ])
    func `what is no time is refused`(text: String) {
        #expect(Instant(text) == nil)
    }

    @Test(arguments: ["0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"])
    func `an offset does not lead out of the years that four digits write`(text: String) {
        #expect(Instant(text) == nil)
    }

    @Test func `instants are ordered and move by durations`() throws {
        let instant = try #require(Instant("2026-11-22T09:30:00Z"))
        #expect(instant.advanced(by: .seconds(1.5)).description == "2026-11-22T09:30:01.500000Z")
        #expect(instant.advanced(by: .seconds(-60)) < instant)
        #expect(Instant.now() > instant.advanced(by: .seconds(-86_400 * 3650)))
    }
}

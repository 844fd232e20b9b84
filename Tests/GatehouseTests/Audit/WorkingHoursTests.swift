import Testing
import Vocabulary

@testable import Gateway

struct WorkingHoursTests {
    private func isInside(_ hours: WorkingHours, _ time: String) throws -> Bool { hours.include(try #require(Instant(time))) }

    @Test func `usual hours are Monday to Friday from seven to eight, in UTC`() throws {
        let usual = try WorkingHours(days: nil, hours: nil, zone: nil)
        #expect(usual == .usual)
        #expect(try isInside(usual, "2026-11-20T07:00:00Z"))
        #expect(try isInside(usual, "2026-11-20T19:59:59Z"))
        #expect(try !isInside(usual, "2026-11-20T20:00:00Z"))
        #expect(try !isInside(usual, "2026-11-20T06:59:59Z"))
        #expect(try !isInside(usual, "2026-11-22T12:00:00Z"))
    }

    @Test func `a time zone moves hours and days, summer time included`() throws {
        let berlin = try WorkingHours(days: "mon-fri", hours: "08:00-18:00", zone: "Europe/Berlin")
        #expect(try isInside(berlin, "2026-07-01T06:00:00Z"))
        #expect(try !isInside(berlin, "2026-12-01T06:00:00Z"))
        let kathmandu = try WorkingHours(days: "sun-fri", hours: "10:00-17:00", zone: "Asia/Kathmandu")
        #expect(try isInside(kathmandu, "2026-11-22T04:15:00Z"))
        #expect(try !isInside(kathmandu, "2026-11-22T04:14:59Z"))
    }

    @Test func `a night shift ends on the next day`() throws {
        let night = try WorkingHours(days: "fri", hours: "22:00-06:00", zone: nil)
        #expect(try isInside(night, "2026-11-20T23:00:00Z"))
        #expect(try isInside(night, "2026-11-21T05:59:00Z"))
        #expect(try !isInside(night, "2026-11-20T05:00:00Z"))
        #expect(try !isInside(night, "2026-11-21T23:00:00Z"))
        let always = try WorkingHours(days: "mon-sun", hours: "00:00-24:00", zone: nil)
        #expect(try isInside(always, "2026-11-22T23:59:59Z"))
    }

    @Test(
        arguments: [
            ("mon-fry", nil, nil), ("", nil, nil), ("mon-tue-wed", nil, nil), (nil, "7-20", nil), (nil, "07:00", nil), (nil, "07:10-20:00", nil),
            (nil, "25:00-26:00", nil), (nil, "07:00-07:00", nil), (nil, "24:00-07:00", nil), (nil, nil, "Middle/Earth"),
        ] as [(String?, String?, String?)])
    func `what cannot be read is refused`(days: String?, hours: String?, zone: String?) {
        #expect(throws: Refusal.self) { _ = try WorkingHours(days: days, hours: hours, zone: zone) }
    }
}

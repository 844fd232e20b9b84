import SubjectRights
import Testing
import Vocabulary

/// When data is too old, to the day.
struct PeriodTests {
    private func day(_ text: String) throws -> CalendarDate { try #require(CalendarDate(text)) }

    @Test(arguments: ["P", "3Y", "P3", "PY", "P3H", "P-3Y", "P3Y2M", "P٣Y", "P12345Y", " P3Y"])
    func `what is no period of one unit is none`(text: String) { #expect(Period(text) == nil) }

    @Test(arguments: [
        ("P1M", "2026-01-31", "2026-02-28"), ("P1M", "2028-01-31", "2028-02-29"), ("P3Y", "2024-02-29", "2027-02-28"),
        ("P18M", "2025-08-31", "2027-02-28"), ("P90D", "2026-01-01", "2026-04-01"), ("P2W", "2026-12-25", "2027-01-08"),
        ("P10Y", "2016-11-22", "2026-11-22"),
    ])
    func `a period ends on the day of its number, or the last of the month`(period: String, from: String, end: String) throws {
        #expect(try #require(Period(period)).end(from: try day(from)).description == end)
    }

    @Test(arguments: ["P1M", "P3Y", "P18M", "P90D", "P2W", "P13M", "P6M"])
    func `exactly the days up to the last start are over, on every day of four years`(text: String) throws {
        let period = try #require(Period(text))
        let first = try day("2026-01-01")
        for number in 0..<1461 {
            let today = first.advanced(by: number)
            let last = period.lastStart(overOn: today)
            #expect(period.end(from: last) < today, "\(text) on \(today)")
            #expect(period.end(from: last.advanced(by: 1)) >= today, "\(text) on \(today)")
        }
    }
}

import Foundation
import PolicyFiles
import SubjectRights
import Testing
import Vocabulary

/// The deadlines of the shipped regulations, day by day.
struct DeadlineTests {
    /// Received; one month, three months, ten business days, 45 days, 90 days, fifteen business days. A second day is where the first is moved to.
    static let table: [(received: String, month: String, quarter: String, ten: String, days45: String, days90: String, fifteen: String)] = [
        ("2026-01-31", "2026-02-28 2026-03-02", "2026-04-30", "2026-02-13", "2026-03-17", "2026-05-01", "2026-02-20"),
        ("2026-08-31", "2026-09-30", "2026-11-30", "2026-09-14", "2026-10-15", "2026-11-29", "2026-09-21"),
        ("2026-11-30", "2026-12-30", "2027-02-28 2027-03-01", "2026-12-14", "2027-01-14", "2027-02-28", "2026-12-21"),
        ("2026-12-15", "2027-01-15", "2027-03-15", "2026-12-29", "2027-01-29", "2027-03-15", "2027-01-05"),
        ("2027-01-30", "2027-02-28 2027-03-01", "2027-04-30", "2027-02-12", "2027-03-16", "2027-04-30", "2027-02-19"),
        ("2028-01-31", "2028-02-29", "2028-04-30 2028-05-01", "2028-02-14", "2028-03-16", "2028-04-30", "2028-02-21"),
    ]

    private let regulations: Regulations
    private let calendar = WorkCalendar(timeZone: "Europe/Berlin")

    init() throws { regulations = try Shipped.policies().regulations }

    private func deadlines(_ regulation: String, _ kind: RequestKind, received: String) throws -> RequestDeadlines {
        // Noon in Berlin.
        let moment = try #require(Instant(received + "T11:00:00Z"))
        let day = try #require(CalendarDate(received))
        let terms = try #require(regulations[regulation]?.version(on: day)?.terms[kind])
        return RequestDeadlines(terms, receivedAt: moment, in: calendar)
    }

    private func written(_ deadline: Deadline?) -> String {
        guard let deadline else { return "none" }
        return deadline.isMoved ? "\(deadline.counted) \(deadline.date)" : "\(deadline.date)"
    }

    @Test(arguments: table.indices) func `every cell of the table comes out of the shipped files`(row: Int) throws {
        let row = Self.table[row]
        for kind in [RequestKind.access, .portability, .erasure, .rectification, .restriction, .objection] {
            let gdpr = try deadlines("gdpr", kind, received: row.received)
            #expect(written(gdpr.answer) == row.month, "\(kind)")
            #expect(written(gdpr.extended) == row.quarter, "\(kind)")
            #expect(gdpr.confirm == nil)
        }
        for kind in [RequestKind.access, .erasure, .rectification] {
            let ccpa = try deadlines("ccpa", kind, received: row.received)
            #expect(written(ccpa.confirm) == row.ten, "\(kind)")
            #expect(written(ccpa.answer) == row.days45, "\(kind)")
            #expect(written(ccpa.extended) == row.days90, "\(kind)")
        }
        for kind in [RequestKind.optOut, .limit] {
            let ccpa = try deadlines("ccpa", kind, received: row.received)
            #expect(written(ccpa.answer) == row.fifteen, "\(kind)")
            #expect(written(ccpa.confirm) == "none")
            #expect(written(ccpa.extended) == "none")
        }
    }

    @Test func `holidays are no working days, and move a last day on`() throws {
        let christmas = ["2026-12-25", "2026-12-26", "2027-01-01"].compactMap { CalendarDate($0) }
        let calendar = WorkCalendar(timeZone: "Europe/Berlin", holidays: christmas)
        let day = try #require(CalendarDate("2026-12-15"))
        // Without holidays 2026-12-29: the 25th is passed over, the 26th is a Saturday anyway.
        #expect("\(calendar.workingDays(10, after: day))" == "2026-12-30")
        let rule = DeadlineRule(.months(1), citation: "c", movesToWorkingDay: true)
        let answer = rule.deadline(from: try #require(CalendarDate("2026-12-01")), in: calendar)
        // 2027-01-01 is a holiday and a Friday: the next working day is Monday.
        #expect("\(answer.counted) \(answer.date)" == "2027-01-01 2027-01-04")
    }

    @Test func `days are those of the controller's time zone`() throws {
        let moment = try #require(Instant("2026-06-30T22:30:00Z"))
        #expect("\(WorkCalendar(timeZone: "Europe/Berlin").day(of: moment))" == "2026-07-01")
        #expect("\(WorkCalendar(timeZone: "America/Los_Angeles").day(of: moment))" == "2026-06-30")
        #expect("\(WorkCalendar(timeZone: "UTC").day(of: Instant(microseconds: -1)))" == "1969-12-31")
        // A day ends when the next begins there, on days on which clocks are turned, too.
        for (zone, day, end) in [
            ("Europe/Berlin", "2026-03-29", "2026-03-29T22:00:00.000000Z"), ("Europe/Berlin", "2026-10-25", "2026-10-25T23:00:00.000000Z"),
            ("America/Los_Angeles", "2026-03-08", "2026-03-09T07:00:00.000000Z"), ("UTC", "2026-01-01", "2026-01-02T00:00:00.000000Z"),
        ] {
            #expect("\(WorkCalendar(timeZone: zone).end(of: try #require(CalendarDate(day))))" == end, "\(zone) \(day)")
        }
    }

    @Test func `weekdays are right for four hundred years`() throws {
        let calendar = WorkCalendar(timeZone: "UTC")
        var gregorian = Calendar(identifier: .gregorian)
        gregorian.timeZone = .gmt
        for day in stride(from: -50_000, through: 100_000, by: 37) {
            let date = Date(timeIntervalSince1970: Double(day) * 86_400)
            #expect(calendar.isWorkingDay(CalendarDate(daysSince1970: Int32(day))) == !gregorian.isDateInWeekend(date), "\(day)")
        }
    }

    @Test func `warnings come nearer, a day earlier where the day of receipt counts`() throws {
        let deadline = Deadline(counted: try #require(CalendarDate("2026-02-28")), date: try #require(CalendarDate("2026-03-02")))
        func urgency(_ day: String, lead: Int = 0) throws -> Urgency { Urgency(deadline, lead: lead, on: try #require(CalendarDate(day))) }
        #expect(try urgency("2026-02-13") == .calm)
        #expect(try urgency("2026-02-14") == .fortnight)
        #expect(try urgency("2026-02-21") == .week)
        #expect(try urgency("2026-02-25") == .threeDays)
        #expect(try urgency("2026-02-27") == .tomorrow)
        #expect(try urgency("2026-02-27", lead: 1) == .lastDay)
        #expect(try urgency("2026-02-28") == .lastDay)
        #expect(try urgency("2026-03-02") == .lastDay)
        #expect(try urgency("2026-03-03") == .overdue)
    }
}

import Testing
import Vocabulary

@testable import Archives

struct BackupScheduleTests {
    private func instant(_ text: String) throws -> Instant { try #require(Instant(text + ":00Z")) }

    private func next(_ schedule: String, _ moment: String) throws -> String? {
        try BackupSchedule(schedule).next(after: instant(moment)).map { String($0.description.prefix(16)) }
    }

    @Test func `the next one is so long after the one before`() throws {
        #expect(try next("every 6h", "2026-11-22T20:10") == "2026-11-23T02:10")
        #expect(try next("every 1w", "2026-11-22T20:10") == "2026-11-29T20:10")
        #expect(try next("off", "2026-11-22T20:10") == nil)
    }

    @Test func `daily is the same minute of each day of UTC`() throws {
        #expect(try next("daily 02:30", "2026-11-22T02:29") == "2026-11-22T02:30")
        #expect(try next("daily 02:30", "2026-11-22T02:30") == "2026-11-23T02:30")
        #expect(try next("daily 00:00", "2026-12-31T23:59") == "2027-01-01T00:00")
        #expect(try next("daily 23:59", "1969-12-31T00:00") == "1969-12-31T23:59")
    }

    @Test func `weekly is one day of each week`() throws {
        // 2026-11-22 is a Sunday.
        #expect(try next("weekly sun 03:00", "2026-11-22T02:59") == "2026-11-22T03:00")
        #expect(try next("weekly sun 03:00", "2026-11-22T03:00") == "2026-11-29T03:00")
        #expect(try next("weekly mon 03:00", "2026-11-22T03:00") == "2026-11-23T03:00")
        #expect(try next("weekly sat 23:00", "2026-11-22T03:00") == "2026-11-28T23:00")
        #expect(try next("weekly thu 00:00", "1969-12-30T12:00") == "1970-01-01T00:00")
        for (index, day) in ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].enumerated() {
            #expect(try next("weekly \(day) 12:00", "2026-11-22T12:00") == "2026-11-\(23 + index)T12:00")
        }
    }

    @Test func `after a long sleep one is due, and not all that were missed`() throws {
        let now = try instant("2026-11-22T20:00")
        for text in ["every 6h", "daily 02:30", "weekly sun 03:00"] {
            let schedule = try BackupSchedule(text)
            var made = [try instant("2026-08-01T00:00")]
            #expect(schedule.isDue(made: made, now: now), "\(text)")
            made.append(now)
            #expect(!schedule.isDue(made: made, now: now), "\(text)")
            #expect(!schedule.isDue(made: made, now: now.advanced(by: .seconds(60))), "\(text)")
            let next = try #require(schedule.next(after: now))
            #expect(!schedule.isDue(made: made, now: next.advanced(by: .microseconds(-1))), "\(text)")
            #expect(schedule.isDue(made: made, now: next), "\(text)")
        }
    }

    @Test func `the first is due at once, and none is when it is off`() throws {
        let now = try instant("2026-11-22T20:00")
        #expect(try BackupSchedule("weekly mon 03:00").isDue(made: [], now: now))
        #expect(try !BackupSchedule("off").isDue(made: [], now: now))
        #expect(try !BackupSchedule("off").isDue(made: [instant("2020-01-01T00:00")], now: now))
    }

    @Test func `a backup from the future holds none back`() throws {
        let now = try instant("2026-11-22T20:00")
        let future = try instant("2031-01-01T00:00")
        let schedule = try BackupSchedule("every 6h")
        #expect(try schedule.isDue(made: [future, instant("2026-11-22T13:00")], now: now))
        #expect(try !schedule.isDue(made: [future, instant("2026-11-22T15:00")], now: now))
        #expect(schedule.isDue(made: [future], now: now))
    }

    @Test(arguments: ["off", "every 6h", "every 30m", "daily 02:30", "daily 00:05", "weekly sun 03:00"])
    func `a schedule is written back as it was read`(text: String) throws {
        #expect(try BackupSchedule(text).description == text)
        #expect(try BackupSchedule("  " + text.replacing(" ", with: "\t ") + " ").description == text)
    }

    @Test(arguments: [
        ("", "'' says not when backups are made"), ("hourly", "'hourly' says not when backups are made"),
        ("every", "'every' says not when backups are made"), ("off now", "'off now' says not when backups are made"),
        ("daily 02:30 UTC", "'daily 02:30 UTC' says not when backups are made"), ("every 6", "'6' is no time between backups"),
        ("every 0h", "'0h' is no time between backups"), ("every 4m", "a backup every 4m is too often"), ("daily 24:00", "'24:00' is no time of day"),
        ("daily 2:30", "'2:30' is no time of day"), ("daily 02:60", "'02:60' is no time of day"), ("daily 02", "'02' is no time of day"),
        ("daily +2:30", "'+2:30' is no time of day"), ("weekly sunday 03:00", "'sunday' is no day of the week"),
        ("weekly sun 3", "'3' is no time of day"), ("weekly 03:00", "'weekly 03:00' says not when backups are made"),
    ]) func `anything else is refused in a sentence`(text: String, message: String) {
        let error = #expect(throws: BackupTextError.self) { try BackupSchedule(text) }
        #expect(error?.message == message)
        #expect(error?.hint.isEmpty == false)
    }
}

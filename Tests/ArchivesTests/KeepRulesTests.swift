import Testing
import Vocabulary

@testable import Archives

struct KeepRulesTests {
    private let now = Instant("2026-11-22T12:00:00Z") ?? Instant(microseconds: 0)

    private func backup(_ time: String) throws -> (id: BackupID, at: Instant) {
        let at = try #require(Instant(time + (time.count > 10 ? ":00Z" : "T03:00:00Z")))
        return (BackupID.make(at: at), at)
    }

    /// The moments of those that stay, each with its rules: `2026-11-22T03:00 latest,daily`.
    private func kept(_ rules: String, _ times: [String], now: Instant? = nil) throws -> [String] {
        let verdicts = try KeepRules(rules).verdicts(try times.map(backup), now: now ?? self.now)
        #expect(verdicts.count == times.count)
        #expect(verdicts.map(\.at) == verdicts.map(\.at).sorted(by: >))
        return verdicts.filter(\.stays).map { "\($0.at.description.prefix(16)) \($0.keptBy.map(\.rawValue).joined(separator: ","))" }
    }

    @Test func `the last ones stay, in whatever order they are given`() throws {
        let times = ["2026-11-20", "2026-11-22", "2026-11-19", "2026-11-21"]
        #expect(try kept("last=2", times) == ["2026-11-22T03:00 latest,last", "2026-11-21T03:00 last"])
        #expect(try kept("last=9", times).count == 4)
    }

    @Test func `of a day the latest stays, and days without backups do not count`() throws {
        let times = ["2026-11-22T01:00", "2026-11-22T09:00", "2026-11-20T23:59", "2026-11-20T00:00", "2026-11-02T05:00", "2026-11-01T05:00"]
        #expect(
            try kept("daily=3", times) == ["2026-11-22T09:00 latest,daily", "2026-11-20T23:59 daily", "2026-11-02T05:00 daily"]
        )
    }

    @Test func `weeks begin on Monday, also where a year ends`() throws {
        // 2026-11-16 is a Monday; 2027-01-01 is a Friday in the week of 2026-12-28.
        #expect(
            try kept("weekly=2", ["2026-11-22", "2026-11-16", "2026-11-15", "2026-11-09"])
                == ["2026-11-22T03:00 latest,weekly", "2026-11-15T03:00 weekly"]
        )
        #expect(
            try kept("weekly=5", ["2027-01-03", "2027-01-01", "2026-12-31", "2026-12-28", "2026-12-27"])
                == ["2027-01-03T03:00 latest,weekly", "2026-12-27T03:00 weekly"]
        )
        #expect(
            try kept("weekly=9", ["1970-01-01", "1969-12-31", "1969-12-29", "1969-12-28"])
                == ["1970-01-01T03:00 latest,weekly", "1969-12-28T03:00 weekly"]
        )
    }

    @Test func `months and years are those of the calendar`() throws {
        let times = ["2026-11-01", "2026-10-31", "2026-10-01", "2026-01-01", "2025-12-31", "2025-01-01", "2020-06-01"]
        #expect(
            try kept("monthly=3", times) == ["2026-11-01T03:00 latest,monthly", "2026-10-31T03:00 monthly", "2026-01-01T03:00 monthly"]
        )
        #expect(try kept("yearly=3", times) == ["2026-11-01T03:00 latest,yearly", "2025-12-31T03:00 yearly", "2020-06-01T03:00 yearly"])
    }

    @Test func `within counts from now, and includes its end`() throws {
        let times = ["2026-11-22T11:00", "2026-11-20T12:00", "2026-11-20T11:59"]
        #expect(try kept("within=48h", times) == ["2026-11-22T11:00 latest,within", "2026-11-20T12:00 within"])
        #expect(try kept("within=2d", times).count == 2)
        #expect(try kept("within=3000m", times).count == 3)
        #expect(try kept("within=1w", times).count == 3)
    }

    @Test func `the latest stays whatever the rules say`() throws {
        #expect(try kept("within=1h", ["2020-01-01", "2019-01-01"]) == ["2020-01-01T03:00 latest"])
        #expect(try kept("last=1", []) == [])
    }

    @Test func `rules add up, and each says what it keeps`() throws {
        let times = (1...22).map { "2026-11-\($0 < 10 ? "0" : "")\($0)" } + ["2026-10-10", "2026-09-10"]
        #expect(
            try kept("monthly=2 last=2 weekly=3", times)
                == [
                    "2026-11-22T03:00 latest,last,weekly,monthly", "2026-11-21T03:00 last", "2026-11-15T03:00 weekly", "2026-11-08T03:00 weekly",
                    "2026-10-10T03:00 monthly",
                ]
        )
    }

    @Test func `two of one moment are one period, and the later name stays`() throws {
        let at = now
        let ids = try ["20261122t120000z-aaaa", "20261122t120000z-bbbb"].map { try #require(BackupID($0)) }
        let verdicts = try KeepRules("daily=5").verdicts(ids.map { ($0, at) }, now: now)
        #expect(verdicts.map(\.id) == ids.reversed())
        #expect(verdicts.map(\.stays) == [true, false])
    }

    @Test func `each kind of backup is kept for itself`() throws {
        let times: [(String, BackupManifest.Kind)] = [
            ("2026-11-22", .snapshot), ("2026-11-21", .snapshot), ("2026-11-20", .base), ("2026-11-19", .base), ("2026-11-18", .snapshot),
        ]
        let backups = try times.map { time, kind in
            let (id, at) = try backup(time)
            return (id: id, at: at, kind: kind)
        }
        let verdicts = try KeepRules("last=1").verdicts(backups, now: now)
        #expect(verdicts.map(\.id) == backups.map(\.id), "the latest first, of whatever kind")
        #expect(verdicts.map(\.stays) == [true, false, true, false, false])
        #expect(try KeepRules("last=2").verdicts(backups, now: now).map(\.stays) == [true, true, true, true, false])
    }

    @Test func `what goes is the same again once it has gone`() throws {
        // Applying rules twice at one moment lets nothing more go.
        let rules = try KeepRules("last=3 daily=4 weekly=3 monthly=3 within=36h")
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            let backups = (0..<60).map { _ in
                let at = Instant(microseconds: now.microseconds - Int64.random(in: 0...(200 * 86_400_000_000), using: &generator))
                return (id: BackupID.make(at: at), at: at)
            }
            let first = rules.verdicts(backups, now: now).filter(\.stays)
            let second = rules.verdicts(first.map { ($0.id, $0.at) }, now: now)
            #expect(second == first)
        }
    }

    @Test func `rules are written back in one order`() throws {
        #expect(
            try KeepRules("  monthly=12\tlast=7  within=48h daily=7 yearly=1 weekly=4 ").description
                == "last=7 within=48h daily=7 weekly=4 monthly=12 yearly=1")
    }

    @Test(arguments: [
        ("", "no rule says which backups are kept"), ("   ", "no rule says which backups are kept"),
        ("last", "'last' is no rule for keeping backups"),
        ("hourly=3", "'hourly=3' is no rule for keeping backups"), ("latest=1", "'latest=1' is no rule for keeping backups"),
        ("last=0", "'last=0' names no number"), ("last=-1", "'last=-1' names no number"), ("last=07", "'last=07' names no number"),
        ("last=", "'last=' names no number"), ("last=1234567890", "'last=1234567890' names no number"), ("last=7=8", "'last=7=8' names no number"),
        ("last=٣", "'last=٣' names no number"), ("within=48", "'within=48' names no time"), ("within=h", "'within=h' names no time"),
        ("within=0h", "'within=0h' names no time"), ("within=2y", "'within=2y' names no time"), ("within=9999w", "'within=9999w' names no time"),
        ("last=1 last=2", "'last' is there twice"), ("within=1h within=2h", "'within' is there twice"),
        ("Last=1", "'Last=1' is no rule for keeping backups"),
    ]) func `anything else is refused in a sentence`(text: String, message: String) {
        let error = #expect(throws: BackupTextError.self) { try KeepRules(text) }
        #expect(error?.message == message)
        #expect(error?.hint.isEmpty == false)
    }
}

import Storage
import Testing
import Vocabulary

@testable import Gateway

/// Days go in, lines come out; 2026-11-20 was a Friday.
struct UnusualActivityTests {
    private func time(_ text: String) throws -> Instant { try #require(Instant(text)) }

    private func question(people: Int? = nil, denials: Int? = nil, deletions: Int? = nil) throws -> UnusualQuestion {
        try UnusualQuestion(
            since: time("2026-11-20T00:00:00Z"), until: time("2026-11-21T00:00:00Z"), now: time("2026-11-22T00:00:00Z"), people: people,
            denials: denials, deletions: deletions)
    }

    private func tally(_ actor: String, _ at: String, events: Int = 1, denials: Int = 0, deletions: Int = 0) throws -> ActivityTally {
        let at = try time(at)
        return ActivityTally(actor: actor, quarter: at, events: events, denials: denials, deletions: deletions, first: at, last: at)
    }

    private func lines(_ activity: UnusualActivity) -> [String] { activity.findings.map { "\($0.kind.rawValue) \($0.actor) \($0.amount)" } }

    /// Ten days on which somebody did the same.
    private func habit(_ activity: inout UnusualActivity, _ actor: String, hour: String = "10", people: Int, denials: Int = 0) throws {
        for day in 10..<20 {
            let at = "2026-11-\(day)T\(hour):00:00Z"
            activity.add(try tally(actor, at, events: 100, denials: denials))
            activity.add(ReachTally(actor: actor, hour: try time(at), people: people))
        }
    }

    @Test func `a calm day has no lines`() throws {
        var activity = UnusualActivity(try question())
        try habit(&activity, "ann", people: 12, denials: 1)
        activity.add(try tally("ann", "2026-11-20T09:00:00Z", events: 300, denials: 2, deletions: 1))
        activity.add(ReachTally(actor: "ann", hour: try time("2026-11-20T09:00:00Z"), people: 14))
        #expect(activity.findings.isEmpty)
    }

    @Test func `many is three times the usual, and never below the floor`() throws {
        var activity = UnusualActivity(try question())
        try habit(&activity, "busy", people: 40)
        try habit(&activity, "quiet", people: 2)
        for (actor, people) in [("busy", 120), ("quiet", 50), ("new", 50)] {
            activity.add(ReachTally(actor: actor, hour: try time("2026-11-20T09:00:00Z"), people: people))
        }
        #expect(activity.findings.isEmpty)
        for (actor, people) in [("busy", 121), ("quiet", 51), ("new", 52)] {
            activity.add(ReachTally(actor: actor, hour: try time("2026-11-20T10:30:00Z"), people: people))
        }
        #expect(lines(activity) == ["bulk-read busy 121", "bulk-read new 52", "bulk-read quiet 51"])
        let busy = try #require(activity.findings.first)
        #expect(busy.limit == 120 && busy.usual == 40 && busy.first.description.hasPrefix("2026-11-20T10:30"))
        #expect(busy.why == "read the data of more than 120 people within an hour; 40 is usual for this actor")
        #expect(activity.findings[1].usual == nil)
    }

    @Test func `a number that somebody chose holds for everybody`() throws {
        var activity = UnusualActivity(try question(people: 5, denials: 0, deletions: 2))
        try habit(&activity, "busy", people: 40)
        activity.add(ReachTally(actor: "busy", hour: try time("2026-11-20T09:00:00Z"), people: 6))
        activity.add(try tally("ann", "2026-11-20T09:00:00Z", denials: 1, deletions: 3))
        #expect(lines(activity) == ["bulk-read busy 6", "deletions ann 3", "denials ann 1"])
    }

    @Test func `denials of a day are added up, those of two days are not`() throws {
        var activity = UnusualActivity(
            try UnusualQuestion(
                since: time("2026-11-19T00:00:00Z"), until: time("2026-11-21T00:00:00Z"), now: time("2026-11-22T00:00:00Z"), denials: 4))
        for (at, denials) in [("2026-11-19T09:00:00Z", 3), ("2026-11-20T09:00:00Z", 2), ("2026-11-20T15:00:00Z", 2)] {
            activity.add(try tally("ann", at, denials: denials))
        }
        #expect(activity.findings.isEmpty)
        activity.add(try tally("ann", "2026-11-20T16:00:00Z", denials: 1))
        #expect(lines(activity) == ["denials ann 5"])
    }

    @Test func `odd hours are told, but not of whoever always works then`() throws {
        var activity = UnusualActivity(try question())
        try habit(&activity, "nightly-import", hour: "02", people: 0)
        try habit(&activity, "ann", people: 3)
        for actor in ["nightly-import", "ann", "new"] {
            activity.add(try tally(actor, "2026-11-20T02:00:00Z", events: 7))
            activity.add(try tally(actor, "2026-11-20T12:00:00Z", events: 50))
        }
        #expect(lines(activity) == ["out-of-hours ann 7", "out-of-hours new 7"])
    }

    @Test func `the first use of a special field is told, the second is not`() throws {
        var activity = UnusualActivity(try question())
        func use(_ actor: String, _ at: String, times: Int = 1) throws -> FieldUse {
            FieldUse(actor: actor, entity: "contact", field: "health_notes", times: times, first: try time(at), last: try time(at))
        }
        activity.add(try use("officer", "2026-11-02T10:00:00Z"))
        activity.add(try use("officer", "2026-11-20T10:00:00Z"))
        activity.add(try use("ann", "2026-11-20T10:00:00Z", times: 2))
        activity.add(try use("ann", "2026-11-20T14:00:00Z", times: 3))
        #expect(lines(activity) == ["first-use ann 5"])
        #expect(activity.findings.first?.field == "contact.health_notes")
    }

    @Test func `every broken glass is told, with its grant`() throws {
        var activity = UnusualActivity(try question())
        let grant = UUIDv7.make()
        activity.add(BrokenGlass(grant: grant, actor: "ann", rule: "support-in-an-emergency", at: try time("2026-11-20T10:00:00Z"), events: 4))
        #expect(lines(activity) == ["broken-glass ann 4"])
        #expect(activity.findings.first?.grant == grant)
    }

    @Test func `stretches cover the history and the report without a gap, a day at most, and the history sees nothing of the report`() throws {
        let (since, until) = (try time("2026-11-20T12:10:00Z"), try time("2026-11-21T12:20:00Z"))
        let stretches = try UnusualQuestion(since: since, until: until, now: until).stretches
        #expect(stretches.first?.since.description.hasPrefix("2026-10-23T00:00:00") == true)
        #expect(stretches.last?.until == until)
        for (left, right) in zip(stretches, stretches.dropFirst()) {
            #expect(left.until == right.since && left.hoursUntil == right.hoursSince)
        }
        #expect(stretches.allSatisfy { $0.until.microseconds - $0.since.microseconds <= 86_400_000_000 })
        #expect(stretches.allSatisfy { $0.since >= since || ($0.until <= since && $0.horizon == since) })
    }

    @Test func `a time that ends before it begins, or is longer than a year, is refused`() throws {
        let now = try time("2026-11-22T00:00:00Z")
        #expect(throws: Refusal.self) { _ = try UnusualQuestion(since: now, until: now, now: now) }
        #expect(throws: Refusal.self) { _ = try UnusualQuestion(since: try time("2020-01-01T00:00:00Z"), until: now, now: now) }
        #expect(try UnusualQuestion(since: nil, until: nil, now: now).since.description.hasPrefix("2026-11-21T00:00:00"))
    }
}

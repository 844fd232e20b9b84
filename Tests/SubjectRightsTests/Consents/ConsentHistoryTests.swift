import SubjectRights
import Testing
import Vocabulary

/// What follows from a ledger, worked out from its events.
struct ConsentHistoryTests {
    private static let start = Instant(microseconds: 1_780_315_200_000_000)

    private static func day(_ number: Int) -> Instant { start.advanced(by: .seconds(number * 86_400)) }

    private static func event(_ state: ConsentState, day: Int, until: Int? = nil, notice: NoticeReference? = nil) -> ConsentEvent {
        ConsentEvent(purpose: "marketing", state: state, at: Self.day(day), validUntil: until.map { Self.day($0) }, notice: notice, recordedBy: "ann")
    }

    private static func history(_ events: ConsentEvent...) -> ConsentHistory { ConsentHistory(purpose: "marketing", events: events) }

    @Test func `the last decisive word counts`() {
        let now = Self.day(10)
        #expect(!Self.history().isInForce(at: now))
        #expect(Self.history().state(at: now) == nil)
        #expect(Self.history(Self.event(.requested, day: 0)).state(at: now) == .requested)
        #expect(!Self.history(Self.event(.requested, day: 0)).isInForce(at: now))
        for (last, isInForce) in [
            (ConsentState.given, true), (.renewed, true), (.refused, false), (.withdrawn, false), (.expired, false),
        ] {
            let history = Self.history(Self.event(.given, day: 0), Self.event(.withdrawn, day: 1), Self.event(last, day: 2))
            #expect(history.isInForce(at: now) == isInForce)
            #expect(history.state(at: now) == last)
        }
        // Being asked again takes nothing away.
        let asked = Self.history(Self.event(.given, day: 0), Self.event(.requested, day: 1))
        #expect(asked.isInForce(at: now))
        #expect(asked.state(at: now) == .given)
    }

    @Test func `a consent ends at its time to the microsecond, and an earlier one does not come back`() {
        let history = Self.history(Self.event(.given, day: 0), Self.event(.renewed, day: 1, until: 5))
        let end = Self.day(5)
        #expect(history.isInForce(at: Instant(microseconds: end.microseconds - 1)))
        #expect(!history.isInForce(at: end))
        #expect(history.state(at: end) == .expired)
    }

    @Test func `no consent rests on a retired notice`() {
        let old = NoticeReference(id: "letter", version: 1)
        let history = Self.history(Self.event(.given, day: 0, notice: old))
        #expect(history.isInForce(at: Self.day(1), retired: ["letter/2", "other/1"]))
        #expect(!history.isInForce(at: Self.day(1), retired: ["letter/1"]))
        #expect(history.state(at: Self.day(1), retired: ["letter/1"]) == .expired)
        let asked = Self.history(
            Self.event(.given, day: 0, notice: old), Self.event(.renewed, day: 1, notice: NoticeReference(id: "letter", version: 2)))
        #expect(asked.isInForce(at: Self.day(2), retired: ["letter/1"]))
    }

    @Test(arguments: [
        ("P24M", "2024-02-29T10:00:00Z", "2026-02-28T10:00:00.000000Z"), ("P1M", "2026-01-31T00:00:00Z", "2026-02-28T00:00:00.000000Z"),
        ("P1M", "2026-12-31T23:59:59.999999Z", "2027-01-31T23:59:59.999999Z"), ("P2Y", "2026-11-22T09:30:00Z", "2028-11-22T09:30:00.000000Z"),
        ("P90D", "2026-01-01T00:00:00Z", "2026-04-01T00:00:00.000000Z"), ("P1D", "1969-12-31T23:00:00Z", "1970-01-01T23:00:00.000000Z"),
        ("P12M", "1968-02-29T01:00:00Z", "1969-02-28T01:00:00.000000Z"),
    ])
    func `a term ends on the same day, or the last that the month has`(term: String, start: String, end: String) throws {
        #expect(try #require(ConsentTerm(term)).end(from: try #require(Instant(start))).description == end)
    }

    @Test(arguments: ["", "P", "PM", "P0M", "P01M", "P-1M", "P1W", "1M", "P10000D", "P1.5Y", "P1M2D", " P1M"])
    func `what is no term is none`(text: String) { #expect(ConsentTerm(text) == nil) }

    @Test func `a reference to a notice has one writing`() {
        #expect(NoticeReference("marketing/2")?.description == "marketing/2")
        for text in ["marketing", "marketing/", "/1", "marketing/0", "marketing/01", "marketing/1/2", "marketing/+1"] {
            #expect(NoticeReference(text) == nil, "\(text)")
        }
    }
}

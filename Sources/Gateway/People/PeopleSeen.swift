import Identity
import Policies
import Sealing
import Storage
import Synchronization
import Vocabulary

/// Whom each limited caller was shown within the last hour, by pseudonym.
///
/// The trail is what is true; this is what of it counts, kept in memory so that a read asks nothing more of the database. A caller's part is
/// read from the trail when the caller is first met; every few seconds comes what other gateways have added to the trail since. What does not
/// fit is forgotten as a whole, and read again when it is needed.
final class PeopleSeen: Sendable {
    struct Caller: Hashable, Sendable {
        let tenant: TenantID
        let actor: String
    }

    /// What was found out before anybody is shown.
    enum Verdict: Sendable, Equatable {
        case within
        /// Only a stepped-up key may see so many.
        case needsStepUp
        /// Seconds until they fit.
        case exhausted(Int)
        /// The caller has not been met yet.
        case unknown
    }

    private struct Ledger: Sendable {
        /// By half a pseudonym, the half that is random: when they were last seen.
        var people: [UInt64: Instant] = [:]
        var prunedAt: Instant
        var usedAt: Instant
        /// Beyond the first limit with a stepped-up key, which is told once.
        var isBeyond = false
        /// Whom the caller was shown until then does not count.
        var begunAnewAt: Instant?

        mutating func add(_ seen: [SeenPerson]) {
            for person in seen where begunAnewAt.map({ person.at > $0 }) ?? true {
                let key = PeopleSeen.key(person.pseudonym)
                people[key] = max(people[key] ?? person.at, person.at)
            }
        }
    }

    static let hour: Int64 = 3600
    private static let maximumPeople = 2_000_000
    private static let maximumOwn = 200_000
    private let ledgers = Mutex<[Caller: Ledger]>([:])
    /// Events that were counted when they were written, until the trail is read to where they stand. Whatever is forgotten here is counted
    /// once more, which changes nothing.
    private let own = Mutex<Set<EventID>>([])
    private let places = Mutex<[TenantID: LogPlace]>([:])

    /// Counts these people, if the caller may see them: all of them, or none.
    ///
    /// - Parameter event: the one that will tell of them.
    /// - Returns: beside the verdict, whether the first limit was passed just now.
    func count(
        _ pseudonyms: [Pseudonym], in event: EventID, for caller: Caller, _ budget: Limits.PeopleBudget, isSteppedUp: Bool, at now: Instant
    ) -> (verdict: Verdict, isCrossing: Bool) {
        let (verdict, isCrossing) = count(pseudonyms, for: caller, budget, isSteppedUp: isSteppedUp, at: now)
        if verdict == .within {
            own.withLock { own in
                if own.count >= Self.maximumOwn { own.removeAll() }
                own.insert(event)
            }
        }
        return (verdict, isCrossing)
    }

    private func count(
        _ pseudonyms: [Pseudonym], for caller: Caller, _ budget: Limits.PeopleBudget, isSteppedUp: Bool, at now: Instant
    ) -> (verdict: Verdict, isCrossing: Bool) {
        ledgers.withLock { ledgers in
            guard var ledger = ledgers[caller] else { return (.unknown, false) }
            // Taken out, so that what follows changes it in place.
            ledgers[caller] = nil
            defer { ledgers[caller] = ledger }
            ledger.usedAt = now
            let keys = Set(pseudonyms.map { Self.key($0.bytes) })
            if now >= ledger.prunedAt.advanced(by: .seconds(60)) { Self.prune(&ledger, now) }
            var total = ledger.people.count + keys.count(where: { ledger.people[$0] == nil })
            if total > (isSteppedUp ? budget.most : budget.stepUp) {
                // Some of them may be an hour past by now.
                Self.prune(&ledger, now)
                total = ledger.people.count + keys.count(where: { ledger.people[$0] == nil })
            }
            // Whom the caller has seen within the hour is shown again, whatever the limit.
            if total == ledger.people.count {
                for key in keys { ledger.people[key] = now }
                return (.within, false)
            }
            if total > budget.most { return (.exhausted(Self.wait(ledger, forgetting: total - budget.most, now)), false) }
            if total > budget.stepUp, !isSteppedUp { return (.needsStepUp, false) }
            for key in keys { ledger.people[key] = now }
            let isCrossing = total > budget.stepUp && !ledger.isBeyond
            ledger.isBeyond = total > budget.stepUp
            return (.within, isCrossing)
        }
    }

    func knows(_ caller: Caller) -> Bool { ledgers.withLock { $0[caller] != nil } }

    /// Lets nobody count whom a caller was shown until then.
    func beginAnew(_ caller: Caller, at time: Instant) {
        ledgers.withLock { ledgers in
            guard var ledger = ledgers[caller], ledger.begunAnewAt.map({ $0 < time }) ?? true else { return }
            ledgers[caller] = nil
            ledger.begunAnewAt = time
            ledger.people = ledger.people.filter { $0.value > time }
            ledgers[caller] = ledger
        }
    }

    /// Takes over what the trail knows.
    func learn(_ seen: [SeenPerson], of caller: Caller, at now: Instant) {
        ledgers.withLock { ledgers in
            var ledger = ledgers.removeValue(forKey: caller) ?? Ledger(prunedAt: now, usedAt: now)
            ledger.add(seen)
            ledgers[caller] = ledger
            var total = ledgers.values.reduce(0) { $0 + $1.people.count }
            while total > Self.maximumPeople, let oldest = ledgers.min(by: { $0.value.usedAt < $1.value.usedAt }), oldest.key != caller {
                total -= oldest.value.people.count
                ledgers[oldest.key] = nil
            }
        }
    }

    /// Adds whom others have shown to a caller who is known here.
    func add(_ seen: [SeenPerson], of caller: Caller) {
        if seen.isEmpty { return }
        ledgers.withLock { $0[caller]?.add(seen) }
    }

    /// Callers that asked for something within the hour, by tenant; the others are forgotten.
    func callers(at now: Instant) -> [TenantID: [Caller]] {
        ledgers.withLock { ledgers in
            ledgers = ledgers.filter { $0.value.usedAt > now.advanced(by: .seconds(-Self.hour)) }
            return Dictionary(grouping: ledgers.keys, by: \.tenant)
        }
    }

    /// Of these events those that others wrote.
    func withoutOwn(_ events: [EventID]) -> [EventID] { own.withLock { own in events.filter { own.remove($0) == nil } } }

    /// Up to where a tenant's trail was read.
    func readTo(_ tenant: TenantID) -> LogPlace? { places.withLock { $0[tenant] } }
    func haveRead(_ tenant: TenantID, to place: LogPlace) { places.withLock { $0[tenant] = place } }

    private static func prune(_ ledger: inout Ledger, _ now: Instant) {
        let limit = now.advanced(by: .seconds(-hour))
        ledger.people = ledger.people.filter { $0.value > limit }
        ledger.prunedAt = now
    }

    /// Seconds until this many of those who count no longer do.
    private static func wait(_ ledger: Ledger, forgetting count: Int, _ now: Instant) -> Int {
        let times = ledger.people.values.sorted()
        guard !times.isEmpty else { return Int(hour) }
        let last = times[min(count, times.count) - 1].advanced(by: .seconds(hour))
        return max(1, Int((last.microseconds - now.microseconds + 999_999) / 1_000_000))
    }

    private static func key(_ pseudonym: [UInt8]) -> UInt64 { pseudonym.suffix(8).reduce(0) { $0 << 8 | UInt64($1) } }
}

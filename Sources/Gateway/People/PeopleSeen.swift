import Identity
import Policies
import Sealing
import Storage
import Synchronization
import Vocabulary

/// Whom each limited caller was shown within the last hour, by pseudonym.
///
/// The trail is what is true; this is what of it counts, kept in memory so that a read asks nothing more of the database. A caller's part is
/// read from the trail when the caller is first met, and again every few seconds, which brings in what other gateways showed. What does not fit
/// is forgotten as a whole, and read again when it is needed.
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
        var readAt: Instant
        var usedAt: Instant
        var most: Int
        /// Beyond the first limit with a stepped-up key, which is told once.
        var isBeyond = false
        /// Whom the caller was shown until then does not count.
        var begunAnewAt: Instant?
    }

    static let hour: Int64 = 3600
    private static let maximumPeople = 2_000_000
    private let ledgers = Mutex<[Caller: Ledger]>([:])

    /// Counts these people, if the caller may see them: all of them, or none.
    ///
    /// - Returns: beside the verdict, whether the first limit was passed just now.
    func count(
        _ pseudonyms: [Pseudonym], for caller: Caller, _ budget: Limits.PeopleBudget, isSteppedUp: Bool, at now: Instant
    ) -> (verdict: Verdict, isCrossing: Bool) {
        ledgers.withLock { ledgers in
            guard var ledger = ledgers[caller] else { return (.unknown, false) }
            // Taken out, so that what follows changes it in place.
            ledgers[caller] = nil
            defer { ledgers[caller] = ledger }
            ledger.usedAt = now
            ledger.most = budget.most
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
    func learn(_ seen: [SeenPerson], of caller: Caller, most: Int, at now: Instant) {
        ledgers.withLock { ledgers in
            var ledger = ledgers[caller] ?? Ledger(prunedAt: now, readAt: now, usedAt: now, most: most)
            ledger.readAt = now
            for person in seen where ledger.begunAnewAt.map({ person.at > $0 }) ?? true {
                let key = Self.key(person.pseudonym)
                ledger.people[key] = max(ledger.people[key] ?? person.at, person.at)
            }
            ledgers[caller] = ledger
            var total = ledgers.values.reduce(0) { $0 + $1.people.count }
            while total > Self.maximumPeople, let oldest = ledgers.min(by: { $0.value.usedAt < $1.value.usedAt }), oldest.key != caller {
                total -= oldest.value.people.count
                ledgers[oldest.key] = nil
            }
        }
    }

    /// Callers that asked for something within the hour, and when the trail was last read for them; the others are forgotten.
    func callers(at now: Instant) -> [(caller: Caller, readAt: Instant, most: Int)] {
        ledgers.withLock { ledgers in
            ledgers = ledgers.filter { $0.value.usedAt > now.advanced(by: .seconds(-Self.hour)) }
            return ledgers.map { ($0.key, $0.value.readAt, $0.value.most) }
        }
    }

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

import Policies
import Synchronization

/// Token buckets in the memory of this gateway, one for each caller and kind.
///
/// A bucket is one number, the moment at which what was taken is paid back; one that is paid back need not be kept. There are never more than
/// ``maximumBuckets`` of a kind: when no more fit, all further callers of that kind share one, so that whoever comes under many addresses fills
/// no memory and gains nothing.
final class RateLimiter: Sendable {
    enum Kind: Int, CaseIterable, Sendable {
        case principal, address
        /// Wrong credentials from an address, and wrong secrets for the id of a key from an address.
        case wrongFromAddress, wrongForKey
    }

    /// How a caller stands after it asked.
    struct Standing: Sendable, Equatable {
        let rate: Limits.Rate
        let isExceeded: Bool
        /// Units that could be taken now.
        let remaining: Int
        /// Seconds until all units are there; for one who asked for too much, until there are enough.
        let seconds: Int
    }

    private struct Buckets: Sendable {
        var paidAt: [String: Int64] = [:]
        var sweptAt = Int64.min
    }

    static let maximumBuckets = 20_000
    private static let shared = ""
    private static let second: Int64 = 1_000_000_000

    private let start = ContinuousClock.now
    private let kinds = Mutex([Buckets](repeating: Buckets(), count: Kind.allCases.count))

    /// Nanoseconds since this limiter was made.
    var now: Int64 {
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        return seconds * Self.second + attoseconds / Self.second
    }

    /// Takes units, if there are so many. One request never costs more than there can be, so that any can be made.
    func take(_ cost: Int, _ kind: Kind, _ caller: String, _ rate: Limits.Rate, at now: Int64) -> Standing {
        let whole = Int64(rate.seconds) * Self.second
        let unit = Double(whole) / Double(rate.units)
        let price = Int64(Double(min(cost, rate.units)) * unit)
        return kinds.withLock { kinds in
            let name = Self.place(caller, now, &kinds[kind.rawValue])
            let debt = max(0, min((kinds[kind.rawValue].paidAt[name] ?? now) - now, whole))
            let isExceeded = debt + price > whole
            let owed = isExceeded ? debt : debt + price
            if !isExceeded, price > 0 { kinds[kind.rawValue].paidAt[name] = now + owed }
            let wait = isExceeded ? debt + price - whole : owed
            return Standing(
                rate: rate, isExceeded: isExceeded, remaining: Int(Double(whole - owed) / unit), seconds: Int((wait + Self.second - 1) / Self.second))
        }
    }

    /// Whether one more could be taken; nothing is.
    func peek(_ kind: Kind, _ caller: String, _ rate: Limits.Rate, at now: Int64) -> Standing {
        let whole = Int64(rate.seconds) * Self.second
        let unit = Double(whole) / Double(rate.units)
        return kinds.withLock { kinds in
            let known = kinds[kind.rawValue].paidAt
            let due = known[caller] ?? (known.count >= Self.maximumBuckets ? known[Self.shared] : nil) ?? now
            let debt = max(0, min(due - now, whole))
            let wait = debt + Int64(unit) - whole
            return Standing(
                rate: rate, isExceeded: wait > 0, remaining: Int(Double(whole - debt) / unit),
                seconds: Int(((wait > 0 ? wait : debt) + Self.second - 1) / Self.second))
        }
    }

    /// How many buckets of a kind are kept.
    func count(_ kind: Kind) -> Int { kinds.withLock { $0[kind.rawValue].paidAt.count } }

    private static func place(_ caller: String, _ now: Int64, _ buckets: inout Buckets) -> String {
        if buckets.paidAt[caller] != nil || buckets.paidAt.count < maximumBuckets { return caller }
        // To look through all of them takes a moment: not for every newcomer.
        if buckets.sweptAt <= now - second || buckets.sweptAt == .min {
            buckets.sweptAt = now
            buckets.paidAt = buckets.paidAt.filter { $0.value > now || $0.key == shared }
        }
        return buckets.paidAt.count < maximumBuckets ? caller : shared
    }
}

import Gateway
import Identity
import Policies
import Synchronization

/// What slows callers down who ask for too much: known ones by who they are, others by the address they come from.
///
/// All of it is this gateway's own: with two behind one name, a caller may ask each of them for as much.
final class Brakes: Sendable {
    private let limiter = RateLimiter()
    /// Addresses and keys that have been right together, as one hash each; see ``checkGuesses(_:address:_:)``.
    private let right = Mutex<Set<Int>>([])
    private static let maximumRight = 20_000

    /// Takes what a request costs from its caller: a person, whichever of their keys they use, or a program.
    func charge(_ cost: Int, _ principal: Principal, _ limits: Limits) -> RateLimiter.Standing {
        let caller = "\(principal.tenant)/\(principal.user.map { "u" + $0 } ?? "a" + (principal.app ?? ""))"
        return limiter.take(cost, .principal, caller, limits.rate(of: principal.roles), at: limiter.now)
    }

    func charge(_ cost: Int, address: String?, _ limits: Limits) -> RateLimiter.Standing {
        limiter.take(cost, .address, Self.network(address), limits.address, at: limiter.now)
    }

    // MARK: Guesses

    /// An address from which too many wrong credentials came is not looked after any more, except for keys that have been right from there:
    /// whoever shares an address with a guesser goes on.
    ///
    /// - Parameter credential: as it was sent.
    func checkGuesses(_ credential: String?, address: String?, _ limits: Limits) throws(Refusal) {
        let standing = limiter.peek(.wrongFromAddress, Self.network(address), limits.wrongFromAddress, at: limiter.now)
        // What is no key is not looked up: its signature is checked here, or it is nothing.
        guard standing.isExceeded, let id = credential.flatMap({ APIKey($0) })?.id else { return }
        if right.withLock({ $0.contains(Self.mark(id, address)) }) { return }
        throw .tooManyGuesses(standing.seconds)
    }

    /// Of a key its id counts, of a token the whole of it.
    func wasRight(_ credential: String?, address: String?) {
        guard let id = credential.map({ APIKey($0)?.id ?? $0 }) else { return }
        right.withLock { right in
            if right.count >= Self.maximumRight { right.removeAll() }
            right.insert(Self.mark(id, address))
        }
    }

    /// Counts a wrong credential.
    ///
    /// Whether the id in it exists makes no difference, and a key that is right is never stopped by those who guess at it from elsewhere.
    /// - Returns: the answer, once there were too many: then nothing tells a wrong credential from a late one.
    func wasWrong(_ credential: String?, address: String?, _ limits: Limits) -> Refusal? {
        let network = Self.network(address)
        let from = limiter.take(1, .wrongFromAddress, network, limits.wrongFromAddress, at: limiter.now)
        if from.isExceeded { return .tooManyGuesses(from.seconds) }
        guard let id = credential.flatMap({ APIKey($0) })?.id else { return nil }
        let at = limiter.take(1, .wrongForKey, "\(network) \(id)", limits.wrongForKey, at: limiter.now)
        return at.isExceeded ? .tooManyGuesses(at.seconds) : nil
    }

    private static func mark(_ id: String, _ address: String?) -> Int {
        var hasher = Hasher()
        hasher.combine(id)
        hasher.combine(address)
        return hasher.finalize()
    }

    /// What counts as one address: of IPv6 the first 64 bits, since a subscriber has all that begin with them.
    static func network(_ address: String?) -> String {
        guard let address else { return "unknown" }
        guard address.contains(":"), !address.contains(".") else { return String(address.split(separator: ":").last ?? "") }
        let halves = address.prefix { $0 != "%" }.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
            .map { $0.split(separator: ":").map(String.init) }
        let head = halves[0]
        let tail = halves.count > 1 ? halves[1] : []
        let groups = head + [String](repeating: "0", count: max(0, 8 - head.count - tail.count)) + tail
        return groups.prefix(4).joined(separator: ":")
    }
}

extension Refusal {
    static func rateLimited(_ seconds: Int) -> Refusal {
        var refusal = Refusal(.rateLimited, "too much was asked for in too short a time", hint: "wait for as many seconds as Retry-After says")
        refusal.retryAfter = seconds
        return refusal
    }

    static func tooManyGuesses(_ seconds: Int) -> Refusal {
        var refusal = Refusal(.rateLimited, "too many wrong credentials were sent", hint: "wait for as many seconds as Retry-After says")
        refusal.retryAfter = seconds
        return refusal
    }
}

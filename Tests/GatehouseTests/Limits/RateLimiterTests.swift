@testable import HTTPInterface
import Policies
import Testing

/// Buckets with a clock of the test's own: nanoseconds are an argument.
@Suite
struct RateLimiterTests {
    private static let second: Int64 = 1_000_000_000
    private let ten = Limits.Rate("ten", units: 10, seconds: 10)

    @Test func `all units may be taken at once, and come back evenly`() {
        let limiter = RateLimiter()
        #expect(limiter.take(10, .principal, "ann", ten, at: 0) == .init(rate: ten, isExceeded: false, remaining: 0, seconds: 10))
        #expect(limiter.take(1, .principal, "ann", ten, at: 0) == .init(rate: ten, isExceeded: true, remaining: 0, seconds: 1))
        #expect(limiter.take(3, .principal, "ann", ten, at: Self.second) == .init(rate: ten, isExceeded: true, remaining: 1, seconds: 2))
        #expect(limiter.take(3, .principal, "ann", ten, at: 3 * Self.second) == .init(rate: ten, isExceeded: false, remaining: 0, seconds: 10))
        #expect(!limiter.take(10, .principal, "ann", ten, at: 13 * Self.second).isExceeded)
    }

    @Test func `what a refusal says to wait for is enough, and not too much`() {
        let limiter = RateLimiter()
        let rate = Limits.Rate("odd", units: 7, seconds: 60)
        var now: Int64 = 0
        for cost in [7, 1, 3, 5, 7, 2] {
            var standing = limiter.take(cost, .principal, "ann", rate, at: now)
            guard standing.isExceeded else { continue }
            #expect(limiter.take(cost, .principal, "ann", rate, at: now + Int64(standing.seconds - 1) * Self.second).isExceeded)
            now += Int64(standing.seconds) * Self.second
            standing = limiter.take(cost, .principal, "ann", rate, at: now)
            #expect(!standing.isExceeded)
        }
    }

    @Test func `what is refused costs nothing, and others are not held to it`() {
        let limiter = RateLimiter()
        _ = limiter.take(9, .principal, "ann", ten, at: 0)
        for _ in 1...100 { #expect(limiter.take(5, .principal, "ann", ten, at: 0).isExceeded) }
        #expect(!limiter.take(1, .principal, "ann", ten, at: 0).isExceeded)
        #expect(!limiter.take(10, .principal, "bob", ten, at: 0).isExceeded)
        #expect(!limiter.take(10, .address, "ann", ten, at: 0).isExceeded)
    }

    @Test func `a request that costs more than there ever is passes when nothing else was asked`() {
        let limiter = RateLimiter()
        #expect(!limiter.take(1000, .principal, "ann", ten, at: 0).isExceeded)
        #expect(limiter.take(1000, .principal, "ann", ten, at: Self.second).seconds == 9)
    }

    @Test func `many addresses fill no memory, and share what is left`() {
        let limiter = RateLimiter()
        for number in 0..<RateLimiter.maximumBuckets { _ = limiter.take(5, .address, "a\(number)", ten, at: 0) }
        let outcomes = (1...100).map { limiter.take(5, .address, "b\($0)", ten, at: 1).isExceeded }
        #expect(outcomes.count(where: { !$0 }) <= 2)
        #expect(limiter.count(.address) <= RateLimiter.maximumBuckets + 1)
        // Those that were there before keep what is theirs.
        #expect(!limiter.take(5, .address, "a1", ten, at: 1).isExceeded)
        // Once theirs is paid back, there is room again.
        #expect(!limiter.take(5, .address, "c", ten, at: 60 * Self.second).isExceeded)
        #expect(limiter.count(.address) <= 2)
    }

    @Test(arguments: [
        ("203.0.113.7", "203.0.113.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2"), ("2001:db8::1", "2001:db8:0:0"), ("::1", "0:0:0:0"),
        ("fe80::1%eth0", "fe80:0:0:0"), ("::ffff:203.0.113.7", "203.0.113.7"),
    ])
    func `an address of IPv6 counts with its neighbours`(_ address: String, _ network: String) {
        #expect(Brakes.network(address) == network)
    }
}

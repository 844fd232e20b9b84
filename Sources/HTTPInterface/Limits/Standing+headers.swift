import NIOHTTP1
import Policies

extension RateLimiter.Standing {
    /// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11): the one limit that the request was held to.
    func write(_ headers: inout HTTPHeaders) {
        headers.replaceOrAdd(name: HeaderName.rateLimitPolicy, value: "\"\(rate.name)\";q=\(rate.units);w=\(rate.seconds)")
        headers.replaceOrAdd(name: HeaderName.rateLimit, value: "\"\(rate.name)\";r=\(remaining);t=\(seconds)")
    }
}

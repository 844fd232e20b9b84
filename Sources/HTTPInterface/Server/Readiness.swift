import Gateway
import NIOHTTP1
import Synchronization

/// What `GET /readyz` says, asked of the databases at most once a second however many ask.
final class Readiness: Sendable {
    private struct Standing: Sendable {
        var isReady: Bool?
        var at: ContinuousClock.Instant?
        var isAsking = false
    }

    private let standing = Mutex(Standing())

    func isReady(_ ask: () async -> Bool) async -> Bool {
        let known: Bool? = standing.withLock { standing in
            if let isReady = standing.isReady, let at = standing.at, standing.isAsking || ContinuousClock.now - at < .seconds(1) { return isReady }
            standing.isAsking = true
            return nil
        }
        if let known { return known }
        let isReady = await ask()
        standing.withLock { $0 = Standing(isReady: isReady, at: .now) }
        return isReady
    }
}

extension API {
    /// Two words, for whoever sends requests here or elsewhere. Strangers learn no more than an attempt would tell them.
    func answerReadiness() async -> APIResponse {
        if await readiness.isReady({ await gateway.isReady() }) { return APIResponse(.ok, body: Array(#"{"status":"ready"}"#.utf8)) }
        var response = APIResponse(.serviceUnavailable, body: Array(#"{"status":"not-ready"}"#.utf8))
        response.headers.replaceOrAdd(name: HeaderName.retryAfter, value: "1")
        return response
    }
}

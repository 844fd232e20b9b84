import AsyncHTTPClient
package import Identity
package import NIOCore
import NIOSSL
import Synchronization
package import Vocabulary

/// The keys of one issuer as this process knows them.
///
/// A set holds as long as its `max-age` says, 5 minutes at least and 24 hours at most. A key that is missing has the set fetched again, once a
/// minute at most, whoever sends how many such tokens. While the issuer does not answer, the set that is there goes on for 24 hours. One request
/// fetches; the others wait for it, or take the set that holds still.
package final class PublishedKeys: Sendable {
    package struct Pace: Sendable {
        var shortest: Duration = .seconds(300)
        var longest: Duration = .seconds(24 * 3600)
        var betweenTries: Duration = .seconds(60)
        /// While there is no set at all.
        var betweenFirstTries: Duration = .seconds(5)
        package init() {}
        /// For tests, which do not wait for a minute.
        package init(betweenTries: Duration, betweenFirstTries: Duration, shortest: Duration) {
            self.betweenTries = betweenTries
            self.betweenFirstTries = betweenFirstTries
            self.shortest = shortest
        }
    }

    private struct Known {
        let keys: KeySet
        let version: Int
        let fetchedAt: ContinuousClock.Instant
        let dueAt: ContinuousClock.Instant
    }

    private struct State {
        var known: Known?
        var version = 0
        var triedAt: ContinuousClock.Instant?
        var isFetching = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let fetch: KeyFetch
    private let client: HTTPClient
    private let issuer: Issuer
    private let pace: Pace
    private let observe: Observer
    private let state = Mutex(State())

    /// - Parameter patience: how long the issuer may take for metadata and keys together.
    package init(_ issuer: Issuer, pace: Pace = Pace(), patience: TimeAmount = .seconds(5), observe: @escaping Observer) {
        var trust = TLSConfiguration.makeClientConfiguration()
        trust.minimumTLSVersion = .tlsv12
        trust.certificateVerification = .fullVerification
        if let file = issuer.authoritiesFile { trust.trustRoots = .file(file) }
        var configuration = HTTPClient.Configuration(tlsConfiguration: trust, redirectConfiguration: .disallow)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = patience
        configuration.timeout.read = patience
        configuration.httpVersion = .http1Only
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        fetch = KeyFetch(issuer, client: client, patience: patience)
        self.issuer = issuer
        self.pace = pace
        self.observe = observe
    }

    deinit {
        client.shutdown { _ in }
    }

    /// How tokens are verified with these keys.
    package var keys: IssuerKeys {
        IssuerKeys(current: { self.current }, refreshed: { await self.refreshed(missing: $0) })
    }

    private var current: (keys: KeySet, version: Int)? { state.withLock { Self.usable($0, pace) } }

    private static func usable(_ state: State, _ pace: Pace) -> (keys: KeySet, version: Int)? {
        guard let known = state.known, ContinuousClock.now < known.fetchedAt + pace.longest else { return nil }
        return (known.keys, known.version)
    }

    private enum Turn { case fetch, wait, take }

    private func refreshed(missing name: String) async -> (keys: KeySet, version: Int)? {
        while !Task.isCancelled {
            let turn: Turn = state.withLock { state in
                if state.known?.keys.has(name) == true { return .take }
                if state.isFetching { return .wait }
                guard Self.mayTry(state, pace) else { return .take }
                state.isFetching = true
                return .fetch
            }
            switch turn {
            case .take: return current
            case .fetch:
                await fetchNow()
                return current
            case .wait: await turnEnds()
            }
        }
        return current
    }

    /// Fetches the keys when they are due, so that no request has to; and at the start, when there are none.
    package func refreshWhenDue() async {
        let isDue = state.withLock { state in
            guard !state.isFetching, Self.mayTry(state, pace), state.known.map({ $0.dueAt <= ContinuousClock.now }) ?? true else { return false }
            state.isFetching = true
            return true
        }
        if isDue { await fetchNow() }
    }

    private static func mayTry(_ state: State, _ pace: Pace) -> Bool {
        guard let triedAt = state.triedAt else { return true }
        return ContinuousClock.now >= triedAt + (state.known == nil ? pace.betweenFirstTries : pace.betweenTries)
    }

    /// When the one who fetches is cancelled, it counts as no try: the next in line fetches.
    private func fetchNow() async {
        var found: KeyFetch.Found?
        do throws(FetchFailure) { found = try await fetch.run() } catch {
            if !Task.isCancelled { observe(.issuerKeysFailed(issuer: issuer.name, code: error.rawValue)) }
        }
        let now = ContinuousClock.now
        let wasCancelled = Task.isCancelled && found == nil
        let waiting = state.withLock { state in
            if let found {
                if found.keys.digest != state.known?.keys.digest { state.version += 1 }
                let holds = min(max(found.seconds.map { .seconds(min($0, 86_400)) } ?? pace.shortest, pace.shortest), pace.longest)
                state.known = Known(keys: found.keys, version: state.version, fetchedAt: now, dueAt: now + holds)
            }
            if !wasCancelled { state.triedAt = now }
            state.isFetching = false
            defer { state.waiting = [] }
            return state.waiting
        }
        for one in waiting { one.resume() }
        if let found { observe(.issuerKeysFetched(issuer: issuer.name, keys: found.keys.count)) }
    }

    /// Comes back when the fetch that is under way has ended, at the latest when it has lost its patience.
    private func turnEnds() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard state.isFetching else { return true }
                state.waiting.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }
}

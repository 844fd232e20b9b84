import Gateway
import ServiceLifecycle
import Storage
import Synchronization
import Vocabulary
import Webhooks

/// Tells subscribers of events, each endpoint a few at a time, so that one that is slow holds up none of the others.
///
/// Any gateway takes what is due; none takes what another has. What a gateway had taken when it was killed is due again two minutes later. Ends
/// with the service group; tries under way then are made again by another, or at the next start.
struct EventKeeper: Service {
    /// How many tries an endpoint has at once from this gateway, and no more are taken for it while it has.
    private static let most = 8
    /// How long events are kept, for whoever wants them again.
    static let retention = Duration.seconds(30 * 86_400)

    let runtime: Runtime
    private let sender: WebhookSender
    private let work = EndpointWork()

    init(_ runtime: Runtime, sender: WebhookSender? = nil) {
        self.runtime = runtime
        self.sender = sender ?? .configured()
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                var swept: ContinuousClock.Instant?
                repeat {
                    var isIdle = true
                    let isSweeping = swept.map { ContinuousClock.now - $0 > .seconds(3600) } ?? true
                    if isSweeping { swept = .now }
                    for tenant in await runtime.tenants(for: "events") where !Task.isCancelled {
                        let context = runtime.hostContext(of: tenant)
                        if isSweeping {
                            await runtime.attempt("events") { () async throws(Refusal) in
                                try await runtime.gateway.sweepEvents(before: Instant.now().advanced(by: .zero - Self.retention), context)
                            }
                        }
                        for due in await take(context) {
                            isIdle = false
                            group.addTask { await tell(due, context) }
                        }
                    }
                    do { try await Task.sleep(for: .milliseconds(isIdle ? 1000 : 50)) } catch { break }
                } while !Task.isCancelled
                group.cancelAll()
            }
        }
    }

    /// Tells what is due in a tenant, and comes back when each has had its try.
    func tell(of context: RequestContext) async {
        let due = await take(context)
        await withDiscardingTaskGroup { group in
            for due in due { group.addTask { await tell(due, context) } }
        }
    }

    private func take(_ context: RequestContext) async -> [DueDelivery] {
        let due =
            await runtime.attempt("events") { () async throws(Refusal) in
                try await runtime.gateway.dueEvents(except: work.busy(Self.most), each: Self.most, context)
            } ?? []
        for due in due { work.begin(due.endpoint.id) }
        return due
    }

    private func tell(_ due: DueDelivery, _ context: RequestContext) async {
        defer { work.end(due.endpoint.id) }
        let prepared: EventDelivery?
        do throws(Refusal) { prepared = try await runtime.gateway.prepare(due, context) } catch {
            // Where not even that can be written down, it is due again when the lease ends.
            await runtime.attempt("events") { () async throws(Refusal) in try await runtime.gateway.postpone(due, context) }
            return
        }
        guard let delivery = prepared else { return }
        let now = Instant.now().microseconds / 1_000_000
        let sent = await TraceContext.$current.withValue(delivery.trace) {
            await sender.send(delivery.body, id: delivery.message, to: delivery.url, signing: delivery.secrets, now: now)
        }
        let outcome: EventOutcome =
            switch sent {
            case .taken: .delivered
            case .gone: .gone
            case .failed(let code, let retryAfter): .failed(code: code, retryAfter: retryAfter)
            }
        if Task.isCancelled, case .failed = outcome { return }
        // What cannot be written down is delivered again: the message's id is the same, and subscribers know it by that.
        await runtime.attempt("events") { () async throws(Refusal) in try await runtime.gateway.finish(delivery, outcome, context) }
    }
}

/// How many tries are under way to each endpoint.
private final class EndpointWork: Sendable {
    private let counts = Mutex<[UUIDv7: Int]>([:])

    func busy(_ most: Int) -> [UUIDv7] { counts.withLock { $0.filter { $0.value >= most }.map(\.key) } }
    func begin(_ endpoint: UUIDv7) { counts.withLock { $0[endpoint, default: 0] += 1 } }

    func end(_ endpoint: UUIDv7) {
        counts.withLock { counts in
            let rest = (counts[endpoint] ?? 1) - 1
            counts[endpoint] = rest > 0 ? rest : nil
        }
    }
}

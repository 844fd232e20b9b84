import Gateway
import ServiceLifecycle
import Vocabulary

/// Keeps requests of data subjects going: sends their letters, reminds of their deadlines, ends what has lapsed and what has lasted its time.
///
/// Clocks are looked at once a minute, what has lasted its time once an hour; what could not be done is tried again in the next second.
/// A mailbox that takes nothing is left alone for a minute. Ends with the service group, after the letter under way.
struct RequestKeeper: Service {
    let runtime: Runtime

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var mailboxRests: ContinuousClock.Instant?
            var round = 0
            var (late, undropped): (Set<TenantID>, Set<TenantID>) = ([], [])
            repeat {
                for tenant in await runtime.tenants(for: "requests") where !Task.isCancelled {
                    let context = runtime.hostContext(of: tenant)
                    if mailboxRests.map({ $0 < .now }) ?? true {
                        let isTaken =
                            await runtime.attempt("requests") { () async throws(Refusal) in
                                try await runtime.gateway.sendRequestMail(context)
                            } ?? true
                        mailboxRests = isTaken ? nil : .now + .seconds(60)
                    }
                    if round.isMultiple(of: 60) { late.insert(tenant) }
                    if late.contains(tenant), await keepClocks(of: tenant, context) { late.remove(tenant) }
                    if round.isMultiple(of: 3600) { undropped.insert(tenant) }
                    if undropped.contains(tenant) {
                        await runtime.attempt("requests") { () async throws(Refusal) in
                            _ = try await runtime.gateway.dropRequests(context)
                            undropped.remove(tenant)
                        }
                    }
                }
                round += 1
            } while (try? await Task.sleep(for: .seconds(1))) != nil
        }
    }

    /// - Returns: whether everything that was due was done.
    private func keepClocks(of tenant: TenantID, _ context: RequestContext) async -> Bool {
        let counted = await runtime.attempt("requests") { () async throws(Refusal) in try await runtime.gateway.keepRequestClocks(context) }
        guard let (open, overdue, isDone) = counted else { return false }
        runtime.telemetry.observer(.subjectRequestsCounted(tenant: tenant.description, open: open, overdue: overdue))
        return isDone
    }
}

import Gateway
import ServiceLifecycle
import Storage
import Vocabulary

/// Tells the repository of backups of every erasure within seconds, so that no restore brings anybody back.
///
/// Several gateways may do so at the same time: each entry has a number of its own, and one that is there twice is harmless. A repository that
/// takes nothing is left alone for half a minute. Ends with the service group, after the entry under way.
struct LedgerKeeper: Service {
    let runtime: Runtime
    var interval: Duration = .seconds(5)
    var rest: Duration = .seconds(30)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            if runtime.gateway.rights.ledger == nil { return await untilCancelled() }
            var isTaking = true
            repeat {
                isTaking = await record()
            } while (try? await Task.sleep(for: isTaking ? interval : rest)) != nil
        }
    }

    /// A service that ends by itself would end the others.
    private func untilCancelled() async {
        while (try? await Task.sleep(for: .seconds(3600))) != nil {}
    }

    /// One round over all tenants.
    ///
    /// - Returns: false when the repository did not take all there was.
    func record() async -> Bool {
        guard let tenants = await runtime.attempt("ledger", { () async throws(Refusal) in try await runtime.gateway.tenants() }) else { return false }
        var isTaking = true
        // Not known when one of them does not tell: what waits must not look like nothing.
        var waiting: Int? = 0
        for tenant in tenants where !Task.isCancelled {
            do throws(Refusal) {
                // Where it did not take one tenant's, it is not asked for the others'.
                if isTaking { try await runtime.gateway.recordErasures(of: tenant) }
            } catch {
                isTaking = false
            }
            if isTaking { continue }
            let unrecorded = await runtime.attempt("ledger") { () async throws(Refusal) in
                try await runtime.gateway.unrecordedErasures(of: tenant)?.erasures.people ?? 0
            }
            waiting = unrecorded.flatMap { people in waiting.map { $0 + people } }
        }
        if let waiting, !Task.isCancelled { runtime.telemetry.observer(.erasuresUnrecorded(people: waiting)) }
        return isTaking
    }
}

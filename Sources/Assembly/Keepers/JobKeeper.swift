import Gateway
import ServiceLifecycle
import Vocabulary

/// Works on imports and exports of many records, a step of each after the other, and throws away what has lasted its time.
///
/// Any gateway takes what is due; none takes what another has. What a gateway was at when it was killed is due again two minutes later, and rows
/// that had their turn have it no second time.
struct JobKeeper: Service {
    let runtime: Runtime

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var swept: ContinuousClock.Instant?
            repeat {
                var isIdle = true
                let isSweeping = swept.map { ContinuousClock.now - $0 > .seconds(60) } ?? true
                if isSweeping { swept = .now }
                await runtime.forEachTenant("jobs") { tenant throws(Refusal) in
                    let context = runtime.hostContext(of: tenant)
                    if isSweeping { await runtime.attempt("jobs") { () async throws(Refusal) in try await runtime.gateway.sweepJobs(context) } }
                    if try await runtime.gateway.workOnJobs(context) { isIdle = false }
                }
                do { try await Task.sleep(for: .milliseconds(isIdle ? 500 : 5)) } catch { break }
            } while !Task.isCancelled
        }
    }
}

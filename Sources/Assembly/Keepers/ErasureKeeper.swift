import Gateway
import ServiceLifecycle
import Vocabulary

/// Goes on with erasures that have begun and that nobody is carrying out: nobody stays half erased for longer than a lease.
struct ErasureKeeper: Service {
    let runtime: Runtime
    var interval: Duration = .seconds(5)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            repeat {
                await runtime.forEachTenant("erasures") { tenant throws(Refusal) in
                    _ = try await runtime.gateway.resumeErasures(runtime.hostContext(of: tenant))
                }
            } while (try? await Task.sleep(for: interval)) != nil
        }
    }
}

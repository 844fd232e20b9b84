import Gateway
import ServiceLifecycle
import Vocabulary

/// Brings merges of people to their end: what was being written about the one who is gone follows, and so do search tokens.
struct MergeKeeper: Service {
    let runtime: Runtime
    var interval: Duration = .seconds(10)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            repeat {
                await runtime.forEachTenant("merges") { tenant throws(Refusal) in
                    _ = try await runtime.gateway.resumeMerges(runtime.hostContext(of: tenant))
                }
            } while (try? await Task.sleep(for: interval)) != nil
        }
    }
}

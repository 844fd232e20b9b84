import Gateway
import ServiceLifecycle
import Vocabulary

/// Takes away packages of exports whose time is over or that were fetched, and what builds that never ended have left.
struct ExportKeeper: Service {
    let runtime: Runtime

    func run() async throws {
        await cancelWhenGracefulShutdown {
            repeat {
                // What cannot be done now is done a minute later; a link that has expired leads nowhere before, too.
                await runtime.forEachTenant("exports") { tenant throws(Refusal) in
                    try await runtime.gateway.dropFinishedPackages(of: tenant)
                }
            } while (try? await Task.sleep(for: .seconds(60))) != nil
        }
    }
}

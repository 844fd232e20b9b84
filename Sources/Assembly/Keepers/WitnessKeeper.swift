import Foundation
import Gateway
import ServiceLifecycle
import Vocabulary
import Witnesses

/// Shows signed heads to the configured witnesses. Each has its own pace, so that one that stalls does not keep the others waiting.
struct WitnessKeeper: Service {
    let runtime: Runtime
    let witnesses: [any Witness]

    /// - Throws: when the file is not there, or wrong.
    init(_ runtime: Runtime) throws {
        self.runtime = runtime
        guard let settings = try runtime.auditSettings.witnessSettings() else {
            witnesses = []
            return
        }
        do { witnesses = try settings.open() } catch {
            throw CommandFailure(.unfit, "\(runtime.auditSettings.witnesses ?? ""), \(error)", hint: "see docs/audit.md")
        }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                for witness in witnesses { group.addTask { await keep(witness) } }
                // A service that ends would end the others.
                group.addTask { while (try? await Task.sleep(for: .seconds(3600))) != nil {} }
            }
        }
    }

    private func keep(_ witness: any Witness) async {
        let interval = runtime.auditSettings.witnessInterval
        repeat {
            for tenant in await runtime.tenants(for: "witnesses") where !Task.isCancelled {
                await runtime.gateway.show(witness, logOf: tenant, every: interval)
            }
        } while (try? await Task.sleep(for: min(interval, .seconds(5)))) != nil
    }
}

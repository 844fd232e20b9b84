import Foundation
import Gateway
import ServiceLifecycle
import Storage
import Vocabulary
import Witnesses

/// Shows signed heads to the configured witnesses. Each has its own pace, so that one that stalls does not keep the others waiting.
struct WitnessKeeper: Service {
    let runtime: Runtime
    let witnesses: [any Witness]

    /// - Throws: when the file is not there, or wrong.
    init(_ runtime: Runtime) throws {
        self.runtime = runtime
        guard let path = runtime.auditSettings.witnesses else {
            witnesses = []
            return
        }
        guard let text = FileManager.default.contents(atPath: path).flatMap({ String(validating: $0, as: UTF8.self) }) else {
            throw CommandFailure(.unfit, "\(path) cannot be read", hint: "GATEHOUSE_AUDIT_WITNESSES_FILE names who witnesses the audit log")
        }
        do { witnesses = try WitnessSettings(text: text).open() } catch {
            throw CommandFailure(.unfit, "\(path), \(error)", hint: "see docs/audit.md")
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
            for tenant in (try? await runtime.store.tenants()) ?? [] where !Task.isCancelled {
                await runtime.gateway.show(witness, logOf: tenant, every: interval)
            }
        } while (try? await Task.sleep(for: min(interval, .seconds(5)))) != nil
    }
}

import Gateway
import KeyRing
import ServiceLifecycle
import Storage
import Vocabulary

/// Goes on with rotations that somebody has begun and nobody is carrying out, and ends epochs that have lasted their time.
///
/// Replacing the root is left to whoever began it: it may need a passphrase that only its command was given. Ends with the service
/// group, after the batch under way; whoever looks next goes on there.
struct RotationKeeper: Service {
    let runtime: Runtime
    let epochLength: Duration?
    var interval: Duration = .seconds(5)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            // What does not open is told at the start, and not when somebody first asks for it.
            for tenant in await runtime.tenants(for: "keys") where !Task.isCancelled { try? await runtime.gateway.openKeys(of: tenant) }
            while (try? await Task.sleep(for: interval)) != nil {
                await runtime.forEachTenant("keys") { tenant throws(Refusal) in try await look(after: tenant) }
            }
        }
    }

    private func look(after tenant: TenantID) async throws(Refusal) {
        let gateway = runtime.gateway
        if let epochLength, try await gateway.isEpochDue(after: epochLength, of: tenant) {
            _ = try await gateway.beginRotation(.epoch, rate: RotationRate.usual, runtime.hostContext(of: tenant))
        }
        for job in try await gateway.rotations(unfinishedOnly: true, of: tenant) where job.kind != .root && !Task.isCancelled {
            // What failed was observed where it happened.
            _ = try? await gateway.carryOut(job)
        }
    }
}

enum RotationRate {
    /// Keys or records a second, so that two cores have most of their time for requests.
    static let usual: Int32 = 50_000
}

import AuditTrail
import Gateway
import ServiceLifecycle
import Telemetry
import Vocabulary

/// Keeps the logs of all tenants up with what is recorded, and their heads signed.
///
/// Tenants that this gateway has recorded something of are looked at several times a second, the others now and then: their gateway may have
/// died, and what it has left in its spool is taken over. Ends with the service group, after the turn under way.
struct LogKeeper: Service {
    let runtime: Runtime
    var interval: Duration = .milliseconds(200)
    /// How long the log may lie behind what is recorded before it is told.
    static let tolerance = Duration.seconds(30)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var behind: [TenantID: ContinuousClock.Instant] = [:]
            var round = 0
            repeat {
                var tenants = runtime.audit.takeRecorded()
                if round.isMultiple(of: 10) { tenants.formUnion(await runtime.tenants(for: "log")) }
                if round.isMultiple(of: 50) { await runtime.adoptSpools() }
                round += 1
                for tenant in tenants where !Task.isCancelled {
                    let isUp = await keepUp(tenant)
                    if isUp { behind[tenant] = nil } else { tell(tenant, &behind) }
                }
            } while (try? await Task.sleep(for: interval)) != nil
        }
    }

    /// A tenant whose log does not go on does not keep the others waiting.
    private func keepUp(_ tenant: TenantID) async -> Bool {
        let sequencer = runtime.gateway.sequencer
        do throws(SequencerError) {
            var turns = 0
            var turn = try await sequencer.turn(tenant)
            while turn.hasMore, turns < 50, !Task.isCancelled {
                turn = try await sequencer.turn(tenant)
                turns += 1
            }
            if turn.isBusy { return true }
            _ = try await sequencer.sign(tenant)
            return true
        } catch {
            runtime.telemetry.observer(.logUnsigned(tenant: tenant.description, code: error.code))
            return false
        }
    }

    private func tell(_ tenant: TenantID, _ behind: inout [TenantID: ContinuousClock.Instant]) {
        let since = behind[tenant] ?? .now
        behind[tenant] = since
        let time = ContinuousClock.now - since
        if time > Self.tolerance { runtime.telemetry.observer(.logBehind(tenant: tenant.description, seconds: Int(time.components.seconds))) }
    }
}

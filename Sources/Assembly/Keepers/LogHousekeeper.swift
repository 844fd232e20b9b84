import Foundation
import Gateway
import ServiceLifecycle
import Storage
import Vocabulary

/// What the log needs now and then: margins of people whose key is gone are taken away, partitions are there before their month, and entries that
/// have lasted their time are dropped.
struct LogHousekeeper: Service {
    let runtime: Runtime

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var round = 0
            repeat {
                let tenants = await runtime.tenants(for: "margins")
                for tenant in tenants where !Task.isCancelled {
                    await runtime.attempt("margins") { () async throws(Refusal) in try await runtime.gateway.wipeMargins(of: tenant) }
                }
                if round.isMultiple(of: 60) { await keepHouse(tenants) }
                round += 1
            } while (try? await Task.sleep(for: .seconds(60))) != nil
        }
    }

    private func keepHouse(_ tenants: [TenantID]) async {
        await attempt("partitions-not-made") { try await runtime.store.makeAuditPartitions() }
        if let time = runtime.auditSettings.monthsKept.flatMap({ Self.time(monthsAgo: $0) }) {
            for tenant in tenants where !Task.isCancelled {
                await attempt("entries-not-dropped") { try await runtime.gateway.dropEntries(of: tenant, before: time) }
            }
        }
        // Also months that were emptied by hand: 'gatehouse audit prune'.
        await attempt("partitions-not-dropped") { try await runtime.store.dropEmptyAuditPartitions() }
    }

    /// What fails is told, and done an hour later.
    private func attempt(_ code: String, _ body: () async throws -> Void) async {
        do { try await body() } catch { runtime.telemetry.observer(.auditFailed(events: 0, code: code)) }
    }

    /// The beginning of the month that lies full months before this one, in UTC.
    static func time(monthsAgo months: Int, from now: Instant = .now()) -> Instant? {
        guard let year = Int(now.description.prefix(4)), let month = Int(now.description.dropFirst(5).prefix(2)) else { return nil }
        let count = year * 12 + month - 1 - months
        return Instant(String(format: "%04d-%02d-01T00:00:00Z", count / 12, count % 12 + 1))
    }
}

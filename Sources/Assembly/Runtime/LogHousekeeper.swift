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
                let tenants = (try? await runtime.store.tenants()) ?? []
                for tenant in tenants where !Task.isCancelled { await runtime.gateway.wipeMargins(of: tenant) }
                if round.isMultiple(of: 60) { await keepHouse(tenants) }
                round += 1
            } while (try? await Task.sleep(for: .seconds(60))) != nil
        }
    }

    private func keepHouse(_ tenants: [TenantID]) async {
        try? await runtime.store.makeAuditPartitions()
        guard let months = runtime.auditSettings.monthsKept, let time = Self.time(monthsAgo: months) else { return }
        for tenant in tenants where !Task.isCancelled { try? await runtime.gateway.dropEntries(of: tenant, before: time) }
        try? await runtime.store.dropEmptyAuditPartitions()
    }

    /// The beginning of the month that lies full months before this one, in UTC.
    static func time(monthsAgo months: Int, from now: Instant = .now()) -> Instant? {
        guard let year = Int(now.description.prefix(4)), let month = Int(now.description.dropFirst(5).prefix(2)) else { return nil }
        let count = year * 12 + month - 1 - months
        return Instant(String(format: "%04d-%02d-01T00:00:00Z", count / 12, count % 12 + 1))
    }
}

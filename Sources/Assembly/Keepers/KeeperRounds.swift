import Gateway
import Storage
import Synchronization
import Vocabulary

/// What keepers do for every tenant, round after round: what fails is counted and told, keeps nobody else waiting, and is tried again.
extension Runtime {
    func tenants(for keeper: String) async -> [TenantID] {
        await attempt(keeper) { () async throws(Refusal) in try await gateway.tenants() } ?? []
    }

    func forEachTenant(_ keeper: String, _ body: (TenantID) async throws(Refusal) -> Void) async {
        for tenant in await tenants(for: keeper) where !Task.isCancelled {
            await attempt(keeper) { () async throws(Refusal) in try await body(tenant) }
        }
    }

    /// - Returns: `nil` when it failed.
    @discardableResult
    func attempt<Value>(_ keeper: String, _ body: () async throws(Refusal) -> Value) async -> Value? {
        do throws(Refusal) { return try await body() } catch {
            // What ends with the process has not failed.
            if Task.isCancelled { return nil }
            let code = error.code.rawValue
            telemetry.observer(.keeperFailed(keeper: keeper, code: code, isNews: failures.isNews(keeper + " " + code)))
            return nil
        }
    }
}

/// Which failures of keepers have been told lately: what is tried every second would fill the log.
final class KeeperFailures: Sendable {
    private let told = Mutex<[String: ContinuousClock.Instant]>([:])

    func isNews(_ failure: String) -> Bool {
        told.withLock { told in
            if let last = told[failure], ContinuousClock.now - last < .seconds(60) { return false }
            told[failure] = .now
            return true
        }
    }
}

import AuditFeeds
import Foundation
import Gateway
import ServiceLifecycle
import Storage
import Vocabulary

/// Delivers entries of the log to the configured collectors, each in its own time, at least once and in order.
struct FeedKeeper: Service {
    let runtime: Runtime
    let sinks: [any FeedSink]
    /// So many entries at a time.
    private static let most = 500

    /// - Throws: when the file is not there, or wrong.
    init(_ runtime: Runtime) throws {
        self.runtime = runtime
        guard let settings = try runtime.auditSettings.feedSettings() else {
            sinks = []
            return
        }
        do { sinks = try settings.open() } catch { throw CommandFailure(error) }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                for sink in sinks { group.addTask { await keep(sink) } }
                // A service that ends would end the others.
                group.addTask { while (try? await Task.sleep(for: .seconds(3600))) != nil {} }
            }
        }
    }

    private func keep(_ sink: any FeedSink) async {
        var pause = Duration.seconds(1)
        repeat {
            var hasFailed = false
            for tenant in await runtime.tenants(for: "feeds") {
                while !Task.isCancelled {
                    guard let isDelivered = await deliver(to: sink, tenant) else { break }
                    if !isDelivered {
                        hasFailed = true
                        break
                    }
                }
            }
            pause = hasFailed ? min(pause * 2, .seconds(60)) : .seconds(1)
        } while (try? await Task.sleep(for: pause)) != nil
    }

    /// - Returns: `nil` when there is nothing to deliver, or somebody else delivers it.
    private func deliver(to sink: any FeedSink, _ tenant: TenantID) async -> Bool? {
        let gateway = runtime.gateway
        let taken = await runtime.attempt("feeds") { () async throws(Refusal) in
            try await gateway.feedBatch(for: sink.name, limit: Self.most, of: tenant)
        }
        guard let taken else { return false }
        guard let batch = taken else { return nil }
        do throws(FeedError) {
            if !batch.events.isEmpty {
                try await sink.deliver(batch.events.map { FeedEvent(position: $0.place.position, epoch: $0.place.epoch, entry: $0.entry) })
            }
        } catch {
            await gateway.notDelivered(sink.name, error.code.rawValue, of: tenant)
            return false
        }
        return await runtime.attempt("feeds") { () async throws(Refusal) in try await gateway.delivered(batch, to: sink.name, of: tenant) } != nil
    }
}

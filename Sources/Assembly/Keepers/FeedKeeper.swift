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
    private static let helping = 500

    /// - Throws: when the file is not there, or wrong.
    init(_ runtime: Runtime) throws {
        self.runtime = runtime
        guard let path = runtime.auditSettings.feeds else {
            sinks = []
            return
        }
        guard let text = FileManager.default.contents(atPath: path).flatMap({ String(validating: $0, as: UTF8.self) }) else {
            throw CommandFailure(.unfit, "\(path) cannot be read", hint: "GATEHOUSE_AUDIT_FEEDS_FILE names who the audit events go to")
        }
        do { sinks = try FeedSettings(text, file: path).open() } catch { throw CommandFailure(error) }
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
            for tenant in (try? await runtime.store.tenants()) ?? [] {
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
        guard let helping = try? await gateway.helping(for: sink.name, limit: Self.helping, of: tenant) else { return nil }
        do throws(FeedError) {
            if !helping.events.isEmpty {
                try await sink.deliver(helping.events.map { FeedEvent(position: $0.place.position, epoch: $0.place.epoch, entry: $0.entry) })
            }
        } catch {
            await gateway.notDelivered(sink.name, error.code.rawValue, of: tenant)
            return false
        }
        return (try? await gateway.delivered(helping, to: sink.name, of: tenant)) != nil
    }
}

import Gateway
import ServiceLifecycle

/// Brings in which records others have made traps, and stops who touched one where the limits say so.
struct HoneyKeeper: Service {
    let gateway: RecordGateway

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { while (try? await Task.sleep(for: .seconds(5))) != nil { await gateway.refreshHoney() } }
                group.addTask { await gateway.stopThieves() }
            }
        }
    }
}

import Gateway
import ServiceLifecycle

/// Brings in what other gateways have shown to callers who may see so many people an hour and no more.
struct PeopleKeeper: Service {
    let gateway: RecordGateway

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: .seconds(5))) != nil { await gateway.refreshPeopleSeen() }
        }
    }
}

import Gateway
import ServiceLifecycle
import Vocabulary
import Webhooks

/// Calls agents of the Data Rights Protocol that want to be told how their requests stand, at addresses that lead out into the public network.
///
/// Any gateway takes what is due; none takes what another has. Ends with the service group, after the calls under way.
struct AgentKeeper: Service {
    let runtime: Runtime
    private let sender: WebhookSender

    init(_ runtime: Runtime, sender: WebhookSender? = nil) {
        self.runtime = runtime
        self.sender = sender ?? .configured()
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            repeat {
                await runtime.forEachTenant("agents") { tenant throws(Refusal) in try await call(of: runtime.hostContext(of: tenant)) }
            } while (try? await Task.sleep(for: .seconds(1))) != nil
        }
    }

    /// Tells what is due in a tenant, each agent once for each of its requests.
    func call(of context: RequestContext) async throws(Refusal) {
        let due = try await runtime.gateway.dueAgentCalls(context)
        await withTaskGroup(of: Void.self) { group in
            for call in due {
                group.addTask {
                    let failure: String? =
                        switch await sender.call(call.body, to: call.url.value) {
                        case .taken: nil
                        case .gone: "gone"
                        case .failed(let code, _): code
                        }
                    // What cannot be written down is told again; it says how the request stands then.
                    await runtime.attempt("agents") { () async throws(Refusal) in
                        try await runtime.gateway.finish(call, failure: failure, context)
                    }
                }
            }
        }
    }
}

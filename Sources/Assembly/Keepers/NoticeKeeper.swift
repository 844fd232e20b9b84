import Foundation
import Gateway
import ServiceLifecycle
import SubjectRights
import Vocabulary
import Webhooks

/// Tells recipients what became of people's data, each by the webhook that `processing.yaml` names, signed with the secret in
/// `keys/webhooks/NAME`.
///
/// Any gateway takes what is due; none takes what another has. Ends with the service group, after the tries under way.
struct NoticeKeeper: Service {
    let runtime: Runtime
    private let sender: WebhookSender

    init(_ runtime: Runtime, sender: WebhookSender? = nil) {
        self.runtime = runtime
        self.sender = sender ?? .configured()
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            repeat {
                await runtime.forEachTenant("notices") { tenant throws(Refusal) in try await tell(of: runtime.hostContext(of: tenant)) }
            } while (try? await Task.sleep(for: .seconds(1))) != nil
        }
    }

    /// Tells what is due in a tenant, each recipient once.
    func tell(of context: RequestContext) async throws(Refusal) {
        let due = try await runtime.gateway.dueNotices(context)
        await withTaskGroup(of: Void.self) { group in
            for notice in due {
                group.addTask {
                    let outcome = await TraceContext.$current.withValue(context.requestID) { await deliver(notice) }
                    // What cannot be written down is delivered again: the event's id is the same, and recipients know it by that.
                    await runtime.attempt("notices") { () async throws(Refusal) in try await runtime.gateway.finish(notice, outcome, context) }
                }
            }
        }
    }

    private func deliver(_ notice: RecordGateway.NoticeDelivery) async -> RecordGateway.NoticeOutcome {
        let secrets: WebhookSecrets
        do throws(CommandFailure) { secrets = try WebhookSecretFile.read(runtime.state, of: notice.recipient) } catch {
            return .failed(code: "secret-missing", retryAfter: nil)
        }
        let now = Instant.now().microseconds / 1_000_000
        switch await sender.send(notice.body, id: notice.id.description, to: notice.url, signing: secrets, now: now) {
        case .taken: return .delivered
        case .gone: return .gone
        case .failed(let code, let retryAfter): return .failed(code: code, retryAfter: retryAfter)
        }
    }
}

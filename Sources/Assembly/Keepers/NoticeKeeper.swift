import Foundation
import Gateway
import ServiceLifecycle
import Storage
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
                for tenant in (try? await runtime.store.tenants()) ?? [] where !Task.isCancelled { await tell(of: runtime.hostContext(of: tenant)) }
            } while (try? await Task.sleep(for: .seconds(1))) != nil
        }
    }

    /// Tells what is due in a tenant, each recipient once.
    func tell(of context: RequestContext) async {
        guard let due = try? await runtime.gateway.dueNotices(context) else { return }
        await withTaskGroup(of: Void.self) { group in
            for notice in due {
                group.addTask {
                    let outcome = await TraceContext.$current.withValue(context.requestID) { await deliver(notice) }
                    // What cannot be written down is delivered again: the event's id is the same, and recipients know it by that.
                    try? await runtime.gateway.finish(notice, outcome, context)
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

/// The secrets that webhooks to a recipient are signed with: `keys/webhooks/NAME`, for their owner's eyes only.
enum WebhookSecretFile {
    static func read(_ state: StateDirectory, of recipient: String) throws(CommandFailure) -> WebhookSecrets {
        let path = state.keys + "/webhooks/" + recipient
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(), status.st_mode & 0o077 == 0,
            let text = FileManager.default.contents(atPath: path).flatMap({ String(validating: $0, as: UTF8.self) }),
            let secrets = WebhookSecrets(text)
        else {
            throw CommandFailure(
                .unfit, "\(path) holds no secrets of a webhook, or not for this account alone",
                hint: "one a line, with mode 0600: whsec_ and 24 to 64 random bytes in base64")
        }
        return secrets
    }
}

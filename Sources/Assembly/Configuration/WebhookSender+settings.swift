import Foundation
import Webhooks

extension WebhookSender {
    /// As the operator has set it: whether it may go into the operator's own networks.
    static func configured(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> WebhookSender {
        WebhookSender(allowsPrivate: environment["GATEHOUSE_WEBHOOKS_ALLOW_PRIVATE"] == "1")
    }
}

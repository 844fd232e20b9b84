import Foundation
import SubjectRights

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

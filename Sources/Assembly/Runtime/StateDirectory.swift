import Foundation

/// What the gateway keeps on its host: keys, and the embedded PostgreSQL where there is one.
struct StateDirectory: Sendable {
    let path: String

    init(_ path: String) throws(CommandFailure) {
        let absolute = URL(fileURLWithPath: path).standardizedFileURL.path
        self.path = absolute
        do {
            // 0711: the account that PostgreSQL runs as has to get through to its own folder, and no further.
            try FileManager.default.createDirectory(
                atPath: absolute, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711]
            )
            for folder in ["/keys", "/audit"] {
                try FileManager.default.createDirectory(
                    atPath: absolute + folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700]
                )
            }
        } catch {
            throw CommandFailure(.unfit, "the state directory \(absolute) cannot be made", hint: "choose another with --state")
        }
    }

    var keys: String { path + "/keys" }
    var auditKey: String { path + "/keys/audit.key" }
    /// The newest signed heads, and the spool.
    var audit: String { path + "/audit" }
    var recoveryRecipients: String { path + "/keys/recovery-recipients" }
    var recovery: String { path + "/recovery" }
    var administratorToken: String { path + "/keys/administrator.token" }

    /// Writes a secret for its owner's eyes only.
    static func writeSecret(_ text: String, to path: String) throws(CommandFailure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CommandFailure(.unfit, "\(path) cannot be written") }
        defer { close(descriptor) }
        let bytes = Array((text + "\n").utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            throw CommandFailure(.unfit, "\(path) cannot be written")
        }
    }
}

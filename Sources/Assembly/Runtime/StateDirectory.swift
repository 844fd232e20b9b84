import DurableFiles
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

    /// Writes a secret for its owner's eyes only, under a name that nobody has.
    ///
    /// The name is there with the whole secret or not at all: whoever dies half-way leaves none, and whoever comes at the same moment reads none
    /// that is half-written.
    static func writeSecret(_ text: String, to path: String) throws(CommandFailure) {
        let draft = path + ".\(getpid())" + DurableFolder.draftEnding
        unlink(draft)
        defer { unlink(draft) }
        do throws(FileError) {
            let file = try OpenFile.create(draft)
            try file.write(Array((text + "\n").utf8), at: 0)
            try file.sync()
            guard link(draft, path) == 0 else { throw FileError(code: errno) }
            try DurableFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path).sync()
        } catch {
            throw CommandFailure(.unfit, "\(path) cannot be written")
        }
    }
}

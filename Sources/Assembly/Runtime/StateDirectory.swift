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
    /// Signs receipts, manifests, certificates and reports.
    var documentKey: String { keys + "/documents.key" }
    /// Where mail goes when there is no server for it.
    var mailbox: String { path + "/mailbox" }
    /// The newest signed heads, and the spool.
    var audit: String { path + "/audit" }
    var recoveryRecipients: String { path + "/keys/recovery-recipients" }
    /// Whom backups are sealed for.
    var backupRecipients: String { path + "/keys/backup-recipients" }
    /// Where backups stay until an S3 service has them.
    var backupDrafts: String { path + "/backup-drafts" }
    /// Signed reports of restores and drills.
    var reports: String { path + "/reports" }
    var recovery: String { path + "/recovery" }
    var administratorToken: String { path + "/keys/administrator.token" }

    /// Puts a report into its folder, in the place of an older one of the same name.
    func writeReport(_ bytes: [UInt8], named name: String) throws(CommandFailure) {
        do throws(FileError) {
            let folder = DurableFolder(reports)
            try folder.ensure()
            try folder.replace(name, with: bytes)
        } catch {
            throw CommandFailure(.failed, "\(reports)/\(name) cannot be written")
        }
    }

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

import Foundation
import Glibc
import Synchronization
package import TransparencyLog
package import Vocabulary

/// The newest heads that this host has signed, in files: what a store and a vault that are taken back together do not take along.
///
/// A file `TENANT.head` for each log, with the text of a checkpoint. It is durable when ``remember(_:of:)`` returns, and holds the old
/// head or the new one at every moment.
package final class RememberedHeads: Sendable {
    private let folder: String
    private let known = Mutex<[TenantID: (LogOrigin, TreeHead)]>([:])

    /// - Parameter folder: made when it is not there.
    package init(folder: String) throws(SequencerError) {
        self.folder = folder
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw .memory
        }
    }

    /// The newest head; `nil` when this host has never signed for the tenant. A file that cannot be read is an error, and not the same.
    package func head(of tenant: TenantID) throws(SequencerError) -> (LogOrigin, TreeHead)? {
        if let head = known.withLock({ $0[tenant] }) { return head }
        let path = path(of: tenant)
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        guard let data = FileManager.default.contents(atPath: path), let text = String(validating: data, as: UTF8.self),
            let read = try? Checkpoint(text), read.origin.tenant == tenant
        else { throw .memory }
        known.withLock { $0[tenant] = (read.origin, read.head) }
        return (read.origin, read.head)
    }

    /// Writes a head down, unless it is older than the one that is there.
    package func remember(_ head: TreeHead, of origin: LogOrigin) throws(SequencerError) {
        if let (old, known) = try self.head(of: origin.tenant), (old.epoch, known.size) >= (origin.epoch, head.size) { return }
        let (path, text) = (path(of: origin.tenant), Checkpoint(origin: origin, head: head).text)
        guard Self.write(Array(text.utf8), to: path, in: folder) else { throw .memory }
        known.withLock { $0[origin.tenant] = (origin, head) }
    }

    private func path(of tenant: TenantID) -> String { "\(folder)/\(tenant).head" }

    private static func write(_ bytes: [UInt8], to path: String, in folder: String) -> Bool {
        // Of this process alone: two that write at once do not write into each other's file.
        let part = "\(path).\(getpid()).part"
        let file = open(path: part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC)
        guard file >= 0 else { return false }
        let isWritten = Glibc.write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0
        close(file)
        guard isWritten, rename(part, path) == 0 else { return false }
        let directory = open(path: folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return false }
        defer { close(directory) }
        return fsync(directory) == 0
    }

    private static func open(path: String, _ flags: Int32) -> Int32 { Glibc.open(path, flags, 0o600) }
}

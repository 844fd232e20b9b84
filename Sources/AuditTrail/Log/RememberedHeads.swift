import DurableFiles
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
    private let folder: DurableFolder
    private let known = Mutex<[TenantID: (LogOrigin, TreeHead)]>([:])

    /// - Parameter folder: made when it is missing; the one above it has to be there.
    package init(folder: String) throws(SequencerError) {
        self.folder = DurableFolder(folder)
        do { try self.folder.ensure() } catch { throw .memory }
    }

    /// The newest head; `nil` when this host has never signed for the tenant. A file that cannot be read is an error, and not the same.
    package func head(of tenant: TenantID) throws(SequencerError) -> (LogOrigin, TreeHead)? {
        if let head = known.withLock({ $0[tenant] }) { return head }
        return try read(tenant)
    }

    private func read(_ tenant: TenantID) throws(SequencerError) -> (LogOrigin, TreeHead)? {
        let path = folder.path(of: Self.name(of: tenant))
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        guard let data = FileManager.default.contents(atPath: path), let text = String(validating: data, as: UTF8.self),
            let read = try? Checkpoint(text), read.origin.tenant == tenant
        else { throw .memory }
        known.withLock { $0[tenant] = (read.origin, read.head) }
        return (read.origin, read.head)
    }

    /// Writes a head down, unless it is older than the one that is there.
    package func remember(_ head: TreeHead, of origin: LogOrigin) throws(SequencerError) {
        // Commands of this host sign, too: one at a time looks and writes.
        let lock = open(folder.path(of: "heads.lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0, flock(lock, LOCK_EX) == 0 else { throw .memory }
        defer { close(lock) }
        if let (old, known) = try read(origin.tenant), (old.epoch, known.size) >= (origin.epoch, head.size) { return }
        let text = Checkpoint(origin: origin, head: head).text
        do { try folder.replace(Self.name(of: origin.tenant), with: Array(text.utf8)) } catch { throw .memory }
        known.withLock { $0[origin.tenant] = (origin, head) }
    }

    private static func name(of tenant: TenantID) -> String { "\(tenant).head" }
}

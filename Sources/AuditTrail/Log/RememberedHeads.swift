import DurableFiles
import Glibc
package import TransparencyLog
package import Vocabulary

/// The newest heads that this host has signed, in files: what a store and a vault that are taken back together do not take along.
///
/// A file `TENANT.head` for each log, with the text of a checkpoint. It holds the old head or the new one at every moment, and is read
/// anew each time: other processes of this host sign, too. All work on files runs on a queue of its own.
package actor RememberedHeads {
    private let folder: DurableFolder
    private let executor = BlockingExecutor("gatehouse.remembered-heads")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private static let greatestByteCount = 4096
    /// How long another process may keep the lock. One that was stopped while it has it must not stop this one, too.
    private static let attempts = 100

    /// - Parameter folder: made when it is missing; the one above it has to be there.
    package init(folder: String) throws(SequencerError) {
        self.folder = DurableFolder(folder)
        do { try self.folder.ensure() } catch { throw .memory }
    }

    /// The newest head; `nil` when this host has never signed for the tenant. A file that cannot be read is an error, and not the same.
    package func newest(of tenant: TenantID) throws(SequencerError) -> Checkpoint? {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try OpenFile.forReading(folder.path(of: Self.name(of: tenant))).readAll(limit: Self.greatestByteCount)
        } catch {
            if error == .missing { return nil }
            throw .memory
        }
        guard let text = String(validating: bytes, as: UTF8.self), let read = try? Checkpoint(text), read.origin.tenant == tenant else {
            throw .memory
        }
        return read
    }

    /// Writes a head down; durable on return.
    ///
    /// - Parameter seen: what was there when the log was held against it.
    /// - Returns: whether that was still there, or the head already. Else somebody else has signed, and the log has to be held against that.
    package func move(from seen: Checkpoint?, to head: Checkpoint) throws(SequencerError) -> Bool {
        let tenant = head.origin.tenant
        do throws(FileError) {
            let lock = try OpenFile.ensure(folder.path(of: "heads.lock"))
            var attempt = 0
            while try !lock.tryLock() {
                attempt += 1
                guard attempt < Self.attempts else { throw FileError(code: EWOULDBLOCK) }
                usleep(20_000)
            }
            return try replace(seen, head, Self.name(of: tenant), lock)
        } catch {
            throw .memory
        }
    }

    /// - Parameter lock: held for as long as this looks and writes.
    private func replace(_ seen: Checkpoint?, _ head: Checkpoint, _ name: String, _ lock: borrowing OpenFile) throws(FileError) -> Bool {
        let found: Checkpoint?
        do throws(SequencerError) { found = try newest(of: head.origin.tenant) } catch { throw FileError(code: EIO) }
        if found == head { return true }
        guard found == seen else { return false }
        try folder.replace(name, with: Array(head.text.utf8))
        return true
    }

    private static func name(of tenant: TenantID) -> String { "\(tenant).head" }
}

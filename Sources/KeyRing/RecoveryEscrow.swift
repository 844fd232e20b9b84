import Foundation
import Glibc
package import Sealing
import Synchronization
package import Vocabulary

/// Copies of epoch keys for the day the key provider is lost: one age file for each, sealed to recipients whose private halves are
/// kept off line. Somebody who has the vault and one of those halves needs nothing else; see `gatehouse key recover`.
///
/// A copy goes when its epoch does. Copies that an operator has put elsewhere have to be replaced then, or an erased person could be
/// read with them and an old copy of the vault.
package final class RecoveryEscrow: Sendable {
    package let folder: String
    /// Empty when there is no recovery: then losing the provider is losing everything.
    package let recipients: [AgeRecipient]
    package var isArmed: Bool { !recipients.isEmpty }
    private let kept = Mutex<[TenantID: Set<Int32>]>([:])

    package init(folder: String, recipients: [AgeRecipient]) {
        self.folder = folder
        self.recipients = recipients
    }

    /// Writes copies of those keys that have none yet, and removes those of epochs that are over. Called whenever a tenant's keys are
    /// opened; costs nothing when nothing has changed.
    func keep(_ keys: [Int32: SymmetricKey], of tenant: TenantID) throws(KeyRingError) {
        let epochs = Set(keys.keys)
        if recipients.isEmpty || kept.withLock({ $0[tenant] == epochs }) { return }
        let lock = try self.lock()
        for (epoch, key) in keys where !FileManager.default.fileExists(atPath: path(tenant, epoch)) { try write(key, tenant, epoch, lock) }
        try sweep(tenant, keeping: epochs)
        kept.withLock { $0[tenant] = epochs }
    }

    /// Writes the copies again, for other recipients.
    func renew(_ keys: [Int32: SymmetricKey], of tenant: TenantID) throws(KeyRingError) {
        let lock = try self.lock()
        for (epoch, key) in keys { try write(key, tenant, epoch, lock) }
    }

    /// Removes copies of epochs that are over. Those of newer epochs than there are stay: the vault may be an old copy of itself.
    func sweep(_ tenant: TenantID, keeping epochs: Set<Int32>) throws(KeyRingError) {
        let newest = epochs.max() ?? 0
        for copy in Self.copies(in: folder) where copy.tenant == tenant && copy.epoch < newest && !epochs.contains(copy.epoch) {
            guard (try? FileManager.default.removeItem(atPath: copy.path)) != nil || !FileManager.default.fileExists(atPath: copy.path) else {
                throw .escrow("the recovery copy \(copy.path) of an ended epoch cannot be removed")
            }
        }
    }

    // MARK: Opening

    /// One recovery file.
    package struct Copy: Sendable {
        package let path: String
        package let tenant: TenantID
        package let epoch: Int32
    }

    /// The recovery files of a folder, by tenant and epoch.
    package static func copies(in folder: String) -> [Copy] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().compactMap { name in
            guard name.hasSuffix(".age"), name.count > 41, let tenant = UUIDv7(name.prefix(36)), name.dropFirst(36).first == "-",
                let epoch = Int32(name.dropFirst(37).dropLast(4))
            else { return nil }
            return Copy(path: folder + "/" + name, tenant: TenantID(tenant), epoch: epoch)
        }
    }

    /// Opens a copy; `nil` when it is not one, or none of the identities opens it.
    package static func open(_ copy: Copy, with identities: [AgeIdentity]) -> SymmetricKey? {
        guard let file = FileManager.default.contents(atPath: copy.path), var content = try? AgeFile.open(Array(file), with: identities) else {
            return nil
        }
        defer { wipe(&content) }
        let heading = heading(copy.tenant, copy.epoch)
        guard content.count == heading.count + SymmetricKey.byteCount, content.starts(with: heading) else { return nil }
        return SymmetricKey(SecretBytes(count: SymmetricKey.byteCount) { $0.copyBytes(from: content[heading.count...]) })
    }

    // MARK: Writing

    private func path(_ tenant: TenantID, _ epoch: Int32) -> String { "\(folder)/\(tenant)-\(epoch).age" }

    /// What stands before the 32 bytes of the key, so that a copy cannot be taken for another's.
    private static func heading(_ tenant: TenantID, _ epoch: Int32) -> [UInt8] { Array("gatehouse-epoch-key-1\n\(tenant)\n\(epoch)\n".utf8) }

    /// Held by whoever writes: two gateways learn of a new epoch at the same moment, and a copy has one draft.
    private struct Lock: ~Copyable {
        private let descriptor: Int32
        fileprivate init(owning descriptor: Int32) { self.descriptor = descriptor }
        deinit { close(descriptor) }
    }

    /// Makes the folder when it is not there, and waits until nobody else writes.
    private func lock() throws(KeyRingError) -> Lock {
        guard
            (try? FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700]
            )) != nil
        else { throw .escrow("the folder \(folder) of recovery copies cannot be made") }
        let descriptor = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .escrow("the folder \(folder) of recovery copies cannot be opened") }
        let lock = Lock(owning: descriptor)
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw .escrow("the folder \(folder) of recovery copies cannot be locked") }
        }
        return lock
    }

    private func write(_ key: SymmetricKey, _ tenant: TenantID, _ epoch: Int32, _ lock: borrowing Lock) throws(KeyRingError) {
        var content = Self.heading(tenant, epoch)
        defer { wipe(&content) }
        content.reserveCapacity(content.count + SymmetricKey.byteCount)
        key.withBytes { content += $0 }
        let path = path(tenant, epoch)
        guard Self.write(AgeFile.seal(content, to: recipients), durablyTo: path, in: folder) else {
            throw .escrow("the recovery copy \(path) cannot be written")
        }
    }

    /// Whole or not at all, and on the disk when this returns.
    private static func write(_ bytes: [UInt8], durablyTo path: String, in folder: String) -> Bool {
        let unfinished = path + ".unfinished"
        let descriptor = Glibc.open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return false }
        let isWritten = Glibc.write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
        close(descriptor)
        guard isWritten, rename(unfinished, path) == 0 else {
            unlink(unfinished)
            return false
        }
        let directory = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return false }
        defer { close(directory) }
        return fsync(directory) == 0
    }
}

import DataFormats
package import Sealing
import SubjectRights

extension ArchiveRepository {
    /// Seals everything for other recipients, by writing new headers in front of what was sealed: nothing is opened but the keys of files, and
    /// nothing is compressed or dumped again. What is sealed for them already is left alone, so that a rekeying that was broken off goes on.
    ///
    /// Whoever could open a file before and has kept its old header can open it still.
    ///
    /// - Parameters:
    ///   - identities: of which one opens each file.
    ///   - progress: told which object is done, how many of its bytes, and of how many.
    /// - Returns: how many objects have new recipients.
    package func rekey(
        with identities: [AgeIdentity], to recipients: [AgeRecipient], progress: @escaping @Sendable (String, Int, Int) -> Void
    ) async throws(ArchiveError) -> Int {
        var count = 0
        if let vault = try await vaultManifest() {
            if let new = try await rekeyed(vault, identities, recipients, progress) {
                try await put(new.object, as: .vaultManifest, at: RepositoryLayout.vaultManifest)
                count += 1
            }
            guard let newest = try await vaultManifest() else { throw .damaged(RepositoryLayout.vaultManifest, "it has gone meanwhile") }
            try await sweepVault(keeping: newest)
        }
        for id in try await backups() {
            let key = RepositoryLayout.manifest(id)
            if let new = try await rekeyed(try await manifest(of: id), identities, recipients, progress) {
                try await put(new.object, as: .backupManifest, at: key)
                count += 1
            }
            let newest = try await manifest(of: id)
            do throws(MediumError) {
                let old = try await medium.list(RepositoryLayout.backup(id)).map(\.key).filter { $0 != key && $0 != newest.archive.key }
                if !old.isEmpty { try await medium.remove(old) }
            } catch {
                throw .medium(error)
            }
        }
        return count
    }

    /// The manifest of the same archive for other recipients, which is there when this returns; `nil` when it is for them.
    private func rekeyed(
        _ manifest: BackupManifest, _ identities: [AgeIdentity], _ recipients: [AgeRecipient],
        _ progress: @escaping @Sendable (String, Int, Int) -> Void
    ) async throws(ArchiveError) -> BackupManifest? {
        let names = recipients.map { "\($0)" }.sorted()
        if manifest.recipients.sorted() == names { return nil }
        let old = manifest.archive
        let front: [UInt8]
        do { front = try await medium.read(old.key, from: 0, count: old.header.byteCount) } catch { throw .medium(error) }
        guard SHA256.hash(front) == old.header.digest else { throw .damaged(old.key, "its header is not the one that was written") }
        let header: [UInt8]
        do throws(AgeError) { header = try AgeFile.rewrapped(front, with: identities, to: recipients).header } catch { throw .sealed(old.key, error) }
        guard let key = Self.nextGeneration(of: old.key) else { throw .damaged(old.key, "it has no number") }
        let new = SealedArchive(
            key: key, header: SealedArchive.Part(byteCount: header.count, digest: SHA256.hash(header)), payload: old.payload,
            plainByteCount: old.plainByteCount)
        do throws(MediumError) {
            try await medium.copy(old.key, replacing: old.header.byteCount, by: header, to: key) { progress(key, $0, new.byteCount) }
        } catch {
            throw .medium(error)
        }
        var copy = manifest
        copy.archive = new
        copy.recipients = names
        return copy
    }

    /// `backups/ID/store.1.age` becomes `backups/ID/store.2.age`.
    static func nextGeneration(of key: String) -> String? {
        let words = key.split(separator: ".", omittingEmptySubsequences: false)
        guard words.count >= 3, words.last == "age", let number = Int(words[words.count - 2]) else { return nil }
        return (words.dropLast(2).map(String.init) + ["\(number + 1)", "age"]).joined(separator: ".")
    }
}

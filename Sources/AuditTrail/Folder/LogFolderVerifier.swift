package import TransparencyLog

/// Verifies a log that was exported as a folder, offline: with the log's public key, and whatever checkpoints were kept elsewhere.
///
/// Every entry is read and hashed, every tile compared, every signature verified; it goes on after what it finds and reports all. A few
/// megabytes of memory and 20 to 50 bytes for each entry's id, whatever the size. Blocks until it is done.
package struct LogFolderVerifier {
    /// How many entries have been read, of how many in all epochs.
    package typealias Progress = (_ done: Int, _ total: Int) -> Void
    /// Whether a time-stamp response (RFC 3161, DER) is of these bytes of a checkpoint, and trusted.
    package typealias TimestampCheck = (_ response: [UInt8], _ checkpoint: [UInt8]) -> Bool

    let folder: String
    let key: NoteKey
    package var outside: [OutsideCheckpoint] = []
    /// Keys of kind `cosignature`; every line that claims to be of one of them has to verify.
    package var witnesses: [NoteKey] = []
    /// Without it, time stamps are counted as unchecked.
    package var isTimestampValid: TimestampCheck?
    package var findingLimit = 200
    /// Called after each bundle.
    package var progress: Progress = { _, _ in }

    /// - Parameters:
    ///   - folder: of all epochs.
    ///   - key: the log's, under the name of any of its epochs: all of them sign with the same Ed25519 key.
    package init(folder: String, key: NoteKey) {
        self.folder = folder
        self.key = key
    }

    /// - Throws: `unreadable` when the folder itself cannot be read, or the key is not of a log of this kind; everything else is in the report.
    package func verify() throws(LogFolderError) -> LogFolderReport {
        guard let names = FolderFile.names(in: folder), let own = LogOrigin(key.name), key.kind == .note else {
            throw LogFolderError(code: .unreadable, path: folder)
        }
        let session = FolderSession(self)
        var present: Set<Int> = []
        for name in names {
            if let epoch = LogFolderLayout.size(name), epoch >= 1, FolderFile.names(in: "\(folder)/\(name)") != nil {
                present.insert(epoch)
            } else {
                session.report.add(.fileUnexpected, file: name, "\(name) is no folder of an epoch")
            }
        }
        var claimed = outsideHeads(session)
        let newest = max(1, present.max() ?? 0, claimed.keys.max() ?? 0)
        // An epoch that claims to be far away is not looked for number by number.
        let epochs = present.union(claimed.keys).union([1]).sorted()
        for (epoch, next) in zip(epochs, epochs.dropFirst() + [newest + 1]) {
            let missing = (present.contains(epoch) ? epoch + 1 : epoch)..<next
            if missing.isEmpty { continue }
            let name = missing.count == 1 ? "epoch \(missing.lowerBound) is" : "epochs \(missing.lowerBound) to \(missing.upperBound - 1) are"
            session.report.add(.epochMissing, epoch: missing.lowerBound, "\(name) not there")
        }
        var folders = present.sorted().map { EpochFolder(layout: LogFolderLayout(folder: folder, epoch: $0), origin: own.epoch($0)) }
        for index in folders.indices {
            folders[index].open(session)
            session.total += folders[index].size
            for head in folders[index].heads { claimed[folders[index].layout.epoch, default: []].append(head) }
            if let kept = folders[index].beginning(session)?.kept {
                let epoch = folders[index].layout.epoch
                claimed[kept.origin.epoch, default: []].append(ClaimedHead(head: kept.head, source: .beginning(epoch: epoch)))
            }
        }
        for folder in folders { folder.verify(claimed[folder.layout.epoch] ?? [], session) }
        return session.report
    }

    /// The heads that were kept elsewhere, by epoch, as far as they verify.
    private func outsideHeads(_ session: FolderSession) -> [Int: [ClaimedHead]] {
        var heads: [Int: [ClaimedHead]] = [:]
        for kept in outside {
            guard let checkpoint = session.verified(kept.note, .outsideUnverified, epoch: nil, file: kept.label, witness: kept.witness) else {
                continue
            }
            heads[checkpoint.origin.epoch, default: []].append(ClaimedHead(head: checkpoint.head, source: .checkpoint(kept.label)))
        }
        return heads
    }
}

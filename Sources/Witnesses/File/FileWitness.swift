import DurableFiles
package import TransparencyLog

/// A folder that keeps the newest checkpoint of each log, best where the gateway's host cannot take it back: another host's disk, a
/// medium that is written once, a folder that is copied away every hour.
///
/// `<tenant>-<epoch>.checkpoint` is the note, readable by all. There is one file a log and no history: what is kept was proven to go on
/// from what was kept before, so the newest head stands for all before it, and the folder grows with the number of logs, not with time.
///
/// The witness objects when the folder knows more than it is shown, or another history. It has no key, and takes the file at its word:
/// whoever writes to the folder can make it object, which is what it is there for. Several gateways may share it.
package actor FileWitness: Witness {
    package let name: String
    private let folder: DurableFolder
    private let executor: BlockingExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private static let lockName = "witness.lock"

    /// - Parameter folder: has to be there. It is not made: a mount that is missing would go unnoticed.
    package init(name: String, folder: String) {
        self.name = name
        self.folder = DurableFolder(folder)
        executor = BlockingExecutor("gatehouse.witness.\(name)")
    }

    /// Looks at what is kept, whatever `lastSize` is. The checkpoint is durable when this returns.
    package func witness(
        _ checkpoint: SignedCheckpoint, lastSize: Int, consistency: @Sendable (_ from: Int) async throws(WitnessError) -> [TreeHash]
    ) async throws(WitnessError) -> WitnessEvidence {
        var proven: TreeHead?
        // Nothing is locked while the log looks for a proof. Should another gateway have come first meanwhile, its head needs one, too.
        while let head = try keep(checkpoint, after: proven) {
            let proof = ConsistencyProof(hashes: try await consistency(head.size))
            guard proof.leads(from: head, to: checkpoint.head) else { throw WitnessError(.conflict, size: head.size) }
            proven = head
        }
        return .kept
    }

    /// - Parameter proven: a head that the checkpoint goes on from.
    /// - Returns: the head that is kept, when it is another one and needs a proof; `nil` when the checkpoint is kept now.
    private func keep(_ checkpoint: SignedCheckpoint, after proven: TreeHead?) throws(WitnessError) -> TreeHead? {
        let file = "\(checkpoint.origin.tenant)-\(checkpoint.origin.epoch).checkpoint"
        let lock = try lock()
        if let kept = try read(file, lock) {
            guard kept.origin == checkpoint.origin else { throw WitnessError(.refused) }
            let (old, new) = (kept.head, checkpoint.head)
            if old == new { return nil }
            guard old.size < new.size else { throw WitnessError(.conflict, size: old.size) }
            if old.size > 0, old != proven { return old }
        }
        try write(file, checkpoint.note, lock)
        return nil
    }

    // MARK: Files

    private func lock() throws(WitnessError) -> OpenFile {
        do throws(FileError) {
            let lock = try OpenFile.ensure(folder.path(of: Self.lockName))
            try lock.lock()
            return lock
        } catch {
            throw WitnessError(.unwritable)
        }
    }

    private func read(_ file: String, _ lock: borrowing OpenFile) throws(WitnessError) -> Checkpoint? {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try OpenFile.forReading(folder.path(of: file)).readAll(limit: SignedNote.greatestByteCount)
        } catch {
            if error == .missing { return nil }
            throw WitnessError(error == .tooLong ? .malformed : .unwritable)
        }
        do throws(LogError) {
            return try Checkpoint(SignedNote(bytes).text)
        } catch {
            throw WitnessError(.malformed)
        }
    }

    private func write(_ file: String, _ note: String, _ lock: borrowing OpenFile) throws(WitnessError) {
        do throws(FileError) {
            try folder.replace(file, with: Array(note.utf8), mode: 0o644)
        } catch {
            throw WitnessError(.unwritable)
        }
    }
}

import TransparencyLog

/// What the epochs of one verification share.
final class FolderSession {
    let folder: String
    let key: NoteKey
    let witnesses: [NoteKey]
    let isTimestampValid: LogFolderVerifier.TimestampCheck?
    var report: LogFolderReport
    /// Of all epochs: no event is logged twice.
    var ids = EventIDSet()
    /// Entries still to be read, for the progress.
    var total = 0
    private var done = 0
    private let progress: LogFolderVerifier.Progress

    init(_ verifier: LogFolderVerifier) {
        folder = verifier.folder
        key = verifier.key
        witnesses = verifier.witnesses
        isTimestampValid = verifier.isTimestampValid
        progress = verifier.progress
        report = LogFolderReport(limit: verifier.findingLimit)
    }

    func advance(by entries: Int) {
        done += entries
        progress(done, max(done, total))
    }

    /// Verifies a checkpoint, and every line under it that one of the witnesses claims.
    ///
    /// - Returns: `nil` after a finding, which `code` and `file` say.
    func verified(_ note: [UInt8], _ code: FolderFinding.Code, epoch: Int?, file: String, witness: NoteKey? = nil) -> SignedCheckpoint? {
        let checkpoint: SignedCheckpoint
        do throws(LogError) {
            checkpoint = try SignedCheckpoint(verifying: note, anyEpochOf: key)
        } catch {
            report.add(code, epoch: epoch, file: file, "the checkpoint \(file) does not verify with the log's key: \(error.rawValue)")
            return nil
        }
        let known = witnesses + (witness.map { [$0] } ?? [])
        if let own = try? key.of(checkpoint.origin), let lines = try? SignedNote(note).signatures {
            report.uncheckedSignatures += lines.count { line in !(known + [own]).contains(where: line.isOf) }
        }
        for known in known {
            do throws(LogError) {
                _ = try checkpoint.cosignatures(of: known)
            } catch {
                if error == .noteUnsigned, known != witness { continue }
                let sentence = "a cosignature of \(known.name) under the checkpoint \(file) is missing or does not verify: \(error.rawValue)"
                report.add(.cosignatureUnverified, epoch: checkpoint.origin.epoch, file: file, sentence)
            }
        }
        return checkpoint
    }
}

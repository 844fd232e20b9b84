import TransparencyLog

/// A head that an epoch's log has to have had: signed and kept somewhere, or named by the epoch that goes on from it.
struct ClaimedHead {
    enum Source: Equatable {
        /// A checkpoint of this name, in the folder or elsewhere; it has been verified.
        case checkpoint(String)
        /// The first entry of this epoch.
        case beginning(epoch: Int)
    }

    let head: TreeHead
    let source: Source

    /// The log has fewer entries than this head.
    func reportCut(_ report: inout LogFolderReport, epoch: Int, size: Int) {
        switch source {
        case .checkpoint(let file):
            let sentence = "the checkpoint \(file) has \(head.size) entries of epoch \(epoch), of which \(size) are left"
            report.add(.tailCut, epoch: epoch, at: size..<head.size, file: file, sentence)
        case .beginning(let next):
            let sentence = "epoch \(next) goes on from \(head.size) entries of epoch \(epoch), which has \(size)"
            report.add(.epochBroken, epoch: next, at: size..<head.size, sentence)
        }
    }

    /// The log had another root at this size.
    func reportFork(_ report: inout LogFolderReport, epoch: Int) {
        switch source {
        case .checkpoint(let file):
            let sentence = "the checkpoint \(file) is of another history: the first \(head.size) entries of epoch \(epoch) have another root"
            report.add(.fork, epoch: epoch, at: 0..<head.size, file: file, sentence)
        case .beginning(let next):
            let sentence = "epoch \(next) says that it goes on from another history than the first \(head.size) entries of epoch \(epoch)"
            report.add(.epochBroken, epoch: next, at: 0..<head.size, sentence)
        }
    }

    func reportUnchecked(_ report: inout LogFolderReport, epoch: Int) {
        let name =
            switch source {
            case .checkpoint(let file): "the checkpoint \(file)"
            case .beginning(let next): "the beginning of epoch \(next)"
            }
        let sentence = "\(name) cannot be compared with epoch \(epoch): hashes of its first \(head.size) entries are not there"
        report.add(.checkpointUnchecked, epoch: epoch, at: 0..<head.size, sentence)
    }
}

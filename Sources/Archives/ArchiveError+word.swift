import DurableFiles
import Sealing

extension ArchiveError {
    /// One word for logs and metrics: no path, no key.
    package var word: String {
        switch self {
        case .medium(let error): error.code.rawValue
        case .noRepository: "no-repository"
        case .unknownBackup: "unknown-backup"
        case .damaged: "damaged"
        case .unsigned: "unsigned"
        case .tooFewRecipients: "too-few-recipients"
        case .sealed(_, let error): error.rawValue
        case .locked: "locked"
        case .program: "program"
        case .file(_, let error): "file-\(error.code)"
        case .foreignFile: "foreign-file"
        case .differs: "differs"
        case .unacceptedCluster: "unaccepted-cluster"
        case .unreachable: "unreachable"
        case .gap: "gap"
        }
    }
}

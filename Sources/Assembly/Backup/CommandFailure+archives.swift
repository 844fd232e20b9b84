import Archives
import DurableFiles
import Foundation
import Sealing

extension CommandFailure {
    init(_ error: ArchiveError) {
        switch error {
        case .medium(let error): self.init(error)
        case .noRepository(let name):
            self.init(
                .notFound, "there is no repository at \(name)",
                hint: "the first 'gatehouse backup create' makes it; is GATEHOUSE_BACKUP_REPOSITORY right?")
        case .unknownBackup(let name, let candidates):
            self.init(
                .notFound, candidates == 0 ? "there is no backup '\(name)'" : "\(candidates) backups begin with '\(name)'",
                hint: "see 'gatehouse backup list'")
        case .damaged(let key, let what): self.init(.failed, "\(key) is damaged: \(what)", hint: "'gatehouse backup check' looks at every byte")
        case .unsigned(let key):
            self.init(
                .failed, "\(key) is signed by no key that is trusted here, or was changed",
                hint: "on another host, name the key of the one that made it with --signer ('gatehouse certificate key' prints it there)")
        case .tooFewRecipients(let count):
            self.init(
                .unfit, "a backup is sealed for at least two recipients, and there \(count == 1 ? "is one" : "are \(count)")",
                hint: "write age recipients, one a line, into keys/backup-recipients: one for operations, one whose identity is kept off line")
        case .sealed(let name, let error): self.init(error, name, hasIdentities: true, isForPassphrase: nil)
        case .locked(let name, let holder):
            self.init(
                .unavailable, "the repository is locked for \(name) by \(holder)",
                hint: "try again when it is done; a lock nobody refreshes ends after ten minutes")
        case .program(let name, let said): self.init(.failed, "\(name) failed" + (said.isEmpty ? "" : ": \(said)"))
        case .file(let path, let error):
            self.init(.failed, "\(path): \(Self.reason(error))", hint: error.code == ENOSPC ? "free some room; nothing was published" : nil)
        case .foreignFile(let name, let what): self.init(.invalid, "\(name) is no file of a write-ahead log: \(what)")
        case .differs(let key):
            self.init(
                .failed, "the repository has \(key) already, with other content",
                hint: "two clusters with one system identifier go on with the same timeline: has a copy of this one been started?")
        case .unacceptedCluster(let system):
            self.init(
                .unfit, "nobody has begun continuous backup of the cluster \(system)",
                hint: "run 'gatehouse backup continuous', which makes sure that no vault is in it; PostgreSQL keeps the segments until then")
        case .unreachable(let why): self.init(.notFound, why, hint: "see 'gatehouse backup continuous --check'")
        case .gap(let segment):
            self.init(
                .failed, "the write-ahead log has a gap: segment \(segment) is missing", hint: "make a new base backup: gatehouse backup continuous")
        }
    }

    private init(_ error: MediumError) {
        let detail = error.detail.isEmpty ? "" : " (\(error.detail))"
        switch error.code {
        case .missing: self.init(.notFound, "\(error.place) is not in the repository\(detail)")
        case .exists: self.init(.failed, "\(error.place) is in the repository already\(detail)")
        case .denied:
            self.init(
                .denied, "the repository does not let us at \(error.place)\(detail)", hint: "look at its permissions, or at the credentials file")
        case .unavailable:
            self.init(.unavailable, "the repository does not answer for \(error.place)\(detail)", hint: "try again; what was begun goes on")
        case .full: self.init(.unavailable, "the repository is full\(detail)", hint: "free some room, or 'gatehouse backup prune'")
        case .garbled: self.init(.failed, "the repository answered something else for \(error.place)\(detail)")
        case .misconfigured:
            self.init(
                .unfit, error.place.isEmpty ? "no repository is named" : "the repository \(error.place) cannot be used\(detail)",
                hint: error.place.isEmpty ? error.detail : nil)
        }
    }

    private static func reason(_ error: FileError) -> String { String(cString: strerror(error.code)) }
}

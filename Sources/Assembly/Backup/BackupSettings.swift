import Archives
import Sealing

/// What the environment says of backups.
///
/// | variable | meaning |
/// |---|---|
/// | `GATEHOUSE_BACKUP_REPOSITORY` | where they rest: the absolute path of a folder, or `s3://bucket/prefix`; no backups when not set |
/// | `GATEHOUSE_BACKUP_RECIPIENTS_FILE` | age recipients (`age1…`, one a line) that they are sealed for, at least two; `keys/backup-recipients` when not set |
/// | `GATEHOUSE_BACKUP_SCHEDULE` | when `serve` makes one |
/// | `GATEHOUSE_BACKUP_KEEP` | how many are kept |
/// | `GATEHOUSE_BACKUP_DATABASE_URL`, `GATEHOUSE_BACKUP_VAULT_URL` | roles that see the rows of all tenants (`BYPASSRLS`), for reading store and vault whole |
/// | `GATEHOUSE_S3_ENDPOINT` | the S3 service; AWS when not set. `https://{bucket}.s3.example.com` where the bucket is part of the name, `insecure-http://…` for one without TLS on another host |
/// | `GATEHOUSE_S3_REGION` | its region; `us-east-1` when not set |
/// | `GATEHOUSE_S3_CREDENTIALS_FILE` | a file for its owner's eyes only, with `aws_access_key_id`, `aws_secret_access_key` and, where there is one, `aws_session_token` |
struct BackupSettings: Sendable {
    /// Where a repository is, checked as far as its text goes.
    enum Place: Sendable, Equatable {
        case directory(String)
        case s3(S3Location, credentialsFile: String)
    }

    static let fewestRecipients = 2

    /// `nil` when nothing is said of backups.
    let place: Place?
    /// As they were written.
    let schedule: String?
    let keep: String?
    private let recipientsFile: String
    private let drafts: String

    /// - Throws: `unfit`, with the variable that is wrong.
    init(environment: [String: String], _ state: StateDirectory) throws(CommandFailure) {
        let value = { (name: String) in environment["GATEHOUSE_" + name].flatMap { $0.isEmpty ? nil : $0 } }
        place = try Self.place(value)
        schedule = value("BACKUP_SCHEDULE")
        keep = value("BACKUP_KEEP")
        recipientsFile = value("BACKUP_RECIPIENTS_FILE") ?? state.backupRecipients
        drafts = state.backupDrafts
    }

    private static func place(_ value: (String) -> String?) throws(CommandFailure) -> Place? {
        guard let text = value("BACKUP_REPOSITORY") else { return nil }
        guard text.contains("://") else {
            guard text.hasPrefix("/"), !text.split(separator: "/").contains("..") else {
                throw CommandFailure(
                    .unfit, "GATEHOUSE_BACKUP_REPOSITORY is neither an absolute path nor s3://bucket/prefix",
                    hint: "it is like /srv/backups/crm or s3://company-backups/crm")
            }
            return .directory(text)
        }
        guard text.hasPrefix("s3://") else {
            throw CommandFailure(
                .unfit, "GATEHOUSE_BACKUP_REPOSITORY is neither an absolute path nor s3://bucket/prefix",
                hint: "folders of this host and S3 services are the places that are known; mount what is neither")
        }
        let location: S3Location
        do throws(MediumError) {
            location = try S3Location(text, endpoint: value("S3_ENDPOINT"), region: value("S3_REGION"))
        } catch {
            let name = ["endpoint": "GATEHOUSE_S3_ENDPOINT", "region": "GATEHOUSE_S3_REGION"][error.place] ?? "GATEHOUSE_BACKUP_REPOSITORY"
            throw CommandFailure(.unfit, "\(name) does not fit: \(error.detail)")
        }
        guard let file = value("S3_CREDENTIALS_FILE") else {
            throw CommandFailure(
                .unfit, "GATEHOUSE_BACKUP_REPOSITORY is an S3 service, and GATEHOUSE_S3_CREDENTIALS_FILE names no file with the keys to it",
                hint: "two lines, aws_access_key_id=… and aws_secret_access_key=…, in a file with mode 600")
        }
        return .s3(location, credentialsFile: file)
    }

    /// When `serve` makes a backup, once that and the rules for keeping are understood.
    func backupSchedule() throws(CommandFailure) -> BackupSchedule {
        let schedule: BackupSchedule
        do {
            schedule = try BackupSchedule(self.schedule ?? "off")
            if let keep { _ = try KeepRules(keep) }
        } catch {
            throw CommandFailure(.unfit, "GATEHOUSE_BACKUP_SCHEDULE or GATEHOUSE_BACKUP_KEEP: \(error.message)", hint: error.hint)
        }
        if schedule != .off, place == nil {
            throw CommandFailure(.unfit, "GATEHOUSE_BACKUP_SCHEDULE is set, but no repository is named", hint: "set GATEHOUSE_BACKUP_REPOSITORY")
        }
        return schedule
    }

    /// Whom backups are sealed for: operations, and somebody off line.
    ///
    /// - Throws: `unfit` when there are fewer than two: the loss of one identity must not be that of every backup.
    func recipients() throws(CommandFailure) -> [AgeRecipient] {
        let recipients = try RecipientFile.read(recipientsFile, of: "backup", isRequired: false)
        guard recipients.count >= Self.fewestRecipients else {
            throw CommandFailure(
                .unfit, "\(recipientsFile) has \(recipients.count == 1 ? "one recipient" : "no recipient"), and a backup is sealed for at least two",
                hint: "make two identities with age-keygen, for operations and for recovery off line, and write their age1… there, one a line")
        }
        return recipients
    }

    /// Opens where the repository rests.
    ///
    /// - Parameter making: whether a folder that is missing is made.
    func medium(making: Bool) async throws(ArchiveError) -> any ArchiveMedium {
        do throws(MediumError) {
            switch place {
            case nil: throw MediumError(.misconfigured, "", "set GATEHOUSE_BACKUP_REPOSITORY to the path of a folder, or to s3://bucket/prefix")
            case .directory(let path): return try await DirectoryMedium.open(path, making: making)
            case .s3(let location, let file): return try await S3Medium.open(location, credentials: S3Credentials(file: file), drafts: drafts)
            }
        } catch {
            if error.code == .missing, case .directory(let path) = place { throw .noRepository(path) }
            throw .medium(error)
        }
    }
}

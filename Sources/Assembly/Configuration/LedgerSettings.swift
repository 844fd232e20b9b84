import Archives
import SubjectRights

/// Where a gateway tells the repository of backups of erasures; see ``BackupSettings``.
enum LedgerSettings {
    /// - Returns: `nil` where there is no repository.
    static func source(
        environment: [String: String], _ state: StateDirectory, _ signer: DocumentSigner
    ) throws(CommandFailure) -> LedgerSource? {
        let settings = try BackupSettings(environment: environment, state)
        guard settings.place != nil else { return nil }
        return LedgerSource(recipients: try settings.recipients()) { () async throws(ArchiveError) in
            // Only a backup makes a repository: one that is not mounted for now must not come into being a second time.
            try await ArchiveRepository.open(settings.medium(making: false), signer: signer, makes: false)
        }
    }
}

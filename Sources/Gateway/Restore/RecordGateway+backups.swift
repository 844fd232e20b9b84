import Archives
package import AuditTrail
import Policies
import Storage
package import Vocabulary

extension RecordGateway {
    /// The epochs whose keys a tenant's data keys are wrapped under now.
    package func keyEpochs(of tenant: TenantID) async throws(Refusal) -> Set<Int> {
        let keys = try await inVault { () async throws(StorageError) in try await vault.tenantKeys(of: tenant) }
        return Set(keys.epochs.map { Int($0.epoch) })
    }

    /// Puts the vault as it is now into the repository of backups, in the place of an older state; nothing to do without a repository.
    func replaceVaultArchive() async throws(Refusal) {
        guard let replace = rights.replacingVaultArchive else { return }
        do throws(ArchiveError) { try await replace() } catch {
            observe(.backupFailed(code: error.word))
            throw Refusal(
                .repositoryUnavailable,
                "the old epoch key is kept until the repository of backups has the vault as it is now, which it does not take (\(error.word))",
                hint: "the epoch ends by itself once it does, where there is none yet with the first backup; else no backup could be opened any more")
        }
    }

    /// Tells the trail of a tenant that a backup, in which its data are, was made, put back or changed.
    package func recordBackup(_ step: BackupStep, of name: String, _ context: RequestContext) async throws(Refusal) {
        var event = event(.keepingBackups, context, outcome: step == .restored ? .changed : .disclosed)
        event.target = .backup(name, step)
        _ = try await record(event, context)
    }
}

package import Archives
import PostgresLink
package import Storage
import SubjectRights
package import Vocabulary

/// Telling the repository of backups who was erased, so that none of its backups brings them back.
extension RecordGateway {
    /// Tells the repository of what was erased in a tenant since it was last told; nothing to do without a repository.
    ///
    /// Whatever stops it between the repository and the note in the vault, it is told again, which is harmless.
    /// - Returns: of how many people it was told.
    @discardableResult
    package func recordErasures(of tenant: TenantID) async throws(Refusal) -> Int {
        guard let source = rights.ledger else { return 0 }
        var count = 0
        while !Task.isCancelled {
            let ledger = try await inLedger { () async throws(ArchiveError) in try await source.ledger() }
            let repository = ledger.repository.id
            let batch = try await inVault { () async throws(StorageError) in
                try await vault.unrecordedErasures(in: repository, limit: ErasureLedger.batchLimit, of: tenant)
            }
            if batch.isEmpty { break }
            try await inLedger { () async throws(ArchiveError) in try await ledger.append(batch, of: tenant) }
            try await inVault { () async throws(StorageError) in try await vault.markRecorded(batch, in: repository, of: tenant) }
            count += batch.people.count
            observe(.erasuresRecorded(people: batch.people.count))
        }
        return count
    }

    /// What the repository of backups does not know of yet; `nil` where there is none. When it does not answer, what no repository knows of.
    package func unrecordedErasures(of tenant: TenantID) async throws(Refusal) -> (erasures: UnrecordedErasures, failure: ArchiveError?)? {
        guard let source = rights.ledger else { return nil }
        var (repository, failure): (UUIDv7?, ArchiveError?) = (nil, nil)
        do throws(ArchiveError) { repository = try await source.ledger().repository.id } catch { failure = error }
        let known = repository
        let erasures = try await inVault { () async throws(StorageError) in try await vault.unrecordedCount(in: known, of: tenant) }
        return (erasures, failure)
    }

    /// Lets an erasure go on only when the repository of backups knows of everybody in it.
    func confirmRecorded(_ erasure: ErasureRow) async throws(Refusal) {
        guard let source = rights.ledger else { return }
        let holders = erasure.subjects.map(\.uuid)
        try await recordErasures(of: erasure.tenant)
        let repository = try await inLedger { () async throws(ArchiveError) in try await source.ledger().repository.id }
        let isRecorded = try await inVault { () async throws(StorageError) in
            try await vault.isRecorded(holders, in: repository, tenant: erasure.tenant)
        }
        guard isRecorded else { throw Refusal(.busy, "the erasure is being told to the repository of backups", hint: "ask again in a moment") }
    }

    @discardableResult
    private func inLedger<Value: Sendable>(_ body: () async throws(ArchiveError) -> Value) async throws(Refusal) -> Value {
        do { return try await body() } catch {
            observe(.erasureLedgerFailed(code: error.word))
            throw Refusal(
                .repositoryUnavailable,
                "people are erased, but the repository of backups has not taken the record of it yet (\(error.word)), so that nothing is certified",
                hint: "it goes on by itself once the repository takes it; 'gatehouse status' tells how many wait")
        }
    }
}

package import Archives
import AuditTrail
import Catalog
import KeyRing
import Policies
import PostgresLink
package import Sealing
import Storage
import SubjectRights
package import Vocabulary

/// Erasing again, after a restore, whoever was erased since the copy was made: by the ledger in the repository, and by the tombstones of the
/// vault, whichever knows more.
///
/// Nobody else may use the databases meanwhile. Every part finds nothing to do the second time: whatever stops it, it is begun again. Keys go
/// before rows here, so that nobody who was erased is readable when it stops in between. Legal holds are not asked: whoever was erased was
/// not held then, and a hold on them that an older copy still has was released.
extension RecordGateway {
    /// Whose erasure a restore has to do again, and how far it is.
    package enum ReplayStep: Sendable, Equatable {
        /// Entries of the ledger are read into the vault.
        case ledger
        /// Keys and records go.
        case people
        /// Reasons and record ids beside the log's entries go.
        case margins
    }

    /// Does all of it, in every tenant, and tells the trail.
    ///
    /// - Parameters:
    ///   - ledger: `nil` without a repository: then the vault's tombstones are all there is to go by.
    ///   - identities: of which one opens the ledger's entries.
    ///   - number: the first entry that counts. From 1 on is right for any copy; later saves time when the vault is not an older copy, too.
    ///   - expected: the last number that is known of, from the newest manifest.
    ///   - since: people who went before are left out: those who were gone when the copy of the store was made, by the vault's clock, with
    ///     an hour to spare. `nil` for all.
    ///   - context: who does it, in a tenant.
    ///   - progress: told how many entries or people are done, of how many; 0 where nobody knows.
    /// - Returns: what was done, by tenant.
    package func replayErasures(
        from ledger: ErasureLedger?, with identities: [AgeIdentity], from number: Int = 1, through expected: Int = 0, since: Instant? = nil,
        context: @Sendable (TenantID) -> RequestContext, progress: @Sendable (ReplayStep, Int, Int) -> Void = { _, _, _ in }
    ) async throws(ReplayFailure) -> [TenantID: ReplayCounts] {
        var counts: [TenantID: ReplayCounts] = [:]
        if let ledger {
            counts = try await readLedger(ledger, identities, from: number, through: expected) { progress(.ledger, $0, $1) }
        }
        do throws(Refusal) {
            let known: [TenantID]
            known = try await tenants()
            for tenant in known { counts[tenant, default: ReplayCounts()].add(ReplayCounts()) }
            for tenant in counts.keys.sorted(by: { $0.uuid < $1.uuid }) {
                var done = try await replayTombstones(of: tenant, since: since) { progress(.people, $0, $1) }
                // What is restored knows nothing of a tenant that came later, and has no log for it.
                if known.contains(tenant), done.people > 0 {
                    done.margins = try await wipeMarginsOfNobody(of: tenant) { progress(.margins, $0, $1) }
                    let context = context(tenant)
                    var event = event(.replayingErasures, context, outcome: .changed)
                    event.target = .erasuresReplayed
                    event.count = done.people
                    _ = try await record(event, context)
                }
                counts[tenant, default: ReplayCounts()].add(done)
            }
        } catch {
            throw .gateway(error)
        }
        return counts
    }

    /// So many people at once: statements that name more are no cheaper by the person.
    private static var replayedAtOnce: Int { 1000 }

    // MARK: Ledger

    /// Puts into the vault what the ledger knows. Its numbers are known to be whole before the first is read.
    private func readLedger(
        _ ledger: ErasureLedger, _ identities: [AgeIdentity], from number: Int, through expected: Int, _ progress: (Int, Int) -> Void
    ) async throws(ReplayFailure) -> [TenantID: ReplayCounts] {
        var counts: [TenantID: ReplayCounts] = [:]
        let numbers: Range<Int>
        do { numbers = try await ledger.numbers(from: number, through: expected) } catch { throw .ledger(error) }
        for from in stride(from: numbers.lowerBound, to: numbers.upperBound, by: 64) {
            let part = from..<min(from + 64, numbers.upperBound)
            let entries: [ErasureLedger.Entry]
            do { entries = try await ledger.entries(part, with: identities) } catch { throw .ledger(error) }
            for entry in entries {
                do throws(Refusal) {
                    counts[entry.tenant, default: ReplayCounts()].suppressions += try await inVault { () async throws(StorageError) in
                        try await vault.replayTombstones(entry.batch.people, recordedIn: ledger.repository.id, of: entry.tenant)
                        return try await vault.replaySuppressions(entry.batch, recordedIn: ledger.repository.id, of: entry.tenant)
                    }
                } catch {
                    throw .gateway(error)
                }
            }
            progress(part.upperBound - numbers.lowerBound, numbers.count)
        }
        return counts
    }

    // MARK: People

    /// Erases again whoever has a tombstone.
    private func replayTombstones(of tenant: TenantID, since: Instant?, _ progress: (Int, Int) -> Void) async throws(Refusal) -> ReplayCounts {
        var counts = ReplayCounts()
        let total = try await inVault { () async throws(StorageError) in try await vault.tombstoneCount(since: since, of: tenant) }
        let reach = Reach(catalog)
        var last: UUIDv7?
        while true {
            let after = last
            let people = try await inVault { () async throws(StorageError) in
                try await vault.tombstones(since: since, after: after, limit: Self.replayedAtOnce, of: tenant)
            }
            guard let end = people.last else { return counts }
            let (erased, keyless) = (people.filter { !$0.keepsRecords }.map(\.subject), people.filter(\.keepsRecords).map(\.subject))
            if !erased.isEmpty { counts.add(try await replay(erased, reach, of: tenant)) }
            if !keyless.isEmpty { counts.add(try await replayDestruction(keyless, of: tenant)) }
            progress(counts.people, max(total, counts.people))
            last = end.subject.uuid
        }
    }

    /// Whose key alone was destroyed: their records stay, and are as unreadable as they were.
    private func replayDestruction(_ subjects: [SubjectID], of tenant: TenantID) async throws(Refusal) -> ReplayCounts {
        let gone = try await inKeyRing { () async throws(KeyRingError) in
            try await keyRing.destroyKeys(of: subjects, keepsRecords: true, tenant: tenant)
        }
        var counts = ReplayCounts()
        (counts.people, counts.keys, counts.searchTokens) = (subjects.count, gone.keys, gone.tokens)
        return counts
    }

    private func replay(_ subjects: [SubjectID], _ reach: Reach, of tenant: TenantID) async throws(Refusal) -> ReplayCounts {
        var counts = ReplayCounts()
        counts.people = subjects.count
        let gone = try await inKeyRing { () async throws(KeyRingError) in try await keyRing.destroyKeys(of: subjects, tenant: tenant) }
        (counts.keys, counts.searchTokens) = (gone.keys, gone.tokens)
        let people = ErasedPeople(subjects, tenant: tenant, at: .now())
        let statements = ErasureStatements(people, reach, catalog, table)
        let (results, held) = try await store.transaction(Scope(tenant: tenant), wrap: { self.refusal($0) }) {
            (transaction: Transaction) async throws(Refusal) -> ([ResultSet], Int) in
            try await inTransaction { () async throws(LinkError) in
                let results = try await transaction.execute(statements.statements)
                return (results, try await transaction.execute([StoreDatabase.releaseHeldRecords(people)])[0].affectedRows)
            }
        }
        var erased = ErasureCounts()
        _ = statements.count(results, into: &erased)
        (counts.deleted, counts.blanked, counts.cut, counts.rows) = (erased.deleted, erased.blanked, erased.cut, erased.rows)
        if held > 0 { counts.rows["hold_reach", default: 0] += held }
        return counts
    }
}

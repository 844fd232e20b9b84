import Catalog
import AuditTrail
import Expressions
package import KeyRing
import Policies
import PostgresLink
import Sealing
package import Storage
import SubjectRights
package import Vocabulary

/// What is known of a tenant's keys.
package struct KeyStatus: Sendable {
    package let tenant: TenantID
    package let provider: String
    /// The epoch that new keys are wrapped under, and since when it is.
    package let epoch: Int
    package let epochBegan: Instant
    /// Epochs that keys rest under; more than one while a rotation runs.
    package let openEpochs: Int
    package let suite: Int
    package let searchGeneration: Int
    /// People with a key.
    package let subjects: Int
    /// People whose key was destroyed.
    package let destroyed: Int
    /// Of these, whose key an old copy of the vault may still hold, because its epoch goes on.
    package let readableInCopies: Int
    /// When the last of those can be read nowhere any more; `nil` when there is none, or when epochs end by hand only.
    package let shredHorizon: Instant?
    package let lastEnded: EndedEpoch?
    package let hasRecovery: Bool
    package let rotations: [KeyJob]
}

/// What destroying a key does, or would do.
package struct KeyDestruction: Sendable {
    /// Records about the person, by entity, whose sealed fields open no more.
    package let records: [(entity: String, count: Int)]
    /// Until it ends, old copies of the vault still hold the key.
    package let epoch: Int
    package let isDryRun: Bool
}

extension RecordGateway {
    /// What there is of a tenant's keys, and until when what was destroyed can be read in old copies.
    ///
    /// - Parameter epochLength: how long an epoch lasts at most once somebody was erased in it; `nil` when epochs end by hand only.
    package func keyStatus(epochLength: Duration?, _ context: RequestContext) async throws(Refusal) -> KeyStatus {
        let decision = try await decide(.read, .key, context)
        let tenant = context.tenant
        let keys = try await tenantKeys(context)
        let counts = try await inVault { () async throws(StorageError) in try await vault.keyCounts(of: tenant) }
        let stored = try await inVault { () async throws(StorageError) in try await vault.tenantKeys(of: tenant) }
        let ended = try await inVault { () async throws(StorageError) in try await vault.endedEpochs(of: tenant) }
        let jobs = try await rotations(unfinishedOnly: true, of: tenant)
        await note(event(decision, context, outcome: .disclosed), context)
        guard let newest = stored.epochs.last else { throw Self.refusal(.unreadable) }
        var horizon: Instant?
        if counts.readableInCopies > 0, let epochLength {
            horizon = Instant(microseconds: newest.createdAt.microseconds + Int64(epochLength / .microseconds(1)))
        }
        return KeyStatus(
            tenant: tenant, provider: newest.provider, epoch: Int(newest.epoch), epochBegan: newest.createdAt, openEpochs: stored.epochs.count,
            suite: Int(keys.suite.rawValue), searchGeneration: Int(stored.searchKeys.first?.generation ?? 0), subjects: counts.subjects,
            destroyed: counts.destroyed, readableInCopies: counts.readableInCopies, shredHorizon: horizon, lastEnded: ended.last,
            hasRecovery: keyRing.escrow.isArmed, rotations: jobs
        )
    }

    /// Opens the keys of a tenant, and says why that cannot be done to whoever runs the gateway.
    package func openKeys(of tenant: TenantID) async throws(KeyRingError) { _ = try await keyRing.keys(of: tenant) }

    /// Whether a tenant's epoch has lasted its time, with somebody in it whose key was destroyed.
    package func isEpochDue(after length: Duration, of tenant: TenantID) async throws(Refusal) -> Bool {
        let began = try await inVault { () async throws(StorageError) in try await vault.beginOfEpochWithTombstones(of: tenant) }
        guard let began else { return false }
        return Instant.now().microseconds - began.microseconds >= Int64(length / .microseconds(1))
    }

    /// Destroys the key of a data subject: what is sealed under it opens nowhere any more, as soon as the epoch ends also not in old
    /// copies of the vault. Rows stay, and read as erased.
    package func destroyKey(of subject: SubjectID, isDryRun: Bool, _ context: RequestContext) async throws(Refusal) -> KeyDestruction {
        let decision = try await decide(.delete, .subject, context)
        let tenant = context.tenant
        let keys = try await keys(ofNamed: [subject], context)
        guard let key = keys.subjects[subject] else {
            if keys.lost.contains(subject) { throw Refusal(.notFound, "there is no such data subject") }
            throw Refusal(.subjectErased, "the key of this data subject was destroyed already")
        }
        try await refuseMerged([subject], context)
        let entities = catalog.entities.filter { $0.subject != .nobody }
        let counts = try await read(context, entities.map { table($0).count(ofSubject: subject, tenant: tenant) })
        let stored = try await inVault { () async throws(StorageError) in try await vault.tenantKeys(of: tenant) }
        let summary = KeyDestruction(
            records: zip(entities, counts).map { ($0.name, Int($1.int64(0, 0) ?? 0)) }.filter { $0.1 > 0 },
            epoch: Int(stored.epochs.last?.epoch ?? 0), isDryRun: isDryRun
        )
        try await refuseHeld(subject, decision, context)
        // On record before it is done: what cannot be undone is not done unseen.
        var event = event(decision, context, outcome: isDryRun ? .disclosed : .changed)
        // The reason stays, and may lead to the person by way of a request: with the pseudonym beside it, it would lead to all they did.
        if isDryRun { event.subjects = [key.pseudonym] }
        event.target = .dataKey(isPlanned: isDryRun)
        _ = try await record(event, context)
        if isDryRun { return summary }
        // Before, since nobody can tell afterwards which events were about them. Should the process end in between, their margins are gone
        // and the person is not: the other way round they would stay for ever.
        let pseudonym = UUIDv7(bytes: key.pseudonym.bytes)
        if let pseudonym { try await beginWipe(pseudonym, of: tenant) }
        do throws(Refusal) { try await destroyUnheld(subject, context) } catch {
            if let pseudonym { _ = try? await changed(StoreDatabase.cancelWipe(pseudonym, tenant: tenant), tenant) }
            var failed = self.event(decision, context, outcome: .failed)
            failed.target = .dataKey(isPlanned: false)
            _ = try await record(failed, context)
            throw error
        }
        // The key is gone, whatever becomes of this; who keeps the log's house does it again for an hour.
        try? await wipeMargins(of: tenant)
        return summary
    }

    /// Destroys a key while no hold can be placed. The transaction changes nothing; it holds the lock.
    private func destroyUnheld(_ subject: SubjectID, _ context: RequestContext) async throws(Refusal) {
        let catalog = catalog
        try await store.transaction(Scope(context.principal), wrap: { Self.refusal($0, catalog) }) {
            (transaction: Transaction) async throws(Refusal) in
            if let holds = try await held([subject], transaction, context)[subject] { throw .held(by: holds) }
            // With the keys of whoever was merged into this person.
            for id in try await mergedPeople([subject], context).ids {
                do throws(KeyRingError) { _ = try await keyRing.destroyKey(of: id, tenant: context.tenant) } catch { throw Self.refusal(error) }
            }
        }
    }

    /// Refuses, on record, to destroy the key of somebody a legal hold is about, and restricts the processing of their data instead.
    private func refuseHeld(_ subject: SubjectID, _ decision: Decision, _ context: RequestContext) async throws(Refusal) {
        let catalog = catalog
        let held = try await store.transaction(Scope(context.principal), wrap: { Self.refusal($0, catalog) }) {
            (transaction: Transaction) async throws(Refusal) -> [SubjectID: [LegalHold]] in try await self.held([subject], transaction, context)
        }
        guard let holds = held[subject] else { return }
        var event = event(decision, context, outcome: .refused)
        event.target = holds.first.map { .hold($0.id, .stopped) }
        _ = try await record(event, context)
        try await restrict(held, context)
        throw .held(by: holds)
    }

    /// Writes the recovery copies of a tenant's epoch keys again, after the recipients have changed.
    package func renewRecovery(_ context: RequestContext) async throws(Refusal) -> Int {
        let decision = try await decide(.update, .key, context)
        var event = event(decision, context, outcome: .changed)
        event.target = .recovery
        _ = try await record(event, context)
        let tenants = try await allTenants()
        return try await inKeyRing { () async throws(KeyRingError) in
            var count = 0
            for tenant in tenants { count += try await keyRing.renewRecovery(of: tenant) }
            return count
        }
    }
}

import AuditTrail
import Catalog
import Identity
import KeyRing
import Policies
package import PostgresLink
import Sealing
import Storage
import SubjectRights
package import Vocabulary

/// Erasing people: first what the store has of them goes, in one transaction with its event and the note that it has begun; then their
/// keys and search tokens are destroyed, from where there is no way back; then what came in between is looked for.
///
/// Rows go before keys, because rows can be held by a lock until the transaction ends, and a legal hold be kept out meanwhile: what is held
/// afterwards is there no more. Whatever stops the process after that transaction, somebody finds the note and goes on.
extension RecordGateway {
    /// Erases many people at once, for retention.
    ///
    /// Does nothing to somebody whom a legal hold keeps, except that their processing is restricted from now on; see ``ErasureCounts/held``.
    /// Erasing somebody again is no error. A few hundred people at once cost the least each. The caller has decided that they go, and has the
    /// right to it; the change is recorded here.
    ///
    /// - Parameters:
    ///   - due: answers the ids of those of them who are to go, asked once nobody else can change them; `nil` when all are.
    ///   - also: statements of the transaction that removes the rows, so that a caller's own book is kept with it or not at all.
    package func erase(
        _ subjects: [SubjectID], for cause: ErasureCause, due: SQL? = nil, also: (ErasureCounts, EventID) -> [SQL] = { _, _ in [] },
        _ context: RequestContext
    ) async throws(Refusal) -> ErasureCounts {
        let decision = try await erasing(cause, context)
        var counts = ErasureCounts()
        guard !subjects.isEmpty else { return counts }
        let begun = try await removeRows(of: subjects, id: .make(), cause, due: due, &counts, also: also, decision, context)
        guard let begun else { return counts }
        try await destroyKeys(begun.erasure, &counts)
        try await lookAgain(begun.erasure, begun.pseudonyms, &counts) { _ in StoreDatabase.forget(begun.erasure.id, tenant: context.tenant) }
        observe(.erasureFinished(people: counts.people))
        return counts
    }

    // MARK: Steps

    /// An erasure that has begun, with what only whoever began it knows.
    struct BegunErasure {
        let erasure: ErasureRow
        /// In the trail; nobody can derive them once the keys are gone.
        let pseudonyms: [UUIDv7]
        let runner: UUIDv7
    }

    private func erasing(_ cause: ErasureCause, _ context: RequestContext) async throws(Refusal) -> Decision {
        switch cause {
        case .request: try await decide(.update, .request, context)
        case .retention: try await decide(.update, .retention, context)
        }
    }

    /// The first step: everything that the store has of them, and the note that their keys are to go. All of it or nothing.
    ///
    /// - Parameters:
    ///   - due: see ``erase(_:for:due:also:_:)``.
    ///   - also: statements of the same transaction, made once the people are locked.
    /// - Returns: `nil` when nobody goes.
    func removeRows(
        of subjects: [SubjectID], id: UUIDv7, _ cause: ErasureCause, due: SQL? = nil, _ counts: inout ErasureCounts,
        also: (ErasureCounts, EventID) -> [SQL] = { _, _ in [] }, _ decision: Decision, _ context: RequestContext
    ) async throws(Refusal) -> BegunErasure? {
        let runner = UUIDv7.make()
        var attempt = 0
        while true {
            do throws(Refusal) {
                // With every id that they have had.
                let people = try await mergedPeople(subjects, context)
                let keys = try await keys(for: people.ids, withTenantKey: false, context)
                let (outcome, _) = try await change(context) { (transaction: Transaction) async throws(Refusal) in
                    let asked = Asked(subjects: subjects, people: people, due: due, keys: keys)
                    let (begun, counts) = try await removeRows(of: asked, id: id, cause, runner, transaction, context)
                    var event = event(decision, context, outcome: .changed)
                    // The reason stays, and may lead to the person by way of a request: with a pseudonym beside it, it would lead to all they did.
                    event.target = .erasure(id, begun != nil ? .begun : counts.held.isEmpty ? .passed : .held)
                    event.count = counts.people
                    for statement in also(counts, event.id) { transaction.enqueue(statement) }
                    return ((begun, counts), event)
                }
                counts = outcome.1
                return outcome.0
            } catch {
                // Somebody wrote about one of them at the same moment: the next look sees what was written.
                attempt += 1
                guard attempt < 4, error.code == .busy || error.code == .referenceUnknown else { throw error }
            }
        }
    }

    /// Whose erasure is asked for.
    private struct Asked: Sendable {
        let subjects: [SubjectID]
        /// The same with every id that they have had.
        let people: MergedPeople
        let due: SQL?
        let keys: RecordKeys
    }

    private func removeRows(
        of asked: Asked, id: UUIDv7, _ cause: ErasureCause, _ runner: UUIDv7, _ transaction: Transaction, _ context: RequestContext
    ) async throws(Refusal) -> (begun: BegunErasure?, counts: ErasureCounts) {
        let merged = asked.people
        let (tenant, subjects) = (context.tenant, merged.ids)
        let reach = Reach(catalog)
        var counts = ErasureCounts()
        let everybody = ErasedPeople(subjects, tenant: tenant, at: context.time)
        try await inTransaction { () async throws(LinkError) in
            _ = try await transaction.execute(reach.people.map { table($0).lock(everybody) })
        }
        // Nobody is merged with any of them from here on. Whoever was since they were looked at goes as well, in a further try.
        let today = try await inTransaction { () async throws(LinkError) in
            try await transaction.execute(StoreDatabase.mergedPeople(subjects, tenant: tenant))[0]
        }
        guard MergedPeople(today) == merged else { throw Refusal(.busy, "one of these people was just merged with another", hint: "try again") }
        var going = subjects
        if let due = asked.due {
            let rows = try await inTransaction { () async throws(LinkError) in try await transaction.execute(due)[0] }
            let still = Set((0..<rows.rowCount).compactMap { rows.uuid($0, 0) })
            let passed = asked.subjects.filter { !still.contains($0.uuid) }
            counts.passed = passed.count
            let staying = merged.ids(ofAnyOf: passed)
            going = subjects.filter { !staying.contains($0) }
            if going.isEmpty { return (nil, counts) }
        }
        var held = try await held(going, transaction, context)
        // What keeps a person keeps all that the person has been.
        for (subject, holds) in held { for id in merged.ids(ofAnyOf: [subject]) where held[id] == nil { held[id] = holds } }
        restrict(held, transaction, context)
        counts.held = held
        let free = going.filter { held[$0] == nil }
        if free.isEmpty { return (nil, counts) }
        let people = ErasedPeople(free, tenant: tenant, at: context.time)
        if case .request = cause {
            let plans = try await inTransaction { () async throws(LinkError) in
                try await transaction.execute(reach.entities.map { table($0).plan(people) })
            }
            let shares = zip(reach.entities, plans).compactMap { Self.share($0, $1) }
            counts.kept = shares.flatMap(\.kept)
            try await enqueueNotices(.erasure, for: id, about: free, to: recipients(of: shares.map(\.entity)), transaction, context)
        }
        let statements = ErasureStatements(people, reach, catalog, table)
        let results = try await inTransaction { () async throws(LinkError) in try await transaction.execute(statements.statements) }
        _ = statements.count(results, into: &counts)
        counts.people = free.count { merged.today[$0] == $0 }
        let pseudonyms = free.compactMap { asked.keys.subjects[$0].flatMap { UUIDv7(bytes: $0.pseudonym.bytes) } }
        let erasure = ErasureRow(
            id: id, tenant: tenant, cause: cause.text, subjects: free, counts: counts.text, begunAt: context.time, begunBy: context.principal.actor
        )
        transaction.enqueue(StoreDatabase.begin(erasure, by: runner))
        transaction.enqueue(StoreDatabase.beginWipes(pseudonyms, until: Instant.now().advanced(by: .seconds(3600)), tenant: tenant))
        return (BegunErasure(erasure: erasure, pseudonyms: pseudonyms, runner: runner), counts)
    }

    /// The second step: nothing sealed for them opens any more, and nothing can be sealed for them.
    func destroyKeys(_ erasure: ErasureRow, _ counts: inout ErasureCounts) async throws(Refusal) {
        let gone = try await inKeyRing { () async throws(KeyRingError) in
            try await keyRing.destroyKeys(of: erasure.subjects, tenant: erasure.tenant)
        }
        counts.keys += gone.keys
        counts.searchTokens += gone.tokens
    }

    /// The third step: rows and tokens that were written between the first two, and margins of events that were on their way.
    ///
    /// - Parameter end: what says in the same transaction that the step is done.
    func lookAgain(
        _ erasure: ErasureRow, _ pseudonyms: [UUIDv7]?, _ counts: inout ErasureCounts, _ end: (ErasureCounts) -> SQL
    ) async throws(Refusal) {
        let tenant = erasure.tenant
        let people = ErasedPeople(erasure.subjects, tenant: tenant, at: .now())
        let statements = ErasureStatements(people, Reach(catalog), catalog, table)
        let gone = try await inKeyRing { () async throws(KeyRingError) in
            try await keyRing.destroyKeys(of: erasure.subjects, tenant: tenant)
        }
        var found = counts
        found.leftovers += gone.tokens
        if let pseudonyms {
            do { _ = try await sequencer.catchUp(tenant) } catch { throw refusal(error) }
            if !pseudonyms.isEmpty {
                do { _ = try await changed(StoreDatabase.wipeMargins(of: pseudonyms, tenant: tenant), tenant) } catch { throw refusal(error) }
            }
        } else {
            try await wipeMargins(of: tenant)
        }
        let before = found
        counts = try await store.transaction(Scope(tenant: tenant), wrap: { self.refusal($0) }) {
            (transaction: Transaction) async throws(Refusal) -> ErasureCounts in
            var found = before
            let results = try await inTransaction { () async throws(LinkError) in try await transaction.execute(statements.statements) }
            var ignored = ErasureCounts()
            found.leftovers += statements.count(results, into: &ignored)
            transaction.enqueue(end(found))
            return found
        }
        if counts.leftovers > 0 { observe(.erasureLeftovers(count: counts.leftovers)) }
    }

    func inTransaction<Value: Sendable>(_ body: () async throws(LinkError) -> Value) async throws(Refusal) -> Value {
        do { return try await body() } catch { throw refusal(StorageError(error)) }
    }
}

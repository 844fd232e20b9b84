import AuditTrail
import Catalog
import Policies
import PostgresLink
import Storage
import Vocabulary

extension RecordGateway {
    /// Every id that these people have, and have had.
    func mergedPeople(_ subjects: [SubjectID], _ context: RequestContext) async throws(Refusal) -> MergedPeople {
        MergedPeople(try await read(context, [StoreDatabase.mergedPeople(subjects, tenant: context.tenant)])[0])
    }

    /// Ids of people as they are today; who was merged into somebody else is told so, and nothing is written under the old id.
    func refuseMerged(_ ids: [SubjectID], _ context: RequestContext) async throws(Refusal) {
        let people = try await mergedPeople(ids, context)
        guard let gone = ids.first(where: { people.today[$0] != $0 }), let today = people.today[gone] else { return }
        throw Refusal(.notFound, "this data subject was merged into another", hint: "it is \(today) now")
    }

    /// Brings merges of people to their end: search tokens go with the key of whom they are now, and what was under way comes along.
    ///
    /// - Returns: how many were settled for good.
    @discardableResult
    package func resumeMerges(_ context: RequestContext) async throws(Refusal) -> Int {
        var count = 0
        for merge in OpenMerge.all(try await read(context, [StoreDatabase.openMerges(of: nil, tenant: context.tenant)])[0]) {
            if try await settle(merge, context) { count += 1 }
        }
        return count
    }

    /// The same at once, for who has just merged them; what fails is done by the keeper.
    func settleMerges(of people: [SubjectID], _ context: RequestContext) async {
        do throws(Refusal) {
            for merge in OpenMerge.all(try await read(context, [StoreDatabase.openMerges(of: people, tenant: context.tenant)])[0]) {
                _ = try await settle(merge, context)
            }
        } catch { observe(.mergeUnsettled(code: error.code.rawValue)) }
    }

    private func settle(_ merge: OpenMerge, _ context: RequestContext) async throws(Refusal) -> Bool {
        let tenant = context.tenant
        if merge.isQuiet, try await hasStrays(merge, context) {
            let joining = PeopleJoining(gateway: self, winner: merge.into, losers: [merge.person], context: context)
            _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
                let moved = try await joining.moveStrays(transaction)
                var event = event(.settlingMerge, context, outcome: .changed)
                event.target = .merge(records: 0, moved: moved, isPlanned: false)
                return ((), event)
            }
        }
        _ = try await inVault { () async throws(StorageError) in
            try await vault.write(tenant, VaultDatabase.moveTokens(of: merge.person, to: merge.into, tenant: tenant))
        }
        guard merge.isQuiet else { return false }
        do { _ = try await changed(StoreDatabase.settle(merge, tenant: tenant), tenant) } catch { throw refusal(error) }
        return true
    }

    /// Whether something is written about the old id that does not stay there for good.
    private func hasStrays(_ merge: OpenMerge, _ context: RequestContext) async throws(Refusal) -> Bool {
        let counts = catalog.entities.filter { $0.subject != .nobody }.map { table($0).count(ofSubject: merge.person, tenant: context.tenant) }
        let standing = StoreDatabase.standing(of: merge.person, tenant: context.tenant)
        let results = try await read(context, counts + standing)
        if results.prefix(counts.count).contains(where: { ($0.int64(0, 0) ?? 0) > 0 }) { return true }
        return results.dropFirst(counts.count).contains { $0.rowCount > 0 }
    }

    /// Takes back what converted records say they became, and what was made says it was, where that is about to be deleted.
    func forgettingConversions(of records: [RecordID], _ entity: Entity, _ tenant: TenantID) -> [SQL] {
        catalog.entities.flatMap { source -> [SQL] in
            guard let conversion = source.conversion else { return [] }
            return conversion.targets.compactMap { target -> SQL? in
                if target.entity == entity.name, let link = source.field(named: target.link) {
                    return table(source).pointElsewhere(link, from: records, to: nil, tenant: tenant)
                }
                if source === entity, let made = catalog.entity(named: target.entity), let origin = made.field(named: target.origin) {
                    return table(made).pointElsewhere(origin, from: records, to: nil, tenant: tenant)
                }
                return nil
            }
        }
    }
}

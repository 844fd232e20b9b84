import AuditTrail
package import Catalog
import Expressions
import Identity
import Policies
package import PostgresLink
import Storage
package import SubjectRights
package import Vocabulary

/// What may not go because of a legal hold. Whatever deletes asks here first, in the transaction that deletes.
extension RecordGateway {
    /// The holds that keep people: their key, and with it all that is about them.
    ///
    /// From here to the end of the transaction no hold is placed in the tenant: what is not held now may go until then.
    /// - Returns: only people who are held.
    package func held(
        _ subjects: [SubjectID], _ transaction: Transaction, _ context: RequestContext
    ) async throws(Refusal) -> [SubjectID: [LegalHold]] {
        let standing = try await standingHolds(transaction, context)
        if standing.isEmpty || subjects.isEmpty { return [:] }
        let reach = holdReach(standing, context.tenant)
        let entities = catalog.entities.filter { $0.subject != .nobody }
        let statements = [reach.noted(subjects)] + entities.flatMap { reach.people(of: $0, where: HoldReach.isAbout(anyOf: subjects, in: $0)) }
        var found = try await hits(statements, transaction)
        let asked = Set(subjects)
        for hold in standing {
            if case .subject(let subject) = hold.scope, asked.contains(subject) { found[subject.uuid, default: []].insert(hold.id) }
        }
        return Dictionary(uniqueKeysWithValues: Self.holds(found, among: standing).map { (SubjectID($0), $1) })
    }

    /// The holds that keep records of an entity from being deleted, moved or emptied. A record that is a person is held when anything about
    /// the person is.
    ///
    /// From here to the end of the transaction no hold is placed in the tenant: what is not held now may go until then.
    /// - Returns: only records that are held.
    package func held(
        _ records: [RecordID], of entity: Entity, _ transaction: Transaction, _ context: RequestContext
    ) async throws(Refusal) -> [RecordID: [LegalHold]] {
        try await held(records, of: entity, .cascades, transaction, context)
    }

    /// - Parameter links: whether records are held, too, that a held one refers to.
    func held(
        _ records: [RecordID], of entity: Entity, _ links: HoldReach.Links, _ transaction: Transaction, _ context: RequestContext
    ) async throws(Refusal) -> [RecordID: [LegalHold]] {
        let standing = try await standingHolds(transaction, context)
        if standing.isEmpty || records.isEmpty { return [:] }
        let reach = holdReach(standing, context.tenant)
        let ids = records.map(\.uuid)
        var found = try await hits(reach.records(of: entity, where: HoldReach.isAny(of: ids, in: entity), links), transaction)
        if entity.subject == .itself {
            // A lead that turned out to be a contact who was there is about that one.
            var people: [SubjectID: [UUIDv7]] = [:]
            let owners = try await inTransaction { () async throws(LinkError) in
                try await transaction.execute(table(entity).subjects(of: records, tenant: context.tenant))[0]
            }
            for row in 0..<owners.rowCount {
                if let id = owners.uuid(row, 0), let subject = owners.uuid(row, 1) { people[SubjectID(subject), default: []].append(id) }
            }
            var statements = [reach.noted(Array(people.keys))]
            for other in catalog.entities where other.subject != .nobody {
                statements += reach.people(of: other, where: HoldReach.isAbout(anyOf: Array(people.keys), in: other))
            }
            for (subject, holds) in try await hits(statements, transaction) {
                for record in people[SubjectID(subject)] ?? [] { found[record, default: []].formUnion(holds) }
            }
        }
        return Dictionary(uniqueKeysWithValues: Self.holds(found, among: standing).map { (RecordID($0), $1) })
    }

    /// Restricts people whose data a hold keeps from going (GDPR Art. 18(1)(c)), in the transaction that found it out.
    func restrict(_ held: [SubjectID: [LegalHold]], _ transaction: Transaction, _ context: RequestContext) {
        var people: [UUIDv7: [SubjectID]] = [:]
        for (subject, holds) in held { for hold in holds { people[hold.id, default: []].append(subject) } }
        for (hold, people) in people.sorted(by: { $0.key < $1.key }) {
            let people = people.sorted { $0.uuid < $1.uuid }
            transaction.enqueue(
                StoreDatabase.restrict(
                    people, by: hold, at: context.time, recordedBy: context.principal.actor, tenant: context.tenant
                )
            )
        }
    }

    /// The same for people that a statement answers, each with a hold.
    func restrict(heldBy statement: SQL, _ transaction: Transaction, _ context: RequestContext) async throws(Refusal) {
        let standing = try await standingHolds(transaction, context)
        let found = try await hits([statement], transaction)
        restrict(
            Dictionary(uniqueKeysWithValues: Self.holds(found, among: standing).map { (SubjectID($0), $1) }), transaction, context)
    }

    /// The same in a transaction of its own, for whoever is refused because of it.
    package func restrict(_ held: [SubjectID: [LegalHold]], _ context: RequestContext) async throws(Refusal) {
        guard let first = held.values.first?.first else { return }
        let keys = try await keys(for: Array(held.keys), withTenantKey: false, context)
        _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            // What was released meanwhile restricts nobody any more.
            let standing = try await standingHolds(transaction, context).map(\.id)
            restrict(held.mapValues { $0.filter { standing.contains($0.id) } }, transaction, context)
            var event = event(.restrictingHeld, context, outcome: .changed)
            event.subjects = keys.pseudonyms
            event.target = .hold(first.id, .restricted)
            event.count = held.count
            return ((), event)
        }
    }

    // MARK: Parts

    /// Holds that stand, and a promise that there will be no others until the transaction ends.
    private func standingHolds(_ transaction: Transaction, _ context: RequestContext) async throws(Refusal) -> [LegalHold] {
        let tenant = context.tenant
        let rows: [HoldRow]
        do throws(LinkError) {
            let results = try await transaction.execute(StoreDatabase.shareHoldGate(of: tenant) + [StoreDatabase.standingHolds(of: tenant)])
            rows = HoldRow.all(results[2])
        } catch {
            throw refusal(StorageError(error))
        }
        if rows.isEmpty { return [] }
        let seal = HoldSeal(try await tenantKeys(context))
        return rows.map { seal.hold($0) }
    }

    func holdReach(_ standing: [LegalHold], _ tenant: TenantID) -> HoldReach {
        let questions = standing.compactMap { hold -> HoldReach.Question? in
            switch hold.scope {
            case .subject: nil
            case .entity(let entity): HoldReach.Question(hold: hold.id, entity: entity, condition: nil)
            case .query(let name, let text):
                // A condition that the catalog of today does not understand keeps every record: too much, and never too little.
                HoldReach.Question(
                    hold: hold.id, entity: name, condition: catalog.entity(named: name).flatMap { try? Self.condition(text, over: $0) }
                )
            }
        }
        return HoldReach(catalog, questions, of: tenant)
    }

    private func hits(_ statements: [SQL], _ transaction: Transaction) async throws(Refusal) -> [UUIDv7: Set<UUIDv7>] {
        let results: [ResultSet]
        do throws(LinkError) { results = try await transaction.execute(statements) } catch { throw refusal(StorageError(error)) }
        var found: [UUIDv7: Set<UUIDv7>] = [:]
        for rows in results {
            for row in 0..<rows.rowCount {
                if let thing = rows.uuid(row, 0), let hold = rows.uuid(row, 1) { found[thing, default: []].insert(hold) }
            }
        }
        return found
    }

    /// The holds behind their ids, in the order they are listed in.
    private static func holds(_ found: [UUIDv7: Set<UUIDv7>], among standing: [LegalHold]) -> [(UUIDv7, [LegalHold])] {
        found.map { thing, ids in (thing, standing.filter { ids.contains($0.id) }) }.filter { !$0.1.isEmpty }
    }
}

extension Refusal {
    /// What cannot go because of legal holds. Names them, and not what they are about.
    package static func held(by holds: [LegalHold]) -> Refusal {
        let names = holds.prefix(3).map(\.id.description).joined(separator: ", ") + (holds.count > 3 ? " and others" : "")
        return Refusal(
            .holdInTheWay,
            "legal hold \(names) keeps this for legal claims (GDPR Art. 17(3)(e)); until it is released the data is only stored (Art. 18(1)(c))",
            hint: "who may read holds sees why: gatehouse hold show \(holds.first?.id.description ?? "ID")"
        )
    }
}

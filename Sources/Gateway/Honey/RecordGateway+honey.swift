import AuditTrail
import Catalog
import Identity
import KeyRing
import Policies
import PostgresLink
import Sealing
package import Storage
package import Vocabulary

/// Records that nobody honest has a reason to read: placed, listed and taken off by whoever may, and known to nobody else.
extension RecordGateway {
    /// Marks a record. One that is marked stays as it is.
    package func placeHoney(on id: RecordID, of name: String, _ context: RequestContext) async throws(Refusal) -> HoneyMark {
        let decision = try await decide(.create, .honey, context)
        guard let entity = catalog.entity(named: name) ?? catalog.entity(plural: name) else {
            throw Refusal(
                .valueInvalid, "a member of the body is wrong", hint: Spelling.hint(for: name, among: catalog.entities.map(\.name)),
                members: [.init("entity", "choice-unknown", "entity is one of the catalog's")])
        }
        let (tenant, now, actor) = (context.tenant, context.time, context.principal.actor)
        let mark = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            let results: [ResultSet]
            do throws(LinkError) {
                results = try await transaction.execute([
                    StoreDatabase.placeHoney(.make(), on: id, of: entity, at: now, by: actor, tenant: tenant),
                    StoreDatabase.honey(on: id, of: entity, tenant: tenant),
                ])
            } catch {
                throw refusal(StorageError(error))
            }
            guard let mark = HoneyMark.all(results[1]).first else { throw Refusal(.notFound, "there is no such record") }
            var event = event(decision, context, outcome: .changed)
            event.target = .honey(mark.id, .placed)
            return (mark, event)
        }.value
        try await learnHoney(of: tenant)
        return mark
    }

    /// - Parameter includesRemoved: also marks that were taken off, behind the others.
    package func honey(includesRemoved: Bool = false, _ context: RequestContext) async throws(Refusal) -> [HoneyMark] {
        let decision = try await decide(.read, .honey, context)
        let statement = StoreDatabase.honey(of: context.tenant, includesRemoved: includesRemoved, limit: 1000)
        let marks = HoneyMark.all(try await read(context, [statement])[0])
        var event = event(decision, context, outcome: .disclosed)
        event.count = marks.count
        _ = try await record(event, context)
        return marks
    }

    /// Takes a mark off; the record stays.
    package func removeHoney(_ id: UUIDv7, _ context: RequestContext) async throws(Refusal) {
        let decision = try await decide(.delete, .honey, context)
        let statement = StoreDatabase.removeHoney(id, at: context.time, by: context.principal.actor, tenant: context.tenant)
        _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            let touched: Int
            do throws(LinkError) { touched = try await transaction.execute(statement)[0].affectedRows } catch { throw refusal(StorageError(error)) }
            guard touched == 1 else { throw Refusal(.notFound, "there is no such mark", hint: "'gatehouse honey list' shows those there are") }
            var event = event(decision, context, outcome: .changed)
            event.target = .honey(id, .removed)
            return ((), event)
        }
        try await learnHoney(of: context.tenant)
    }

    /// Reads again what others may have marked, of every tenant that was met. Called every few seconds.
    package func refreshHoney() async {
        for tenant in honeyMarks.known { _ = try? await learnHoney(of: tenant) }
    }

    /// What is marked in a tenant; read from the store when it is not known yet.
    func marks(of tenant: TenantID) async throws(Refusal) -> HoneyMarks.Marks {
        if let known = honeyMarks[tenant] { return known }
        return try await learnHoney(of: tenant)
    }

    /// More marks than a gateway keeps in mind would be no traps any more.
    static var mostHoney: Int { 10_000 }

    @discardableResult
    private func learnHoney(of tenant: TenantID) async throws(Refusal) -> HoneyMarks.Marks {
        let rows: ResultSet
        do { rows = try await store.read(Scope(tenant: tenant), [StoreDatabase.honey(of: tenant, limit: Self.mostHoney)])[0] } catch {
            throw refusal(error)
        }
        var marks = HoneyMarks.Marks()
        var people: [SubjectID: HoneyMark] = [:]
        for mark in HoneyMark.all(rows) {
            marks.records[mark.record.uuid] = mark
            // A deal that is a trap does not make one of the customer.
            if let subject = mark.subject, subject.uuid == mark.record.uuid { people[subject] = mark }
        }
        if !people.isEmpty {
            let (keys, _) = try await inKeyRing { () async throws(KeyRingError) in try await keyRing.keys(of: people.keys.map { $0 }, tenant: tenant)
            }
            for (subject, key) in keys { marks.people[key.pseudonym.bytes] = people[subject] }
        }
        honeyMarks.learn(marks, of: tenant)
        return marks
    }
}

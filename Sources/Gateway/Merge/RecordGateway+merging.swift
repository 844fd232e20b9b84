import AuditTrail
package import Catalog
package import DataFormats
package import Disclosure
import KeyRing
import Policies
import PostgresLink
import Storage
import Vocabulary

extension RecordGateway {
    /// Makes several records one: the winner stays, with what it lacks from the others, and everything that pointed to them points to it.
    /// Where the records are people, these are one from now on in everything; see ``PeopleJoining``.
    ///
    /// - Parameters:
    ///   - body: which records, and whose values stay; see ``MergeOrder``.
    ///   - isDryRun: does it, shows what came of it, and takes it back.
    package func merge(
        _ entity: Entity, _ body: JSONObject, isDryRun: Bool, _ context: RequestContext
    ) async throws(Refusal) -> DisclosedRecord {
        let merging = try await decide(.merge, entity, context)
        let order = try MergeOrder.read(body, entity, isDryRun: isDryRun)
        let updating = try await writable(.update, entity, context, record: order.winner)
        let deleting = try await writable(.delete, entity, context, record: order.losers.first)
        let reading = sight(.read, entity, context)
        let work = MergeWork(
            gateway: self, entity: entity, order: order, merging: Doors(changing: merging, reading: reading),
            updating: Doors(changing: updating, reading: reading), deleting: Doors(changing: deleting, reading: reading), isDryRun: isDryRun,
            context: context, progress: .init())
        let (outcome, receipt): (MergeWork.Outcome, AuditReceipt)
        do throws(Refusal) {
            if isDryRun {
                let (found, event) = try await takenBack(context) { (transaction: Transaction) async throws(Refusal) in
                    try await work.carryOut(transaction)
                }
                (outcome, receipt) = (found, try await record(event, context))
            } else {
                (outcome, receipt) = try await change(context) { (transaction: Transaction) async throws(Refusal) in
                    let (outcome, event) = try await work.carryOut(transaction)
                    return (outcome, event)
                }
            }
        } catch {
            if !isDryRun, let prepared = work.progress.prepared { await tidy(prepared.addedTokens, entity, context) }
            if error.code == .notFound { throw await missed(merging.ruling.widest, work.progress.record ?? order.winner, context) }
            if error.code == .denied, error != .notAdmitted {
                var event = event(merging.ruling.widest, context, outcome: .refused)
                event.records = [order.winner] + order.losers
                _ = try await record(event, context)
                throw error
            }
            throw await recorded(veiled(error, reading), merging.ruling, record: work.progress.record ?? order.winner, context)
        }
        if !isDryRun { await clearAway(work, context) }
        let extras: [(name: String, value: JSONValue)] = [
            ("merged", .array(order.losers.map { .string($0.description) })), ("taken", .object(Self.object(outcome.taken))),
        ]
        return DisclosedRecord(
            outcome.stored, outcome.view, positions: outcome.view.shown, key: outcome.key, isErased: false, tenant: context.tenant, tagKey: tagKey,
            receipt: receipt, observe: observe, extras: extras)
    }

    /// Why a record is not there, if it was merged into one that the caller may know of.
    func goneElsewhere(_ id: RecordID, _ sight: Sight, _ context: RequestContext) async -> Refusal {
        let entity = sight.entity
        if entity.duplicates.isEmpty { return .notFound }
        do throws(Refusal) {
            let rows = try await read(context, [StoreDatabase.mergedRecord(id, of: entity, tenant: context.tenant)])[0]
            guard rows.rowCount == 1, let into = rows.uuid(0, 0).map({ RecordID($0) }) else { return .notFound }
            let shape = RecordShape(entity) { _ in false }
            let found = try await read(context, [table(entity).select(into, shape, tenant: context.tenant, where: sight.ruling.filter)])[0]
            guard found.rowCount == 1 else { return .notFound }
            return Refusal(.notFound, "there is no such record any more", hint: "it was merged into /v1/\(entity.plural)/\(into)")
        } catch { return error }
    }

    // MARK: Parts

    /// What the vault has of records that are gone, and of people who are others now. What fails here leaves hints to values that are not
    /// there, which opening finds out; of people the keeper goes on with it.
    private func clearAway(_ work: MergeWork, _ context: RequestContext) async {
        var statements: [SQL] = []
        for (record, holder) in work.progress.holders where !work.entity.searchableFields.isEmpty {
            statements.append(VaultDatabase.removeTokens(ofRecord: record, in: work.entity.name, holder: holder, tenant: context.tenant))
        }
        if !statements.isEmpty { _ = try? await vault.write(context.tenant, statements) }
        if let prepared = work.progress.prepared { await tidy(prepared.removedTokens, work.entity, context) }
        if !work.progress.people.isEmpty { await settleMerges(of: work.progress.people, context) }
    }

    private static func object(_ taken: [String: RecordID]) -> JSONObject {
        var object = JSONObject()
        for (name, id) in taken.sorted(by: { $0.key < $1.key }) { object[name] = .string(id.description) }
        return object
    }
}

import AuditTrail
import Catalog
import Disclosure
import Policies
import PostgresLink
import Sealing
import Storage
import Vocabulary

/// One merge: what was decided before its transaction, and what is done in it.
struct MergeWork {
    let gateway: RecordGateway
    let entity: Entity
    let order: MergeOrder
    let merging: Doors
    let updating: Doors
    let deleting: Doors
    let isDryRun: Bool
    let context: RequestContext
    let progress: Progress

    /// What the code around the transaction has to know of one that failed.
    ///
    /// SAFETY: written inside the transaction's closure and read after it has ended; the two never overlap.
    final class Progress: @unchecked Sendable {
        var prepared: PreparedRow?
        /// Which record a no is about.
        var record: RecordID?
        /// The people who are no more, and the holders of tokens of the records that are no more.
        var people: [SubjectID] = []
        var holders: [RecordID: UUIDv7] = [:]
    }

    struct Outcome {
        let stored: StoredRecord
        let view: FieldView
        let key: DataKey?
        /// Whose value stays, for fields that the caller sees of both.
        let taken: [String: RecordID]
    }

    private var table: RecordTable { gateway.table(entity) }

    func carryOut(_ transaction: Transaction) async throws(Refusal) -> (outcome: Outcome, event: AuditEvent) {
        let (records, decision, writable) = try await lock(transaction)
        guard let winner = records[order.winner] else { throw .notFound }
        let before = merging.view(winner)
        let losers = order.losers.compactMap { records[$0] }
        for loser in losers { try checkSight(before, merging.view(loser), loser.id) }
        if let held = try await gateway.held([winner.id] + order.losers, of: entity, transaction, context).values.first {
            throw .held(by: held)
        }
        var keys = try await gateway.keys(for: [winner] + losers, context)
        for record in [winner] + losers { try RecordGateway.refuseLost(record.subject, keys) }
        let (draft, taken) = try draft(winner, losers, writable, keys)

        for statement in references(to: order.losers) { transaction.enqueue(statement) }
        var moved = 0
        let people = entity.subject == .itself ? Set(losers.compactMap(\.subject)).subtracting([winner.subject].compactMap { $0 }) : []
        if let person = winner.subject, !people.isEmpty {
            let joining = PeopleJoining(gateway: gateway, winner: person, losers: people.sorted { $0.uuid < $1.uuid }, context: context)
            let joined = try await joining.moveAll(except: [(entity, order.losers)], isDryRun: isDryRun, transaction)
            keys = keys.with(joined.keys)
            moved = joined.moved
            progress.people = Array(people)
        }
        let wanting = try await gateway.inTransaction { () async throws(LinkError) in
            isDryRun ? [] : StoreDatabase.endpoints(try await transaction.execute(gateway.wantingDeletions(of: entity, context))[0])
        }
        for loser in losers {
            progress.holders[loser.id] = loser.subject?.uuid ?? context.tenant.uuid
            let deletion = table.delete(loser.id, tenant: context.tenant)
            let told = try await gateway.witnesses(of: loser.id, entity, among: wanting, then: [deletion], transaction, context)
            gateway.announce(.deleted, entity, [(loser.id, loser.version, [])], told: told, transaction, context)
        }
        let noted = StoreDatabase.mergeRecords(
            order.losers, of: entity, into: winner.id, subject: entity.subject == .itself ? winner.subject : nil, at: context.time,
            tenant: context.tenant)
        for statement in noted { transaction.enqueue(statement) }
        let (stored, changed) = try await write(draft, to: winner, keys, transaction)
        let after = merging.view(stored)
        guard entity.fields.indices.allSatisfy({ after.decision.access[$0].isNoWider(than: before.decision.access[$0]) }) else {
            throw Refusal(
                .denied, "the merged \(entity.name) would show you more than the one that stays does now", hint: "ask somebody who sees all of both")
        }
        var event = gateway.event(decision, context, outcome: isDryRun ? .disclosed : .changed)
        event.records = [winner.id] + order.losers
        event.subjects = keys.pseudonyms
        if isDryRun {
            (event.clearFields, event.maskedFields) = after.names(of: after.shown)
        } else {
            event.clearFields = changed
        }
        event.target = .merge(records: 1 + losers.count, moved: moved, isPlanned: isDryRun)
        let visible = taken.filter { name, _ in
            guard let position = entity.position(of: name) else { return false }
            return before.decision.access[position].isClear && after.decision.access[position].isClear
        }
        return (Outcome(stored: stored, view: after, key: keys.key(for: stored), taken: visible), event)
    }

    // MARK: Parts

    /// All of them, in an order that two merges share, each as the caller has read it, and each the caller's to change or to delete.
    private func lock(_ transaction: Transaction) async throws(Refusal) -> ([RecordID: StoredRecord], Decision, writable: [Bool]) {
        var records: [RecordID: StoredRecord] = [:]
        var writable: [Bool] = []
        var decision: Decision?
        for id in ([order.winner] + order.losers).sorted() {
            progress.record = id
            let other = id == order.winner ? updating : deleting
            let (_, allowed) = try await gateway.locked(id, entity, other, table.whole.asking(other.questions), nil, transaction, context)
            if id == order.winner { writable = allowed.writable }
            let (record, found) = try await gateway.locked(
                id, entity, merging, table.whole.asking(merging.questions), nil, transaction, context)
            if let tag = order.versions[id] {
                do throws(Refusal) { try gateway.check([tag], record, merging.view(record)) } catch {
                    throw Refusal(error.code, "record \(id) has changed since you read it", hint: "read it again and repeat the merge")
                }
            }
            records[id] = record
            if id == order.winner { decision = found }
        }
        progress.record = nil
        guard let decision else { throw .notFound }
        return (records, decision, writable)
    }

    /// Values come together in one record: nobody is to see there what they do not see where it comes from. It does not look at values, so that
    /// it tells of none.
    private func checkSight(_ winner: FieldView, _ loser: FieldView, _ id: RecordID) throws(Refusal) {
        let names = entity.fields.indices.filter { !winner.decision.access[$0].isNoWider(than: loser.decision.access[$0]) }
            .map { entity.fields[$0].name }
        if names.isEmpty { return }
        throw Refusal(
            .denied, "you see less of \(id) than of the \(entity.name) that stays: \(names.joined(separator: ", "))",
            hint: "let the other one stay, or ask somebody who sees both alike")
    }

    /// What changes in the winner, and whose each value is that is not its own.
    private func draft(
        _ winner: StoredRecord, _ losers: [StoredRecord], _ writable: [Bool], _ keys: RecordKeys
    ) throws(Refusal) -> (RecordDraft, [String: RecordID]) {
        var sources: [Int: StoredRecord] = [:]
        for (name, id) in order.fields.sorted(by: { $0.key < $1.key }) {
            guard let position = entity.position(of: name), writable.indices.contains(position), writable[position] else {
                // One answer for what is not there and what is not theirs.
                throw Refusal(
                    .fieldNotWritable, "a value of this field is not yours to choose", hint: "leave it out",
                    members: [Refusal.Member(name, Refusal.Code.fieldNotWritable.rawValue, "your roles do not allow to write it").below("fields")])
            }
            if id == winner.id {
                sources[position] = winner
            } else if let loser = losers.first(where: { $0.id == id }) {
                guard merging.view(loser).decision.access[position].isClear else {
                    throw Refusal(.fieldNotWritable, "a value of this field is not yours to choose", hint: "leave it out")
                }
                sources[position] = loser
            }
        }
        for (position, field) in entity.fields.enumerated() where sources[position] == nil {
            if ["created_at", "updated_at"].contains(field.name) || winner.hasValue(position) { continue }
            sources[position] = losers.first { $0.hasValue(position) }
        }
        // An amount comes with its currency, or not at all.
        for (position, field) in entity.fields.enumerated() {
            guard field.type == .money, let source = sources[position], source.id != winner.id, let name = field.currencyField,
                let currency = entity.position(of: name)
            else { continue }
            if order.fields[field.name] != nil || !winner.hasValue(currency) {
                sources[currency] = source
            } else if source.plainValue(currency) != winner.plainValue(currency) {
                sources[position] = nil
            }
        }
        var draft = RecordDraft()
        var taken: [String: RecordID] = [:]
        for (position, source) in sources where source.id != winner.id {
            var opening = Opening(source, entity, tenant: context.tenant, key: keys.key(for: source))
            switch opening.content(position) {
            case .value(let value):
                draft.set(value, at: position)
                taken[entity.fields[position].name] = source.id
            case .unreadable: throw RecordGateway.erased
            }
        }
        // Nothing points to itself, nor to what is about to go.
        let gone = Set(order.losers + [winner.id])
        for (position, field) in entity.fields.enumerated() where field.referenceTo == entity.name {
            let value = draft.values[position] ?? winner.plainValue(position)
            if case .reference(let id)? = value, gone.contains(id) { draft.set(nil, at: position) }
        }
        return (draft, taken)
    }

    /// What points to records that go points to the one that stays.
    private func references(to losers: [RecordID]) -> [SQL] {
        gateway.catalog.entities.flatMap { other in
            other.fields.filter { $0.referenceTo == entity.name }.map {
                gateway.table(other).pointElsewhere($0, from: losers, to: order.winner, tenant: context.tenant)
            }
        }
    }

    private func write(
        _ draft: RecordDraft, to winner: StoredRecord, _ keys: RecordKeys, _ transaction: Transaction
    ) async throws(Refusal) -> (StoredRecord, Set<FieldName>) {
        let shape = table.whole.asking(merging.questions)
        let key = keys.key(for: winner)
        let owner: (subject: SubjectID?, key: DataKey?)
        if case .via = entity.subject {
            owner = try await gateway.owner(of: winner, after: draft, entity, keys, context)
        } else {
            owner = (winner.subject, key)
        }
        let prepared = try gateway.prepareChange(
            draft, to: winner, entity, key: key, owner: owner, try await gateway.tenantKeys(context), context)
        var statement = table.select(winner.id, shape, tenant: context.tenant)
        if let prepared {
            progress.prepared = prepared
            if !isDryRun { try await gateway.secure([prepared], context) }
            statement = table.update(prepared.row, tenant: context.tenant, returning: shape)
        }
        let rows = try await gateway.inTransaction { () async throws(LinkError) in try await transaction.execute(statement)[0] }
        guard let stored = table.records(rows, shape).first else { throw .notFound }
        if let prepared {
            gateway.writeHistories(of: prepared, transaction, context)
            if !isDryRun { gateway.announce(.updated, entity, [prepared], transaction, context) }
        }
        return (stored, prepared?.changedFields ?? [])
    }
}

extension StoredRecord {
    /// Whether a field has a value, sealed or not.
    func hasValue(_ position: Int) -> Bool {
        shape.entity.fields[position].isSealed ? sealedBytes(position) != nil : plainValue(position) != nil
    }
}

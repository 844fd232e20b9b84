import AuditTrail
package import Catalog
package import DataFormats
package import Disclosure
import Expressions
import KeyRing
import Policies
import PostgresLink
import Sealing
import Storage
package import Vocabulary

extension RecordGateway {
    /// Makes a record out of the members of a body.
    package func create(_ entity: Entity, _ body: JSONObject, _ context: RequestContext) async throws(Refusal) -> DisclosedRecord {
        let creating = try await writable(.create, entity, context)
        let draft = try await draft(body, entity, creating.ruling.widest, isNew: true, context)
        let reading = sight(.read, entity, context)
        let doors = Doors(changing: creating, reading: reading)
        try await refuseDeletedReferences([draft], entity, context)
        let prepared = try await prepareNew([draft], entity, context)[0]
        let duplicates = try await duplicates(of: draft, reading, context)
        // Somebody who asked to be forgotten: goes the whole way to the same answer, and is not kept.
        let suppressed = try await suppressed([draft], entity, context)[0]
        if suppressed == nil { try await secure([prepared], context) }
        let extras: [(name: String, value: JSONValue)] =
            duplicates.isEmpty
            ? []
            : [("duplicates", .array(duplicates.map { .object(["field": .string($0.field), "id": .string($0.id.description)]) }))]

        let table = table(entity)
        let shape = reading.widest.shape.asking(doors.questions)
        do throws(Refusal) {
            let created = try await change(context) {
                (transaction: Transaction) async throws(Refusal) -> (value: StoredRecord, events: [AuditEvent]) in
                let rows: ResultSet
                do throws(LinkError) {
                    rows = try await transaction.execute(table.insert(prepared.row, tenant: context.tenant, returning: shape))[0]
                } catch {
                    throw refusal(StorageError(error))
                }
                guard let stored = table.records(rows, shape).first else { throw Refusal(.internalError, "the new record did not come back") }
                // Whether such a record may be made is asked of the row itself, once it stands; a no takes it back.
                guard let decision = doors.decision(stored) else { throw .notAdmitted }
                try check(draft, entity, decision)
                if suppressed != nil {
                    context.call?.keepsNothing()
                    transaction.enqueue(table.delete(prepared.row.id, tenant: context.tenant))
                    var event = event(decision, context, outcome: .refused)
                    event.target = .suppressed(1)
                    return (stored, [event])
                }
                writeHistories(of: prepared, transaction, context)
                announce(.created, entity, [prepared], transaction, context)
                context.call?.shows(stored.id, doors.view(stored), key: prepared.key)
                return (stored, [changeEvent(decision, prepared, also: duplicates.map(\.id), context)])
            } showing: { (stored: StoredRecord, receipt: AuditReceipt) in
                let view = doors.view(stored)
                return DisclosedRecord(
                    stored, view, positions: view.shown, key: prepared.key, isErased: false, tenant: context.tenant, tagKey: tagKey,
                    receipt: receipt, observe: observe, extras: extras
                )
            }
            await countKeptOut(suppressed ?? [], context)
            return created.value
        } catch {
            if error.code != .outcomeUnknown { await tidyUnwritten([prepared], context) }
            throw await recorded(veiled(error, reading), creating.ruling, context)
        }
    }

    /// Changes the members named in a merge patch (RFC 7396), if the record is still the one the caller has seen.
    ///
    /// - Parameter ifMatch: entity tags of which one has to be the record's; `nil` stands for `*`.
    package func amend(
        _ entity: Entity, _ id: RecordID, _ patch: JSONObject, ifMatch: [String]?, _ context: RequestContext
    ) async throws(Refusal) -> DisclosedRecord {
        let updating = try await writable(.update, entity, context, record: id)
        let draft = try await draft(patch, entity, updating.ruling.widest, isNew: false, record: id, context)
        return try await amend(entity, id, updating, ifMatch: ifMatch, context) { _ in draft }
    }

    /// - Parameter drafting: what is to be changed, given what of the record may be written.
    func amend(
        _ entity: Entity, _ id: RecordID, _ updating: Sight, ifMatch: [String]?, _ context: RequestContext,
        _ drafting: (Decision) throws(Refusal) -> RecordDraft
    ) async throws(Refusal) -> DisclosedRecord {
        try await refuseDeletedReferences([try drafting(updating.ruling.widest)], entity, context)
        let reading = sight(.read, entity, context)
        let doors = Doors(changing: updating, reading: reading)
        let tenantKeys = try await tenantKeys(context)
        let table = table(entity)
        let whole = table.whole.asking(doors.questions)
        let pending = Pending()
        typealias Amended = (stored: StoredRecord, key: DataKey?, isErased: Bool)

        let disclosed: DisclosedRecord
        do throws(Refusal) {
            disclosed = try await change(context) { (transaction: Transaction) async throws(Refusal) -> (value: Amended, events: [AuditEvent]) in
                let (current, decision) = try await locked(id, entity, doors, whole, ifMatch, transaction, context)
                let draft = try drafting(decision)
                try check(draft, entity, decision)
                let keys = try await keys(for: [current], context)
                let key = keys.key(for: current)
                let owner = try await owner(of: current, after: draft, entity, keys, context)
                guard
                    let prepared = try prepareChange(draft, to: current, entity, key: key, owner: owner, tenantKeys, context)
                else {
                    // Nothing changes: the version stays, and the event says that the record was shown.
                    var event = event(decision, context, outcome: .disclosed)
                    event.records = [id]
                    event.subjects = key.map { [$0.pseudonym] } ?? []
                    context.call?.shows(id, doors.view(current), key: key)
                    return ((current, key, keys.isErased(current)), [event])
                }
                pending.row = prepared
                try await secure([prepared], context)
                let rows: ResultSet
                do throws(LinkError) {
                    rows = try await transaction.execute(table.update(prepared.row, tenant: context.tenant, returning: whole))[0]
                } catch {
                    throw refusal(StorageError(error))
                }
                guard let stored = table.records(rows, whole).first else { throw .notFound }
                // Whoever a record comes to be about is asked like whoever it was about.
                if stored.subject != current.subject, doors.decision(stored) == nil { throw .notAdmitted }
                writeHistories(of: prepared, transaction, context)
                announce(.updated, entity, [prepared], transaction, context)
                context.call?.shows(id, doors.view(stored), key: prepared.key)
                return ((stored, prepared.key, false), [changeEvent(decision, prepared, also: [], context)])
            } showing: { (amended: Amended, receipt: AuditReceipt) in
                let view = doors.view(amended.stored)
                return DisclosedRecord(
                    amended.stored, view, positions: view.shown, key: amended.key, isErased: amended.isErased, tenant: context.tenant,
                    tagKey: tagKey, receipt: receipt, observe: observe
                )
            }.value
        } catch {
            if let prepared = pending.row { await tidy(prepared.addedTokens, entity, context) }
            if error.code == .notFound { throw await missed(updating.ruling.widest, id, context) }
            throw await recorded(veiled(error, reading), updating.ruling, record: id, context)
        }
        if let prepared = pending.row { await tidy(prepared.removedTokens, entity, context) }
        return disclosed
    }

    // MARK: Parts

    /// Reads a body; trying to write what one may not is recorded like any denial.
    func draft(
        _ body: JSONObject, _ entity: Entity, _ decision: Decision, isNew: Bool, record: RecordID? = nil, _ context: RequestContext
    ) async throws(Refusal) -> RecordDraft {
        do throws(Refusal) { return try RecordDraft.read(body, entity, decision, isNew: isNew) } catch {
            guard error.code == .fieldNotWritable else { throw error }
            var event = event(decision, context, outcome: .refused)
            event.records = record.map { [$0] } ?? []
            try await confirmLiveness(context)
            _ = try await self.record(event, context)
            throw error
        }
    }

    /// Records that somebody wanted to change a record that is not there.
    func missed(_ decision: Decision, _ id: RecordID, _ context: RequestContext) async -> Refusal {
        var event = event(decision, context, outcome: .failed)
        event.records = [id]
        do throws(Refusal) { _ = try await self.record(event, context) } catch { return error }
        return .notFound
    }

    /// What the caller may change of the records of an entity, or a recorded denial.
    func writable(_ action: Action, _ entity: Entity, _ context: RequestContext, record: RecordID? = nil) async throws(Refusal) -> Sight {
        let sight = try await decide(action, entity, context, record: record)
        if entity.isWrittenByGatewayOnly {
            var event = event(sight.ruling.widest, context, outcome: .refused)
            event.records = record.map { [$0] } ?? []
            try await confirmLiveness(context)
            _ = try await self.record(event, context)
            throw Refusal(.denied, "the gateway writes \(entity.plural) itself")
        }
        return sight
    }

    /// A draft was read by the most that any record lets be written; this record may let less.
    func check(_ draft: RecordDraft, _ entity: Entity, _ decision: Decision) throws(Refusal) {
        // Defaults of the catalog are not the caller's writing.
        let forbidden = draft.written.filter { !decision.writable[$0] }.sorted().map { entity.fields[$0].name }
        if forbidden.isEmpty { return }
        throw Refusal(
            .fieldNotWritable, "members are not yours to write", hint: "leave them out",
            members: forbidden.map { .init($0, Refusal.Code.fieldNotWritable.rawValue, "your roles do not allow to write \($0) of this record") }
        )
    }

    /// Turns what a transaction found out into the recorded denial that it is; passes every other refusal on.
    func recorded(_ refusal: Refusal, _ ruling: Ruling, record: RecordID? = nil, _ context: RequestContext) async -> Refusal {
        switch refusal {
        case .notAdmitted: return await deny(ruling.excluded, context, record: record)
        case _ where [.fieldNotWritable, .holdInTheWay].contains(refusal.code):
            var event = event(ruling.widest, context, outcome: .refused)
            event.records = record.map { [$0] } ?? []
            do throws(Refusal) { _ = try await self.record(event, context) } catch { return error }
            return refusal
        default: return refusal
        }
    }

    /// The record as it is now, locked until the transaction ends, if it is the one that the caller has seen, and what may be changed of it.
    func locked(
        _ id: RecordID, _ entity: Entity, _ doors: Doors, _ shape: RecordShape, _ ifMatch: [String]?, _ transaction: Transaction,
        _ context: RequestContext
    ) async throws(Refusal) -> (StoredRecord, Decision) {
        let locked = try await locked(id, entity, doors, shape, ifMatch, also: [], transaction, context)
        return (locked.record, locked.decision)
    }

    /// The same, with answers to more.
    ///
    /// - Parameter more: questions that travel with it.
    func locked(
        _ id: RecordID, _ entity: Entity, _ doors: Doors, _ shape: RecordShape, _ ifMatch: [String]?, also more: [SQL],
        _ transaction: Transaction, _ context: RequestContext
    ) async throws(Refusal) -> (record: StoredRecord, decision: Decision, more: [ResultSet]) {
        let results: [ResultSet]
        do throws(LinkError) {
            results = try await transaction.execute([table(entity).select(id, shape, tenant: context.tenant, forUpdate: true)] + more)
        } catch {
            throw refusal(StorageError(error))
        }
        guard let current = table(entity).records(results[0], shape).first, doors.isKnown(current) else { throw .notFound }
        guard let decision = doors.decision(current) else { throw .notAdmitted }
        if let step = context.step, current.version != step.version {
            throw Refusal(.preconditionFailed, "the record has changed since the job wrote it")
        }
        try check(ifMatch, current, doors.view(current))
        return (current, decision, Array(results.dropFirst()))
    }

    /// Whether a record is the one that the caller has seen; `nil` for whatever it is.
    func check(_ ifMatch: [String]?, _ current: StoredRecord, _ view: FieldView) throws(Refusal) {
        // Somebody erased may be known by either: what is wrong with a change is then not that the record has changed.
        let tags = [false, true].map { EntityTag.of(current, view, isErased: $0, key: tagKey) }
        if let ifMatch, !ifMatch.contains(where: { sent in tags.contains { EntityTag.isOfRecord(sent, tag: $0) } }) {
            throw Refusal(.preconditionFailed, "the record has changed since you read it", hint: "read it again and repeat the change")
        }
    }

    /// Whom a record is about once a draft is applied.
    func owner(
        of current: StoredRecord, after draft: RecordDraft, _ entity: Entity, _ keys: RecordKeys, _ context: RequestContext
    ) async throws(Refusal) -> (subject: SubjectID?, key: DataKey?) {
        try Self.refuseLost(current.subject, keys)
        let key = keys.key(for: current)
        guard case .via(let relations) = entity.subject,
            relations.contains(where: { entity.position(of: $0).map { draft.values[$0] != nil } ?? false })
        else { return (current.subject, key) }
        let subject = try await subjects(of: [{ draft.values[$0] ?? current.plainValue($0) }], entity, context)[0]
        if subject == current.subject { return (subject, key) }
        let others = try await self.keys(for: subject.map { [$0] } ?? [], withTenantKey: subject == nil, context)
        try Self.refuseLost(subject, others)
        return (subject, others.key(for: subject))
    }

    func writeHistories(of prepared: PreparedRow, _ transaction: Transaction, _ context: RequestContext) {
        for history in prepared.histories { transaction.enqueue(table(history.entity).insert(history.row, tenant: context.tenant)) }
    }

    func changeEvent(_ decision: Decision, _ prepared: PreparedRow, also records: [RecordID], _ context: RequestContext) -> AuditEvent {
        var event = event(decision, context, outcome: .changed)
        event.records = [prepared.row.id] + records
        event.subjects = prepared.row.subject == nil ? [] : [prepared.key.pseudonym]
        event.clearFields = prepared.changedFields
        return event
    }

    /// Records that have a `unique: warn` value of the draft already; told only to a caller that could have searched for them.
    func duplicates(
        of draft: RecordDraft, _ reading: Sight, _ context: RequestContext
    ) async throws(Refusal) -> [(field: String, id: RecordID)] {
        let entity = reading.entity
        var duplicates: [(field: String, id: RecordID)] = []
        for (position, value) in draft.values.sorted(by: { $0.key < $1.key }) {
            let field = entity.fields[position]
            guard field.uniqueness == .warned, let value, reading.usableField(named: field.name) != nil else { continue }
            let form = field.searchForm(of: value)
            let limit = RowCondition.conjunction([reading.ruling.filter, reading.ruling.clearRecords(position)])
            for (id, _) in try await matches(field, position, [form], where: limit, entity, context)[form] ?? [] {
                duplicates.append((field.name, id))
            }
        }
        return duplicates
    }

    /// Records that have one of these values in a searchable field, each opened and compared.
    ///
    /// - Parameters:
    ///   - also: another field to fetch, by position.
    ///   - limit: records that do not fit are not found; those that the caller may not know of, for instance.
    func matches(
        _ field: Field, _ position: Int, _ forms: [[UInt8]], also: Int? = nil, where limit: RowCondition, _ entity: Entity,
        _ context: RequestContext
    ) async throws(Refusal) -> [[UInt8]: [(id: RecordID, stored: StoredRecord)]] {
        guard let generation = try await tenantKeys(context).searchGenerations.first else { return [:] }
        let searchKey = searchIndex.key(entity, field, .exact, generation, context.tenant)
        let tokens = Dictionary(forms.map { (searchKey.token(of: $0), $0) }, uniquingKeysWith: { first, _ in first })
        let candidates: [[UInt8]: [RecordID]]
        do {
            candidates = try await vault.records(tokens: Array(tokens.keys), tenant: context.tenant)
        } catch {
            throw Self.refusal(.vault(error))
        }
        let ids = Set(candidates.values.joined())
        if ids.isEmpty { return [:] }
        let shape = RecordShape(entity) { $0 == position || $0 == also }
        let rows = try await read(context, [table(entity).select(Array(ids), shape, tenant: context.tenant, where: limit)])[0]
        let records = table(entity).records(rows, shape)
        let keys = try await keys(for: records, context)
        let wanted = Set(forms)
        var found: [[UInt8]: [(id: RecordID, stored: StoredRecord)]] = [:]
        for stored in records {
            var opening = Opening(stored, entity, tenant: context.tenant, key: keys.key(for: stored))
            guard case .value(let value?) = opening.content(position), case let form = field.searchForm(of: value), wanted.contains(form) else {
                continue
            }
            found[form, default: []].append((stored.id, stored))
        }
        return found
    }
}

/// What a transaction's closure has prepared, for the code behind it.
///
/// SAFETY: written inside the closure and read after it has ended; the two never overlap.
private final class Pending: @unchecked Sendable {
    var row: PreparedRow?
}

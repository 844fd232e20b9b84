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
        let prepared = try await prepareNew([draft], entity, context)[0]
        let duplicates = try await duplicates(of: draft, reading, context)
        try await secure([prepared], context)

        let table = table(entity)
        let shape = reading.widest.shape.asking(doors.questions)
        let (stored, receipt): (StoredRecord, AuditReceipt)
        do throws(Refusal) {
            (stored, receipt) = try await change(context) { (transaction: Transaction) async throws(Refusal) in
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
                writeHistories(of: prepared, transaction, context)
                return (stored, changeEvent(decision, prepared, also: duplicates.map(\.id), context))
            }
        } catch {
            if error.code != .outcomeUnknown { await tidyUnwritten([prepared], context) }
            throw await recorded(veiled(error, reading), creating.ruling, context)
        }
        let view = doors.view(stored)
        let extras: [(name: String, value: JSONValue)] =
            duplicates.isEmpty
            ? []
            : [("duplicates", .array(duplicates.map { .object(["field": .string($0.field), "id": .string($0.id.description)]) }))]
        return DisclosedRecord(
            stored, view, positions: view.shown, key: prepared.key, isErased: false, tenant: context.tenant, tagKey: tagKey, receipt: receipt,
            observe: observe, extras: extras
        )
    }

    /// Changes the members named in a merge patch (RFC 7396), if the record is still the one the caller has seen.
    ///
    /// - Parameter ifMatch: entity tags of which one has to be the record's; `nil` stands for `*`.
    package func amend(
        _ entity: Entity, _ id: RecordID, _ patch: JSONObject, ifMatch: [String]?, _ context: RequestContext
    ) async throws(Refusal) -> DisclosedRecord {
        let updating = try await writable(.update, entity, context, record: id)
        let draft = try await draft(patch, entity, updating.ruling.widest, isNew: false, record: id, context)
        let reading = sight(.read, entity, context)
        let doors = Doors(changing: updating, reading: reading)
        let tenantKeys = try await tenantKeys(context)
        let table = table(entity)
        let whole = table.whole.asking(doors.questions)
        let pending = Pending()

        let (outcome, receipt): ((stored: StoredRecord, key: DataKey?, isErased: Bool), AuditReceipt)
        do throws(Refusal) {
            (outcome, receipt) = try await change(context) { (transaction: Transaction) async throws(Refusal) in
                let (current, decision) = try await locked(id, entity, doors, whole, ifMatch, transaction, context)
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
                    return ((current, key, keys.isErased(current)), event)
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
                return ((stored, prepared.key, false), changeEvent(decision, prepared, also: [], context))
            }
        } catch {
            if let prepared = pending.row { await tidy(prepared.addedTokens, entity, context) }
            if error.code == .notFound { throw await missed(updating.ruling.widest, id, context) }
            throw await recorded(veiled(error, reading), updating.ruling, record: id, context)
        }
        if let prepared = pending.row { await tidy(prepared.removedTokens, entity, context) }
        let view = doors.view(outcome.stored)
        return DisclosedRecord(
            outcome.stored, view, positions: view.shown, key: outcome.key, isErased: outcome.isErased, tenant: context.tenant, tagKey: tagKey,
            receipt: receipt, observe: observe
        )
    }

    /// Removes a record. The key of the person it is about stays: erasure is another thing.
    package func remove(_ entity: Entity, _ id: RecordID, ifMatch: [String]?, _ context: RequestContext) async throws(Refusal) {
        let deleting = try await writable(.delete, entity, context, record: id)
        let doors = Doors(changing: deleting, reading: sight(.read, entity, context))
        let table = table(entity)
        let whole = table.whole.asking(doors.questions)
        let subject: SubjectID?
        do throws(Refusal) {
            (subject, _) = try await change(context) { (transaction: Transaction) async throws(Refusal) in
                let (current, decision) = try await locked(id, entity, doors, whole, ifMatch, transaction, context)
                let key = try await keys(for: [current], context).key(for: current)
                do throws(LinkError) {
                    _ = try await transaction.execute(table.delete(id, tenant: context.tenant))
                } catch {
                    if error.isForeignKeyViolation {
                        throw Refusal(.recordInUse, "other records refer to this one", hint: "remove or change those first")
                    }
                    throw refusal(StorageError(error))
                }
                var event = event(decision, context, outcome: .changed)
                event.records = [id]
                event.subjects = key.map { [$0.pseudonym] } ?? []
                return (current.subject, event)
            }
        } catch {
            if error.code == .notFound { throw await missed(deleting.ruling.widest, id, context) }
            throw await recorded(error, deleting.ruling, record: id, context)
        }
        if !entity.searchableFields.isEmpty {
            let holder = subject?.uuid ?? context.tenant.uuid
            _ = try? await vault.write(context.tenant, [VaultDatabase.removeTokens(ofRecord: id, holder: holder, tenant: context.tenant)])
        }
    }

    // MARK: Parts

    /// Reads a body; trying to write what one may not is recorded like any denial.
    private func draft(
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
    private func missed(_ decision: Decision, _ id: RecordID, _ context: RequestContext) async -> Refusal {
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
    private func recorded(_ refusal: Refusal, _ ruling: Ruling, record: RecordID? = nil, _ context: RequestContext) async -> Refusal {
        switch refusal {
        case .notAdmitted: return await deny(ruling.excluded, context, record: record)
        case _ where refusal.code == .fieldNotWritable:
            var event = event(ruling.widest, context, outcome: .refused)
            event.records = record.map { [$0] } ?? []
            do throws(Refusal) { _ = try await self.record(event, context) } catch { return error }
            return refusal
        default: return refusal
        }
    }

    /// The record as it is now, locked until the transaction ends, if it is the one that the caller has seen, and what may be
    /// changed of it.
    private func locked(
        _ id: RecordID, _ entity: Entity, _ doors: Doors, _ shape: RecordShape, _ ifMatch: [String]?, _ transaction: Transaction,
        _ context: RequestContext
    ) async throws(Refusal) -> (StoredRecord, Decision) {
        let rows: ResultSet
        do throws(LinkError) {
            rows = try await transaction.execute(table(entity).select(id, shape, tenant: context.tenant, forUpdate: true))[0]
        } catch {
            throw refusal(StorageError(error))
        }
        guard let current = table(entity).records(rows, shape).first, doors.isKnown(current) else { throw .notFound }
        guard let decision = doors.decision(current) else { throw .notAdmitted }
        let view = doors.view(current)
        // Somebody erased may be known by either: what is wrong with a change is then not that the record has changed.
        let tags = [false, true].map { EntityTag.of(current, view, isErased: $0, key: tagKey) }
        if let ifMatch, !ifMatch.contains(where: { sent in tags.contains { EntityTag.isOfRecord(sent, tag: $0) } }) {
            throw Refusal(.preconditionFailed, "the record has changed since you read it", hint: "read it again and repeat the change")
        }
        return (current, decision)
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

    private func changeEvent(_ decision: Decision, _ prepared: PreparedRow, also records: [RecordID], _ context: RequestContext) -> AuditEvent {
        var event = event(decision, context, outcome: .changed)
        event.records = [prepared.row.id] + records
        event.subjects = prepared.row.subject == nil ? [] : [prepared.key.pseudonym]
        event.clearFields = prepared.changedFields
        return event
    }

    /// Records that have a `unique: warn` value of the draft already; told only to a caller that could have searched for them.
    private func duplicates(
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

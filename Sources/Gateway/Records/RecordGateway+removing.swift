import AuditTrail
package import Catalog
package import Disclosure
import Expressions
import Identity
import KeyRing
import Policies
import PostgresLink
import Sealing
import Storage
package import Vocabulary

/// A record goes in two steps, each a right of its own: deleting hides it from everybody, and can be undone; destroying cannot.
extension RecordGateway {
    /// Hides a record: no read, list, search, count or reference finds it any more. What has to reach it still does: erasure, retention,
    /// the export for the person, holds and rotations.
    package func remove(_ entity: Entity, _ id: RecordID, ifMatch: [String]?, _ context: RequestContext) async throws(Refusal) {
        let deleting = try await writable(.delete, entity, context, record: id)
        let doors = Doors(changing: deleting, reading: sight(.read, entity, context))
        let table = table(entity)
        let whole = table.whole.asking(doors.questions)
        do throws(Refusal) {
            _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
                let (current, decision, wanting) = try await locked(
                    id, entity, doors, whole, ifMatch, also: [wantingDeletions(of: entity, context)], transaction, context)
                // What is held for a claim has to stay where whoever needs it finds it.
                if let holds = try await held([id], of: entity, transaction, context)[id] { throw .held(by: holds) }
                let hiding = table.hide(id, at: context.time, by: context.principal.actor, tenant: context.tenant)
                let told = try await witnesses(
                    of: id, entity, among: StoreDatabase.endpoints(wanting[0]), then: [hiding], transaction, context)
                announce(.deleted, entity, [(id, current.version + 1, [])], told: told, transaction, context)
                return ((), try await removalEvent(decision, current, context))
            }
        } catch {
            if error.code == .notFound { throw await missed(deleting.ruling.widest, id, context) }
            throw await recorded(error, deleting.ruling, record: id, context)
        }
    }

    /// Brings a deleted record back, as it was.
    package func restore(_ entity: Entity, _ id: RecordID, ifMatch: [String]?, _ context: RequestContext) async throws(Refusal) -> DisclosedRecord {
        let restoring = try await writable(.restore, entity, context, record: id)
        let doors = Doors(changing: restoring, reading: sight(.read, entity, context, .any))
        let table = table(entity)
        let whole = table.whole.asking(doors.questions)
        typealias Restored = (stored: StoredRecord, keys: RecordKeys)
        do throws(Refusal) {
            return try await change(context) { (transaction: Transaction) async throws(Refusal) -> (value: Restored, events: [AuditEvent]) in
                let (current, decision) = try await locked(id, entity, doors, whole, ifMatch, transaction, context)
                let rows: ResultSet
                do throws(LinkError) {
                    rows = try await transaction.execute(table.show(id, tenant: context.tenant, returning: whole))[0]
                } catch {
                    throw refusal(StorageError(error))
                }
                guard let stored = table.records(rows, whole).first else { throw .notFound }
                let back: [(id: RecordID, version: Int64, fields: Set<FieldName>)] = [(id, stored.version, [])]
                announce(.restored, entity, back, told: nil, transaction, context)
                let keys = try await keys(for: [stored], context)
                context.call?.shows(id, doors.view(stored), key: keys.key(for: stored))
                return ((stored, keys), [try await removalEvent(decision, current, context)])
            } showing: { (restored: Restored, receipt: AuditReceipt) in
                let view = doors.view(restored.stored)
                return disclose(restored.stored, view, view.shown, restored.keys, receipt, context)
            }.value
        } catch {
            if error.code == .notFound || error == .notAdmitted { throw await missed(restoring.ruling.widest, id, context) }
            throw await recorded(error, restoring.ruling, record: id, context)
        }
    }

    /// Takes a record away for good, deleted or not. The key of the person it is about stays: erasure is another thing.
    package func destroy(_ entity: Entity, _ id: RecordID, ifMatch: [String]?, _ context: RequestContext) async throws(Refusal) {
        let destroying = try await writable(.destroy, entity, context, record: id)
        let doors = Doors(changing: destroying, reading: sight(.read, entity, context, .any))
        let table = table(entity)
        let whole = table.whole.asking(doors.questions)
        let subject: SubjectID?
        do throws(Refusal) {
            (subject, _) = try await change(context) { (transaction: Transaction) async throws(Refusal) in
                let (current, decision, wanting) = try await locked(
                    id, entity, doors, whole, ifMatch, also: [wantingDeletions(of: entity, context)], transaction, context)
                if let holds = try await held([id], of: entity, transaction, context)[id] { throw .held(by: holds) }
                // Whoever was told already that it is deleted cannot read it any more, and is not told again.
                let told = try await witnesses(of: id, entity, among: StoreDatabase.endpoints(wanting[0]), transaction, context)
                announce(.deleted, entity, [(id, current.version, [])], told: told, transaction, context)
                for statement in forgettingConversions(of: [id], entity, context.tenant) { transaction.enqueue(statement) }
                do throws(LinkError) {
                    _ = try await transaction.execute(table.delete(id, tenant: context.tenant))
                } catch {
                    if error.isForeignKeyViolation {
                        throw Refusal(
                            .recordInUse, "other records refer to this one", hint: "destroy or change those first; deleted ones refer to it, too")
                    }
                    throw refusal(StorageError(error))
                }
                return (current.subject, try await removalEvent(decision, current, context))
            }
        } catch {
            if error.code == .notFound { throw await missed(destroying.ruling.widest, id, context) }
            throw await recorded(error, destroying.ruling, record: id, context)
        }
        if !entity.searchableFields.isEmpty {
            let holder = subject?.uuid ?? context.tenant.uuid
            _ = try? await vault.write(
                context.tenant, [VaultDatabase.removeTokens(ofRecord: id, in: entity.name, holder: holder, tenant: context.tenant)])
        }
    }

    // MARK: Deleted records

    /// What a caller may see of deleted records: of those that it may restore, what it may read.
    func sightOfDeleted(_ entity: Entity, _ context: RequestContext, record: RecordID? = nil) async throws(Refusal) -> Sight {
        let restoring = try await decide(.restore, entity, context, record: record)
        let reading = sight(.read, entity, context, .deleted)
        guard reading.ruling.isAllowed else { throw await deny(reading.ruling, context, record: record) }
        return reading.limited(to: restoring.ruling.filter)
    }

    /// When records were deleted and by whom, as members of their `_meta`.
    func deletions(_ records: [StoredRecord], _ entity: Entity, _ context: RequestContext) async throws(Refusal) -> [RecordID: RecordDeletion] {
        if records.isEmpty { return [:] }
        let rows = try await read(context, [table(entity).deletions(of: records.map(\.id), tenant: context.tenant)])[0]
        return RecordDeletion.all(rows)
    }

    /// Nothing comes to refer to a record that is deleted: it is answered as one that is not there.
    func refuseDeletedReferences(_ drafts: [RecordDraft], _ entity: Entity, _ context: RequestContext) async throws(Refusal) {
        var wanted: [(field: Field, target: Entity, ids: [RecordID])] = []
        for (position, field) in entity.fields.enumerated() {
            guard let target = field.referenceTo.flatMap({ catalog.entity(named: $0) }) else { continue }
            let ids = Set(
                drafts.compactMap { draft -> RecordID? in
                    if case .reference(let id)?? = draft.values[position] { id } else { nil }
                })
            if !ids.isEmpty { wanted.append((field, target, ids.sorted())) }
        }
        if wanted.isEmpty { return }
        let results = try await read(context, wanted.map { table($0.target).deletions(of: $0.ids, tenant: context.tenant) })
        for (item, rows) in zip(wanted, results) where rows.rowCount > 0 {
            let name = item.field.name
            throw Refusal(
                .referenceUnknown, "a reference points to no record",
                members: [.init(name, Refusal.Code.referenceUnknown.rawValue, "\(name) points to no record")]
            )
        }
    }

    private func removalEvent(_ decision: Decision, _ record: StoredRecord, _ context: RequestContext) async throws(Refusal) -> AuditEvent {
        let key = try await keys(for: [record], context).key(for: record)
        var event = event(decision, context, outcome: .changed)
        event.records = [record.id]
        event.subjects = key.map { [$0.pseudonym] } ?? []
        return event
    }
}

import AuditTrail
import Catalog
import Disclosure
import Policies
import PostgresLink
import Sealing
import Storage
import Vocabulary

/// One conversion: what was decided before its transaction, and what is done in it.
struct ConversionWork {
    let gateway: RecordGateway
    let entity: Entity
    let conversion: Conversion
    let id: RecordID
    let doors: Doors
    let plans: [ConversionPlan]
    /// `.some(nil)` for any version.
    let ifMatch: [String]?
    let isDryRun: Bool
    let context: RequestContext
    let progress: Progress

    /// What the code around the transaction has to know of one that failed.
    ///
    /// SAFETY: written inside the transaction's closure and read after it has ended; the two never overlap.
    final class Progress: @unchecked Sendable {
        var prepared: [PreparedRow] = []
        /// Who was asked last, and whose denial a no is.
        var ruling: Ruling?
        var reading: Sight?
        var keptOut: [[UInt8]] = []
        /// People who were one before and are two in the vault still.
        var joined: [SubjectID] = []
    }

    func carryOut(_ transaction: Transaction) async throws(Refusal) -> (outcome: ConversionOutcome, event: AuditEvent) {
        let table = gateway.table(entity)
        let whole = table.whole.asking(doors.questions)
        let (current, decision) = try await gateway.locked(id, entity, doors, whole, nil, transaction, context)
        let view = doors.view(current)
        if let time = entity.position(of: conversion.time), current.plainValue(time) != nil { throw already(current, view) }
        try gateway.check(ifMatch, current, view)
        let keys = try await gateway.keys(for: current.subject.map { [$0] } ?? [], withTenantKey: true, context)
        try RecordGateway.refuseLost(current.subject, keys)
        guard let key = keys.key(for: current) else { throw RecordGateway.erased }

        var standing = Standing(subject: current.subject, key: key, keys: keys)
        var made: [MadeRecord] = []
        var linked: [String: RecordID] = [:]
        var left: [String: [String]] = [:]
        for plan in plans {
            switch plan.kind {
            case .none: break
            case .link(let other):
                let found = try await link(other, plan, &standing, current, transaction)
                linked[plan.entity.name] = other
                standing.made.append((plan.entity, other, found.subject))
            case .make(let draft, let creating):
                let (record, names) = try await make(draft, creating, plan, view, current, &standing, transaction)
                made.append(record)
                if !names.isEmpty { left[plan.entity.name] = names }
                standing.made.append((plan.entity, record.stored.id, record.stored.subject))
            }
        }
        let (stored, prepared) = try await mark(current, standing, whole, transaction)
        let event: AuditEvent
        if progress.keptOut.isEmpty {
            for record in made {
                gateway.writeHistories(of: record.prepared, transaction, context)
                gateway.announce(.created, record.entity, [record.prepared], transaction, context)
            }
            gateway.writeHistories(of: prepared, transaction, context)
            gateway.announce(.updated, entity, [prepared], transaction, context)
            event = told(decision, standing, made, prepared)
        } else {
            // Somebody who asked to be forgotten goes the whole way to the same answer, and comes back to nowhere.
            transaction.enqueue(table.update(original(current), tenant: context.tenant))
            for record in made.reversed() {
                transaction.enqueue(gateway.table(record.entity).delete(record.stored.id, tenant: context.tenant))
            }
            var refused = gateway.event(decision, context, outcome: .refused)
            refused.target = .suppressed(1)
            event = refused
        }
        let outcome = ConversionOutcome(source: (stored, doors.view(stored)), made: made, linked: linked, left: left, keys: standing.keys)
        return (outcome, event)
    }

    // MARK: Parts

    /// Whom the records are about as far as is known, and what was made so far.
    private struct Standing {
        var subject: SubjectID?
        var key: DataKey
        var keys: RecordKeys
        var made: [(entity: Entity, id: RecordID, subject: SubjectID?)] = []
    }

    /// Makes one of the records, in the transaction.
    private func make(
        _ draft: RecordDraft, _ creating: Sight, _ plan: ConversionPlan, _ view: FieldView, _ current: StoredRecord, _ standing: inout Standing,
        _ transaction: Transaction
    ) async throws(Refusal) -> (MadeRecord, left: [String]) {
        let made = plan.entity
        var draft = draft
        var left: [String] = []
        var opening = Opening(current, entity, tenant: context.tenant, key: keyOfSource(current, standing))
        for pair in plan.target.fields {
            guard let to = made.position(of: pair.to), let from = entity.position(of: pair.from), draft.values[to] == nil else { continue }
            guard plan.carries(pair, seen: view, of: entity) else {
                left.append(pair.to)
                continue
            }
            switch opening.content(from) {
            case .value(let value?): draft.set(value, at: to)
            case .value(nil): break
            case .unreadable: throw RecordGateway.erased
            }
        }
        for (position, field) in made.fields.enumerated() where draft.values[position] == nil {
            if field.name == plan.target.origin {
                draft.set(.reference(id), at: position)
            } else if !field.isSystem, let other = standing.made.last(where: { $0.entity.name == field.referenceTo }) {
                draft.set(.reference(other.id), at: position)
            }
        }
        do throws(Refusal) { try draft.complete(made) } catch { throw error.below(made.name) }

        let isPerson = made.subject == .itself
        let subject = isPerson ? standing.subject : try await owner(of: draft, made, standing)
        if let subject, standing.keys.subjects[subject] == nil {
            let others = try await gateway.keys(for: [subject], withTenantKey: false, context)
            try RecordGateway.refuseLost(subject, others)
            standing.keys = standing.keys.with(others)
        }
        guard let key = standing.keys.key(for: subject) else { throw RecordGateway.erased }
        if isPerson {
            progress.keptOut += try await gateway.suppressed([draft], made, context)[0] ?? []
        }
        // A record that is a person has the person's id.
        let newID = isPerson ? subject.map { RecordID($0.uuid) } ?? .make() : .make()
        let tenantKeys = try await gateway.tenantKeys(context)
        let prepared: PreparedRow
        do throws(Refusal) {
            prepared = try gateway.prepareNew(draft, made, newID, subject, key, nil, tenantKeys, context)
        } catch { throw error.below(made.name) }
        if !isDryRun, progress.keptOut.isEmpty {
            progress.prepared.append(prepared)
            try await gateway.secure([prepared], context)
        }
        progress.ruling = creating.ruling
        progress.reading = plan.reading
        let doors = Doors(changing: creating, reading: plan.reading)
        let shape = plan.reading.widest.shape.asking(doors.questions)
        let table = gateway.table(made)
        let rows = try await gateway.inTransaction { () async throws(LinkError) in
            try await transaction.execute(table.insert(prepared.row, tenant: context.tenant, returning: shape))[0]
        }
        guard let stored = table.records(rows, shape).first else { throw Refusal(.internalError, "the new record did not come back") }
        guard let decision = doors.decision(stored) else { throw .notAdmitted }
        do throws(Refusal) { try gateway.check(draft, made, decision) } catch { throw error.below(made.name) }
        progress.ruling = nil
        progress.reading = nil
        return (MadeRecord(entity: made, stored: stored, view: doors.view(stored), prepared: prepared), left)
    }

    /// The key that opens the record which is converted: it is sealed as it was, whoever it comes to be about.
    private func keyOfSource(_ current: StoredRecord, _ standing: Standing) -> DataKey? { standing.keys.key(for: current.subject) }

    /// Whom a record is about that is about somebody else's record.
    private func owner(of draft: RecordDraft, _ made: Entity, _ standing: Standing) async throws(Refusal) -> SubjectID? {
        guard case .via(let relations) = made.subject else { return nil }
        for name in relations {
            guard let position = made.position(of: name), case .reference(let other)?? = draft.values[position] else { continue }
            if let known = standing.made.first(where: { $0.entity.name == made.fields[position].referenceTo && $0.id == other }) {
                return known.subject
            }
            break
        }
        return try await gateway.subjects(of: [{ draft.values[$0] ?? nil }], made, context)[0]
    }

    /// A record that is there already, if the caller may know of it.
    private func link(
        _ other: RecordID, _ plan: ConversionPlan, _ standing: inout Standing, _ current: StoredRecord, _ transaction: Transaction
    ) async throws(Refusal) -> StoredRecord {
        let table = gateway.table(plan.entity)
        let shape = RecordShape(plan.entity) { _ in false }
        let rows = try await gateway.inTransaction { () async throws(LinkError) in
            try await transaction.execute(
                table.select(other, shape, tenant: context.tenant, where: plan.reading.ruling.filter, forUpdate: true))[0]
        }
        guard let found = table.records(rows, shape).first else {
            let member = Refusal.Member("id", Refusal.Code.referenceUnknown.rawValue, "id points to no record")
            throw Refusal(.referenceUnknown, "a reference points to no record", members: [member]).below(plan.entity.name)
        }
        if plan.entity.subject == .itself, let subject = found.subject, let before = standing.subject, subject != before {
            // Two people turn out to be one: the one who is there already.
            let joining = PeopleJoining(gateway: gateway, winner: subject, losers: [before], context: context)
            standing.keys = standing.keys.with(try await joining.carryOut(except: [(entity, [id])], isDryRun: isDryRun, transaction))
            progress.joined = [before]
            guard let key = standing.keys.subjects[subject] else { throw RecordGateway.erased }
            (standing.subject, standing.key) = (subject, key)
        }
        return found
    }

    /// Writes into the record that it was converted, and into what.
    private func mark(
        _ current: StoredRecord, _ standing: Standing, _ whole: RecordShape, _ transaction: Transaction
    ) async throws(Refusal) -> (StoredRecord, PreparedRow) {
        var draft = RecordDraft()
        for (name, value) in conversion.settings { if let position = entity.position(of: name) { draft.set(value, at: position) } }
        if let position = entity.position(of: conversion.time) { draft.set(.timestamp(.now()), at: position) }
        for plan in plans {
            guard let record = standing.made.first(where: { $0.entity === plan.entity }), let position = entity.position(of: plan.target.link)
            else { continue }
            draft.set(.reference(record.id), at: position)
        }
        let tenantKeys = try await gateway.tenantKeys(context)
        let prepared = try gateway.prepareChange(
            draft, to: current, entity, key: keyOfSource(current, standing), owner: (standing.subject, standing.key), tenantKeys, context)
        guard let prepared else { throw Refusal(.internalError, "a conversion changes the record") }
        let table = gateway.table(entity)
        let rows = try await gateway.inTransaction { () async throws(LinkError) in
            try await transaction.execute(table.update(prepared.row, tenant: context.tenant, returning: whole))[0]
        }
        guard let stored = table.records(rows, whole).first else { throw .notFound }
        return (stored, prepared)
    }

    private func told(_ decision: Decision, _ standing: Standing, _ made: [MadeRecord], _ prepared: PreparedRow) -> AuditEvent {
        var event = gateway.event(decision, context, outcome: isDryRun ? .disclosed : .changed)
        var names = [id]
        for record in standing.made where !names.contains(record.id) { names.append(record.id) }
        event.records = isDryRun ? [id] : names
        event.subjects = standing.keys.pseudonyms
        event.clearFields = prepared.changedFields
        event.target = .conversion(into: standing.made.map(\.entity), isPlanned: isDryRun)
        return event
    }

    /// The row as it was.
    private func original(_ current: StoredRecord) -> RecordRow {
        let cells = entity.fields.enumerated().map { position, field -> Cell in
            field.isSealed ? .sealed(current.sealedBytes(position)) : .plain(current.plainValue(position))
        }
        return RecordRow(id: current.id, version: current.version, subject: current.subject, cells: cells)
    }

    /// Told with where it went, as far as the caller may see that of the record.
    private func already(_ current: StoredRecord, _ view: FieldView) -> Refusal {
        let places = plans.compactMap { plan -> String? in
            guard let position = entity.position(of: plan.target.link), view.decision.access[position].isClear,
                case .reference(let other)? = current.plainValue(position)
            else { return nil }
            return "/v1/\(plan.entity.plural)/\(other)"
        }
        return Refusal(
            .alreadyConverted, "this \(entity.name) was converted already",
            hint: places.isEmpty ? nil : "it became " + places.joined(separator: ", "))
    }
}

extension RecordKeys {
    /// These and others.
    func with(_ other: RecordKeys) -> RecordKeys {
        RecordKeys(
            subjects: subjects.merging(other.subjects) { first, _ in first }, tenant: tenant ?? other.tenant, lost: lost.union(other.lost))
    }
}

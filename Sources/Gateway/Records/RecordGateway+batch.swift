import AuditTrail
package import Catalog
import DataFormats
import Disclosure
import Expressions
import Identity
import KeyRing
import Policies
import PostgresLink
import Sealing
import Storage
import Vocabulary

extension RecordGateway {
    /// Carries out changes of records of one entity, in one transaction.
    ///
    /// Each goes by the same rules as alone: policies, references, unique values, holds, suppression. Keys and search tokens of all are prepared
    /// together. Where they do not go in together, what is refused is taken back by itself and the others stand.
    /// - Throws: when they go in together, what the first refused one was refused for; nothing is done then.
    package func apply(_ batch: RecordBatch, to entity: Entity, _ context: RequestContext) async throws(Refusal) -> [RecordBatch.Outcome] {
        let work = BatchWork(self, entity, batch, context)
        return try await work.run()
    }
}

/// The work of one batch. Lives as long as the call.
///
/// SAFETY: every part runs one after the other in the task of the call; nothing keeps it.
private final class BatchWork: @unchecked Sendable {
    private let gateway: RecordGateway
    private let entity: Entity
    private let batch: RecordBatch
    private let context: RequestContext
    private let reading: Sight
    private var sights: [Action: Sight] = [:]
    private var outcomes: [RecordBatch.Outcome?]
    private var drafts: [Int: RecordDraft] = [:]
    private var prepared: [Int: PreparedRow] = [:]
    private var suppressed: [Int: [[UInt8]]] = [:]
    private var changed: [PreparedRow] = []
    /// Endpoints that want to be told of deletions, and of each deletion those that are.
    private var wanting: [EndpointRow] = []
    private var witnesses: [Int: [UUIDv7]] = [:]
    private var told: [Action: (records: [RecordID], subjects: Set<Pseudonym>, fields: Set<FieldName>, kept: Int)] = [:]

    init(_ gateway: RecordGateway, _ entity: Entity, _ batch: RecordBatch, _ context: RequestContext) {
        self.gateway = gateway
        self.entity = entity
        self.batch = batch
        self.context = context
        reading = gateway.sight(.read, entity, context)
        outcomes = batch.operations.map { _ in nil }
    }

    func run() async throws(Refusal) -> [RecordBatch.Outcome] {
        for action in Set(batch.operations.map(\.action)).sorted(by: { $0.rawValue < $1.rawValue }) {
            sights[action] = try await gateway.writable(action, entity, context)
        }
        do throws(Refusal) {
            try await readDrafts()
            try await prepareNew()
            try await gateway.secure(kept, context)
            let results = try await gateway.change(context) {
                (transaction: Transaction) async throws(Refusal) -> (value: [RecordBatch.Outcome], events: [AuditEvent]) in
                try await write(transaction)
                return (outcomes.compactMap { $0 }, events())
            } showing: { (outcomes: [RecordBatch.Outcome], _: AuditReceipt) in
                outcomes
            }.value
            await gateway.tidy(changed.flatMap(\.removedTokens), entity, context)
            await gateway.tidyUnwritten(unwritten, context)
            await gateway.countKeptOut(suppressed.values.flatMap { $0 }, context)
            try await recordDenials()
            return results
        } catch {
            if error.code != .outcomeUnknown { await gateway.tidyUnwritten(kept, context) }
            await gateway.tidy(changed.flatMap(\.addedTokens), entity, context)
            if RecordBatch.denials.contains(error.code), let sight = sights.values.first {
                _ = try await gateway.record(gateway.event(sight.ruling.widest, context, outcome: .refused), context)
            }
            throw error
        }
    }

    /// New rows that are to stay.
    private var kept: [PreparedRow] { prepared.filter { suppressed[$0.key] == nil }.map(\.value) }
    /// Those of them that were refused in the end.
    private var unwritten: [PreparedRow] {
        prepared.filter { if suppressed[$0.key] == nil, case .refused? = outcomes[$0.key] { true } else { false } }.map(\.value)
    }

    // MARK: Before the transaction

    private func readDrafts() async throws(Refusal) {
        var seen: Set<RecordID> = []
        for (index, operation) in batch.operations.enumerated() {
            if let record = operation.record, !seen.insert(record).inserted {
                try refuse(index, Refusal(.valueInvalid, "a record may be named by one operation only", hint: "send the next one by itself"))
                continue
            }
            guard let body = operation.body, let sight = sights[operation.action] else { continue }
            do throws(Refusal) {
                let draft = try RecordDraft.read(body, entity, sight.ruling.widest, isNew: operation.record == nil)
                try await gateway.refuseDeletedReferences([draft], entity, context)
                drafts[index] = draft
            } catch {
                try refuse(index, error)
            }
        }
    }

    /// Seals what is new, all of it at once, or one by one where that fails because of one.
    private func prepareNew() async throws(Refusal) {
        let new = batch.operations.indices.filter { batch.operations[$0].action == .create && drafts[$0] != nil }
        let all = new.compactMap { drafts[$0] }
        if all.isEmpty { return }
        do throws(Refusal) {
            for (index, row) in zip(new, try await gateway.prepareNew(all, entity, context)) { prepared[index] = row }
        } catch {
            guard RecordBatch.concernsOne(error) else { throw error }
            for (index, draft) in zip(new, all) {
                do throws(Refusal) { prepared[index] = try await gateway.prepareNew([draft], entity, context)[0] } catch { try refuse(index, error) }
            }
        }
        for (place, tokens) in try await gateway.suppressed(all, entity, context) { suppressed[new[place]] = tokens }
    }

    // MARK: In the transaction

    private func write(_ transaction: Transaction) async throws(Refusal) {
        let current = try await lockAll(transaction)
        let keys = try await gateway.keys(for: Array(current.values), context)
        let tenantKeys = try await gateway.tenantKeys(context)
        // Tokens of what changes are durable before the rows are, all at once.
        var changes: [Int: (row: PreparedRow?, moved: Bool)] = [:]
        for (index, operation) in batch.operations.enumerated() where operation.action == .update {
            guard let id = operation.record, let draft = drafts[index], outcomes[index] == nil else { continue }
            do throws(Refusal) {
                let (stored, decision) = try admitted(id, operation, current)
                try gateway.check(draft, entity, decision)
                let owner = try await gateway.owner(of: stored, after: draft, entity, keys, context)
                let row = try gateway.prepareChange(
                    draft, to: stored, entity, key: keys.key(for: stored), owner: owner, tenantKeys, context)
                changes[index] = (row, owner.subject != stored.subject)
                if row == nil { done(.updated(id, entityTag: tag(stored, .update, keys.isErased(stored))), index, stored, keys, []) }
            } catch {
                try refuse(index, error)
            }
        }
        changed = changes.values.compactMap(\.row)
        try await gateway.secure(changed, context)
        for (index, operation) in batch.operations.enumerated() where outcomes[index] == nil {
            do throws(Refusal) {
                try await transaction.separately(unless: batch.isAtomic) { [self] () async throws(Refusal) in
                    switch operation {
                    case .create: try await create(index, transaction)
                    case .update:
                        if let (row, moved) = changes[index], let row { try await update(index, row, moved, transaction) }
                    case .delete(let id, _):
                        let (stored, _) = try admitted(id, operation, current)
                        if let holds = try await gateway.held([id], of: entity, transaction, context)[id] { throw .held(by: holds) }
                        let hiding = gateway.table(entity).hide(id, at: context.time, by: context.principal.actor, tenant: context.tenant)
                        witnesses[index] = try await gateway.witnesses(
                            of: id, entity, among: wanting, then: [hiding], transaction, context)
                        done(.deleted(id), index, stored, keys, [])
                    }
                }
            } catch {
                try refuse(index, gateway.veiled(error, reading))
            }
        }
        announce(changes, current, transaction)
    }

    /// Tells of what was done, once it is known of each operation whether it was.
    private func announce(
        _ changes: [Int: (row: PreparedRow?, moved: Bool)], _ current: [RecordID: StoredRecord], _ transaction: Transaction
    ) {
        var created: [PreparedRow] = []
        var updated: [PreparedRow] = []
        for index in batch.operations.indices {
            switch outcomes[index] {
            case .created? where suppressed[index] == nil: if let row = prepared[index] { created.append(row) }
            case .updated?: if let row = changes[index]?.row { updated.append(row) }
            case .deleted(let id)?:
                guard let stored = current[id], let told = witnesses[index] else { continue }
                gateway.announce(.deleted, entity, [(id, stored.version + 1, [])], told: told, transaction, context)
            default: continue
            }
        }
        gateway.announce(.created, entity, created, transaction, context)
        gateway.announce(.updated, entity, updated, transaction, context)
    }

    /// Every record that is named, by action, locked in the order of their ids.
    private func lockAll(_ transaction: Transaction) async throws(Refusal) -> [RecordID: StoredRecord] {
        var found: [RecordID: StoredRecord] = [:]
        let table = gateway.table(entity)
        let named = batch.operations.compactMap(\.record).sorted()
        if named.isEmpty { return [:] }
        do throws(LinkError) {
            let bare = RecordShape(entity) { _ in false }
            let locking = table.select(named, bare, tenant: context.tenant, forUpdate: true)
            wanting = StoreDatabase.endpoints(try await transaction.execute([locking, gateway.wantingDeletions(of: entity, context)])[1])
            for action in [Action.update, .delete] {
                let ids = batch.operations.filter { $0.action == action }.compactMap(\.record)
                guard let sight = sights[action], !ids.isEmpty else { continue }
                let shape = table.whole.asking(Doors(changing: sight, reading: reading).questions)
                for record in table.records(try await transaction.execute(table.select(ids, shape, tenant: context.tenant))[0], shape) {
                    found[record.id] = record
                }
            }
        } catch {
            throw gateway.refusal(StorageError(error))
        }
        return found
    }

    private func admitted(
        _ id: RecordID, _ operation: RecordBatch.Operation, _ current: [RecordID: StoredRecord]
    ) throws(Refusal) -> (StoredRecord, Decision) {
        let doors = doors(operation.action)
        guard let stored = current[id], doors.isKnown(stored) else { throw .notFound }
        guard let decision = doors.decision(stored) else { throw .notAdmitted }
        try gateway.check(operation.ifMatch, stored, doors.view(stored))
        return (stored, decision)
    }

    private func create(_ index: Int, _ transaction: Transaction) async throws(Refusal) {
        guard let row = prepared[index], let draft = drafts[index] else { return }
        let table = gateway.table(entity)
        let doors = doors(.create)
        let shape = table.whole.asking(doors.questions)
        guard let stored = try await run(table.insert(row.row, tenant: context.tenant, returning: shape), shape, transaction) else { throw .notFound }
        guard let decision = doors.decision(stored) else { throw .notAdmitted }
        try gateway.check(draft, entity, decision)
        let outcome = RecordBatch.Outcome.created(stored.id, entityTag: tag(stored, .create, false))
        if suppressed[index] != nil {
            transaction.enqueue(table.delete(stored.id, tenant: context.tenant))
            outcomes[index] = outcome
            told[.create, default: ([], [], [], 0)].kept += 1
            return
        }
        gateway.writeHistories(of: row, transaction, context)
        done(outcome, index, stored, row, row.changedFields)
    }

    private func update(_ index: Int, _ row: PreparedRow, _ isMoved: Bool, _ transaction: Transaction) async throws(Refusal) {
        let table = gateway.table(entity)
        let doors = doors(.update)
        let shape = table.whole.asking(doors.questions)
        guard let stored = try await run(table.update(row.row, tenant: context.tenant, returning: shape), shape, transaction) else { throw .notFound }
        // Whoever a record comes to be about is asked like whoever it was about.
        if isMoved, doors.decision(stored) == nil { throw .notAdmitted }
        gateway.writeHistories(of: row, transaction, context)
        done(.updated(stored.id, entityTag: tag(stored, .update, false)), index, stored, row, row.changedFields)
    }

    private func run(_ statement: SQL, _ shape: RecordShape, _ transaction: Transaction) async throws(Refusal) -> StoredRecord? {
        do throws(LinkError) { return gateway.table(entity).records(try await transaction.execute(statement)[0], shape).first } catch {
            throw gateway.refusal(StorageError(error))
        }
    }

    // MARK: What came of it

    private func doors(_ action: Action) -> Doors { Doors(changing: sights[action] ?? reading, reading: reading) }

    private func tag(_ stored: StoredRecord, _ action: Action, _ isErased: Bool) -> String {
        EntityTag.of(stored, doors(action).view(stored), isErased: isErased, key: gateway.tagKey)
    }

    private func done(_ outcome: RecordBatch.Outcome, _ index: Int, _ stored: StoredRecord, _ keys: RecordKeys, _ fields: Set<FieldName>) {
        note(outcome, index, stored, stored.subject == nil ? nil : keys.key(for: stored)?.pseudonym, fields)
    }

    private func done(_ outcome: RecordBatch.Outcome, _ index: Int, _ stored: StoredRecord, _ row: PreparedRow, _ fields: Set<FieldName>) {
        note(outcome, index, stored, stored.subject == nil ? nil : row.key.pseudonym, fields)
    }

    private func note(_ outcome: RecordBatch.Outcome, _ index: Int, _ stored: StoredRecord, _ subject: Pseudonym?, _ fields: Set<FieldName>) {
        outcomes[index] = outcome
        var sum = told[batch.operations[index].action] ?? ([], [], [], 0)
        sum.records.append(stored.id)
        if let subject { sum.subjects.insert(subject) }
        sum.fields.formUnion(fields)
        told[batch.operations[index].action] = sum
    }

    /// One event for each thing that was done; one that tells of nothing where all was refused.
    private func events() -> [AuditEvent] {
        var events: [AuditEvent] = []
        for action in [Action.create, .update, .delete] {
            guard let sight = sights[action], let sum = told[action] else { continue }
            var event = gateway.event(sight.ruling.widest, context, outcome: sum.records.isEmpty ? .refused : .changed)
            event.records = sum.records
            event.subjects = Array(sum.subjects)
            event.clearFields = sum.fields
            event.count = sum.records.count
            if sum.kept > 0 { event.target = .suppressed(sum.kept) }
            events.append(event)
        }
        if events.isEmpty, let sight = sights.values.first { events = [gateway.event(sight.ruling.widest, context, outcome: .failed)] }
        return events
    }

    /// - Throws: where all go in together.
    private func refuse(_ index: Int, _ refusal: Refusal) throws(Refusal) {
        guard !batch.isAtomic, RecordBatch.concernsOne(refusal) else {
            guard RecordBatch.concernsOne(refusal) else { throw refusal }
            throw refusal.of(operation: index)
        }
        outcomes[index] = .refused(refusal)
    }

    /// Operations that were refused for what the caller may not do are a denial; those that do not fit are a slip.
    private func recordDenials() async throws(Refusal) {
        var denied: [Action: Int] = [:]
        for (outcome, operation) in zip(outcomes, batch.operations) {
            if case .refused(let refusal)? = outcome, RecordBatch.denials.contains(refusal.code) { denied[operation.action, default: 0] += 1 }
        }
        for (action, count) in denied.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            guard let sight = sights[action] else { continue }
            var event = gateway.event(sight.ruling.widest, context, outcome: .refused)
            event.count = count
            _ = try await gateway.record(event, context)
        }
    }
}

extension RecordBatch {
    fileprivate static var denials: Set<Refusal.Code> { [.denied, .fieldNotWritable, .holdInTheWay] }

    /// Whether a refusal is about one operation, and leaves the others as they are.
    fileprivate static func concernsOne(_ refusal: Refusal) -> Bool {
        switch refusal.code {
        case .valueTaken, .referenceUnknown, .valueInvalid, .memberUnknown, .fieldNotWritable, .subjectErased, .subjectKeyMissing, .denied, .notFound,
            .preconditionFailed, .holdInTheWay:
            true
        default: false
        }
    }
}

extension RecordBatch.Operation {
    fileprivate var action: Action {
        switch self {
        case .create: .create
        case .update: .update
        case .delete: .delete
        }
    }

    fileprivate var body: JSONObject? {
        switch self {
        case .create(let body), .update(_, let body, _): body
        case .delete: nil
        }
    }

    fileprivate var ifMatch: [String]? {
        switch self {
        case .create: nil
        case .update(_, _, let tags), .delete(_, let tags): tags
        }
    }
}

extension Refusal {
    /// The same with its places in the body of a batch.
    func of(operation index: Int) -> Refusal {
        let members =
            members.isEmpty
            ? [Member(path: "operations/\(index)", code.rawValue, detail)]
            : members.map { Member(path: "operations/\(index)/body/" + $0.pointer.dropFirst(2), $0.code, $0.detail) }
        return Refusal(code, "operation \(index): \(detail)", hint: hint, members: members)
    }
}

extension Transaction {
    /// Runs a part of a transaction that can be taken back by itself.
    fileprivate func separately(unless isWhole: Bool, _ body: () async throws(Refusal) -> Void) async throws(Refusal) {
        if isWhole { return try await body() }
        enqueue("SAVEPOINT one")
        do throws(Refusal) {
            try await body()
            do throws(LinkError) { _ = try await execute("RELEASE SAVEPOINT one") } catch {
                throw Refusal(.internalError, "a part of the batch was refused by the store")
            }
        } catch {
            do throws(LinkError) { _ = try await execute("ROLLBACK TO SAVEPOINT one") } catch {
                throw Refusal(.storeUnavailable, "the store cannot be reached", hint: "try again in a moment")
            }
            throw error
        }
    }
}

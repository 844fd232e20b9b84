import AuditTrail
package import Catalog
import DataFormats
import Disclosure
import Expressions
import KeyRing
import Policies
import PostgresLink
import Sealing
import Storage
import Vocabulary

extension RecordGateway {
    /// Rows that one call takes at most.
    package static var maximumImportRows: Int { 500 }

    /// Creates or updates records, matched by `external_id`, then by e-mail; one transaction and one audit event for all.
    ///
    /// A row is refused by itself; the others arrive. When the store refuses the batch as a whole (another writer was
    /// faster with a unique value), rows are tried one by one, so that only the guilty one is refused.
    /// - Parameter isDryRun: checks and matches, and writes nothing but the audit event.
    package func importRows(
        _ rows: [ImportRow], into entity: Entity, isDryRun: Bool, _ context: RequestContext
    ) async throws(Refusal) -> [ImportOutcome] {
        try await importRows(rows, into: entity, isDryRun: isDryRun, journal: nil, context)
    }

    /// - Parameter journal: where it is written down what became of each row that is not refused.
    func importRows(
        _ rows: [ImportRow], into entity: Entity, isDryRun: Bool, journal: ImportJournal?, _ context: RequestContext
    ) async throws(Refusal) -> [ImportOutcome] {
        let importing = try await writable(.import, entity, context)
        let reading = sight(.read, entity, context)
        let way = ImportWay(
            sight: importing, reading: reading, doors: Doors(changing: importing, reading: reading), isDryRun: isDryRun,
            journal: journal)
        var outcomes: [ImportOutcome] = []
        // Two rows of one file may be the same record: the second has to find what the first has written.
        for batch in ImportBatch.split(rows, entity) {
            do throws(Refusal) {
                outcomes += try await importBatch(batch, entity, way, context)
            } catch {
                guard batch.count > 1, Self.concernsOneRow(error) else {
                    guard Self.concernsOneRow(error) else { throw error }
                    outcomes.append(Self.refused(batch[0], veiled(error, reading)))
                    continue
                }
                for row in batch {
                    do throws(Refusal) {
                        outcomes += try await importBatch([row], entity, way, context)
                    } catch {
                        guard Self.concernsOneRow(error) else { throw error }
                        outcomes.append(Self.refused(row, veiled(error, reading)))
                    }
                }
            }
        }
        // Rows that were refused for what the caller may not do are a denial; those that do not fit are a slip.
        let denied = outcomes.count { $0.problems.contains { Self.denials.contains($0.code) } }
        if denied > 0 {
            var event = event(importing.ruling.widest, context, outcome: .refused)
            event.count = denied
            _ = try await record(event, context)
        }
        return outcomes
    }

    private static var denials: Set<String> { [Refusal.Code.denied.rawValue, Refusal.Code.fieldNotWritable.rawValue] }

    private static func concernsOneRow(_ refusal: Refusal) -> Bool {
        switch refusal.code {
        case .valueTaken, .referenceUnknown, .valueInvalid, .memberUnknown, .fieldNotWritable, .subjectErased, .subjectKeyMissing, .denied: true
        default: false
        }
    }

    private static func refused(_ row: ImportRow, _ refusal: Refusal) -> ImportOutcome {
        let problems = refusal.members.isEmpty ? [Refusal.Member("", refusal.code.rawValue, refusal.detail)] : refusal.members
        return ImportOutcome(line: row.line, fate: .refused, problems: problems)
    }

    private func importBatch(
        _ rows: [ImportRow], _ entity: Entity, _ way: ImportWay, _ context: RequestContext
    ) async throws(Refusal) -> [ImportOutcome] {
        let decision = way.sight.ruling.widest
        var outcomes: [ImportOutcome?] = rows.map { _ in nil }
        let resolved = try await resolveLookups(rows, entity, decision, context)
        var drafts: [(index: Int, draft: RecordDraft)] = []
        for (index, (row, references)) in zip(rows, resolved).enumerated() {
            do throws(Refusal) {
                var draft = try RecordDraft.read(row.members, entity, decision, isNew: false)
                var problems: [Refusal.Member] = []
                for (lookup, id) in references {
                    if row.members[lookup.member] != nil {
                        problems.append(.init(lookup.member, Refusal.Code.valueInvalid.rawValue, "\(lookup.member) is given twice"))
                    } else if let id, let position = entity.position(of: lookup.member) {
                        draft.write(.reference(id), at: position)
                    } else {
                        problems.append(
                            .init(
                                lookup.member, Refusal.Code.referenceUnknown.rawValue, "\(lookup.member) names a \(lookup.field) that no record has")
                        )
                    }
                }
                if !problems.isEmpty { throw Refusal(.referenceUnknown, "a reference points to no record", members: problems) }
                drafts.append((index, draft))
            } catch {
                outcomes[index] = Self.refused(row, error)
            }
        }
        let matches = try await match(drafts.map(\.draft), way.reading, entity, context)
        var new: [Incoming] = []
        var existing: [(row: Incoming, id: RecordID)] = []
        var taken: Set<RecordID> = []
        var later: [Int] = []
        for ((index, draft), match) in zip(drafts, matches) {
            let row = rows[index]
            switch match {
            case .one(let id):
                // A second row about the same record has to see what the first one has written.
                if taken.insert(id).inserted { existing.append((Incoming(index: index, row: row, draft: draft), id)) } else { later.append(index) }
            case .none:
                do throws(Refusal) {
                    new.append(Incoming(index: index, row: row, draft: try complete(draft, entity)))
                } catch {
                    outcomes[index] = Self.refused(row, error)
                }
            case .several:
                outcomes[index] = ImportOutcome(
                    line: row.line, fate: .refused,
                    problems: [.init("email", "match-ambiguous", "several records have this value: give an external_id")]
                )
            }
        }
        for (index, outcome) in try await write(new, existing, entity, way, context) { outcomes[index] = outcome }
        if !later.isEmpty {
            let rest = try await importBatch(later.map { rows[$0] }, entity, way, context)
            for (index, outcome) in zip(later, rest) { outcomes[index] = outcome }
        }
        return outcomes.compactMap { $0 }
    }

    /// A checked row on its way in, with its place in the batch.
    private struct Incoming: Sendable {
        let index: Int
        let row: ImportRow
        let draft: RecordDraft
    }

    /// Defaults and required fields, for a row that makes a new record.
    private func complete(_ draft: RecordDraft, _ entity: Entity) throws(Refusal) -> RecordDraft {
        var draft = draft
        var problems: [Refusal.Member] = []
        for (position, field) in entity.fields.enumerated() where (draft.values[position] ?? nil) == nil {
            if let value = field.defaultValue {
                draft.set(value, at: position)
            } else if field.isRequired {
                problems.append(.init(field.name, ValueProblem.Code.required.rawValue, "\(field.name) has to have a value"))
            }
        }
        if draft.values.values.allSatisfy({ $0 == nil }) {
            problems.append(.init("", ValueProblem.Code.required.rawValue, "the row has no value for any field"))
        }
        if !problems.isEmpty { throw Refusal(.valueInvalid, "the row lacks something", members: problems) }
        try RecordDraft.checkMoney(entity.fields.indices.map { draft.values[$0] ?? nil }, entity)
        return draft
    }

    // MARK: Matching

    private enum Match { case none, one(RecordID), several }

    /// By `external_id` where the row has one that is known; else by e-mail. Only records that show the caller the field in the
    /// clear are matched: else an import would tell who is there.
    private func match(
        _ drafts: [RecordDraft], _ reading: Sight, _ entity: Entity, _ context: RequestContext
    ) async throws(Refusal) -> [Match] {
        var matches = drafts.map { _ in Match.none }
        let external = entity.position(of: "external_id").flatMap { entity.fields[$0].uniqueness == .enforced ? $0 : nil }
        let wanted = drafts.map { draft -> String? in
            if let external, case .text(let id)?? = draft.values[external] { id } else { nil }
        }
        if let external {
            let known = try await ids(where: external, isAnyOf: wanted.compactMap { $0 }, reading, context)
            for (index, id) in wanted.enumerated() { if let id, let record = known[id]?.first { matches[index] = .one(record) } }
        }
        if let position = entity.position(of: "email"), entity.fields[position].isExactlySearchable {
            let field = entity.fields[position]
            let forms = zip(drafts, matches).map { draft, match -> [UInt8]? in
                guard case .none = match, let value = draft.values[position] ?? nil else { return nil }
                return field.searchForm(of: value)
            }
            let limit = RowCondition.conjunction([reading.ruling.filter, reading.ruling.clearRecords(position)])
            let found = try await self.matches(field, position, forms.compactMap { $0 }, also: external, where: limit, entity, context)
            for (index, form) in forms.enumerated() {
                // A record with another external id is another record, whatever its e-mail: people share addresses.
                let hits = (form.flatMap { found[$0] } ?? []).filter { hit in
                    guard let wanted = wanted[index], let external, case .text(let own)? = hit.stored.plainValue(external) else { return true }
                    return own == wanted
                }
                if hits.isEmpty { continue }
                matches[index] = hits.count == 1 ? .one(hits[0].id) : .several
            }
        }
        return matches
    }

    /// Records that have one of these values in a plain unique field, and show it to the caller.
    func ids(
        where position: Int, isAnyOf values: [String], _ reading: Sight, _ context: RequestContext
    ) async throws(Refusal) -> [String: [RecordID]] {
        if values.isEmpty || !reading.ruling.isUsable(position) { return [:] }
        let limit = RowCondition.conjunction([reading.ruling.filter, reading.ruling.clearRecords(position)])
        let field = reading.entity.fields[position]
        let rows = try await read(
            context, [table(reading.entity).ids(where: field, isAnyOf: values, and: limit, tenant: context.tenant)]
        )[0]
        var found: [String: [RecordID]] = [:]
        for row in 0..<rows.rowCount {
            if let value = rows.text(row, 0), let id = rows.uuid(row, 1) { found[value, default: []].append(RecordID(id)) }
        }
        return found
    }

    /// Finds the records that rows name by a plain field; `nil` where there is none, or more than one.
    ///
    /// A row that would look up what the caller may not write is not looked up: it is refused as if it had written the member.
    private func resolveLookups(
        _ rows: [ImportRow], _ entity: Entity, _ decision: Decision, _ context: RequestContext
    ) async throws(Refusal) -> [[(lookup: ImportRow.Lookup, id: RecordID?)]] {
        struct Kind: Hashable {
            let member: String
            let field: String
        }
        var values: [Kind: Set<String>] = [:]
        for lookup in rows.flatMap(\.lookups) { values[Kind(member: lookup.member, field: lookup.field), default: []].insert(lookup.value) }
        var found: [Kind: [String: [RecordID]]] = [:]
        for (kind, wanted) in values {
            guard let position = entity.position(of: kind.member), decision.writable[position] else {
                throw Refusal(
                    .fieldNotWritable, "members are not yours to write", hint: "leave them out",
                    members: [.init(kind.member, Refusal.Code.fieldNotWritable.rawValue, "your roles do not allow to write \(kind.member)")]
                )
            }
            guard let target = entity.field(named: kind.member)?.referenceTo.flatMap({ catalog.entity(named: $0) }),
                case let reading = sight(.read, target, context), let (place, field) = reading.usableField(named: kind.field),
                field.storage == .plain, field.type.restsAsText
            else { throw ListPlan.unknown(kind.field) }
            found[kind] = try await ids(where: place, isAnyOf: Array(wanted), reading, context)
        }
        return rows.map { row in
            row.lookups.map { lookup in
                let hits = found[Kind(member: lookup.member, field: lookup.field)]?[lookup.value] ?? []
                return (lookup, hits.count == 1 ? hits[0] : nil)
            }
        }
    }

    // MARK: Writing

    private func write(
        _ new: [Incoming], _ existing: [(row: Incoming, id: RecordID)], _ entity: Entity, _ way: ImportWay, _ context: RequestContext
    ) async throws(Refusal) -> [(index: Int, outcome: ImportOutcome)] {
        let isDryRun = way.isDryRun
        let doors = way.doors
        try await refuseDeletedReferences(new.map(\.draft) + existing.map(\.row.draft), entity, context)
        let created = isDryRun ? [] : try await prepareNew(new.map(\.draft), entity, context)
        let tenantKeys = try await tenantKeys(context)
        let table = table(entity)
        let shape = table.whole.asking(doors.questions)
        // People who asked to be forgotten go the whole way to the same answer, and are not kept.
        let suppressed = isDryRun ? [:] : try await suppressed(new.map(\.draft), entity, context)
        let kept = suppressed.isEmpty ? created : created.indices.filter { suppressed[$0] == nil }.map { created[$0] }
        try await secure(kept, context)
        let changed = PendingChanges()
        do throws(Refusal) {
            let (outcomes, _) = try await change(context) { (transaction: Transaction) async throws(Refusal) in
                var outcomes = new.enumerated().map { number, item in
                    (index: item.index, outcome: ImportOutcome(line: item.row.line, fate: .created, record: isDryRun ? nil : created[number].row.id))
                }
                var prepared: [PreparedRow] = []
                var moved: Set<RecordID> = []
                var lines = way.journal.map { $0.lines(ofNew: new.map(\.row.line), created.map(\.row)) } ?? []
                if !existing.isEmpty {
                    let rows: ResultSet
                    do throws(LinkError) {
                        let ids = existing.map(\.id)
                        rows = try await transaction.execute(table.select(ids, shape, tenant: context.tenant, forUpdate: !isDryRun))[0]
                    } catch {
                        throw refusal(StorageError(error))
                    }
                    let records = table.records(rows, shape)
                    let keys = try await keys(for: records, context)
                    let byID = Dictionary(records.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
                    for item in existing {
                        guard let current = byID[item.id] else { throw Refusal(.busy, "a matched record went away", hint: "import again") }
                        guard let decision = doors.decision(current) else { throw .notAdmitted }
                        try check(item.row.draft, entity, decision)
                        let key = keys.key(for: current)
                        let owner = try await owner(of: current, after: item.row.draft, entity, keys, context)
                        let row = try prepareChange(item.row.draft, to: current, entity, key: key, owner: owner, tenantKeys, context)
                        if let row { prepared.append(row) }
                        if owner.subject != current.subject { moved.insert(current.id) }
                        if let journal = way.journal { lines.append(journal.line(item.row.row.line, current, row, entity, key, context)) }
                        let outcome = ImportOutcome(line: item.row.row.line, fate: row == nil ? .skipped : .updated, record: item.id)
                        outcomes.append((item.row.index, outcome))
                    }
                }
                var event = event(way.sight.ruling.widest, context, outcome: isDryRun ? .disclosed : .changed)
                event.count = outcomes.count
                if !isDryRun {
                    changed.rows = prepared
                    try await secure(prepared, context)
                    try await insert(created, new, entity, way, transaction, context)
                    try await update(prepared, moved, entity, way, transaction, context)
                    for index in suppressed.keys { transaction.enqueue(table.delete(created[index].row.id, tenant: context.tenant)) }
                    for row in kept + prepared { writeHistories(of: row, transaction, context) }
                    announce(.created, entity, kept, transaction, context)
                    announce(.updated, entity, prepared, transaction, context)
                    event.records = (kept + prepared).map(\.row.id)
                    event.subjects = (kept + prepared).filter { $0.row.subject != nil }.map(\.key.pseudonym)
                    event.clearFields = Set((kept + prepared).flatMap(\.changedFields))
                    if !suppressed.isEmpty { event.target = .suppressed(suppressed.count) }
                }
                if let journal = way.journal, !lines.isEmpty {
                    transaction.enqueue(StoreDatabase.addLines(lines, of: journal.job, tenant: context.tenant))
                }
                return (outcomes, event)
            }
            await tidy(changed.rows.flatMap(\.removedTokens), entity, context)
            await countKeptOut(suppressed.values.flatMap { $0 }, context)
            return outcomes
        } catch {
            if error.code != .outcomeUnknown { await tidyUnwritten(created, context) }
            await tidy(changed.rows.flatMap(\.addedTokens), entity, context)
            throw error
        }
    }

    /// Changes rows. Those that come to be about somebody else come back and are asked; a no takes the batch back.
    private func update(
        _ prepared: [PreparedRow], _ moved: Set<RecordID>, _ entity: Entity, _ way: ImportWay, _ transaction: Transaction,
        _ context: RequestContext
    ) async throws(Refusal) {
        let table = table(entity)
        for row in prepared where !moved.contains(row.row.id) { transaction.enqueue(table.update(row.row, tenant: context.tenant)) }
        let shape = RecordShape(entity) { _ in false }.asking(way.doors.questions)
        let changes = prepared.filter { moved.contains($0.row.id) }.map { table.update($0.row, tenant: context.tenant, returning: shape) }
        if changes.isEmpty { return }
        let results: [ResultSet]
        do throws(LinkError) { results = try await transaction.execute(changes) } catch { throw refusal(StorageError(error)) }
        for rows in results {
            guard let stored = table.records(rows, shape).first, way.doors.decision(stored) != nil else { throw .notAdmitted }
        }
    }

    /// Inserts new rows. Where the rules depend on the record, the rows come back and are asked; a no takes the batch back.
    private func insert(
        _ created: [PreparedRow], _ new: [Incoming], _ entity: Entity, _ way: ImportWay, _ transaction: Transaction, _ context: RequestContext
    ) async throws(Refusal) {
        let table = table(entity)
        let isAboutKnownPeople = if case .via = entity.subject { true } else { false }
        if !way.sight.ruling.limitsRecords, way.sight.ruling.questions.isEmpty, !isAboutKnownPeople {
            for row in created { transaction.enqueue(table.insert(row.row, tenant: context.tenant)) }
            return
        }
        let shape = RecordShape(entity) { _ in false }.asking(way.doors.questions)
        let insertions = created.map { table.insert($0.row, tenant: context.tenant, returning: shape) }
        let results: [ResultSet]
        do throws(LinkError) { results = try await transaction.execute(insertions) } catch { throw refusal(StorageError(error)) }
        for (rows, incoming) in zip(results, new) {
            guard let stored = table.records(rows, shape).first, let decision = way.doors.decision(stored) else { throw .notAdmitted }
            try check(incoming.draft, entity, decision)
        }
    }
}

/// What an import call is allowed, the same for all its rows.
struct ImportWay: Sendable {
    let sight: Sight
    let reading: Sight
    let doors: Doors
    let isDryRun: Bool
    let journal: ImportJournal?
}

/// What the transaction's closure has prepared.
///
/// SAFETY: written inside the closure and read after it has ended; the two never overlap.
private final class PendingChanges: @unchecked Sendable {
    var rows: [PreparedRow] = []
}

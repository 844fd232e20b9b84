import AuditTrail
package import Catalog
import DataFormats
package import Disclosure
import Expressions
package import Identity
import KeyRing
import Policies
import PostgresLink
import Sealing
import Storage
package import Vocabulary

/// A page of records.
package struct RecordList: Sendable {
    package let records: [DisclosedRecord]
    package let next: String?
    /// How many records fit in all, when that was asked.
    package let count: Int?
    /// What goes along with them.
    package var included: [IncludedRecords] = []
    /// What each of them was made of.
    var sources: [(record: StoredRecord, view: FieldView)] = []
}

extension RecordGateway {
    /// One record, as the caller may see it.
    ///
    /// - Parameter fields: names to show; `nil` shows all that the caller may see.
    package func read(
        _ entity: Entity, _ id: RecordID, fields: [String]? = nil, _ context: RequestContext
    ) async throws(Refusal) -> DisclosedRecord {
        try await read(entity, id, fields: fields, including: [], isDeleted: false, context).record
    }

    /// One record, and what goes along with it.
    ///
    /// - Parameters:
    ///   - names: references, and other records that refer to this one; see ``Inclusion``.
    ///   - isDeleted: it is a deleted one that is asked for.
    package func read(
        _ entity: Entity, _ id: RecordID, fields: [String]?, including names: [String], isDeleted: Bool, _ context: RequestContext
    ) async throws(Refusal) -> (record: DisclosedRecord, included: [IncludedRecords]) {
        let sight = isDeleted ? try await sightOfDeleted(entity, context, record: id) : try await decide(.read, entity, context, record: id)
        let positions = try await noted(sight, context) { () throws(Refusal) in try shownPositions(fields, sight.widest) }
        let inclusions = try await inclusions(names, of: sight, context)
        let shape = sight.widest.shape(of: Self.needed(positions, inclusions)).asking(sight.ruling.questions)
        let rows = try await read(context, [table(entity).select(id, shape, tenant: context.tenant, where: sight.ruling.filter)])[0]
        guard let stored = table(entity).records(rows, shape).first else {
            var event = event(sight.ruling.widest, context, outcome: .failed)
            event.records = [id]
            _ = try await record(event, context)
            throw await goneElsewhere(id, sight, context)
        }
        let keys = try await keys(for: [stored], context)
        let view = sight.view(stored)
        let deletion = isDeleted ? try await deletions([stored], entity, context)[id] : nil
        let included = try await include(inclusions, with: [(stored, view)], context)
        let receipt = try await record(disclosure(of: [(stored, view)], sight, positions, keys, context), context)
        return (disclose(stored, view, positions, keys, receipt, context, deletion), included)
    }

    /// The columns that what is shown and what goes along need.
    private static func needed(_ positions: [Int], _ inclusions: [(Inclusion, Sight)]) -> [Int] {
        let references = inclusions.compactMap { inclusion, _ in if case .referred(let position) = inclusion.way { position } else { nil } }
        return references.isEmpty ? positions : Set(positions + references).sorted()
    }

    /// Records that fit, page by page. A filter, a sort or a field that the caller may not use is refused with the words
    /// that an unknown one is refused with.
    package func list(_ entity: Entity, _ query: ListQuery, _ context: RequestContext) async throws(Refusal) -> RecordList {
        if let text = query.search { return try await search(text, entity, query, context) }
        let sight = query.wantsDeleted ? try await sightOfDeleted(entity, context) : try await decide(.read, entity, context)
        let (positions, plan) = try await noted(sight, context) { () throws(Refusal) in
            (try shownPositions(query.fields, sight.widest), try ListPlan(query, sight, context))
        }
        let inclusions = try await inclusions(query.include, of: sight, context)
        let binding = CursorSeal.binding(context, entity, query)
        var page = RecordPage()
        if let cursor = query.cursor { page.after = try CursorSeal.open(cursor, entity, plan.sort, key: cursorKey, binding: binding) }
        let narrowing = query.wantsCount ? nil : try await narrowing(plan.condition, limit: query.limit, sight, context)
        let condition = try await resolved(narrowing?.rest ?? plan.condition, sight, context)
        page.condition = condition
        if let narrowing { page.condition = RowCondition.conjunction([.identified(narrowing.records), condition]) }
        page.sort = plan.sort
        page.isDescending = query.isDescending
        page.limit = query.limit + 1
        let needed = Set(Self.needed(positions, inclusions) + (plan.sort.map { [$0] } ?? []) + (narrowing?.positions ?? [])).sorted()
        let shape = sight.widest.shape(of: needed).asking(sight.ruling.questions)
        let table = table(entity)
        var statements: [SQL] = []
        switch narrowing?.records.count {
        // Nothing is asked of the store but whether the credential lives.
        case 0?: break
        case 1? where page.after == nil:
            // The text of this one is kept, since the value is not in it.
            statements.append(table.select(narrowing?.records ?? [], shape, tenant: context.tenant, where: condition))
        default: statements.append(table.list(page, shape, tenant: context.tenant))
        }
        if query.wantsCount { statements.append(table.count(condition, tenant: context.tenant)) }
        let results = try await read(context, statements)
        var found = results.first.map { table.records($0, shape) } ?? []
        if let narrowing, !found.isEmpty {
            let keys = try await keys(for: found, context)
            found.removeAll { record in
                var opening = Opening(record, entity, tenant: context.tenant, key: keys.key(for: record))
                return !narrowing.holds(&opening)
            }
        }
        let shown = found.prefix(query.limit).map { (record: $0, view: sight.view($0)) }
        let keys = try await keys(for: shown.map(\.record), context)
        let deletions = query.wantsDeleted ? try await deletions(shown.map(\.record), entity, context) : [:]
        let included = try await include(inclusions, with: shown, context)

        var event = disclosure(of: shown, sight, positions, keys, context)
        event.count = shown.count
        let receipt = try await record(event, context)
        let records = shown.map { disclose($0.record, $0.view, positions, keys, receipt, context, deletions[$0.record.id]) }
        var next: String?
        if found.count > query.limit, let last = shown.last?.record {
            next = CursorSeal.seal(
                RecordPage.Position(value: plan.sort.flatMap { last.plainValue($0) }, id: last.id), key: cursorKey, binding: binding
            )
        }
        return RecordList(
            records: records, next: next, count: query.wantsCount ? results[1].int64(0, 0).map { Int($0) } : nil,
            included: included, sources: shown
        )
    }

    // MARK: Parts

    /// Reads a question. Asking by what one may not use is on record like any denial: a probe is seen.
    func noted<Value>(
        _ sight: Sight, _ context: RequestContext, _ read: () throws(Refusal) -> Value
    ) async throws(Refusal) -> Value {
        do throws(Refusal) { return try read() } catch {
            guard error.code == .fieldUnknown || error.code == .filterInvalid else { throw error }
            try await confirmLiveness(context)
            _ = try await record(event(sight.ruling.widest, context, outcome: .refused), context)
            throw error
        }
    }

    func shownPositions(_ fields: [String]?, _ view: FieldView) throws(Refusal) -> [Int] {
        guard let fields else { return view.shown }
        var positions: Set<Int> = []
        // Every representation has the id.
        for name in fields where name != "id" {
            guard let position = view.entity.position(of: name), view.decision.access[position] != .hidden else {
                throw ListPlan.unknown(name)
            }
            positions.insert(position)
        }
        return view.shown.filter { positions.contains($0) }
    }

    /// The event that tells of a disclosure: a field counts as shown in the clear when some record shows it so.
    func disclosure(
        of records: [(record: StoredRecord, view: FieldView)], _ sight: Sight, _ positions: [Int], _ keys: RecordKeys,
        _ context: RequestContext
    ) -> AuditEvent {
        var event = event(sight.ruling.widest, context, outcome: .disclosed)
        event.records = records.map(\.record.id)
        event.subjects = keys.pseudonyms
        if sight.ruling.questions.isEmpty {
            (event.clearFields, event.maskedFields) = sight.widest.names(of: positions)
            return event
        }
        var clear: Set<FieldName> = []
        var masked: Set<FieldName> = []
        var views: Set<ObjectIdentifier> = []
        for (_, view) in records where views.insert(ObjectIdentifier(view)).inserted {
            let names = view.names(of: positions)
            clear.formUnion(names.clear)
            masked.formUnion(names.masked)
        }
        event.clearFields = clear
        event.maskedFields = masked.subtracting(clear)
        if records.count == 1 { event.attribute(to: records[0].view.decision) }
        return event
    }

    func disclose(
        _ stored: StoredRecord, _ view: FieldView, _ positions: [Int], _ keys: RecordKeys, _ receipt: AuditReceipt,
        _ context: RequestContext, _ deletion: RecordDeletion? = nil
    ) -> DisclosedRecord {
        DisclosedRecord(
            stored, view, positions: view.shown(among: positions), key: keys.key(for: stored), isErased: keys.isErased(stored),
            tenant: context.tenant, tagKey: tagKey,
            receipt: receipt, observe: observe,
            extras: deletion.map { [("deleted_at", .string($0.at.description)), ("deleted_by", .string($0.by))] } ?? []
        )
    }

    /// Looks up what a condition asks of sealed columns: in the vault, where tokens are hints, then by opening each hit.
    func resolved(_ condition: RowCondition, _ sight: Sight, _ context: RequestContext) async throws(Refusal) -> RowCondition {
        var leaves: Set<RowCondition> = []
        _ = condition.mapped { part in
            if case .sealed = part { leaves.insert(part) }
            return nil
        }
        var known: [RowCondition: RowCondition] = [:]
        for leaf in leaves {
            guard case .sealed(let column, let values, let orNull) = leaf, let position = sight.entity.position(of: column.name) else { continue }
            let field = sight.entity.fields[position]
            let forms = Self.forms(of: values, field)
            // Hits that the caller may not see are among these; the plan's own condition keeps them out of the answer.
            let found = try await matches(field, position, forms, where: .constant(true), sight.entity, context)
            let records = found.values.joined().map(\.id).sorted()
            var ids: RowCondition = records.isEmpty ? .constant(false) : .identified(records)
            if orNull { ids = RowCondition.disjunction([ids, .isNull(column)]) }
            known[leaf] = ids
        }
        return known.isEmpty ? condition : condition.mapped { known[$0] }
    }

    /// Asks the store whether the credential still lives, where nothing else has asked yet.
    package func confirmLiveness(_ context: RequestContext) async throws(Refusal) { try await confirmLiveness(context.principal) }

    package func confirmLiveness(_ principal: Principal) async throws(Refusal) {
        do { _ = try await store.read(Scope(principal), []) } catch { throw refusal(error) }
    }
}

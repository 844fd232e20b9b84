import AuditTrail
package import Catalog
package import Disclosure
import Identity
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
    package let event: EventID
}

extension RecordGateway {
    /// One record, as the caller may see it.
    ///
    /// - Parameter fields: names to show; `nil` shows all that the caller may see.
    package func read(
        _ entity: Entity, _ id: RecordID, fields: [String]? = nil, _ context: RequestContext
    ) async throws(Refusal) -> (record: DisclosedRecord, event: EventID) {
        let view = try await decide(.read, entity, context, record: id)
        let positions = try shownPositions(fields, view)
        let shape = view.shape(of: positions)
        let rows = try await read(context, [table(entity).select(id, shape, tenant: context.tenant)])[0]
        guard let stored = table(entity).records(rows, shape).first else {
            var event = event(view.decision, context, outcome: .failed)
            event.records = [id]
            _ = try await record(event)
            throw .notFound
        }
        let keys = try await keys(for: [stored], context)
        let receipt = try await record(disclosure(of: [stored], view, positions, keys, context))
        return (disclose(stored, view, positions, keys, receipt, context), receipt.event)
    }

    /// Records that fit, page by page. A filter, a sort or a field that the caller may not use is refused with the words
    /// that an unknown one is refused with.
    package func list(_ entity: Entity, _ query: ListQuery, _ context: RequestContext) async throws(Refusal) -> RecordList {
        let view = try await decide(.read, entity, context)
        let positions = try shownPositions(query.fields, view)
        let plan = try ListPlan(query, view)
        var page = RecordPage()
        page.filters = plan.plainFilters
        page.sort = plan.sort
        page.isDescending = query.isDescending
        page.limit = query.limit + 1
        let binding = CursorSeal.binding(context.principal, entity, query)
        if let cursor = query.cursor { page.after = try CursorSeal.open(cursor, entity, plan.sort, key: cursorKey, binding: binding) }

        let needed = Set(positions + plan.sealedFilters.map(\.position) + (plan.sort.map { [$0] } ?? []))
        let shape = view.shape(of: needed.sorted())
        var kept: [StoredRecord] = []
        var keys = RecordKeys(subjects: [:], tenant: nil)
        var isEmpty = false
        if !plan.sealedFilters.isEmpty {
            page.ids = try await candidates(plan.sealedFilters, entity, context)
            isEmpty = page.ids?.isEmpty == true
        }
        // False hits of a search are removed by opening, so a page may have to be filled up again.
        while !isEmpty {
            let rows = try await read(context, [table(entity).list(page, shape, tenant: context.tenant)])[0]
            let found = table(entity).records(rows, shape)
            keys = keys.merging(try await self.keys(for: found, context))
            for stored in found where fits(stored, plan.sealedFilters, entity, keys, context) { kept.append(stored) }
            guard found.count == page.limit, kept.count <= query.limit, let last = found.last else { break }
            page.after = RecordPage.Position(value: plan.sort.flatMap { last.plainValue($0) }, id: last.id)
        }
        if isEmpty { try await confirmLiveness(context) }

        let shown = Array(kept.prefix(query.limit))
        let shownKeys = keys.limited(to: shown)
        var event = disclosure(of: shown, view, positions, shownKeys, context)
        event.count = shown.count
        let receipt = try await record(event)
        let records = shown.map { disclose($0, view, positions, shownKeys, receipt, context) }
        var next: String?
        if kept.count > query.limit, let last = shown.last {
            next = CursorSeal.seal(
                RecordPage.Position(value: plan.sort.flatMap { last.plainValue($0) }, id: last.id), key: cursorKey, binding: binding
            )
        }
        return RecordList(records: records, next: next, event: receipt.event)
    }

    // MARK: Parts

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

    /// The event that tells of a disclosure.
    func disclosure(
        of records: [StoredRecord], _ view: FieldView, _ positions: [Int], _ keys: RecordKeys, _ context: RequestContext
    ) -> AuditEvent {
        var event = event(view.decision, context, outcome: .disclosed)
        event.records = records.map(\.id)
        event.subjects = keys.pseudonyms.sorted()
        (event.clearFields, event.maskedFields) = view.names(of: positions)
        return event
    }

    func disclose(
        _ stored: StoredRecord, _ view: FieldView, _ positions: [Int], _ keys: RecordKeys, _ receipt: AuditReceipt,
        _ context: RequestContext
    ) -> DisclosedRecord {
        DisclosedRecord(
            stored, view, positions: positions, key: keys.key(for: stored), tenant: context.tenant, tagKey: tagKey, receipt: receipt,
            observe: observe
        )
    }

    /// Ids that may have all of these values, from the vault.
    private func candidates(
        _ filters: [(position: Int, value: FieldValue)], _ entity: Entity, _ context: RequestContext
    ) async throws(Refusal) -> [RecordID] {
        let tenantKeys = try await tenantKeys(context)
        var remaining: Set<RecordID>?
        for (position, value) in filters {
            let field = entity.fields[position]
            let token = searchKey(entity, field, tenantKeys).token(of: field.searchForm(of: value))
            let found: [RecordID]
            do {
                found = try await vault.records(at: Self.place(entity, field), token: token, tenant: context.tenant, limit: 10_000)
            } catch {
                throw Self.refusal(.vault(error))
            }
            remaining = remaining?.intersection(found) ?? Set(found)
        }
        return (remaining ?? []).sorted()
    }

    private func fits(
        _ stored: StoredRecord, _ filters: [(position: Int, value: FieldValue)], _ entity: Entity, _ keys: RecordKeys,
        _ context: RequestContext
    ) -> Bool {
        if filters.isEmpty { return true }
        var opening = Opening(stored, entity, tenant: context.tenant, key: keys.key(for: stored))
        return filters.allSatisfy { position, value in
            let field = entity.fields[position]
            guard case .value(let found?) = opening.content(position) else { return false }
            return field.searchForm(of: found) == field.searchForm(of: value)
        }
    }

    /// Asks the store whether the credential still lives, where nothing else has asked yet.
    package func confirmLiveness(_ context: RequestContext) async throws(Refusal) {
        _ = try await read(context, [])
    }
}

extension RecordKeys {
    func merging(_ other: RecordKeys) -> RecordKeys {
        RecordKeys(subjects: subjects.merging(other.subjects) { first, _ in first }, tenant: tenant ?? other.tenant)
    }

    /// Only the keys of these records: an event names nobody whose record was looked at and dropped.
    func limited(to records: [StoredRecord]) -> RecordKeys {
        let wanted = Set(records.compactMap(\.subject))
        return RecordKeys(subjects: subjects.filter { wanted.contains($0.key) }, tenant: tenant)
    }
}

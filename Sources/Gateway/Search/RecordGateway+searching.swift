import AuditTrail
import Catalog
import Disclosure
import Expressions
import KeyRing
import Policies
import Sealing
import Storage
import Vocabulary

extension RecordGateway {
    /// A page ends early, with a cursor, when so many hints were read or so many records asked for: a name can be so common, and
    /// so few of its bearers the caller's, that a page would take the vault's whole index to fill.
    private static var mostHints: Int { 200_000 }
    private static var mostAsked: Int { 1_000 }
    private static var askedAtOnce: Int { 512 }

    /// Records in which every term of `q` is found, whole words first, then beginnings of words, by id within each.
    ///
    /// The vault says where to look; each record is fetched under the conditions of a list, opened, and compared at the fields
    /// that it shows the caller in the clear. So a value that the caller may not read finds nothing.
    func search(_ text: String, _ entity: Entity, _ query: ListQuery, _ context: RequestContext) async throws(Refusal) -> RecordList {
        let sight = query.wantsDeleted ? try await sightOfDeleted(entity, context) : try await decide(.read, entity, context)
        let (positions, plan, search) = try await noted(sight, context) { () throws(Refusal) in
            if query.sort != nil || query.wantsCount {
                throw Refusal(
                    .parameterInvalid, "q ranks what it finds, and does not sort or count it",
                    hint: "leave out \(query.sort != nil ? "sort" : "count")"
                )
            }
            return (try shownPositions(query.fields, sight.widest), try ListPlan(query, sight, context), try SearchPlan(text, sight))
        }
        if !query.include.isEmpty { throw Refusal(.parameterInvalid, "q has no include", hint: "include on the records that it finds") }
        let binding = CursorSeal.binding(context, entity, query)
        let start: SearchCandidate?
        if let cursor = query.cursor { start = try CursorSeal.openCandidate(cursor, key: cursorKey, binding: binding) } else { start = nil }
        let condition = try await resolved(plan.condition, sight, context)
        let table = table(entity)
        let shape = sight.widest.shape(of: Set(positions + search.positions).sorted()).asking(sight.ruling.questions)
        var walk = CandidateWalk(try await tokens(search, entity, context), after: start, limit: query.limit, vault, context.tenant)
        var hits: [(candidate: SearchCandidate, record: StoredRecord, view: FieldView)] = []
        var asked = 0
        var last: SearchCandidate?
        var size = query.limit + 1
        while hits.count <= query.limit, asked < Self.mostAsked, walk.effort < Self.mostHints {
            let candidates = try await walk.next(size, within: Self.mostHints)
            last = candidates.last ?? walk.position
            if candidates.isEmpty { break }
            let ids = Array(Set(candidates.map(\.record)))
            let rows = try await read(context, [table.select(ids, shape, tenant: context.tenant, where: condition)])[0]
            let records = table.records(rows, shape)
            let keys = try await keys(for: records, context)
            let byID = Dictionary(records.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
            for candidate in candidates {
                guard let record = byID[candidate.record] else { continue }
                let view = sight.view(record)
                var opening = Opening(record, entity, tenant: context.tenant, key: keys.key(for: record))
                let tier = search.tier { position in
                    guard view.decision.access[position].isClear, case .value(let value) = opening.content(position) else { return nil }
                    return value
                }
                if tier == candidate.tier { hits.append((candidate, record, view)) }
            }
            asked += ids.count
            size = min(size * 2, Self.askedAtOnce)
        }
        // Where the vault knew of nothing, nobody has asked the store yet whether the credential still lives.
        if asked == 0 { try await confirmLiveness(context) }

        let page = hits.prefix(query.limit)
        let shown = page.map { (record: $0.record, view: $0.view) }
        let keys = try await keys(for: shown.map(\.record), context)
        var event = disclosure(of: shown, sight, positions, keys, context)
        event.count = shown.count
        // Whoever finds a record by a field has learned of the field, whether it was asked to be shown or not.
        let used = search.positions.filter { position in shown.contains { $0.view.decision.access[position].isClear } }
        event.clearFields.formUnion(used.map { FieldName(entity.fields[$0]) })
        event.maskedFields.subtract(event.clearFields)
        let deletions = query.wantsDeleted ? try await deletions(shown.map(\.record), entity, context) : [:]
        let receipt = try await record(event, context)
        let records = shown.map { disclose($0.record, $0.view, positions, keys, receipt, context, deletions[$0.record.id]) }
        let end = hits.count > query.limit ? page.last?.candidate : last
        return RecordList(
            records: records, next: end.map { CursorSeal.seal($0, key: cursorKey, binding: binding) }, count: nil
        )
    }

    /// For each tier and term the tokens that its records have one of.
    private func tokens(
        _ search: SearchPlan, _ entity: Entity, _ context: RequestContext
    ) async throws(Refusal) -> [SearchTier: [[[UInt8]]]] {
        guard let generation = try await tenantKeys(context).searchGenerations.first else { return [:] }
        var tokens: [SearchTier: [[[UInt8]]]] = [:]
        for tier in SearchTier.allCases {
            tokens[tier] = search.clues(tier).map { clues in
                clues.map { searchIndex.key(entity, entity.fields[$0.position], $0.kind, generation, context.tenant).token(of: $0.text) }
            }
        }
        return tokens
    }
}

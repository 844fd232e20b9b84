import AuditTrail
package import Catalog
package import Disclosure
import Expressions
import Policies
import PostgresLink
import Storage
package import Vocabulary

/// A record that may be about the same as another.
package struct DuplicateCandidate: Sendable {
    package let record: DisclosedRecord
    /// How sure the rules that agree make one, of a hundred.
    package let score: Int
    /// In which fields the two agree.
    package let fields: [String]
}

extension RecordGateway {
    /// How many candidates are shown.
    private static var maximumCandidates: Int { 20 }

    /// Records that agree with one in what the catalog says makes two the same, the likeliest first.
    ///
    /// A rule is asked only where the caller reads each of its fields in the clear, of this record and of the other: what is hidden has no
    /// influence on who is found, nor on the score.
    package func duplicates(of entity: Entity, _ id: RecordID, _ context: RequestContext) async throws(Refusal) -> [DuplicateCandidate] {
        let sight = try await decide(.read, entity, context, record: id)
        let asked = entity.duplicates.filter { rule in rule.fields.allSatisfy { sight.usableField(named: $0) != nil } }
        let used = Set(asked.flatMap(\.fields).compactMap { entity.position(of: $0) })
        let ownShape = sight.widest.shape(of: used.sorted()).asking(sight.ruling.questions)
        let rows = try await read(context, [table(entity).select(id, ownShape, tenant: context.tenant, where: sight.ruling.filter)])[0]
        guard let own = table(entity).records(rows, ownShape).first else {
            var event = event(sight.ruling.widest, context, outcome: .failed)
            event.records = [id]
            _ = try await record(event, context)
            throw .notFound
        }
        var keys = try await keys(for: [own], context)
        let view = sight.view(own)
        var opening = Opening(own, entity, tenant: context.tenant, key: keys.key(for: own))
        var values: [Int: FieldValue] = [:]
        for position in used where view.decision.access[position].isClear {
            if case .value(let value?) = opening.content(position) { values[position] = value }
        }
        var agreeing: [RecordID: [DuplicateRule]] = [:]
        for rule in asked {
            for other in try await records(agreeingBy: rule, values, sight, ownShape, butNot: id, context) {
                agreeing[other, default: []].append(rule)
            }
        }
        let ranked = agreeing.map { (id: $0, score: Self.score($1), fields: $1.flatMap(\.fields)) }
            .sorted { ($1.score, $0.id) < ($0.score, $1.id) }.prefix(Self.maximumCandidates)
        let shape = sight.widest.shape.asking(sight.ruling.questions)
        var found: [StoredRecord] = []
        if !ranked.isEmpty {
            let statement = table(entity).select(ranked.map(\.id), shape, tenant: context.tenant, where: sight.ruling.filter)
            found = table(entity).records(try await read(context, [statement])[0], shape)
        }
        let byID = Dictionary(found.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        keys = keys.with(try await self.keys(for: found, context))
        let shown = [(record: own, view: view)] + found.map { (record: $0, view: sight.view($0)) }
        var event = disclosure(of: shown, sight, sight.widest.shown, keys, context)
        event.count = found.count
        let receipt = try await record(event, context)
        return ranked.compactMap { candidate in
            guard let stored = byID[candidate.id] else { return nil }
            var names: [String] = []
            for name in candidate.fields where !names.contains(name) { names.append(name) }
            let record = disclose(stored, sight.view(stored), sight.widest.shown, keys, receipt, context)
            return DuplicateCandidate(record: record, score: candidate.score, fields: names)
        }
    }

    // MARK: Parts

    /// Two rules that agree are two witnesses: what they leave of doubt is multiplied.
    private static func score(_ rules: [DuplicateRule]) -> Int {
        let doubt = rules.reduce(1.0) { $0 * (1 - Double($1.score) / 100) }
        return Int((100 * (1 - doubt)).rounded())
    }

    private func records(
        agreeingBy rule: DuplicateRule, _ values: [Int: FieldValue], _ sight: Sight, _ shape: RecordShape, butNot id: RecordID,
        _ context: RequestContext
    ) async throws(Refusal) -> [RecordID] {
        let entity = sight.entity
        var conditions = [sight.ruling.filter, RowCondition.negation(.identified([id]))]
        var opened: [(position: Int, value: FieldValue)] = []
        for name in rule.fields {
            guard let position = entity.position(of: name), let value = values[position] else { return [] }
            let field = entity.fields[position]
            conditions.append(sight.ruling.clearRecords(position))
            if !field.isSealed {
                conditions.append(.equal(field.column, value.expressionValue))
            } else if field.isExactlySearchable {
                conditions.append(.sealed(field.column, [value.expressionValue], orNull: false))
            } else {
                opened.append((position, value))
            }
        }
        var page = RecordPage()
        page.condition = try await resolved(RowCondition.conjunction(conditions), sight, context)
        page.limit = 200
        let found = table(entity).records(try await read(context, [table(entity).list(page, shape, tenant: context.tenant)])[0], shape)
        if opened.isEmpty { return found.map(\.id) }
        let keys = try await keys(for: found, context)
        return found.compactMap { record in
            var opening = Opening(record, entity, tenant: context.tenant, key: keys.key(for: record))
            return opened.allSatisfy { opening.content($0.position) == .value($0.value) } ? record.id : nil
        }
    }
}

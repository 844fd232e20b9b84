import AuditTrail
import Catalog
import Disclosure
import Expressions
import KeyRing
import Policies
import PostgresLink
import Storage
import Vocabulary

extension RecordGateway {
    /// What `include` names, or a recorded refusal.
    func inclusions(_ names: [String], of sight: Sight, _ context: RequestContext) async throws(Refusal) -> [(Inclusion, Sight)] {
        if names.isEmpty { return [] }
        let found = try await noted(sight, context) { () throws(Refusal) -> [(Inclusion, Sight)] in
            guard names.count <= Inclusion.maximumNames, Set(names).count == names.count else {
                throw Refusal(.parameterInvalid, "include takes at most \(Inclusion.maximumNames) different names")
            }
            var found: [(Inclusion, Sight)] = []
            for name in names {
                let inclusion = try Inclusion(name, of: sight, catalog)
                let other = self.sight(.read, inclusion.target, context)
                if case .children(let position) = inclusion.way, other.ruling.isAllowed, !other.ruling.isUsable(position) {
                    throw ListPlan.unknown(name)
                }
                found.append((inclusion, other))
            }
            return found
        }
        for (_, other) in found where !other.ruling.isAllowed { throw await deny(other.ruling, context) }
        return found
    }

    /// Records that go along with these, each kind by its own policy and with an event of its own; one statement a name, whatever the
    /// number of records.
    func include(
        _ inclusions: [(Inclusion, Sight)], with records: [(record: StoredRecord, view: FieldView)], _ context: RequestContext
    ) async throws(Refusal) -> [IncludedRecords] {
        if inclusions.isEmpty { return [] }
        let shapes = inclusions.map { $1.widest.shape.asking($1.ruling.questions) }
        var statements: [SQL] = []
        var places: [Int?] = []
        for ((inclusion, sight), shape) in zip(inclusions, shapes) {
            let statement = statement(inclusion, sight, shape, records, context)
            places.append(statement == nil ? nil : statements.count)
            if let statement { statements.append(statement) }
        }
        let results = statements.isEmpty ? [] : try await read(context, statements)
        let found = inclusions.indices.map { number in
            places[number].map { table(inclusions[number].0.target).records(results[$0], shapes[number]) } ?? []
        }
        let keys = try await keys(for: found.flatMap { $0 }, context)
        var included: [IncludedRecords] = []
        for (number, (inclusion, sight)) in inclusions.enumerated() {
            let shown = found[number].prefix(Inclusion.maximumRecords).map { (record: $0, view: sight.view($0)) }
            let positions = sight.widest.shown
            let own = RecordKeys(
                subjects: keys.subjects.filter { subject, _ in shown.contains { $0.record.subject == subject } }, tenant: keys.tenant, lost: keys.lost
            )
            var event = disclosure(of: shown, sight, positions, own, context)
            event.count = shown.count
            // Whoever gets the children of a record has learned of what refers to it.
            if case .children(let position) = inclusion.way { event.clearFields.insert(FieldName(inclusion.target.fields[position])) }
            let receipt = try await record(event, context)
            included.append(
                IncludedRecords(
                    name: inclusion.name, records: shown.map { disclose($0.record, $0.view, positions, own, receipt, context) },
                    hasMore: found[number].count > Inclusion.maximumRecords))
        }
        return included
    }

    private func statement(
        _ inclusion: Inclusion, _ sight: Sight, _ shape: RecordShape, _ records: [(record: StoredRecord, view: FieldView)],
        _ context: RequestContext
    ) -> SQL? {
        var page = RecordPage()
        page.limit = Inclusion.maximumRecords + 1
        switch inclusion.way {
        case .referred(let position):
            let ids = Set(
                records.compactMap { record, view -> RecordID? in
                    guard view.decision.access[position].isClear, case .reference(let id)? = record.plainValue(position) else { return nil }
                    return id
                })
            if ids.isEmpty { return nil }
            page.condition = RowCondition.conjunction([.identified(ids.sorted()), sight.ruling.filter])
        case .children(let position):
            if records.isEmpty { return nil }
            let parents = records.map { Value.string($0.record.id.description) }
            page.condition = RowCondition.conjunction([
                .anyOf(inclusion.target.fields[position].column, parents, orNull: false), sight.ruling.filter, sight.ruling.clearRecords(position),
            ])
        }
        return table(inclusion.target).list(page, shape, tenant: context.tenant)
    }
}

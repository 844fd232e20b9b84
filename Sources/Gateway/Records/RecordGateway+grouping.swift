import AuditTrail
package import Catalog
package import Disclosure
import Expressions
import Policies
import Storage
import Vocabulary

extension RecordGateway {
    /// Groups that one answer has at most.
    private static var maximumGroups: Int { 1000 }

    /// Counts, and sums of plain fields, for each group of the records that fit.
    ///
    /// Groups of fewer people than the policy's smallest group are left out for callers who may not see persons in the clear,
    /// and with a single one of them the next smallest, so that it does not follow from a total (k-anonymity). For callers who are shown
    /// so many people an hour and no more they are left out, too, where a group can tell of one person: who is in it is not counted.
    package func group(_ entity: Entity, _ query: ListQuery, _ context: RequestContext) async throws(Refusal) -> DisclosedGroups {
        guard query.cursor == nil, query.sort == nil, query.fields == nil, query.search == nil, query.include.isEmpty, !query.wantsDeleted
        else {
            throw Refusal(
                .parameterInvalid, "groups have no cursor, no order, no fields, no q, no include and no deleted records",
                hint: "use group_by with sum and filters")
        }
        let sight = try await decide(.read, entity, context)
        let plan = try await noted(sight, context) { () throws(Refusal) in try ListPlan(query, sight, context) }
        let condition = try await resolved(plan.condition, sight, context)
        let grouping = RecordGrouping(by: plan.groups, sums: plan.sums, condition: condition, limit: Self.maximumGroups + 1)
        let table = table(entity)
        let groups = table.groups(try await read(context, [table.groups(grouping, tenant: context.tenant)])[0], grouping)
        guard groups.indices.count <= Self.maximumGroups else {
            throw Refusal(.parameterInvalid, "there are more than \(Self.maximumGroups) groups", hint: "filter, or group by fewer fields")
        }
        var event = event(sight.ruling.widest, context, outcome: .disclosed)
        event.clearFields = entity.fieldNames(among: query.groupBy + query.sums)
        event.count = groups.indices.count
        let receipt = try await record(event, context)
        return DisclosedGroups(
            groups, entity,
            smallest: seesPersons(entity, sight, context) && !(isLimited(context) && pointsOut(plan.groups, entity))
                ? 1 : context.policies.smallestGroup(of: entity),
            receipt: receipt
        )
    }

    /// Whether groups by these fields are about one person each, more often than not: of people, or by something that is one person's.
    private func pointsOut(_ positions: [Int], _ entity: Entity) -> Bool {
        if entity.subject == .itself { return true }
        return positions.contains { position in
            let field = entity.fields[position]
            let target = field.referenceTo.flatMap { catalog.entity(named: $0) }
            return field.uniqueness == .enforced || target.map { $0.subject != .nobody } ?? false
        }
    }

    /// Whether the caller may see in the clear, for every record that it is shown, something that a person can be found by.
    private func seesPersons(_ entity: Entity, _ sight: Sight, _ context: RequestContext) -> Bool {
        switch entity.subject {
        case .nobody: true
        case .itself: sight.showsPersons
        case .via(let relations):
            relations.allSatisfy { relation in
                guard let target = entity.field(named: relation)?.referenceTo.flatMap({ catalog.entity(named: $0) }) else { return false }
                let sight = self.sight(.read, target, context)
                return !sight.ruling.limitsRecords && sight.showsPersons
            }
        }
    }
}

extension Sight {
    fileprivate var showsPersons: Bool {
        entity.fields.indices.contains { position in
            let field = entity.fields[position]
            return field.fieldClass == .identifying && field.isExactlySearchable && ruling.clearRecords(position).isAlways
        }
    }
}

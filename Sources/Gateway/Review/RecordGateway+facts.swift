import AuditTrail
package import Catalog
import Expressions
import Identity
package import Policies
import PostgresLink
import Storage
import SubjectRights
package import Vocabulary

extension RecordGateway {
    /// What conditions may ask of records: plain fields, and what their people have said. For the operator on this host alone, to
    /// review policies with; the look is recorded, and nothing of it may be printed.
    ///
    /// - Returns: what is still there of the records.
    package func facts(
        of ids: [RecordID], _ entity: Entity, _ context: RequestContext
    ) async throws(Refusal) -> [RecordID: RecordFacts] {
        let sight = try await decide(.read, entity, context)
        guard context.principal.method == .host else {
            throw Refusal(.denied, "records are reviewed by the operator on the gateway's host")
        }
        // Why somebody does not see a record is asked of those above all that nobody sees.
        let shape = RecordShape(entity) { !entity.fields[$0].isSealed }
        var facts: [RecordID: RecordFacts] = [:]
        for start in stride(from: 0, to: ids.count, by: 50) {
            let chunk = Array(ids[start..<min(start + 50, ids.count)])
            let rows = try await read(context, [table(entity).select(chunk, shape, tenant: context.tenant)])[0]
            let records = table(entity).records(rows, shape)
            let people = Array(Set(records.compactMap(\.subject)))
            let answers = try await read(context, people.flatMap { StoreDatabase.standing(of: $0, tenant: context.tenant) })
            var standings: [SubjectID: PersonFacts] = [:]
            for (index, person) in people.enumerated() {
                let own = answers[index * SubjectStanding.statementCount..<(index + 1) * SubjectStanding.statementCount]
                standings[person] = PersonFacts(SubjectStanding(Array(own)), catalog.purposes, at: context.access.time)
            }
            for record in records {
                var values: [String: Value] = ["id": .string(record.id.description)]
                for (position, field) in entity.fields.enumerated() where !field.isSealed {
                    values[field.name] = record.plainValue(position).expressionValue
                }
                facts[record.id] = RecordFacts(values: values, person: record.subject.flatMap { standings[$0] })
            }
        }
        var event = event(sight.ruling.widest, context, outcome: .disclosed)
        event.records = ids
        event.count = facts.count
        _ = try await record(event, context)
        return facts
    }
}

extension PersonFacts {
    fileprivate init(_ standing: SubjectStanding, _ purposes: [String: Purpose], at now: Instant) {
        let consents = standing.consents.map(\.event).filter { $0.isInForce(at: now, retired: purposes[$0.purpose]?.retiredNotices ?? []) }
        self.init(
            consents: Set(consents.map(\.purpose)), isRestricted: standing.restriction != nil, objections: Set(standing.objections.map(\.purpose)),
            hasOptedOut: standing.optOut(.sale) != nil, limitsSensitiveUse: standing.optOut(.sensitive) != nil
        )
    }
}

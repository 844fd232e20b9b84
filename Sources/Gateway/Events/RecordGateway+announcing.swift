import Catalog
import Expressions
import Identity
import Policies
import PostgresLink
import Storage
import Vocabulary

/// Writing down what happened for those who want to be told, in the transaction in which it does, with its COMMIT.
extension RecordGateway {
    /// - Parameter told: the only endpoints that may be told; `nil` leaves it to the decision at the delivery.
    func announce(
        _ what: EventType.OfRecords, _ entity: Entity, _ records: [(id: RecordID, version: Int64, fields: Set<FieldName>)],
        told: [UUIDv7]? = nil, _ transaction: Transaction, _ context: RequestContext
    ) {
        if records.isEmpty || told?.isEmpty == true { return }
        let now = Instant.now()
        let events = records.map { record in
            ChangeEvent(
                type: "\(entity.name).\(what.rawValue)", entity: entity.name, thing: record.id.uuid, version: record.version,
                names: record.fields.map(\.description).sorted(), actor: context.principal.methodName, at: now)
        }
        transaction.enqueueAtEnd(StoreDatabase.announce(events, told: told, tenant: context.tenant))
    }

    func announce(_ what: EventType.OfRecords, _ entity: Entity, _ rows: [PreparedRow], _ transaction: Transaction, _ context: RequestContext) {
        announce(what, entity, rows.map { ($0.row.id, $0.row.version, $0.changedFields) }, transaction, context)
    }

    /// Something that happened in the answering of rights.
    func announce(
        _ type: String, of things: [UUIDv7], names: [String] = [], _ transaction: Transaction, _ context: RequestContext
    ) {
        guard !things.isEmpty, let resource = EventType.ofRights[type] else { return }
        let now = Instant.now()
        let events = things.map {
            ChangeEvent(type: type, entity: resource.rawValue, thing: $0, names: names, actor: context.principal.methodName, at: now)
        }
        transaction.enqueueAtEnd(StoreDatabase.announce(events, tenant: context.tenant))
    }

    /// What asks for the endpoints that want to be told that a record of an entity is gone.
    func wantingDeletions(of entity: Entity, _ context: RequestContext) -> SQL {
        StoreDatabase.endpoints(wanting: "\(entity.name).\(EventType.OfRecords.deleted.rawValue)", tenant: context.tenant)
    }

    /// Which endpoints are told of a record that is about to go: because their owners may read it now, and because it fits their filters now.
    /// Afterwards nobody could tell. Where no endpoint asked, nothing is asked of the store.
    ///
    /// - Parameter rest: what is run behind the questions, in the same round trip.
    func witnesses(
        of id: RecordID, _ entity: Entity, among endpoints: [EndpointRow], then rest: [SQL] = [], _ transaction: Transaction,
        _ context: RequestContext
    ) async throws(Refusal) -> [UUIDv7] {
        var questions: [(endpoint: UUIDv7, question: SQL)] = []
        if !endpoints.isEmpty {
            let seal = NoticeSeal(ofEndpoints: try await tenantKeys(context))
            let shape = RecordShape(entity) { _ in false }
            for row in endpoints {
                guard let owner = try await ownerContext(row.owner, purpose: row.purpose, tenant: context.tenant),
                    let content = EndpointContent(row.content, seal, of: row.id),
                    let condition = try await condition(content.filter, sight(.read, entity, owner), owner)
                else { continue }
                questions.append((row.id, table(entity).select(id, shape, tenant: context.tenant, where: condition)))
            }
        }
        if questions.isEmpty {
            for statement in rest { transaction.enqueue(statement) }
            return []
        }
        let asked = questions
        let results = try await inTransaction { () async throws(LinkError) in try await transaction.execute(asked.map(\.question) + rest) }
        return zip(asked, results).filter { $0.1.rowCount == 1 }.map { $0.0.endpoint }
    }

    /// Which records of an entity an endpoint may be told of; `nil` for none, also when its owner may not use any more what the filter names.
    func condition(_ filter: String?, _ sight: Sight, _ owner: RequestContext) async throws(Refusal) -> RowCondition? {
        guard sight.ruling.isAllowed else { return nil }
        var query = ListQuery()
        query.filter = filter
        let plan: ListPlan
        do throws(Refusal) { plan = try ListPlan(query, sight, owner) } catch { return nil }
        return try await resolved(plan.condition, sight, owner)
    }
}

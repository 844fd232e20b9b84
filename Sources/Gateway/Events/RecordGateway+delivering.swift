import AuditTrail
import Catalog
import DataFormats
import Disclosure
import Expressions
import Identity
import Policies
import PostgresLink
package import Storage
package import SubjectRights
package import Vocabulary

/// An event on its way to an endpoint, decided and on record.
package struct EventDelivery: Sendable {
    package let due: DueDelivery
    package let url: String
    /// `webhook-id`: the same at every try, and when it is replayed.
    package let message: String
    package let body: [UInt8]
    package let secrets: WebhookSecrets
    /// That of its event in the trail.
    package let trace: TraceID
}

/// What came of a try.
package enum EventOutcome: Sendable {
    case delivered
    case failed(code: String, retryAfter: Duration?)
    /// 410: nothing is wanted there any more.
    case gone
}

/// Telling subscribers. What is told is decided under the policy of the endpoint's owner at the time of each try, and on record before it leaves.
extension RecordGateway {
    /// Takes events that are due. Each has to be answered with ``finish(_:_:_:)`` within two minutes, or is due again, whoever took it.
    ///
    /// - Parameter busy: endpoints that have enough to do.
    package func dueEvents(except busy: [UUIDv7], each limit: Int, _ context: RequestContext) async throws(Refusal) -> [DueDelivery] {
        do {
            return StoreDatabase.dueDeliveries(
                try await changed(StoreDatabase.takeDueDeliveries(except: busy, each: limit, tenant: context.tenant), context.tenant))
        } catch { throw refusal(error) }
    }

    /// What is sent; `nil` when the owner may not be told of it, and then nothing is left of it.
    package func prepare(_ due: DueDelivery, _ context: RequestContext) async throws(Refusal) -> EventDelivery? {
        guard let owner = try await ownerContext(due.endpoint.owner, purpose: due.endpoint.purpose, tenant: context.tenant) else {
            try await disable(due, because: "owner-gone", context)
            return nil
        }
        let seal = NoticeSeal(ofEndpoints: try await tenantKeys(context))
        guard let content = EndpointContent(due.endpoint.content, seal, of: due.endpoint.id), let secrets = content.secrets(at: .now()) else {
            try await disable(due, because: "unreadable", context)
            return nil
        }
        guard let told = try await told(due, content.filter, owner) else {
            do { _ = try await changed(StoreDatabase.withhold(due, tenant: context.tenant), context.tenant) } catch { throw refusal(error) }
            return nil
        }
        _ = try await record(told.event, owner)
        let body: JSONObject = [
            "type": .string(due.event.type), "timestamp": .string(due.event.occurredAt.description), "data": .object(told.data),
        ]
        return EventDelivery(
            due: due, url: content.url, message: "\(due.event.id)-\(due.endpoint.id)", body: JSONValue.object(body).encoded(), secrets: secrets,
            trace: owner.requestID)
    }

    package func finish(_ delivery: EventDelivery, _ outcome: EventOutcome, _ context: RequestContext) async throws(Refusal) {
        let (due, now) = (delivery.due, Instant.now())
        switch outcome {
        case .delivered:
            try await settle(StoreDatabase.delivered(due, at: now, tenant: context.tenant), context)
            observe(.eventDelivered(lag: .microseconds(now.microseconds - due.event.occurredAt.microseconds)))
        case .failed(let code, let retryAfter):
            observe(.eventFailed(code: code))
            guard let wait = NoticeSchedule.wait(after: due.attempt) else {
                try await settle(StoreDatabase.failed(due, code: code, next: nil, tenant: context.tenant), context)
                observe(.eventDead)
                return try await disable(due, because: "failing", context)
            }
            let next = now.advanced(by: max(wait, retryAfter ?? .zero))
            try await settle(StoreDatabase.failed(due, code: code, next: next, tenant: context.tenant), context)
            // It has too much to do: everything else that is meant for it waits, too.
            if retryAfter != nil || ["status-429", "status-502", "status-503", "status-504"].contains(code) {
                let pause = now.advanced(by: max(retryAfter ?? .zero, .seconds(5)))
                try await settle(StoreDatabase.pauseEndpoint(due.endpoint.id, until: pause, tenant: context.tenant), context)
            }
        case .gone:
            observe(.eventFailed(code: "gone"))
            try await settle(StoreDatabase.failed(due, code: "gone", next: nil, tenant: context.tenant), context)
            try await disable(due, because: "gone", context)
        }
    }

    /// What could not be decided about, because the trail or the vault did not answer or the owner has seen as many people as it may within an
    /// hour, is due again in a minute.
    package func postpone(_ due: DueDelivery, _ context: RequestContext) async throws(Refusal) {
        try await settle(StoreDatabase.postpone(due, to: Instant.now().advanced(by: .seconds(60)), tenant: context.tenant), context)
    }

    /// Removes what has lasted its time.
    package func sweepEvents(before time: Instant, _ context: RequestContext) async throws(Refusal) {
        for statement in StoreDatabase.sweepEvents(before: time, tenant: context.tenant) { try await settle(statement, context) }
    }

    // MARK: Parts

    private func settle(_ statement: SQL, _ context: RequestContext) async throws(Refusal) {
        do { _ = try await changed(statement, context.tenant) } catch { throw refusal(error) }
    }

    private func disable(_ due: DueDelivery, because reason: String, _ context: RequestContext) async throws(Refusal) {
        let id = due.endpoint.id
        let isFirst = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            let touched = try await inTransaction { () async throws(LinkError) in
                try await transaction.execute([StoreDatabase.disableEndpoint(id, because: reason, at: .now(), tenant: context.tenant)])[0]
                    .affectedRows
            }
            return (touched == 1, endpointEvent(.disablingEndpoint, id, .disabled, context))
        }.value
        if isFirst { observe(.endpointDisabled(code: reason)) }
    }

    /// What the owner is told of the event, and the entry in the trail that tells of it; `nil` when it may not be told of it.
    private func told(
        _ due: DueDelivery, _ filter: String?, _ owner: RequestContext
    ) async throws(Refusal) -> (data: JSONObject, event: AuditEvent)? {
        let event = due.event
        var data: JSONObject = ["id": .string(event.thing.description), "entity": .string(event.entity)]
        guard let entity = catalog.entity(named: event.entity) else {
            let resource: SystemResource? = event.type == EventType.test ? .webhook : EventType.ofRights[event.type]
            guard let resource else { return nil }
            let ruling = owner.policies.decide(owner.access, .read, on: resource.rawValue)
            guard ruling.isAllowed else { return nil }
            if resource == .subject, let purpose = event.names.first { data["purpose"] = .string(purpose) }
            return (data, endpointEvent(ruling.widest, due.endpoint.id, .told, outcome: .disclosed, owner))
        }
        let sight = sight(.read, entity, owner)
        guard let condition = try await condition(filter, sight, owner) else { return nil }
        data["version"] = event.version.map { .number(JSONNumber($0)) } ?? .null
        // Whether it might know of a record that is gone was found out when it went.
        if event.type.hasSuffix(".\(EventType.OfRecords.deleted.rawValue)") {
            data["fields"] = .array([])
            var entry = endpointEvent(sight.ruling.widest, due.endpoint.id, .told, outcome: .disclosed, owner)
            entry.records = [RecordID(event.thing)]
            return (data, entry)
        }
        let shape = sight.widest.shape(of: []).asking(sight.ruling.questions)
        let rows = try await read(owner, [table(entity).select(RecordID(event.thing), shape, tenant: owner.tenant, where: condition)])[0]
        guard let stored = table(entity).records(rows, shape).first else { return nil }
        let view = sight.view(stored)
        let fields = event.names.filter { name in entity.position(of: name).map { view.decision.access[$0] != .hidden } ?? false }
        // What changed is nothing that the owner could see: for it, nothing has.
        if fields.isEmpty, !event.names.isEmpty { return nil }
        data["fields"] = .array(fields.map { .string($0) })
        var entry = endpointEvent(view.decision, due.endpoint.id, .told, outcome: .disclosed, owner)
        entry.records = [stored.id]
        entry.subjects = try await keys(for: [stored], owner).pseudonyms
        return (data, entry)
    }
}

import AuditTrail
import Catalog
import DataFormats
import Expressions
import Identity
import Policies
import PostgresLink
package import Storage
package import Vocabulary

/// Endpoints that programs are told of events at. Everybody sees and changes their own; the operator on the host those of the tenant.
extension RecordGateway {
    /// How many endpoints a key may have.
    private static let mostEndpoints = 50
    /// How long an old secret signs beside the new one.
    private static let overlap = Duration.seconds(86_400)

    /// - Returns: the secret, too, which is shown this once.
    package func createEndpoint(_ order: EndpointOrder, _ context: RequestContext) async throws(Refusal) -> MadeEndpoint {
        let decision = try await decide(.create, .webhook, context)
        let owner = try await owner(of: order, context)
        guard let url = order.url, let types = order.types else {
            throw Self.wrong([("url", order.url == nil), ("types", order.types == nil)].filter(\.1).map { ($0.0, "\($0.0) has to have a value") })
        }
        let content = EndpointContent(url: url, description: order.description, filter: order.filter.flatMap { $0.isEmpty ? nil : $0 })
        try await check(content, types, owner.context)
        let seal = NoticeSeal(ofEndpoints: try await tenantKeys(context))
        let id = UUIDv7.make()
        let row = EndpointRow(
            id: id, owner: owner.key, purpose: context.principal.method == .host ? nil : context.purpose?.name, types: types,
            content: content.sealed(seal, of: id), createdAt: context.time)
        return try await change(context) { (transaction: Transaction) async throws(Refusal) in
            let known = try await inTransaction { () async throws(LinkError) in
                StoreDatabase.endpoints(try await transaction.execute([StoreDatabase.endpoints(of: owner.key, tenant: context.tenant)])[0])
            }
            guard known.count < Self.mostEndpoints else {
                throw Refusal(.valueInvalid, "a key has at most \(Self.mostEndpoints) endpoints", hint: "delete those that are not used any more")
            }
            transaction.enqueue(StoreDatabase.addEndpoint(row, tenant: context.tenant))
            return (MadeEndpoint(endpoint: Endpoint(row, content), secret: content.secret), endpointEvent(decision, id, .created, context))
        }.value
    }

    package func endpoints(_ context: RequestContext) async throws(Refusal) -> [Endpoint] {
        let decision = try await decide(.read, .webhook, context)
        let rows = StoreDatabase.endpoints(try await read(context, [StoreDatabase.endpoints(of: try reach(context), tenant: context.tenant)])[0])
        let seal = NoticeSeal(ofEndpoints: try await tenantKeys(context))
        var event = event(decision, context, outcome: .disclosed)
        event.count = rows.count
        _ = try await record(event, context)
        return rows.compactMap { row in EndpointContent(row.content, seal, of: row.id).map { Endpoint(row, $0) } }
    }

    package func endpoint(_ id: UUIDv7, _ context: RequestContext) async throws(Refusal) -> Endpoint {
        let decision = try await decide(.read, .webhook, context)
        let row = try await ownEndpoint(id, context)
        _ = try await record(endpointEvent(decision, id, .shown, outcome: .disclosed, context), context)
        return Endpoint(row, try opened(row, NoticeSeal(ofEndpoints: try await tenantKeys(context))))
    }

    package func changeEndpoint(_ id: UUIDv7, _ order: EndpointOrder, _ context: RequestContext) async throws(Refusal) -> Endpoint {
        let decision = try await decide(.update, .webhook, context)
        let before = try await ownEndpoint(id, context)
        let seal = NoticeSeal(ofEndpoints: try await tenantKeys(context))
        var asked = EndpointOrder()
        asked.owner = before.owner
        if context.principal.method != .host { _ = try await owner(of: asked, context) }
        let wanted = try Self.applied(order, to: try opened(before, seal))
        // Whoever the owner was when the filter was checked decides at each delivery anew.
        if order.url != nil || order.filter != nil || order.types != nil {
            try await check(wanted, order.types ?? before.types, try await owner(of: asked, context).context)
        }
        return try await changed(id, .changed, decision, seal, context) { row, content throws(Refusal) in
            content = try Self.applied(order, to: content)
            if let types = order.types { row.types = types }
            switch order.isEnabled {
            case true?:
                row.disabledAt = nil
                row.disabledBecause = nil
            case false? where row.disabledAt == nil:
                row.disabledAt = context.time
                row.disabledBecause = "by-owner"
            default: break
            }
        }.endpoint
    }

    /// - Returns: the new secret, which is shown this once. The old one signs beside it for a day.
    package func rotateEndpointSecret(
        _ id: UUIDv7, _ context: RequestContext
    ) async throws(Refusal) -> (endpoint: Endpoint, secret: String) {
        let decision = try await decide(.update, .webhook, context)
        if context.principal.method != .host { _ = try await owner(of: EndpointOrder(), context) }
        let seal = NoticeSeal(ofEndpoints: try await tenantKeys(context))
        let new = EndpointContent.makeSecret()
        return try await changed(id, .rotated, decision, seal, context) { _, content throws(Refusal) in
            content.previous = (content.secret, context.time.advanced(by: Self.overlap))
            content.secret = new
        }
    }

    /// With everything that is on its way there.
    package func deleteEndpoint(_ id: UUIDv7, _ context: RequestContext) async throws(Refusal) {
        let decision = try await decide(.delete, .webhook, context)
        _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            _ = try await lockedEndpoint(id, transaction, context)
            for statement in StoreDatabase.deleteEndpoint(id, tenant: context.tenant) { transaction.enqueue(statement) }
            return ((), endpointEvent(decision, id, .deleted, context))
        }
    }

    /// How the newest events fared. One that was never tried is not told of: whether the owner may know of it is decided then.
    package func deliveries(
        to id: UUIDv7, in state: DeliveryState? = nil, limit: Int = 100, _ context: RequestContext
    ) async throws(Refusal) -> [DeliveryRow] {
        let decision = try await decide(.read, .webhook, context)
        _ = try await ownEndpoint(id, context)
        let rows = try await read(context, [StoreDatabase.deliveries(to: id, in: state, limit: limit, tenant: context.tenant)])[0]
        let found = StoreDatabase.deliveries(rows)
        var event = endpointEvent(decision, id, .shown, outcome: .disclosed, context)
        event.count = found.count
        _ = try await record(event, context)
        return found
    }

    /// Has events delivered again. How many is not said: some of them the owner may not know of.
    package func replay(_ choice: ReplayChoice, to id: UUIDv7, _ context: RequestContext) async throws(Refusal) {
        let decision = try await decide(.update, .webhook, context)
        _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            _ = try await lockedEndpoint(id, transaction, context)
            transaction.enqueue(StoreDatabase.replay(choice, to: id, at: .now(), tenant: context.tenant))
            return ((), endpointEvent(decision, id, .replayed, context))
        }
    }

    /// Has an event sent that tells of nothing.
    ///
    /// - Returns: its id.
    package func testEndpoint(_ id: UUIDv7, _ context: RequestContext) async throws(Refusal) -> UUIDv7 {
        let decision = try await decide(.update, .webhook, context)
        return try await change(context) { (transaction: Transaction) async throws(Refusal) in
            guard try await lockedEndpoint(id, transaction, context).disabledAt == nil else {
                throw Refusal(.valueInvalid, "the endpoint is disabled, so nothing is sent there", hint: "enable it first")
            }
            let test = ChangeEvent(
                type: EventType.test, entity: SystemResource.webhook.rawValue, thing: id, actor: context.principal.methodName, at: .now())
            for statement in StoreDatabase.announce(test, toEndpoint: id, tenant: context.tenant) { transaction.enqueue(statement) }
            return (test.id, endpointEvent(decision, id, .tested, context))
        }.value
    }

    // MARK: Parts

    func endpointEvent(
        _ decision: Decision, _ id: UUIDv7, _ step: WebhookStep, outcome: AuditEvent.Outcome = .changed, _ context: RequestContext
    ) -> AuditEvent {
        var event = event(decision, context, outcome: outcome)
        event.target = .webhook(id, step)
        return event
    }

    static let noSuchEndpoint = Refusal(.notFound, "there is no such endpoint")

    /// Whose endpoints the caller reaches; `nil` for all of the tenant.
    private func reach(_ context: RequestContext) throws(Refusal) -> String? {
        if context.principal.method == .host { return nil }
        // Nobody has endpoints under an empty name.
        return context.principal.liveness?.credential ?? ""
    }

    private func ownEndpoint(_ id: UUIDv7, _ context: RequestContext) async throws(Refusal) -> EndpointRow {
        let rows = try await read(context, [StoreDatabase.endpoint(id, of: try reach(context), tenant: context.tenant)])[0]
        guard let row = StoreDatabase.endpoints(rows).first else { throw Self.noSuchEndpoint }
        return row
    }

    private func lockedEndpoint(_ id: UUIDv7, _ transaction: Transaction, _ context: RequestContext) async throws(Refusal) -> EndpointRow {
        let statement = StoreDatabase.endpoint(id, of: try reach(context), tenant: context.tenant, forUpdate: true)
        let rows = try await inTransaction { () async throws(LinkError) in
            StoreDatabase.endpoints(try await transaction.execute([statement])[0])
        }
        guard let row = rows.first else { throw Self.noSuchEndpoint }
        return row
    }

    private func opened(_ row: EndpointRow, _ seal: NoticeSeal) throws(Refusal) -> EndpointContent {
        guard let content = EndpointContent(row.content, seal, of: row.id) else {
            throw Refusal(.internalError, "the endpoint cannot be opened", hint: "delete it and make it again")
        }
        return content
    }

    private func changed(
        _ id: UUIDv7, _ step: WebhookStep, _ decision: Decision, _ seal: NoticeSeal, _ context: RequestContext,
        _ body: (inout EndpointRow, inout EndpointContent) throws(Refusal) -> Void
    ) async throws(Refusal) -> (endpoint: Endpoint, secret: String) {
        try await change(context) { (transaction: Transaction) async throws(Refusal) in
            var row = try await lockedEndpoint(id, transaction, context)
            var content = try opened(row, seal)
            try body(&row, &content)
            row.content = content.sealed(seal, of: id)
            transaction.enqueue(StoreDatabase.changeEndpoint(row, tenant: context.tenant))
            return ((Endpoint(row, content), content.secret), endpointEvent(decision, id, step, context))
        }.value
    }

    private static func applied(_ order: EndpointOrder, to content: EndpointContent) throws(Refusal) -> EndpointContent {
        var content = content
        if let url = order.url { content.url = url }
        if let description = order.description { content.description = description.isEmpty ? nil : description }
        if let filter = order.filter { content.filter = filter.isEmpty ? nil : filter }
        return content
    }

    /// The key that an endpoint is to belong to, and that key's owner as a caller.
    private func owner(of order: EndpointOrder, _ context: RequestContext) async throws(Refusal) -> (key: String, context: RequestContext) {
        if let own = context.principal.liveness?.credential {
            guard order.owner == nil || order.owner == own else {
                throw Self.wrong([("owner", "an endpoint belongs to the key that makes it")])
            }
            // What is told is decided by the key alone: whoever it acts for could else be told what only the key may know.
            guard let owner = try await ownerContext(own, purpose: context.purpose?.name, tenant: context.tenant),
                owner.principal.user == context.principal.user
            else {
                throw Refusal(.denied, "an endpoint belongs to a key, and not to the user that it acts for", hint: "leave out On-Behalf-Of")
            }
            return (own, owner)
        }
        guard context.principal.method == .host, let key = order.owner else {
            throw Refusal(.valueInvalid, "an endpoint belongs to an API key", hint: "say which: --owner, with an id of gatehouse token list")
        }
        guard let owner = try await ownerContext(key, purpose: nil, tenant: context.tenant) else {
            throw Self.wrong([("owner", "there is no live key with this id")])
        }
        return (key, owner)
    }

    /// Whoever a key belongs to, as a caller; `nil` when the key does not live.
    func ownerContext(_ key: String, purpose name: String?, tenant: TenantID) async throws(Refusal) -> RequestContext? {
        let principal: Principal?
        // One that keeps nothing from before.
        do { principal = try await authenticator().owner(ofKey: key, at: .now()) } catch {
            throw Refusal(.storeUnavailable, "the store cannot be reached", hint: "try again in a moment")
        }
        guard let principal, principal.tenant == tenant else { return nil }
        let purpose = (name ?? usualPurpose(of: principal)).flatMap { catalog.purposes[$0] }
        return RequestContext(principal: principal, purpose: purpose, policies: policies, requestID: .make())
    }

    private func check(_ content: EndpointContent, _ types: [String], _ owner: RequestContext) async throws(Refusal) {
        var problems: [(String, String)] = []
        let known = EventType.all(catalog)
        if types.isEmpty || types.count > 100 { problems.append(("types", "types has 1 to 100 types of events")) }
        for type in types where !known.contains(type) {
            problems.append(("types", "there is no such type of event; " + Spelling.hint(for: type, among: known)))
        }
        if let code = await rights.judgeWebhook(content.url) {
            problems.append(("url", "url leads to no address that events may be sent to (\(code))"))
        }
        if !problems.isEmpty { throw Self.wrong(problems) }
        guard let filter = content.filter else { return }
        let entities = Set(types.map { String($0.prefix { $0 != "." }) })
        guard entities.count == 1, let entity = entities.first.flatMap({ catalog.entity(named: $0) }) else {
            throw Self.wrong([("filter", "a filter is over the records of one entity, and all types have to be about that one")])
        }
        let sight = sight(.read, entity, owner)
        var query = ListQuery()
        query.filter = filter
        let asked = query
        _ = try await noted(sight, owner) { () throws(Refusal) in try ListPlan(asked, sight, owner) }
    }

    private static func wrong(_ problems: [(String, String)]) -> Refusal {
        Refusal(
            .valueInvalid, "a member of the body is wrong",
            members: problems.map { .init($0.0, Refusal.Code.valueInvalid.rawValue, $0.1) })
    }
}

/// An endpoint that was just made, with what is shown of it this once.
package struct MadeEndpoint: Sendable {
    package let endpoint: Endpoint
    package let secret: String
}

import AuditTrail
import Catalog
package import Identity
import Policies
import PostgresLink
import Storage
package import Vocabulary

/// An API key to be made.
package struct CredentialOrder: Sendable {
    package var roles: [String]
    package var user: String?
    package var teams: [String] = []
    /// What the key says of its owner, by the names that `roles.yaml` declares.
    package var attributes: [String: [String]] = [:]
    /// For what asks for more proof than a key. Such a key lives a quarter of an hour at most.
    package var isSteppedUp = false
    package var purpose: String?
    package var expiresAt: Instant?

    package init(roles: [String], user: String? = nil) {
        self.roles = roles
        self.user = user
    }
}

extension RecordGateway {
    /// Makes an API key of the caller's tenant. The answer is the only place where its secret ever shows.
    package func issueCredential(
        _ order: CredentialOrder, _ context: RequestContext
    ) async throws(Refusal) -> (key: APIKey, record: CredentialRecord) {
        let decision = try await decide(.create, .credential, context)
        try check(order)
        // Whoever has a key could else step itself up; the host asks for more than a key.
        if order.isSteppedUp, context.principal.method != .host {
            throw Refusal(.stepUpRequired, "a stepped-up key is made on the gateway's host", hint: "gatehouse token issue --step-up --state DIR")
        }
        let key = APIKey.make()
        let now = Instant.now()
        let stepUpEnd = now.advanced(by: .seconds(900))
        let end = order.isSteppedUp ? min(order.expiresAt ?? stepUpEnd, stepUpEnd) : order.expiresAt
        let record = CredentialRecord(
            id: key.id, tenant: context.tenant, user: order.user, roles: order.roles.sorted(), teams: order.teams,
            attributes: order.attributes, isSteppedUp: order.isSteppedUp, defaultPurpose: order.purpose, code: key.code(under: pepper),
            createdAt: now, expiresAt: end, revokedAt: nil,
            generation: 1
        )
        _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            transaction.enqueue(StoreDatabase.addCredential(record))
            var event = event(decision, context, outcome: .changed)
            event.target = .credential(record.id)
            event.granted = record.roles
            return ((), event)
        }
        return (key, record)
    }

    package func listCredentials(_ context: RequestContext) async throws(Refusal) -> [CredentialRecord] {
        let decision = try await decide(.read, .credential, context)
        let records: [CredentialRecord]
        do { records = try await store.credentials(Scope(context.principal)) } catch { throw refusal(error) }
        var event = event(decision, context, outcome: .disclosed)
        event.count = records.count
        _ = try await record(event, context)
        return records
    }

    /// Refused from the next request on, in every gateway: each transaction asks whether its credential still lives.
    package func revokeCredential(_ id: String, _ context: RequestContext) async throws(Refusal) {
        let decision = try await decide(.delete, .credential, context)
        _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            let touched: Int
            do throws(LinkError) {
                touched = try await transaction.execute(StoreDatabase.revokeCredential(id, tenant: context.tenant))[0].affectedRows
            } catch {
                throw refusal(StorageError(error))
            }
            guard touched == 1 else { throw Refusal(.notFound, "there is no live key with this id") }
            var event = event(decision, context, outcome: .changed)
            event.target = .credential(id)
            return ((), event)
        }
    }

    private func check(_ order: CredentialOrder) throws(Refusal) {
        var problems: [Refusal.Member] = []
        func problem(_ member: String, _ detail: String) { problems.append(.init(member, Refusal.Code.valueInvalid.rawValue, detail)) }
        if order.roles.isEmpty { problem("roles", "a key needs at least one role") }
        for (name, values) in order.attributes {
            switch policies.attributes[name] {
            case nil:
                problem("attributes", "there is no such attribute; " + Spelling.hint(for: name, among: policies.attributes.keys.sorted()))
            case .text where values.count != 1: problem("attributes", "\(name) has one value")
            default: break
            }
            for value in values where value.isEmpty || value.utf8.count > 200 || value.utf8.contains(0) {
                problem("attributes", "a value of \(name) has 1 to 200 bytes")
            }
        }
        for role in order.roles where !policies.roles.contains(role) {
            problem("roles", "there is no such role; " + Spelling.hint(for: role, among: policies.roles.sorted()))
        }
        for name in order.teams + (order.user.map { [$0] } ?? []) where !AccountName.isWellFormed(name) {
            problem("user", "users and teams take letters, digits and . _ - @, at most 64")
        }
        if order.user == Principal.hostName { problem("user", "'host' is the operator on the gateway's host") }
        if let purpose = order.purpose, catalog.purposes[purpose] == nil {
            problem("purpose", "there is no such purpose; " + Spelling.hint(for: purpose, among: catalog.purposes.keys.sorted()))
        }
        if let expiry = order.expiresAt, expiry <= .now() { problem("expires_at", "the key would have expired already") }
        if !problems.isEmpty { throw Refusal(.valueInvalid, "a member of the body is wrong", members: problems) }
    }

    /// A decision about something that is no entity, or a recorded denial.
    func decide(_ action: Action, _ resource: SystemResource, _ context: RequestContext) async throws(Refusal) -> Decision {
        let ruling = context.policies.decide(context.access, action, on: resource.rawValue)
        guard ruling.isAllowed else { throw await deny(ruling, context) }
        return ruling.widest
    }
}

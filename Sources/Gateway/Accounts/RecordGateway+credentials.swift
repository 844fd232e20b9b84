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
        let key = APIKey.make()
        let record = CredentialRecord(
            id: key.id, tenant: context.tenant, user: order.user, roles: order.roles.sorted(), teams: order.teams,
            defaultPurpose: order.purpose, code: key.code(under: pepper), createdAt: .now(), expiresAt: order.expiresAt, revokedAt: nil,
            generation: 1
        )
        _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            transaction.enqueue(StoreDatabase.addCredential(record))
            var event = event(decision, context, outcome: .changed)
            event.target = record.id
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
        _ = try await record(event)
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
            event.target = id
            return ((), event)
        }
    }

    private func check(_ order: CredentialOrder) throws(Refusal) {
        var problems: [Refusal.Member] = []
        func problem(_ member: String, _ detail: String) { problems.append(.init(member, Refusal.Code.valueInvalid.rawValue, detail)) }
        if order.roles.isEmpty { problem("roles", "a key needs at least one role") }
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
        let decision = policies.decide(context.principal, action, on: resource.rawValue)
        guard decision.isAllowed else { throw await deny(decision, context) }
        return decision
    }
}

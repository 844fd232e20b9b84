import AuditTrail
package import Identity
import Policies
import PostgresLink
package import Storage
package import Vocabulary

extension RecordGateway {
    /// How long a second person has to approve.
    private static var approvalWindow: Duration { .seconds(86_400) }

    /// The grant that a request names, if it is the caller's own and in force.
    package func activate(_ id: UUIDv7, _ principal: Principal) async throws(Refusal) -> GrantRecord {
        let grant: GrantRecord?
        do { grant = try await store.grant(id, Scope(principal)) } catch { throw refusal(error) }
        guard let grant, grant.requester == principal.actor, grant.state(at: .now()) == .open else {
            throw Refusal(.grantInvalid, "the grant is not yours, or not in force", hint: "ask for a new one: POST /v1/grants")
        }
        return grant
    }

    /// Asks for what a rule opens: at once for whoever breaks the glass, else once a second person has approved.
    ///
    /// The rule itself says who may ask: those it is for.
    package func requestGrant(rule name: String, _ context: RequestContext) async throws(Refusal) -> GrantRecord {
        let rule = context.policies.rules.first { $0.name == name && $0.grantDuration != nil }
        guard let rule, let duration = rule.grantDuration, context.policies.isFor(context.access, rule),
            context.principal.admits(Action.create.rawValue, on: SystemResource.grant.rawValue)
        else {
            throw await deny(context.policies.decide(context.access, .create, on: SystemResource.grant.rawValue), context)
        }
        guard let reason = context.reason, !reason.allSatisfy(\.isWhitespace) else { throw .reasonRequired }
        if rule.obligations.contains(.stepUp), !context.principal.isSteppedUp { throw .stepUpRequired(of: context.principal) }
        let isBreakGlass = rule.obligations.contains(.breakGlass)
        let now = Instant.now()
        let grant = GrantRecord(
            tenant: context.tenant, kind: isBreakGlass ? .breakGlass : .secondPerson, rule: rule.name, requester: context.principal.actor,
            reason: reason, requestedAt: now, until: now.advanced(by: isBreakGlass ? duration : Self.approvalWindow)
        )
        _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            transaction.enqueue(StoreDatabase.addGrant(grant))
            var event = AuditEvent(
                context.principal, .asking(for: rule), concernsPeople: false, purpose: context.purpose, reason: reason, request: context.requestID,
                outcome: .changed
            )
            event.target = .grant(grant.id)
            return ((), event)
        }
        if isBreakGlass { observe(.glassBroken(rule: rule.name)) }
        return grant
    }

    /// Grants, newest first.
    ///
    /// - Parameter isOpenOnly: only those that somebody still has to look at.
    package func listGrants(isOpenOnly: Bool, limit: Int, _ context: RequestContext) async throws(Refusal) -> [GrantRecord] {
        let decision = try await decide(.read, .grant, context)
        let grants: [GrantRecord]
        do { grants = try await store.grants(isOpenOnly: isOpenOnly, limit: limit, Scope(context.principal)) } catch { throw refusal(error) }
        var event = event(decision, context, outcome: .disclosed)
        event.count = grants.count
        _ = try await record(event, context)
        return grants
    }

    /// The second person says yes; never the one who asked.
    package func approveGrant(_ id: UUIDv7, _ context: RequestContext) async throws(Refusal) -> GrantRecord {
        try await changeGrant(id, context) { (grant: GrantRecord, now: Instant) throws(Refusal) in
            guard grant.state(at: now) == .pending else { throw Refusal(.grantInvalid, "the grant waits for no approval") }
            guard let duration = context.policies.rules.first(where: { $0.name == grant.rule })?.grantDuration else {
                throw Refusal(.grantInvalid, "the rule of the grant is no longer there")
            }
            return StoreDatabase.approveGrant(
                id, by: context.principal.actor, at: now, until: now.advanced(by: duration), tenant: context.tenant
            )
        }
    }

    /// Ends a grant with a finding. What was done under it stays in the trail under its id.
    package func closeGrant(
        _ id: UUIDv7, _ finding: GrantRecord.Finding, note: String, _ context: RequestContext
    ) async throws(Refusal) -> GrantRecord {
        try await changeGrant(id, context) { (grant: GrantRecord, now: Instant) throws(Refusal) in
            guard grant.closedAt == nil else { throw Refusal(.grantInvalid, "the grant is closed already") }
            return StoreDatabase.closeGrant(id, by: context.principal.actor, at: now, finding, note: note, tenant: context.tenant)
        }
    }

    private func changeGrant(
        _ id: UUIDv7, _ context: RequestContext, _ statement: (GrantRecord, Instant) throws(Refusal) -> SQL
    ) async throws(Refusal) -> GrantRecord {
        let decision = try await decide(.update, .grant, context)
        let now = context.access.time
        do throws(Refusal) {
            let (grant, _) = try await change(context) { (transaction: Transaction) async throws(Refusal) in
                guard let grant = try await locked(id, transaction, context) else { throw .notFound }
                guard grant.requester != context.principal.actor else { throw Self.ownGrant }
                transaction.enqueue(try statement(grant, now))
                let changed = try await locked(id, transaction, context)
                guard let changed else { throw .notFound }
                var event = event(decision, context, outcome: .changed)
                event.target = .grant(id)
                return (changed, event)
            }
            return grant
        } catch {
            guard error == Self.ownGrant else { throw error }
            var event = AuditEvent(
                context.principal, .ownGrant, concernsPeople: false, purpose: context.purpose, reason: context.reason, request: context.requestID,
                outcome: .refused
            )
            event.target = .grant(id)
            _ = try await record(event, context)
            throw error
        }
    }

    private static var ownGrant: Refusal { Refusal(.denied, "nobody approves or reviews their own grant", hint: "ask somebody else") }

    private func locked(_ id: UUIDv7, _ transaction: Transaction, _ context: RequestContext) async throws(Refusal) -> GrantRecord? {
        do throws(LinkError) {
            return StoreDatabase.grant(try await transaction.execute(StoreDatabase.lockGrant(id, tenant: context.tenant))[0])
        } catch {
            throw refusal(StorageError(error))
        }
    }
}

import AuditTrail
import Catalog
import Identity
import Policies
import PostgresLink
package import Storage
package import Vocabulary

/// Lifting how many people one caller may be shown, for a while and for a reason. It ends by itself.
extension RecordGateway {
    /// - Parameters:
    ///   - people: at least so many within an hour, with the key the caller has; `nil` lets the count begin anew.
    ///   - until: when it ends; an hour from now where the count begins anew, since nothing of before counts then.
    package func liftLimit(
        of principal: String, people: Int?, until: Instant?, _ context: RequestContext
    ) async throws(Refusal) -> LimitLift {
        let decision = try await decide(.create, .limit, context)
        guard let reason = context.reason, !reason.allSatisfy(\.isWhitespace) else { throw .reasonRequired }
        let (now, own) = (Instant.now(), context.principal)
        guard principal != own.user, principal != own.app else {
            throw Refusal(.denied, "nobody lifts a limit of their own", hint: "ask somebody else who may")
        }
        func invalid(_ member: String, _ detail: String) -> Refusal {
            Refusal(.valueInvalid, "a member of the body is wrong", members: [.init(member, Refusal.Code.valueInvalid.rawValue, detail)])
        }
        guard AccountName.isWellFormed(principal) else { throw invalid("principal", "principal is a user, or the id of a key that is nobody's") }
        if let people, !(1...1_000_000_000).contains(people) { throw invalid("people", "people is 1 to 1000000000") }
        guard (people == nil) == (until == nil) else { throw invalid("until", "until goes with people") }
        let end = until ?? now.advanced(by: .seconds(PeopleSeen.hour))
        guard end > now, end <= now.advanced(by: .seconds(31 * 86_400)) else { throw invalid("until", "until is within the next 31 days") }
        let lift = LimitLift(id: .make(at: now), principal: principal, people: people, at: now, until: end, by: own.actor)
        let tenant = context.tenant
        _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            transaction.enqueue(StoreDatabase.addLift(lift, of: tenant))
            var event = event(decision, context, outcome: .changed)
            event.target = .limit(lift.id, people == nil ? .begunAnew : .lifted)
            event.count = people
            return ((), event)
        }
        try await learnLifts(of: tenant)
        return lift
    }

    /// - Parameter includesEnded: also those that have ended; the newest thousand.
    package func lifts(includesEnded: Bool = false, _ context: RequestContext) async throws(Refusal) -> [LimitLift] {
        let decision = try await decide(.read, .limit, context)
        let statement = includesEnded ? StoreDatabase.allLifts(of: context.tenant) : StoreDatabase.lifts(of: context.tenant, at: .now())
        let lifts = LimitLift.all(try await read(context, [statement])[0])
        var event = event(decision, context, outcome: .disclosed)
        event.count = lifts.count
        _ = try await record(event, context)
        return lifts
    }

    /// Ends a lift before its time.
    package func endLift(_ id: UUIDv7, _ context: RequestContext) async throws(Refusal) {
        let decision = try await decide(.delete, .limit, context)
        let statement = StoreDatabase.endLift(id, at: .now(), by: context.principal.actor, tenant: context.tenant)
        _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            let touched: Int
            do throws(LinkError) { touched = try await transaction.execute(statement)[0].affectedRows } catch { throw refusal(StorageError(error)) }
            guard touched == 1 else {
                throw Refusal(.notFound, "there is no such lift in force", hint: "'gatehouse limit list' shows those there are")
            }
            var event = event(decision, context, outcome: .changed)
            event.target = .limit(id, .ended)
            return ((), event)
        }
        try await learnLifts(of: context.tenant)
    }

    /// What is lifted for a caller now.
    func lift(of caller: PeopleSeen.Caller) async throws(Refusal) -> CallerLift {
        let lifts: [LimitLift]
        if let known = liftedLimits[caller.tenant] { lifts = known } else { lifts = try await learnLifts(of: caller.tenant) }
        return CallerLift(lifts, caller.actor, at: .now())
    }

    /// Reads again what others may have lifted, of every tenant in which somebody was counted.
    func refreshLifts() async {
        for tenant in liftedLimits.known { _ = try? await learnLifts(of: tenant) }
    }

    @discardableResult
    private func learnLifts(of tenant: TenantID) async throws(Refusal) -> [LimitLift] {
        let lifts: [LimitLift]
        do { lifts = LimitLift.all(try await store.read(Scope(tenant: tenant), [StoreDatabase.lifts(of: tenant, at: .now())])[0]) } catch {
            throw refusal(error)
        }
        liftedLimits.learn(lifts, of: tenant)
        return lifts
    }
}

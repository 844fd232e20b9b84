import AuditTrail
import Identity
import Policies
import Storage
import Vocabulary

/// How many people somebody may see within an hour. Counted are persons, not requests: who reads the same card a hundred times has seen one.
extension RecordGateway {
    /// People whom a caller may not be shown any more.
    struct PeopleOverrun {
        /// The event that would have told of them.
        fileprivate let event: AuditEvent
        fileprivate let limit: PeopleLimit
        fileprivate var retryAfter: Int?
    }

    /// Counts the people that an event tells of, before it is written and anybody is shown; a refusal is recorded in its place.
    ///
    /// A list is shown as a whole or not at all. People who were seen within the hour are shown again, whatever the limit.
    func countPeople(in event: AuditEvent, _ context: RequestContext) async throws(Refusal) {
        if !Self.shows(event) { return }
        try await meetCaller(context)
        if let overrun = try overrun(by: event, context) { throw try await refused(overrun, context) }
    }

    /// Finds out whom a limited caller was shown before, and what was lifted for them, so that counting asks no database.
    func meetCaller(_ context: RequestContext) async throws(Refusal) {
        guard let (caller, usual) = limited(context) else { return }
        let lift = try await lift(of: caller)
        if !people.knows(caller) {
            do throws(StorageError) {
                try await learnPeople(
                    seenBy: caller, since: .now().advanced(by: .seconds(-PeopleSeen.hour)), most: lift.budget(usual).most)
            } catch {
                throw refusal(error)
            }
        }
        if let anew = lift.anew { people.beginAnew(caller, at: anew) }
    }

    /// Counts the people that an event tells of, of a caller who was met before.
    ///
    /// - Returns: what it comes to when these are too many; nothing of it is counted then.
    func overrun(by event: AuditEvent, _ context: RequestContext) throws(Refusal) -> PeopleOverrun? {
        guard Self.shows(event), let (caller, usual) = limited(context) else { return nil }
        let budget = CallerLift(liftedLimits[caller.tenant] ?? [], caller.actor, at: .now()).budget(usual)
        let (verdict, isCrossing) = people.count(
            event.subjects, in: event.id, for: caller, budget, isSteppedUp: context.principal.isSteppedUp, at: .now())
        if isCrossing { observe(.peopleLimitReached(limit: PeopleLimit.stepUp.rawValue)) }
        return switch verdict {
        case .within: nil
        case .needsStepUp: PeopleOverrun(event: event, limit: .stepUp)
        case .exhausted(let seconds): PeopleOverrun(event: event, limit: .most, retryAfter: seconds)
        // Forgotten in between, because there were too many others.
        case .unknown: throw Refusal(.busy, "the gateway has too much to do", hint: "try again in a moment")
        }
    }

    /// Tells of an overrun, and records it.
    func refused(_ overrun: PeopleOverrun, _ context: RequestContext) async throws(Refusal) -> Refusal {
        observe(.peopleLimitReached(limit: overrun.limit.rawValue))
        try await recordLimit(overrun.limit, instead: overrun.event, context)
        let stepUp = Refusal.stepUpRequired(of: context.principal)
        var answer =
            overrun.limit == .stepUp
            ? Refusal(.peopleStepUp, "you have seen as many people within the hour as you may without a stronger sign-in", hint: stepUp.hint)
            : Refusal(
                .budgetExhausted, "you have seen as many people within the hour as anybody with your roles may", hint: "the rest can be seen later")
        answer.retryAfter = overrun.retryAfter
        answer.stepUp = overrun.limit == .stepUp ? stepUp.stepUp : nil
        return answer
    }

    /// Whether somebody is shown by what an event tells of. Whoever changes a record is answered with it; whoever creates one knows what it says,
    /// and a deletion shows nothing.
    private static func shows(_ event: AuditEvent) -> Bool {
        if event.subjects.isEmpty { return false }
        return event.outcome == .disclosed || (event.outcome == .changed && StoreDatabase.showingChanges.contains(event.action))
    }

    /// The caller whose people are counted, and how many there may be; `nil` for everybody else.
    private func limited(_ context: RequestContext) -> (PeopleSeen.Caller, Limits.PeopleBudget)? {
        guard context.principal.liveness != nil, let usual = context.policies.limits.people(of: context.principal.roles) else { return nil }
        return (PeopleSeen.Caller(tenant: context.tenant, actor: context.principal.actor), usual)
    }

    /// Whether the caller sees so many people and no more.
    func isLimited(_ context: RequestContext) -> Bool { limited(context) != nil }

    private func recordLimit(_ limit: PeopleLimit, instead event: AuditEvent, _ context: RequestContext) async throws(Refusal) {
        var refused = event
        refused.outcome = .refused
        refused.records = []
        refused.subjects = []
        refused.clearFields = []
        refused.maskedFields = []
        refused.target = .people(limit)
        _ = try await record(refused, context)
    }

    /// Reads what the trail took up meanwhile of whom limited callers were shown by other gateways. Called every few seconds.
    package func refreshPeopleSeen() async {
        await refreshLifts()
        for (tenant, callers) in people.callers(at: .now()) { try? await learnPeople(shownTo: callers, of: tenant) }
    }

    /// Of a caller who is met for the first time: what the trail has, of everybody who showed them somebody.
    private func learnPeople(seenBy caller: PeopleSeen.Caller, since: Instant, most: Int) async throws(StorageError) {
        let scope = Scope(tenant: caller.tenant)
        // What comes into the trail behind this place is read a moment later.
        if people.readTo(caller.tenant) == nil {
            people.haveRead(caller.tenant, to: try await store.endOfTrail(scope) ?? LogPlace(epoch: 0, position: 0))
        }
        people.learn(try await store.peopleSeen(by: caller.actor, since: since, limit: most + 1, scope), of: caller, at: .now())
    }

    private func learnPeople(shownTo callers: [PeopleSeen.Caller], of tenant: TenantID) async throws(StorageError) {
        let scope = Scope(tenant: tenant)
        guard let end = try await store.endOfTrail(scope) else { return }
        if let start = people.readTo(tenant), start != end {
            let events = try await store.events(of: callers.map(\.actor), from: start, before: end, scope)
            // What this gateway wrote was counted when it was written, and it is nearly always all there is.
            let others = people.withoutOwn(events)
            for begin in stride(from: 0, to: others.count, by: 10_000) {
                let seen = try await store.peopleSeen(in: Array(others[begin..<min(begin + 10_000, others.count)]), scope)
                for caller in callers { people.add(seen[caller.actor] ?? [], of: caller) }
            }
        }
        people.haveRead(tenant, to: end)
    }
}

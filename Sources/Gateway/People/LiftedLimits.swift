import Policies
import Storage
import Synchronization
import Vocabulary

/// Whose limits are lifted, by tenant, kept in memory like whom each was shown. It is read when a tenant is first met, at once by the gateway that
/// changes it, and every few seconds.
final class LiftedLimits: Sendable {
    private let tenants = Mutex<[TenantID: [LimitLift]]>([:])

    subscript(tenant: TenantID) -> [LimitLift]? { tenants.withLock { $0[tenant] } }
    var known: [TenantID] { tenants.withLock { Array($0.keys) } }
    func learn(_ lifts: [LimitLift], of tenant: TenantID) { tenants.withLock { $0[tenant] = lifts } }
}

/// What was lifted for one caller.
struct CallerLift: Sendable {
    /// At least so many within an hour, with the key the caller has.
    let people: Int
    /// Whom it was shown before does not count.
    let anew: Instant?

    init(_ lifts: [LimitLift], _ actor: String, at now: Instant) {
        let own = lifts.filter { $0.principal == actor && $0.until > now && $0.at <= now }
        people = own.compactMap(\.people).max() ?? 0
        anew = own.filter { $0.people == nil }.map(\.at).max()
    }

    func budget(_ budget: Limits.PeopleBudget) -> Limits.PeopleBudget {
        Limits.PeopleBudget(stepUp: max(budget.stepUp, people), most: max(budget.most, people))
    }
}

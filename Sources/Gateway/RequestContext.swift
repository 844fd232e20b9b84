package import Identity
package import Policies
package import Storage
import Synchronization
package import Vocabulary

/// Everything about a request that decisions and events need.
package final class RequestContext: Sendable {
    package let access: AccessRequest
    package let policies: CompiledPolicies
    package let requestID: TraceID
    /// The grant in force that the caller named, which opens a rule that is else closed.
    package let grant: GrantRecord?

    package init(
        principal: Principal, purpose: Purpose?, reason: String? = nil, address: String? = nil, hasPrivacySignal: Bool = false,
        grant: GrantRecord? = nil, policies: CompiledPolicies, requestID: TraceID
    ) {
        self.policies = policies
        access = AccessRequest(
            principal: principal, purpose: purpose, reason: reason ?? grant?.reason, address: address, hasPrivacySignal: hasPrivacySignal,
            grantedRule: grant?.rule
        )
        self.grant = grant
        self.requestID = requestID
    }

    /// The event that tells of this request; the last one, if there are more.
    private let told = Mutex<EventID?>(nil)
    package var event: EventID? { told.withLock { $0 } }
    func tell(_ event: EventID) { told.withLock { $0 = event } }

    package var principal: Principal { access.principal }
    package var purpose: Purpose? { access.purpose }
    package var reason: String? { access.reason }
    package var time: Instant { access.time }
    var tenant: TenantID { principal.tenant }
}

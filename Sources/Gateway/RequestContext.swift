package import Identity
package import Policies
import PostgresLink
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
    /// The key under which the caller may send the same again; nothing for parts of a call that are changes of their own.
    package let call: IdempotentCall?
    /// What the change is of a job's work.
    let step: JobStep?

    package convenience init(
        principal: Principal, purpose: Purpose?, reason: String? = nil, address: String? = nil, hasPrivacySignal: Bool = false,
        grant: GrantRecord? = nil, policies: CompiledPolicies, requestID: TraceID, call: IdempotentCall? = nil
    ) {
        let access = AccessRequest(
            principal: principal, purpose: purpose, reason: reason ?? grant?.reason, address: address, hasPrivacySignal: hasPrivacySignal,
            grantedRule: grant?.rule
        )
        self.init(access, grant: grant, policies: policies, requestID: requestID, call: call, step: nil)
    }

    private init(
        _ access: AccessRequest, grant: GrantRecord?, policies: CompiledPolicies, requestID: TraceID, call: IdempotentCall?, step: JobStep?
    ) {
        self.access = access
        self.grant = grant
        self.policies = policies
        self.requestID = requestID
        self.call = call
        self.step = step
    }

    /// The same caller, for one change of a job.
    func taking(_ step: JobStep) -> RequestContext {
        RequestContext(access, grant: grant, policies: policies, requestID: requestID, call: nil, step: step)
    }

    /// The same caller, who does a part of it for a reason that follows from it.
    func because(_ reason: String) -> RequestContext {
        RequestContext(
            principal: principal, purpose: purpose, reason: reason, address: access.address, hasPrivacySignal: access.hasPrivacySignal, grant: grant,
            policies: policies, requestID: requestID
        )
    }

    /// The event that tells of this request; the last one, if there are more.
    private let told = Mutex<EventID?>(nil)
    package var event: EventID? { told.withLock { $0 } }
    func tell(_ event: EventID) { told.withLock { $0 = event } }

    package var principal: Principal { access.principal }
    package var purpose: Purpose? { access.purpose }
    package var reason: String? { access.reason }
    package var time: Instant { access.time }
    /// The person behind the request opts out of sale and sharing (Global Privacy Control).
    package var hasPrivacySignal: Bool { access.hasPrivacySignal }
    var tenant: TenantID { principal.tenant }
}

/// A change that a job makes: only if the record is still at this version, and with this in the same transaction.
struct JobStep: Sendable {
    let version: Int64
    let mark: SQL
}

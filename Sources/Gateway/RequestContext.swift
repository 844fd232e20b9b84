package import Identity
package import Vocabulary

/// Everything about a request that decisions and events need.
package final class RequestContext: Sendable {
    package let principal: Principal
    package let purpose: Purpose?
    package let reason: String?
    package let requestID: String

    package init(principal: Principal, purpose: Purpose?, reason: String? = nil, requestID: String) {
        self.principal = principal
        self.purpose = purpose
        self.reason = reason
        self.requestID = requestID
    }

    var tenant: TenantID { principal.tenant }
}

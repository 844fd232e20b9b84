import Catalog

/// Yes or no, the rule that decided, and for each field what may be seen and written. Only this module makes one.
package final class Decision: Sendable {
    package let resource: String
    package let action: Action
    package let isAllowed: Bool
    /// The rule that decided; `default-deny` when none spoke.
    package let rule: String
    /// Parallel to the entity's fields; empty for a system resource.
    package let access: [FieldAccess]
    package let writable: [Bool]
    /// Tells representations apart: two callers with the same fingerprint see the same of a record.
    package let fingerprint: String

    init(resource: String, action: Action, isAllowed: Bool, rule: String, access: [FieldAccess], writable: [Bool]) {
        self.resource = resource
        self.action = action
        self.isAllowed = isAllowed
        self.rule = rule
        self.access = access
        self.writable = writable
        self.fingerprint = access.map { access in
            switch access {
            case .clear: "c"
            case .masked(let mask): "m\(mask.rawValue);"
            case .hidden: "h"
            }
        }.joined()
    }

    /// Whoever may use a rule may ask for a grant that opens it.
    package static func asking(for rule: Rule) -> Decision {
        Decision(resource: SystemResource.grant.rawValue, action: .create, isAllowed: true, rule: rule.name, access: [], writable: [])
    }

    /// Nobody changes their own account.
    package static let ownAccount = Decision(
        resource: SystemResource.user.rawValue, action: .update, isAllowed: false, rule: "own-account", access: [], writable: [])

    /// Nobody approves or closes what they asked for themselves.
    package static let ownGrant = Decision(
        resource: SystemResource.grant.rawValue, action: .update, isAllowed: false, rule: "own-grant", access: [], writable: [])

    /// Restricting what a legal hold keeps from going is no choice of the caller's, but what the law makes of it (GDPR Art. 18(1)(c)).
    package static let restrictingHeld = Decision(
        resource: SystemResource.hold.rawValue, action: .update, isAllowed: true, rule: "held-data-is-restricted", access: [], writable: [])
    /// Nobody is the second person to themselves.
    package static let ownRequest = Decision(
        resource: SystemResource.approval.rawValue, action: .create, isAllowed: false, rule: "own-request", access: [], writable: [])

    /// The gateway itself keeps the clocks of requests: sends what is to be sent, ends what has lapsed.
    package static let keepingRequests = Decision(
        resource: SystemResource.request.rawValue, action: .update, isAllowed: true, rule: "deadlines-are-kept", access: [], writable: [])

    /// What was begun by somebody who may is brought to its end, whoever does it.
    package static let finishingErasure = Decision(
        resource: SystemResource.subject.rawValue, action: .delete, isAllowed: true, rule: "erasure-that-has-begun", access: [], writable: [])

    /// Two people who turned out to be one are one in everything that is written of them, also in what was under way.
    package static let settlingMerge = Decision(
        resource: SystemResource.subject.rawValue, action: .merge, isAllowed: true, rule: "people-who-are-one", access: [], writable: [])

    /// What was erased stays erased, whatever copy was put back.
    package static let replayingErasures = Decision(
        resource: SystemResource.subject.rawValue, action: .delete, isAllowed: true, rule: "what-was-erased-stays-erased", access: [],
        writable: [])

    /// Whoever runs the host makes backups of it, which nobody there can read, and puts them back.
    package static let keepingBackups = Decision(
        resource: "backup", action: .update, isAllowed: true, rule: "the-host-keeps-backups", access: [], writable: [])

    /// Whoever got data is told what became of it, because the law says so (GDPR Art. 19).
    package static let tellingRecipients = Decision(
        resource: SystemResource.notice.rawValue, action: .update, isAllowed: true, rule: "recipients-are-told", access: [], writable: [])

    /// Where nobody takes events any more, none are sent.
    package static let disablingEndpoint = Decision(
        resource: SystemResource.webhook.rawValue, action: .update, isAllowed: true, rule: "endpoints-that-fail-are-disabled", access: [],
        writable: [])

    /// What becomes of a job is written down by whoever works on it; what it does to records is decided by its owner's rights.
    package static let workingOnJobs = Decision(
        resource: SystemResource.job.rawValue, action: .update, isAllowed: true, rule: "jobs-go-on", access: [], writable: [])

    static func denied(_ resource: String, _ action: Action, rule: String, fields: [Field]) -> Decision {
        Decision(
            resource: resource, action: action, isAllowed: false, rule: rule, access: fields.map { _ in .hidden },
            writable: fields.map { _ in false }
        )
    }
}

package import Identity
package import Vocabulary

/// Why something was not done: a stable word, one sentence, and where in the request it lies. Never a value of anybody.
package struct Refusal: Error, Sendable, Equatable {
    /// The wire codes. A word is never reused for something else; the table stands in `docs/errors.md`.
    package enum Code: String, Sendable, CaseIterable {
        case credentialMissing = "credential-missing"
        case credentialInvalid = "credential-invalid"
        case credentialMalformed = "credential-malformed"
        case issuerUnavailable = "issuer-unavailable"
        case actsForNobody = "acts-for-nobody"
        case scopeInsufficient = "scope-insufficient"
        case ownRights = "own-rights"
        case lastAdministrator = "last-administrator"
        case denied
        case fieldNotWritable = "field-not-writable"
        case reasonRequired = "reason-required"
        case stepUpRequired = "step-up-required"
        case approvalRequired = "approval-required"
        case rateLimited = "rate-limited"
        case peopleStepUp = "people-step-up"
        case budgetExhausted = "budget-exhausted"
        case grantInvalid = "grant-invalid"
        case notFound = "not-found"
        case routeUnknown = "route-unknown"
        case methodNotAllowed = "method-not-allowed"
        case notAcceptable = "not-acceptable"
        case bodyTooLarge = "body-too-large"
        case bodyMalformed = "body-malformed"
        case mediaTypeUnsupported = "media-type-unsupported"
        case parameterInvalid = "parameter-invalid"
        case fieldUnknown = "field-unknown"
        case filterInvalid = "filter-invalid"
        case cursorInvalid = "cursor-invalid"
        case purposeUnknown = "purpose-unknown"
        case memberUnknown = "member-unknown"
        case valueInvalid = "value-invalid"
        case valueTaken = "value-taken"
        case referenceUnknown = "reference-unknown"
        case recordInUse = "record-in-use"
        case alreadyConverted = "already-converted"
        case holdInTheWay = "hold-in-the-way"
        case subjectErased = "subject-erased"
        case subjectKeyMissing = "subject-key-missing"
        case consentNotAskable = "consent-not-askable"
        case mailboxUnknown = "mailbox-unknown"
        case mailUnavailable = "mail-unavailable"
        case repositoryUnavailable = "repository-unavailable"
        case linkInvalid = "link-invalid"
        case requestOpenAlready = "request-open-already"
        case requestState = "request-state"
        case proofInvalid = "proof-invalid"
        case codeExpired = "code-expired"
        case idempotencyKeyRequired = "idempotency-key-required"
        case idempotencyUnsupported = "idempotency-unsupported"
        case idempotencyKeyReused = "idempotency-key-reused"
        case idempotencyKeyInUse = "idempotency-key-in-use"
        case idempotencyAnswerGone = "idempotency-answer-gone"
        case preconditionRequired = "precondition-required"
        case preconditionFailed = "precondition-failed"
        case auditUnavailable = "audit-unavailable"
        case storeUnavailable = "store-unavailable"
        case vaultUnavailable = "vault-unavailable"
        case restoring
        case outcomeUnknown = "outcome-unknown"
        case busy
        case internalError = "internal-error"
    }

    /// What is wrong with one member of a body.
    package struct Member: Sendable, Equatable {
        /// JSON Pointer as a URI fragment (RFC 6901 section 6).
        package let pointer: String
        package let code: String
        package let detail: String

        package init(_ name: String, _ code: String, _ detail: String) {
            pointer = "#/" + Self.escaped(name)
            self.code = code
            self.detail = detail
        }

        /// - Parameter path: names behind one another, each escaped where it needs it.
        package init(path: String, _ code: String, _ detail: String) {
            pointer = "#/" + path
            self.code = code
            self.detail = detail
        }

        private init(pointer: String, _ code: String, _ detail: String) {
            self.pointer = pointer
            self.code = code
            self.detail = detail
        }

        /// A name as it stands in a JSON Pointer.
        package static func escaped(_ name: String) -> String { name.replacing("~", with: "~0").replacing("/", with: "~1") }
        /// The same in a member of the body that is an object itself.
        func below(_ name: String) -> Member { Member(pointer: "#/" + name + pointer.dropFirst(1), code, detail) }
    }

    package let code: Code
    package let detail: String
    package let hint: String?
    package let members: [Member]
    /// The credential was outdated when the transaction looked: nothing was done, and a fresh look may help.
    package var isCredentialOutdated = false
    /// The event that tells of the request.
    package var event: EventID?
    /// What the bearer of a token is asked to prove (RFC 9470).
    package var stepUp: Issuer.StepUp?
    /// The scope that the credential would have to have.
    package var scope: String?
    /// Seconds after which the same may be asked again, where that is known.
    package var retryAfter: Int?

    package init(_ code: Code, _ detail: String, hint: String? = nil, members: [Member] = []) {
        self.code = code
        self.detail = detail
        self.hint = hint
        self.members = members
    }

    /// A record that the rules do not admit; becomes a recorded denial before anybody is told.
    static var notAdmitted: Refusal { Refusal(.denied, "your roles do not allow this for this record") }
    static var notFound: Refusal { Refusal(.notFound, "there is no such record") }
    static var reasonRequired: Refusal {
        Refusal(.reasonRequired, "this needs a stated reason", hint: "send the Reason header")
    }
    /// The bearer of a token proves itself again where it came from; for keys there is one that is made on the host.
    static func stepUpRequired(of principal: Principal) -> Refusal {
        guard let terms = principal.stepUpTerms else {
            return Refusal(
                .stepUpRequired, "this needs a stepped-up credential",
                hint: "have a key made on the host, for a quarter of an hour: gatehouse token issue --step-up")
        }
        var refusal = Refusal(.stepUpRequired, "this needs a more recent or stronger sign-in", hint: "sign in again and send the new token")
        refusal.stepUp = terms
        return refusal
    }
    package static var restoring: Refusal {
        Refusal(.restoring, "the data is being restored from a backup, and nothing is shown or changed until that has ended", hint: "try again later")
    }
    static var auditUnavailable: Refusal {
        Refusal(.auditUnavailable, "the audit trail cannot be written, so nothing is shown or changed", hint: "try again in a moment")
    }
}

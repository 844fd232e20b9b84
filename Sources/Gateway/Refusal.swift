package import Vocabulary

/// Why something was not done: a stable word, one sentence, and where in the request it lies. Never a value of anybody.
package struct Refusal: Error, Sendable, Equatable {
    /// The wire codes. A word is never reused for something else; the table stands in `docs/errors.md`.
    package enum Code: String, Sendable, CaseIterable {
        case credentialMissing = "credential-missing"
        case credentialInvalid = "credential-invalid"
        case denied
        case fieldNotWritable = "field-not-writable"
        case reasonRequired = "reason-required"
        case stepUpRequired = "step-up-required"
        case approvalRequired = "approval-required"
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
        case subjectErased = "subject-erased"
        case subjectKeyMissing = "subject-key-missing"
        case preconditionRequired = "precondition-required"
        case preconditionFailed = "precondition-failed"
        case auditUnavailable = "audit-unavailable"
        case storeUnavailable = "store-unavailable"
        case vaultUnavailable = "vault-unavailable"
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
            pointer = "#/" + name.replacing("~", with: "~0").replacing("/", with: "~1")
            self.code = code
            self.detail = detail
        }
    }

    package let code: Code
    package let detail: String
    package let hint: String?
    package let members: [Member]
    /// The credential was outdated when the transaction looked: nothing was done, and a fresh look may help.
    package var isCredentialOutdated = false
    /// The event that tells of the request.
    package var event: EventID?

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
    static var stepUpRequired: Refusal {
        Refusal(
            .stepUpRequired, "this needs a stepped-up key",
            hint: "have one made on the host, for a quarter of an hour: gatehouse token issue --step-up")
    }
    static var auditUnavailable: Refusal {
        Refusal(.auditUnavailable, "the audit trail cannot be written, so nothing is shown or changed", hint: "try again in a moment")
    }
}

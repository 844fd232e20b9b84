import DataFormats
import Gateway
import Identity
import NIOHTTP1
import Vocabulary

/// RFC 9457 problem details: the one place where a refusal becomes bytes.
enum Problem {
    static func response(_ refusal: Refusal, trace: String) -> APIResponse {
        let status = status(refusal.code)
        var response = APIResponse(status, contentType: "application/problem+json", body: body(refusal, status, trace))
        switch refusal.code {
        case .credentialMissing: response.headers.replaceOrAdd(name: HeaderName.wwwAuthenticate, value: "Bearer realm=\"gatehouse\"")
        case .credentialInvalid: challenge(&response, "invalid_token")
        case .credentialMalformed: challenge(&response, "invalid_request")
        case .scopeInsufficient: challenge(&response, "insufficient_scope", refusal.scope.map { ", scope=\"\($0)\"" } ?? "")
        case .stepUpRequired, .peopleStepUp: challenge(&response, "insufficient_user_authentication", refusal.stepUp.map(terms) ?? "")
        case .auditUnavailable, .storeUnavailable, .vaultUnavailable, .busy, .issuerUnavailable, .idempotencyKeyInUse:
            response.headers.replaceOrAdd(name: HeaderName.retryAfter, value: "1")
        case .repositoryUnavailable, .restoring: response.headers.replaceOrAdd(name: HeaderName.retryAfter, value: "10")
        default: break
        }
        if let seconds = refusal.retryAfter { response.headers.replaceOrAdd(name: HeaderName.retryAfter, value: String(seconds)) }
        if let event = refusal.event { response.headers.replaceOrAdd(name: HeaderName.auditEvent, value: event.description) }
        return response
    }

    /// RFC 6750 section 3.
    private static func challenge(_ response: inout APIResponse, _ error: String, _ more: String = "") {
        response.headers.replaceOrAdd(name: HeaderName.wwwAuthenticate, value: "Bearer realm=\"gatehouse\", error=\"\(error)\"\(more)")
    }

    /// What would do instead (RFC 9470 section 3). The settings hold words without quotes only.
    private static func terms(_ terms: Issuer.StepUp) -> String {
        let contexts = terms.contexts.isEmpty ? "" : ", acr_values=\"\(terms.contexts.joined(separator: " "))\""
        return contexts + ", max_age=\(terms.seconds)"
    }

    private static func body(_ refusal: Refusal, _ status: HTTPResponseStatus, _ trace: String) -> [UInt8] {
        var json = JSONWriter(capacity: 256)
        json.beginObject()
        member("type", "about:blank", &json)
        member("title", status.reasonPhrase, &json)
        json.name("status")
        json.number(Int64(status.code))
        member("code", refusal.code.rawValue, &json)
        member("detail", refusal.detail, &json)
        if let hint = refusal.hint { member("hint", hint, &json) }
        member("trace_id", trace, &json)
        if !refusal.members.isEmpty {
            json.name("errors")
            json.beginArray()
            for error in refusal.members { write(error, &json) }
            json.endArray()
        }
        json.endObject()
        return json.bytes
    }

    /// A refusal inside of another answer: what of it is not the answer's own.
    static func object(_ refusal: Refusal) -> JSONObject {
        var object: JSONObject = ["code": .string(refusal.code.rawValue), "detail": .string(refusal.detail)]
        if let hint = refusal.hint { object["hint"] = .string(hint) }
        if !refusal.members.isEmpty {
            object["errors"] = .array(
                refusal.members.map { ["pointer": .string($0.pointer), "code": .string($0.code), "detail": .string($0.detail)] })
        }
        return object
    }

    static func write(_ error: Refusal.Member, _ json: inout JSONWriter) {
        json.beginObject()
        member("pointer", error.pointer, &json)
        member("code", error.code, &json)
        member("detail", error.detail, &json)
        json.endObject()
    }

    private static func member(_ name: String, _ value: String, _ json: inout JSONWriter) {
        json.name(name)
        json.string(value)
    }

    static func status(_ code: Refusal.Code) -> HTTPResponseStatus {
        switch code {
        case .credentialMissing, .credentialInvalid, .stepUpRequired, .peopleStepUp: .unauthorized
        case .rateLimited, .budgetExhausted: .tooManyRequests
        case .denied, .fieldNotWritable, .reasonRequired, .actsForNobody, .scopeInsufficient, .ownRights, .approvalRequired, .grantInvalid,
            .proofInvalid, .codeExpired:
            .forbidden
        case .notFound, .routeUnknown, .linkInvalid: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .notAcceptable: .notAcceptable
        case .bodyTooLarge: .custom(code: 413, reasonPhrase: "Content Too Large")
        case .mediaTypeUnsupported: .unsupportedMediaType
        case .credentialMalformed, .bodyMalformed, .parameterInvalid, .fieldUnknown, .filterInvalid, .cursorInvalid, .purposeUnknown,
            .idempotencyKeyRequired, .idempotencyUnsupported:
            .badRequest
        // Named as RFC 9110 names it; the codec's own phrase is older.
        case .memberUnknown, .valueInvalid, .referenceUnknown, .idempotencyKeyReused: .custom(code: 422, reasonPhrase: "Unprocessable Content")
        case .valueTaken, .recordInUse, .lastAdministrator, .alreadyConverted, .holdInTheWay, .subjectErased, .requestOpenAlready, .requestState,
            .consentNotAskable,
            .mailboxUnknown, .idempotencyKeyInUse, .idempotencyAnswerGone:
            .conflict
        case .preconditionRequired: .preconditionRequired
        case .preconditionFailed: .preconditionFailed
        case .auditUnavailable, .storeUnavailable, .vaultUnavailable, .outcomeUnknown, .mailUnavailable, .repositoryUnavailable, .restoring,
            .issuerUnavailable, .busy:
            .serviceUnavailable
        case .subjectKeyMissing, .internalError: .internalServerError
        }
    }
}

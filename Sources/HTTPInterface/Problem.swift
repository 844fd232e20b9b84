import DataFormats
import Gateway
import NIOHTTP1
import Vocabulary

/// RFC 9457 problem details: the one place where a refusal becomes bytes.
enum Problem {
    static func response(_ refusal: Refusal, trace: String) -> APIResponse {
        let status = status(refusal.code)
        var response = APIResponse(status, contentType: "application/problem+json", body: body(refusal, status, trace))
        switch refusal.code {
        case .credentialMissing: response.headers.replaceOrAdd(name: HeaderName.wwwAuthenticate, value: "Bearer realm=\"gatehouse\"")
        case .credentialInvalid:
            response.headers.replaceOrAdd(name: HeaderName.wwwAuthenticate, value: "Bearer realm=\"gatehouse\", error=\"invalid_token\"")
        case .auditUnavailable, .storeUnavailable, .vaultUnavailable, .busy: response.headers.replaceOrAdd(name: HeaderName.retryAfter, value: "1")
        default: break
        }
        if let event = refusal.event { response.headers.replaceOrAdd(name: HeaderName.auditEvent, value: event.description) }
        return response
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
        case .credentialMissing, .credentialInvalid: .unauthorized
        case .denied, .fieldNotWritable, .reasonRequired, .stepUpRequired, .approvalRequired, .grantInvalid: .forbidden
        case .notFound, .routeUnknown: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .notAcceptable: .notAcceptable
        case .bodyTooLarge: .custom(code: 413, reasonPhrase: "Content Too Large")
        case .mediaTypeUnsupported: .unsupportedMediaType
        case .bodyMalformed, .parameterInvalid, .fieldUnknown, .filterInvalid, .cursorInvalid, .purposeUnknown: .badRequest
        // Named as RFC 9110 names it; the codec's own phrase is older.
        case .memberUnknown, .valueInvalid, .referenceUnknown: .custom(code: 422, reasonPhrase: "Unprocessable Content")
        case .valueTaken, .recordInUse, .subjectErased: .conflict
        case .preconditionRequired: .preconditionRequired
        case .preconditionFailed: .preconditionFailed
        case .auditUnavailable, .storeUnavailable, .vaultUnavailable, .outcomeUnknown, .busy: .serviceUnavailable
        case .subjectKeyMissing, .internalError: .internalServerError
        }
    }
}

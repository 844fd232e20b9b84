package import DataFormats
import Gateway
import NIOHTTP1
package import Storage
import SubjectRights
import Vocabulary

/// What an erasure would do and did, what recipients are told of it, and who is kept from being brought back.
extension API {
    func answer(_ route: ErasureRoute, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        switch route {
        case .plan(let id): return Self.answer(try await gateway.planErasure(ofRequest: id, context).object)
        case .certificate(let id):
            return APIResponse(.ok, body: try await gateway.erasureCertificate(id, context).bytes)
        case .notices:
            let isAll = try request.flag("state", of: ["open": false, "all": true]) ?? false
            let notices = try await gateway.listNotices(openOnly: !isAll, context)
            return Self.answer(["data": .array(notices.map { .object(NoticeCoding.object($0)) }), "next": .null])
        case .notice(let id):
            let (notice, body) = try await gateway.noticeContent(id, context)
            var object = NoticeCoding.object(notice)
            object["content"] = body.map { .object($0) } ?? .null
            return Self.answer(object)
        case .acknowledge(let id): return Self.answer(NoticeCoding.object(try await gateway.acknowledgeNotice(id, context)))
        case .retry(let id): return Self.answer(NoticeCoding.object(try await gateway.retryNotice(id, context)))
        case .suppressions:
            let counts = try await gateway.suppressions(context)
            return Self.answer(["data": .array(counts.map { .object(SuppressionCoding.object($0)) }), "next": .null])
        case .lift:
            let texts = try request.texts(required: [], optional: ["email", "phone", "request"])
            guard !texts.isEmpty else {
                throw Refusal(.valueInvalid, "say who came back", hint: "email or phone as they give it now, or the request by which they went")
            }
            let lifted = try await gateway.liftSuppression(
                email: texts["email"].map { Personal($0) }, phone: texts["phone"].map { Personal($0) },
                request: try SuppressionCoding.request(texts["request"]), context)
            return Self.answer(["lifted": .array(lifted.map { .string($0.description) })])
        }
    }

    private static func answer(_ object: JSONObject) -> APIResponse { APIResponse(.ok, body: JSONValue.object(object).encoded()) }
}

/// Notices to recipients on the wire, without what they are told.
package enum NoticeCoding {
    package static func object(_ notice: NoticeRow) -> JSONObject {
        func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        return [
            "id": .string(notice.id.description), "request": .string(notice.cause.description), "recipient": .string(notice.recipient),
            "kind": .string(notice.kind), "state": .string(notice.state.rawValue), "attempts": .number(JSONNumber(notice.attempts)),
            "created_at": .string(notice.createdAt.description), "next_at": text(notice.nextAt?.description),
            "delivered_at": text(notice.deliveredAt?.description), "acknowledged_at": text(notice.acknowledgedAt?.description),
            "acknowledged_by": text(notice.acknowledgedBy), "failure": text(notice.failure),
        ]
    }
}

/// Who is kept from being brought back, on the wire.
package enum SuppressionCoding {
    package static func object(_ count: SuppressionCount) -> JSONObject {
        [
            "request": .string(count.erasure.description), "since": .string(count.since.description),
            "tokens": .number(JSONNumber(count.tokens)), "kept_out": .number(JSONNumber(count.keptOut)),
        ]
    }

    static func request(_ text: String?) throws(Refusal) -> UUIDv7? {
        guard let text else { return nil }
        guard let id = UUIDv7(text) else {
            throw Refusal(
                .valueInvalid, "a member of the body is wrong", members: [.init("request", "value-invalid", "request is the id of a request")])
        }
        return id
    }
}

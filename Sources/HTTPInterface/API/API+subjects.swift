package import DataFormats
package import Gateway
import NIOHTTP1
import Storage
import SubjectRights
package import Vocabulary

extension API {
    func readSubject(_ id: SubjectID, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        try await APIResponse(.ok, body: JSONValue.object(SubjectCoding.object(id, gateway.standing(of: id, context))).encoded())
    }

    func restrict(_ id: SubjectID, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        let texts = try request.texts(required: ["ground"])
        try await gateway.setRestriction(id, texts["ground"], context)
        return APIResponse(.noContent, contentType: nil)
    }
}

/// What is known of a data subject, on the wire.
package enum SubjectCoding {
    package static func object(_ id: SubjectID, _ disclosed: DisclosedStanding) -> JSONObject {
        let standing = disclosed.standing
        let consents = standing.consents.map { stored -> JSONValue in
            .object(ConsentCoding.object(stored.event, evidence: disclosed.evidence[stored.event.id]))
        }
        func optOut(_ kind: OptOutRow.Kind) -> JSONValue { standing.optOut(kind).map { .object(ConsentCoding.object($0)) } ?? .null }
        let restriction = standing.restriction.map { restriction -> JSONValue in
            .object([
                "since": .string(restriction.since.description), "ground": .string(restriction.ground),
                "recorded_by": .string(restriction.recordedBy), "holds": .array(restriction.holds.map { .string($0.description) }),
            ])
        }
        let objections = standing.objections.map { objection -> JSONValue in
            .object([
                "purpose": .string(objection.purpose), "since": .string(objection.since.description),
                "recorded_by": .string(objection.recordedBy),
            ])
        }
        return [
            "id": .string(id.description), "consents": .array(consents), "restriction": restriction ?? .null, "objections": .array(objections),
            "opt_out": optOut(.sale), "limit": optOut(.sensitive),
        ]
    }
}

package import DataFormats
import Gateway
import NIOHTTP1
package import Storage
package import Vocabulary

extension API {
    func readSubject(_ id: SubjectID, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        try await APIResponse(.ok, body: JSONValue.object(SubjectCoding.object(id, gateway.standing(of: id, context))).encoded())
    }

    func recordConsent(
        _ id: SubjectID, _ purpose: String, _ request: APIRequest, _ context: RequestContext
    ) async throws(Refusal) -> APIResponse {
        let texts = try request.texts(required: ["state"], optional: ["valid_until", "evidence"])
        guard let state = texts["state"].flatMap(ConsentRow.State.init(rawValue:)) else {
            let known = ConsentRow.State.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(.valueInvalid, "a member of the body is wrong", members: [.init("state", "choice-unknown", "state is one of \(known)")])
        }
        let until = texts["valid_until"].map { Instant($0) }
        if case .some(nil) = until {
            throw Refusal(
                .valueInvalid, "a member of the body is wrong", members: [.init("valid_until", "value-invalid", "valid_until is not a time")])
        }
        try await gateway.recordConsent(id, to: purpose, state, until: until ?? nil, evidence: texts["evidence"], context)
        return APIResponse(.noContent, contentType: nil)
    }

    func restrict(_ id: SubjectID, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        let texts = try request.texts(required: ["ground"])
        try await gateway.setRestriction(id, texts["ground"], context)
        return APIResponse(.noContent, contentType: nil)
    }
}

/// What is known of a data subject, on the wire.
package enum SubjectCoding {
    package static func object(_ id: SubjectID, _ standing: SubjectStanding) -> JSONObject {
        func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        let consents = standing.consents.map { consent -> JSONValue in
            .object([
                "purpose": .string(consent.purpose), "state": .string(consent.state.rawValue),
                "valid_until": text(consent.validUntil?.description), "recorded_at": .string(consent.recordedAt.description),
                "recorded_by": .string(consent.recordedBy), "evidence": text(consent.evidence),
            ])
        }
        let restriction = standing.restriction.map { restriction -> JSONValue in
            .object([
                "since": .string(restriction.since.description), "ground": .string(restriction.ground),
                "recorded_by": .string(restriction.recordedBy),
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
        ]
    }
}

package import DataFormats
import Gateway
import NIOHTTP1
package import Storage
package import Vocabulary

extension API {
    func listGrants(_ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        var isOpenOnly = true
        var limit = 50
        for (name, value) in request.query {
            switch (name, value) {
            case ("state", "open"): isOpenOnly = true
            case ("state", "all"): isOpenOnly = false
            case ("limit", _):
                guard let count = Int(value), (1...200).contains(count) else { throw Refusal(.parameterInvalid, "limit is 1 to 200") }
                limit = count
            default: throw Refusal(.parameterInvalid, "a parameter is not known here", hint: "state=open, state=all, limit")
            }
        }
        let grants = try await gateway.listGrants(isOpenOnly: isOpenOnly, limit: limit, context)
        let data = JSONValue.array(grants.map { .object(GrantCoding.object($0)) })
        return APIResponse(.ok, body: JSONValue.object(["data": data, "next": .null]).encoded())
    }

    func requestGrant(_ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        let texts = try request.texts(required: ["rule"])
        return try await Self.response(.created, gateway.requestGrant(rule: texts["rule"] ?? "", context))
    }

    func closeGrant(_ id: UUIDv7, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        let texts = try request.texts(required: ["finding", "note"])
        guard let finding = texts["finding"].flatMap(GrantRecord.Finding.init(rawValue:)) else {
            let known = GrantRecord.Finding.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(.valueInvalid, "a member of the body is wrong", members: [.init("finding", "choice-unknown", "finding is one of \(known)")])
        }
        return try await Self.response(.ok, gateway.closeGrant(id, finding, note: texts["note"] ?? "", context))
    }

    static func response(_ status: HTTPResponseStatus, _ grant: GrantRecord) -> APIResponse {
        APIResponse(status, body: JSONValue.object(GrantCoding.object(grant)).encoded())
    }
}

/// Grants on the wire.
package enum GrantCoding {
    package static func object(_ grant: GrantRecord, at now: Instant = .now()) -> JSONObject {
        func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        return [
            "id": .string(grant.id.description), "kind": .string(grant.kind.rawValue), "state": .string(grant.state(at: now).rawValue),
            "rule": .string(grant.rule), "requester": .string(grant.requester), "reason": .string(grant.reason),
            "requested_at": .string(grant.requestedAt.description), "valid_until": .string(grant.until.description),
            "approved_by": text(grant.approvedBy), "approved_at": text(grant.approvedAt?.description), "closed_by": text(grant.closedBy),
            "closed_at": text(grant.closedAt?.description), "finding": text(grant.finding?.rawValue), "note": text(grant.note),
        ]
    }
}

extension APIRequest {
    /// A body whose members are all texts of 1 to 500 bytes; long ones of up to 4,000.
    func texts(required: [String], optional: [String] = [], longTexts: Set<String> = []) throws(Refusal) -> [String: String] {
        let object = try object("application/json")
        var texts: [String: String] = [:]
        var problems: [Refusal.Member] = []
        for member in object.members {
            guard (required + optional).contains(member.name) else {
                problems.append(.init(member.name, Refusal.Code.memberUnknown.rawValue, "there is no such member"))
                continue
            }
            let most = longTexts.contains(member.name) ? 4000 : 500
            guard case .string(let text) = member.value, !text.isEmpty, text.utf8.count <= most, !text.utf8.contains(0) else {
                problems.append(.init(member.name, Refusal.Code.valueInvalid.rawValue, "\(member.name) is a text of 1 to \(most) bytes"))
                continue
            }
            texts[member.name] = text
        }
        for name in required where object[name] == nil {
            problems.append(.init(name, "value-required", "\(name) has to have a value"))
        }
        if !problems.isEmpty { throw Refusal(.valueInvalid, "a member of the body is wrong", members: problems) }
        return texts
    }
}

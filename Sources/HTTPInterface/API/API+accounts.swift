package import DataFormats
package import Gateway
import NIOHTTP1
package import Identity
import Storage
import Vocabulary

extension API {
    func listCredentials(_ context: RequestContext) async throws(Refusal) -> APIResponse {
        let records = try await gateway.listCredentials(context)
        let data = JSONValue.array(records.map { .object(CredentialCoding.object($0)) })
        return APIResponse(.ok, body: JSONValue.object(["data": data, "next": .null]).encoded())
    }

    func issueCredential(_ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        let order = try CredentialCoding.order(request.object("application/json"))
        let (key, record) = try await gateway.issueCredential(order, context)
        var object = CredentialCoding.object(record)
        if record.certificate == nil { object["token"] = .string(key.revealed) }
        var response = APIResponse(.created, body: JSONValue.object(object).encoded())
        response.headers.replaceOrAdd(name: HeaderName.location, value: "/v1/tokens/\(record.id)")
        return response
    }
}

extension API {
    /// `{"overlap_seconds": 86400}`: for how long the secret before is taken; a day when nothing is said.
    func rotateCredential(_ id: String, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        var overlap: Int64 = 86_400
        if !request.body.isEmpty {
            for member in try request.object("application/json").members {
                guard member.name == "overlap_seconds", case .number(let number) = member.value, let seconds = number.integer, seconds >= 0,
                    seconds <= 1 << 40
                else {
                    let isKnown = member.name == "overlap_seconds"
                    let code: Refusal.Code = isKnown ? .valueInvalid : .memberUnknown
                    throw Refusal(
                        .valueInvalid, "a member of the body is wrong",
                        members: [.init(member.name, code.rawValue, isKnown ? "overlap_seconds is a number of seconds" : "there is no such member")])
                }
                overlap = seconds
            }
        }
        let (key, until) = try await gateway.rotateCredential(id, overlap: .seconds(overlap), context)
        let object: JSONObject = [
            "id": .string(id), "token": .string(key.revealed), "previous_until": until.map { .string($0.description) } ?? .null,
        ]
        return APIResponse(.ok, body: JSONValue.object(object).encoded())
    }
}

/// API keys on the wire; the secret is never among the members.
package enum CredentialCoding {
    package static func object(_ record: CredentialRecord) -> JSONObject {
        func time(_ instant: Instant?) -> JSONValue { instant.map { .string($0.description) } ?? .null }
        return [
            "id": .string(record.id), "roles": .array(record.roles.map { .string($0) }),
            "user": record.user.map { .string($0) } ?? .null, "teams": .array(record.teams.map { .string($0) }),
            "attributes": attributes(record.attributes), "step_up": .bool(record.isSteppedUp),
            "scopes": record.scopes.map { .array($0.map { .string($0.description) }) } ?? .null,
            "networks": .array(record.networks.map { .string($0.description) }), "acts_for_users": .bool(record.actsForUsers),
            "certificate_sha256": record.certificate.map { .string(Hex.encode($0)) } ?? .null,
            "previous_until": time(record.previousUntil), "used_at": time(record.usedAt),
            "purpose": record.defaultPurpose.map { .string($0) } ?? .null, "created_at": time(record.createdAt),
            "expires_at": time(record.expiresAt), "revoked_at": time(record.revokedAt),
        ]
    }

    package static func object(_ order: CredentialOrder) -> JSONObject {
        var object: JSONObject = [
            "roles": .array(order.roles.map { .string($0) }), "teams": .array(order.teams.map { .string($0) }),
        ]
        if !order.attributes.isEmpty { object["attributes"] = attributes(order.attributes) }
        if order.isSteppedUp { object["step_up"] = .bool(true) }
        if let scopes = order.scopes { object["scopes"] = .array(scopes.map { .string($0) }) }
        if !order.networks.isEmpty { object["networks"] = .array(order.networks.map { .string($0) }) }
        if order.actsForUsers { object["acts_for_users"] = .bool(true) }
        if let certificate = order.certificate { object["certificate_sha256"] = .string(certificate) }
        if let user = order.user { object["user"] = .string(user) }
        if let purpose = order.purpose { object["purpose"] = .string(purpose) }
        if let expiry = order.expiresAt { object["expires_at"] = .string(expiry.description) }
        return object
    }

    private static func attributes(_ attributes: [String: [String]]) -> JSONValue {
        var object = JSONObject()
        for (name, values) in attributes.sorted(by: { $0.key < $1.key }) { object[name] = .array(values.map { .string($0) }) }
        return .object(object)
    }

    static func order(_ object: JSONObject) throws(Refusal) -> CredentialOrder {
        var order = CredentialOrder(roles: [])
        var problems: [Refusal.Member] = []
        for member in object.members {
            switch (member.name, member.value) {
            case ("roles", .array(let items)): order.roles = items.compactMap(\.stringValue)
            case ("teams", .array(let items)): order.teams = items.compactMap(\.stringValue)
            case ("user", .string(let user)): order.user = user
            case ("step_up", .bool(let value)): order.isSteppedUp = value
            case ("acts_for_users", .bool(let value)): order.actsForUsers = value
            case ("certificate_sha256", .string(let digest)): order.certificate = digest
            case ("scopes", .null): order.scopes = nil
            case ("scopes", .array(let items)) where items.allSatisfy({ $0.stringValue != nil }): order.scopes = items.compactMap(\.stringValue)
            case ("networks", .array(let items)) where items.allSatisfy({ $0.stringValue != nil }): order.networks = items.compactMap(\.stringValue)
            case ("attributes", .object(let attributes)):
                for attribute in attributes.members {
                    let values = attribute.value.arrayValue?.map(\.stringValue) ?? [attribute.value.stringValue]
                    order.attributes[attribute.name] = values.compactMap { $0 }
                    if values.contains(nil) {
                        problems.append(.init(member.name, Refusal.Code.valueInvalid.rawValue, "an attribute is a text or a list of texts"))
                    }
                }
            case ("purpose", .string(let purpose)): order.purpose = purpose
            case ("expires_at", .string(let text)):
                order.expiresAt = Instant(text)
                if order.expiresAt == nil { problems.append(.init(member.name, Refusal.Code.valueInvalid.rawValue, "expires_at is not a time")) }
            case ("roles", _), ("teams", _), ("user", _), ("step_up", _), ("attributes", _), ("purpose", _), ("expires_at", _),
                ("scopes", _), ("networks", _), ("acts_for_users", _), ("certificate_sha256", _):
                problems.append(.init(member.name, Refusal.Code.valueInvalid.rawValue, "\(member.name) has another type"))
            default: problems.append(.init(member.name, Refusal.Code.memberUnknown.rawValue, "there is no such member"))
            }
        }
        if !problems.isEmpty { throw Refusal(.valueInvalid, "a member of the body is wrong", members: problems) }
        return order
    }
}

import DataFormats
import Gateway
import Identity
import NIOHTTP1
import Storage
import Vocabulary

extension API {
    func answer(_ route: UserRoute, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        switch route {
        case .list: return try await listUsers(request, context)
        case .add:
            let texts = try UserCoding.texts(request.object("application/json"), ["handle", "issuer", "subject"], required: ["handle"])
            let user = try await gateway.addUser(texts["handle"] ?? "", origin: Self.origin(texts), context)
            var response = Self.one(user, .created)
            response.headers.replaceOrAdd(name: HeaderName.location, value: "/v1/users/\(user.handle)")
            return response
        case .show(let handle): return Self.one(try await gateway.showUser(handle, context))
        case .change(let handle): return Self.one(try await gateway.changeUser(handle, Self.change(request), context))
        case .remove(let handle):
            try await gateway.removeUser(handle, context)
            return APIResponse(.noContent, contentType: nil)
        case .roles(let handle): return Self.roles(try await gateway.showUser(handle, context))
        case .grant(let handle):
            let texts = try UserCoding.texts(request.object("application/json"), ["role", "team", "valid_until"], required: ["role"])
            var until: Instant?
            if let text = texts["valid_until"] {
                until = Instant(text)
                if until == nil { throw RecordGateway.invalid("valid_until", "valid_until is not a time") }
            }
            return Self.roles(try await gateway.grantRole(texts["role"] ?? "", team: texts["team"], until: until, to: handle, context))
        case .revoke(let handle, let role):
            let team = try request.only("team")
            _ = try await gateway.revokeRole(role, team: team, of: handle, context)
            return APIResponse(.noContent, contentType: nil)
        case .listTeams:
            let teams = try await gateway.listTeams(context).map { JSONValue.object(UserCoding.object($0)) }
            return APIResponse(.ok, body: JSONValue.object(["data": .array(teams), "next": .null]).encoded())
        case .addTeam:
            let texts = try UserCoding.texts(request.object("application/json"), ["name"], required: ["name"])
            let team = try await gateway.addTeam(texts["name"] ?? "", context)
            return APIResponse(.created, body: JSONValue.object(UserCoding.object(team)).encoded())
        case .removeTeam(let name):
            try await gateway.removeTeam(name, context)
            return APIResponse(.noContent, contentType: nil)
        case .join(let team, let handle):
            try await gateway.setMember(handle, of: team, isMember: true, context)
            return APIResponse(.noContent, contentType: nil)
        case .leave(let team, let handle):
            try await gateway.setMember(handle, of: team, isMember: false, context)
            return APIResponse(.noContent, contentType: nil)
        }
    }

    /// `?after=` is the last handle of the page before.
    private func listUsers(_ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        var (after, limit): (String?, Int) = (nil, 50)
        for (name, value) in request.query {
            switch name {
            case "after": after = value
            case "limit":
                guard let number = Int(value), (1...200).contains(number) else { throw Refusal(.parameterInvalid, "limit is a number from 1 to 200") }
                limit = number
            default: throw Refusal(.parameterInvalid, "there is no parameter of this name here", hint: "one of after, limit")
            }
        }
        let users = try await gateway.listUsers(after: after, limit: limit + 1, context)
        let next = users.count > limit ? users[limit - 1].handle : nil
        let data = users.prefix(limit).map { JSONValue.object(UserCoding.object($0)) }
        return APIResponse(.ok, body: JSONValue.object(["data": .array(data), "next": next.map { .string($0) } ?? .null]).encoded())
    }

    private static func one(_ user: UserRecord, _ status: HTTPResponseStatus = .ok) -> APIResponse {
        APIResponse(status, body: JSONValue.object(UserCoding.object(user)).encoded())
    }

    private static func roles(_ user: UserRecord) -> APIResponse {
        let roles = user.assignments.map { JSONValue.object(UserCoding.object($0)) }
        return APIResponse(.ok, body: JSONValue.object(["data": .array(roles), "next": .null]).encoded())
    }

    private static func origin(_ texts: [String: String]) throws(Refusal) -> (issuer: String, subject: String)? {
        switch (texts["issuer"], texts["subject"]) {
        case (nil, nil): return nil
        case (.some(let issuer), .some(let subject)): return (issuer, subject)
        default: throw RecordGateway.invalid(texts["issuer"] == nil ? "issuer" : "subject", "issuer and subject belong together")
        }
    }

    private static func change(_ request: APIRequest) throws(Refusal) -> UserChange {
        var object = try request.object("application/merge-patch+json")
        var change = UserChange()
        switch object["disabled"] {
        case nil: break
        case .some(.bool(let isDisabled)): change.isDisabled = isDisabled
        case .some: throw RecordGateway.invalid("disabled", "disabled is true or false")
        }
        object["disabled"] = nil
        change.origin = try origin(UserCoding.texts(object, ["issuer", "subject"]))
        return change
    }
}

extension APIRequest {
    /// The value of the one parameter that there is.
    fileprivate func only(_ known: String) throws(Refusal) -> String? {
        for (name, _) in query where name != known {
            throw Refusal(.parameterInvalid, "there is no parameter of this name here", hint: "only \(known)")
        }
        return query.first?.value
    }
}

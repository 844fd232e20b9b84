package import DataFormats
package import Gateway
import NIOHTTP1
package import Storage
import Vocabulary

/// Endpoints that are told of events: each caller's own.
extension API {
    func answer(_ route: WebhookRoute, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        switch route {
        case .list:
            guard request.query.isEmpty else { throw Refusal(.parameterInvalid, "a parameter is not known here", hint: "this takes none") }
            let data = JSONValue.array(try await gateway.endpoints(context).map { .object(WebhookCoding.object($0)) })
            return APIResponse(.ok, body: JSONValue.object(["data": data, "next": .null]).encoded())
        case .create:
            let order = try WebhookCoding.order(try request.object("application/json"), isNew: true)
            let answer = { @Sendable (made: MadeEndpoint) in Self.response(.created, made.endpoint, secret: made.secret) }
            context.answers(by: answer)
            return answer(try await gateway.createEndpoint(order, context))
        case .show(let id): return Self.response(.ok, try await gateway.endpoint(id, context))
        case .change(let id):
            let order = try WebhookCoding.order(try request.patch(), isNew: false)
            return Self.response(.ok, try await gateway.changeEndpoint(id, order, context))
        case .delete(let id):
            try await gateway.deleteEndpoint(id, context)
            return APIResponse(.noContent, contentType: nil)
        case .deliveries(let id):
            let state = try WebhookCoding.state(request.query)
            let data = try await gateway.deliveries(to: id, in: state, context).map { JSONValue.object(WebhookCoding.object($0)) }
            return APIResponse(.ok, body: JSONValue.object(["data": .array(data), "next": .null]).encoded())
        case .rotate(let id):
            let (endpoint, secret) = try await gateway.rotateEndpointSecret(id, context)
            return Self.response(.ok, endpoint, secret: secret)
        case .replay(let id):
            let texts = try request.texts(required: [], optional: ["since", "event", "state"])
            try await gateway.replay(try WebhookCoding.choice(texts), to: id, context)
            return APIResponse(.accepted, body: Array(#"{"state":"waiting"}"#.utf8))
        case .test(let id):
            let event = try await gateway.testEndpoint(id, context)
            return APIResponse(.accepted, body: JSONValue.object(["event": .string(event.description), "state": "waiting"]).encoded())
        }
    }

    private static func response(_ status: HTTPResponseStatus, _ endpoint: Endpoint, secret: String? = nil) -> APIResponse {
        var object = WebhookCoding.object(endpoint)
        if let secret { object["secret"] = .string(secret) }
        return APIResponse(status, body: JSONValue.object(object).encoded())
    }
}

/// Endpoints and deliveries on the wire.
package enum WebhookCoding {
    package static func object(_ endpoint: Endpoint) -> JSONObject {
        [
            "id": .string(endpoint.id.description), "url": .string(endpoint.url), "types": .array(endpoint.types.map { .string($0) }),
            "filter": endpoint.filter.map { .string($0) } ?? .null, "description": endpoint.description.map { .string($0) } ?? .null,
            "owner": .string(endpoint.owner), "purpose": endpoint.purpose.map { .string($0) } ?? .null,
            "enabled": .bool(endpoint.disabledAt == nil), "disabled_at": endpoint.disabledAt.map { .string($0.description) } ?? .null,
            "disabled_because": endpoint.disabledBecause.map { .string($0) } ?? .null,
            "old_secret_until": endpoint.oldSecretUntil.map { .string($0.description) } ?? .null,
            "created_at": .string(endpoint.createdAt.description),
        ]
    }

    package static func object(_ delivery: DeliveryRow) -> JSONObject {
        [
            "event": .string(delivery.event.description), "type": .string(delivery.type), "timestamp": .string(delivery.occurredAt.description),
            "state": .string(delivery.state.rawValue), "attempts": .number(JSONNumber(delivery.attempts)),
            "next_at": delivery.nextAt.map { .string($0.description) } ?? .null,
            "delivered_at": delivery.deliveredAt.map { .string($0.description) } ?? .null,
            "code": delivery.failure.map { .string($0) } ?? .null,
        ]
    }

    /// What a body asks for; `null` takes a filter or a description away.
    static func order(_ object: JSONObject, isNew: Bool) throws(Refusal) -> EndpointOrder {
        var order = EndpointOrder()
        var problems: [Refusal.Member] = []
        func wrong(_ name: String, _ detail: String) { problems.append(.init(name, Refusal.Code.valueInvalid.rawValue, detail)) }
        for member in object.members {
            switch (member.name, member.value) {
            case ("url", .string(let text)) where (1...2000).contains(text.utf8.count): order.url = text
            case ("url", _): wrong("url", "url is a text of 1 to 2000 bytes")
            case ("types", .array(let items)) where items.allSatisfy({ $0.stringValue != nil }): order.types = items.compactMap(\.stringValue)
            case ("types", _): wrong("types", "types is a list of types of events, such as contact.updated")
            case ("filter", .string(let text)) where text.utf8.count <= 4000: order.filter = text
            case ("description", .string(let text)) where text.utf8.count <= 500 && !text.utf8.contains(0): order.description = text
            case ("filter", .null): order.filter = ""
            case ("description", .null): order.description = ""
            case ("filter", _): wrong("filter", "filter is a condition in CEL of at most 4000 bytes")
            case ("description", _): wrong("description", "description is a text of at most 500 bytes")
            case ("enabled", .bool(let isEnabled)) where !isNew: order.isEnabled = isEnabled
            case ("enabled", _) where !isNew: wrong("enabled", "enabled is true or false")
            default: problems.append(.init(member.name, Refusal.Code.memberUnknown.rawValue, "there is no such member"))
            }
        }
        if !problems.isEmpty { throw Refusal(.valueInvalid, "a member of the body is wrong", members: problems) }
        return order
    }

    /// Exactly one of a time, an event, and the dead ones.
    package static func choice(_ texts: [String: String]) throws(Refusal) -> ReplayChoice {
        switch (texts["since"], texts["event"], texts["state"]) {
        case (let since?, nil, nil):
            if let time = Instant(since) { return .since(time) }
        case (nil, let event?, nil):
            if let id = UUIDv7(event) { return .event(id) }
        case (nil, nil, DeliveryState.dead.rawValue?): return .dead
        default: break
        }
        throw Refusal(
            .valueInvalid, "a replay is of the events since a time, of one event, or of those that were given up",
            hint: #"send {"since": "2026-11-22T00:00:00Z"}, or {"event": "<id>"}, or {"state": "dead"}"#)
    }

    static func state(_ query: [(name: String, value: String)]) throws(Refusal) -> DeliveryState? {
        guard let first = query.first else { return nil }
        guard query.count == 1, first.name == "state", let state = DeliveryState(rawValue: first.value) else {
            throw Refusal(.parameterInvalid, "a parameter is not known here", hint: "state=waiting, state=delivered, state=dead")
        }
        return state
    }
}

import DataFormats
import Gateway
import NIOHTTP1
import Policies
import Storage

/// Endpoints that are told of events.
extension Operation {
    static let events = [
        listEndpoints, createEndpoint, readEndpoint, changeEndpoint, deleteEndpoint, listDeliveries, rotateEndpointSecret, replayEvents, testEndpoint,
    ]

    private static let endpoint: [(key: String, value: Shape)] = [
        ("id", .id), ("url", .text), ("types", .list(.text)), ("filter", Shape.text.orNull), ("description", Shape.text.orNull), ("owner", .text),
        ("purpose", Shape.text.orNull), ("enabled", .truth), ("disabled_at", Shape.time.orNull), ("disabled_because", Shape.text.orNull),
        ("old_secret_until", Shape.time.orNull), ("created_at", .time),
    ]
    private static let known = Shape.object(endpoint, isClosed: false)
    private static let withSecret = Shape.object(endpoint + [("secret", .text)], isClosed: false)

    static let listEndpoints = Operation(
        .GET, "/v1/webhook-endpoints", "listWebhookEndpoints", .events, "Lists your endpoints", for: .system(.read, .webhook),
        answers: .json("endpoints", .page(known)))

    static let createEndpoint = Operation(
        .POST, "/v1/webhook-endpoints", "createWebhookEndpoint", .events, "Makes an endpoint",
        detail: "What it is told is decided at each try by what the API key that makes it may read then. The secret is shown this once.",
        for: .system(.create, .webhook), [.neededIdempotencyKey],
        body: .json(
            .input(["url": .text(1...2000), "types": .list(.text, 1...100), "filter?": .text(0...4000), "description?": .text(0...500)]),
            example: ["url": "https://crm.example.com/hook", "types": ["contact.*"], "filter": "country == 'DE'"]),
        answers: .json(201, "the endpoint, with its secret", withSecret), refuses: [.filterInvalid])

    static let readEndpoint = Operation(
        .GET, "/v1/webhook-endpoints/{id}", "getWebhookEndpoint", .events, "Reads an endpoint", for: .system(.read, .webhook),
        answers: .json("the endpoint", known))

    static let changeEndpoint = Operation(
        .PATCH, "/v1/webhook-endpoints/{id}", "updateWebhookEndpoint", .events, "Changes an endpoint, enables or disables it",
        for: .system(.update, .webhook),
        body: Body(
            type: "application/merge-patch+json",
            shape: .input([
                "url?": .text(1...2000), "types?": .list(.text, 1...100), "filter?": Shape.text(0...4000).orNull,
                "description?": Shape.text(0...500).orNull, "enabled?": .truth,
            ]), isRequired: true),
        answers: .json("the endpoint", known), refuses: [.filterInvalid])

    static let deleteEndpoint = Operation(
        .DELETE, "/v1/webhook-endpoints/{id}", "deleteWebhookEndpoint", .events, "Deletes an endpoint, with what is on its way there",
        for: .system(.delete, .webhook), answers: .nothing("it is gone"))

    static let listDeliveries = Operation(
        .GET, "/v1/webhook-endpoints/{id}/deliveries", "listWebhookDeliveries", .events, "Lists how the newest hundred events fared",
        for: .system(.read, .webhook), [.query("state", .choice(of: DeliveryState.self), "which ones")],
        answers: .json(
            "deliveries",
            .page(
                .object([
                    "event": .id, "type": .text, "timestamp": .time, "state": .choice(of: DeliveryState.self), "attempts": .count,
                    "next_at": Shape.time.orNull, "delivered_at": Shape.time.orNull, "code": Shape.text.orNull,
                ]))))

    static let rotateEndpointSecret = Operation(
        .POST, "/v1/webhook-endpoints/{id}/rotate-secret", "rotateWebhookSecret", .events,
        "Makes a new secret; the old one signs beside it for a day",
        for: .system(.update, .webhook), answers: .json("the endpoint, with its new secret", withSecret))

    static let replayEvents = Operation(
        .POST, "/v1/webhook-endpoints/{id}/replay", "replayEvents", .events, "Delivers events again",
        detail: "Those since a time, one, or those that were given up. How many there are is not told.", for: .system(.update, .webhook),
        body: .json(
            .either(.input(["since": .time]), .input(["event": .id]), .input(["state": .choice(["dead"])])),
            example: ["since": "2026-11-22T00:00:00Z"]),
        answers: .json(202, "they wait to be delivered", .object(["state": .text])))

    static let testEndpoint = Operation(
        .POST, "/v1/webhook-endpoints/{id}/test", "testWebhookEndpoint", .events, "Sends an event that tells of nothing",
        for: .system(.update, .webhook), answers: .json(202, "it waits to be delivered", .object(["event": .id, "state": .text])),
        refuses: [.valueInvalid])
}

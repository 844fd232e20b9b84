import NIOHTTP1
import Vocabulary

/// Routes of endpoints that are told of events, below `/v1/webhook-endpoints`.
enum WebhookRoute: Sendable {
    case list, create
    case show(UUIDv7), change(UUIDv7), delete(UUIDv7)
    case deliveries(UUIDv7), rotate(UUIDv7), replay(UUIDv7), test(UUIDv7)

    static func routes(_ rest: ArraySlice<String>) -> [(HTTPMethod, WebhookRoute)] {
        let rest = Array(rest)
        if rest.isEmpty { return [(.GET, .list), (.POST, .create)] }
        guard let id = UUIDv7(rest[0]) else { return [] }
        switch (rest.count, rest.last) {
        case (1, _): return [(.GET, .show(id)), (.PATCH, .change(id)), (.DELETE, .delete(id))]
        case (2, "deliveries"): return [(.GET, .deliveries(id))]
        case (2, "rotate-secret"): return [(.POST, .rotate(id))]
        case (2, "replay"): return [(.POST, .replay(id))]
        case (2, "test"): return [(.POST, .test(id))]
        default: return []
        }
    }

    var name: String { operation.name }

    var operation: Operation {
        switch self {
        case .list: .listEndpoints
        case .create: .createEndpoint
        case .show: .readEndpoint
        case .change: .changeEndpoint
        case .delete: .deleteEndpoint
        case .deliveries: .listDeliveries
        case .rotate: .rotateEndpointSecret
        case .replay: .replayEvents
        case .test: .testEndpoint
        }
    }
}

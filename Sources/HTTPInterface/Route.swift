import Catalog
import NIOHTTP1
import Vocabulary

/// Everything the API offers; one case a route, so that a handler and a test for each cannot be forgotten.
enum Route: Sendable {
    case health
    case list(Entity), create(Entity), importRows(Entity)
    case read(Entity, RecordID), amend(Entity, RecordID), remove(Entity, RecordID)
    case listCredentials, issueCredential, revokeCredential(String)
    case searchAudit

    enum Match {
        case route(Route)
        /// The path is known, the method is not offered there.
        case otherMethods([HTTPMethod])
        case unknown
    }

    static func match(_ method: HTTPMethod, _ segments: [String], _ catalog: CompiledCatalog) -> Match {
        if segments == ["healthz"] { return offer(method, [(.GET, .health)]) }
        guard segments.count >= 2, segments[0] == "v1" else { return .unknown }
        switch (segments[1], segments.count) {
        case ("tokens", 2): return offer(method, [(.GET, .listCredentials), (.POST, .issueCredential)])
        case ("tokens", 3): return offer(method, [(.DELETE, .revokeCredential(segments[2]))])
        case ("audit", 3) where segments[2] == "events": return offer(method, [(.GET, .searchAudit)])
        default: break
        }
        guard let entity = catalog.entity(plural: segments[1]) else { return .unknown }
        switch segments.count {
        case 2: return offer(method, [(.GET, .list(entity)), (.POST, .create(entity))])
        case 3 where segments[2] == "import": return offer(method, [(.POST, .importRows(entity))])
        case 3:
            guard let id = RecordID(segments[2]) else { return .unknown }
            return offer(method, [(.GET, .read(entity, id)), (.PATCH, .amend(entity, id)), (.DELETE, .remove(entity, id))])
        default: return .unknown
        }
    }

    private static func offer(_ method: HTTPMethod, _ routes: [(HTTPMethod, Route)]) -> Match {
        routes.first { $0.0 == method }.map { .route($0.1) } ?? .otherMethods(routes.map(\.0))
    }

    /// How observations name it: no ids.
    var name: String {
        switch self {
        case .health: "GET /healthz"
        case .list(let entity): "GET /v1/\(entity.plural)"
        case .create(let entity): "POST /v1/\(entity.plural)"
        case .importRows(let entity): "POST /v1/\(entity.plural)/import"
        case .read(let entity, _): "GET /v1/\(entity.plural)/{id}"
        case .amend(let entity, _): "PATCH /v1/\(entity.plural)/{id}"
        case .remove(let entity, _): "DELETE /v1/\(entity.plural)/{id}"
        case .listCredentials: "GET /v1/tokens"
        case .issueCredential: "POST /v1/tokens"
        case .revokeCredential: "DELETE /v1/tokens/{id}"
        case .searchAudit: "GET /v1/audit/events"
        }
    }
}

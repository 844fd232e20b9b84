import Catalog
import HTTPTypes
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
        case otherMethods([HTTPRequest.Method])
        case unknown
    }

    static func match(_ method: HTTPRequest.Method, _ segments: [String], _ catalog: CompiledCatalog) -> Match {
        if segments == ["healthz"] { return offer(method, [(.get, .health)]) }
        guard segments.count >= 2, segments[0] == "v1" else { return .unknown }
        switch (segments[1], segments.count) {
        case ("tokens", 2): return offer(method, [(.get, .listCredentials), (.post, .issueCredential)])
        case ("tokens", 3): return offer(method, [(.delete, .revokeCredential(segments[2]))])
        case ("audit", 3) where segments[2] == "events": return offer(method, [(.get, .searchAudit)])
        default: break
        }
        guard let entity = catalog.entity(plural: segments[1]) else { return .unknown }
        switch segments.count {
        case 2: return offer(method, [(.get, .list(entity)), (.post, .create(entity))])
        case 3 where segments[2] == "import": return offer(method, [(.post, .importRows(entity))])
        case 3:
            guard let id = RecordID(segments[2]) else { return .unknown }
            return offer(method, [(.get, .read(entity, id)), (.patch, .amend(entity, id)), (.delete, .remove(entity, id))])
        default: return .unknown
        }
    }

    private static func offer(_ method: HTTPRequest.Method, _ routes: [(HTTPRequest.Method, Route)]) -> Match {
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

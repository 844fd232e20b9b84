import Catalog
import NIOHTTP1
import TransparencyLog
import Vocabulary

/// Everything the API offers; one case a route, so that a handler and a test for each cannot be forgotten.
enum Route: Sendable {
    case health
    case metrics
    case list(Entity), create(Entity), importRows(Entity)
    case read(Entity, RecordID), amend(Entity, RecordID), remove(Entity, RecordID)
    case listCredentials, issueCredential, revokeCredential(String)
    case searchAudit
    case reportSubject(SubjectID), reportBreach, reportUnusual
    case proveEvent(EventID)
    case readLog, readCheckpoint(Int), readTile(Int, TilePath)
    case listGrants, requestGrant, approveGrant(UUIDv7), closeGrant(UUIDv7)
    case readSubject(SubjectID), recordConsent(SubjectID, String)
    case restrict(SubjectID), liftRestriction(SubjectID)
    case object(SubjectID, String), withdrawObjection(SubjectID, String)

    enum Match {
        case route(Route)
        /// The path is known, the method is not offered there.
        case otherMethods([HTTPMethod])
        case unknown
    }

    static func match(_ method: HTTPMethod, _ segments: [String], _ catalog: CompiledCatalog) -> Match {
        if segments == ["healthz"] { return offer(method, [(.GET, .health)]) }
        if segments == ["metrics"] { return offer(method, [(.GET, .metrics)]) }
        guard segments.count >= 2, segments[0] == "v1" else { return .unknown }
        switch (segments[1], segments.count) {
        case ("tokens", 2): return offer(method, [(.GET, .listCredentials), (.POST, .issueCredential)])
        case ("tokens", 3): return offer(method, [(.DELETE, .revokeCredential(segments[2]))])
        case ("audit", 3...): return audit(method, segments.dropFirst(2))
        case ("grants", 2): return offer(method, [(.GET, .listGrants), (.POST, .requestGrant)])
        case ("grants", 4):
            guard let id = UUIDv7(segments[2]) else { return .unknown }
            switch segments[3] {
            case "approve": return offer(method, [(.POST, .approveGrant(id))])
            case "close": return offer(method, [(.POST, .closeGrant(id))])
            default: return .unknown
            }
        case ("subjects", 3...5):
            guard let id = UUIDv7(segments[2]).map({ SubjectID($0) }) else { return .unknown }
            return subject(method, id, segments.dropFirst(3))
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

    private static func audit(_ method: HTTPMethod, _ rest: ArraySlice<String>) -> Match {
        let rest = Array(rest)
        switch (rest[0], rest.count) {
        case ("events", 1): return offer(method, [(.GET, .searchAudit)])
        case ("events", 3) where rest[2] == "proof":
            guard let id = UUIDv7(rest[1]) else { return .unknown }
            return offer(method, [(.GET, .proveEvent(EventID(id)))])
        case ("reports", 2) where rest[1] == "breach": return offer(method, [(.GET, .reportBreach)])
        case ("reports", 2) where rest[1] == "unusual": return offer(method, [(.GET, .reportUnusual)])
        case ("reports", 3) where rest[1] == "subjects":
            guard let id = UUIDv7(rest[2]) else { return .unknown }
            return offer(method, [(.GET, .reportSubject(SubjectID(id)))])
        case ("log", 1): return offer(method, [(.GET, .readLog)])
        case ("log", 3...):
            guard let epoch = Int(rest[1]), epoch >= 1, String(epoch) == rest[1] else { return .unknown }
            if rest[2...] == ["checkpoint"] { return offer(method, [(.GET, .readCheckpoint(epoch))]) }
            guard let path = TilePath(rest[2...].joined(separator: "/")) else { return .unknown }
            return offer(method, [(.GET, .readTile(epoch, path))])
        default: return .unknown
        }
    }

    private static func subject(_ method: HTTPMethod, _ id: SubjectID, _ rest: ArraySlice<String>) -> Match {
        switch (rest.first, rest.count) {
        case (nil, _): offer(method, [(.GET, .readSubject(id))])
        case ("restriction", 1): offer(method, [(.PUT, .restrict(id)), (.DELETE, .liftRestriction(id))])
        case ("consents", 2): offer(method, [(.PUT, .recordConsent(id, rest.last ?? ""))])
        case ("objections", 2):
            offer(method, [(.PUT, .object(id, rest.last ?? "")), (.DELETE, .withdrawObjection(id, rest.last ?? ""))])
        default: .unknown
        }
    }

    private static func offer(_ method: HTTPMethod, _ routes: [(HTTPMethod, Route)]) -> Match {
        routes.first { $0.0 == method }.map { .route($0.1) } ?? .otherMethods(routes.map(\.0))
    }

    /// How observations name it: no ids.
    var name: String {
        switch self {
        case .health: "GET /healthz"
        case .metrics: "GET /metrics"
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
        case .reportSubject: "GET /v1/audit/reports/subjects/{id}"
        case .reportBreach: "GET /v1/audit/reports/breach"
        case .reportUnusual: "GET /v1/audit/reports/unusual"
        case .proveEvent: "GET /v1/audit/events/{id}/proof"
        case .readLog: "GET /v1/audit/log"
        case .readCheckpoint: "GET /v1/audit/log/{epoch}/checkpoint"
        case .readTile: "GET /v1/audit/log/{epoch}/tile/{path}"
        case .listGrants: "GET /v1/grants"
        case .requestGrant: "POST /v1/grants"
        case .approveGrant: "POST /v1/grants/{id}/approve"
        case .closeGrant: "POST /v1/grants/{id}/close"
        case .readSubject: "GET /v1/subjects/{id}"
        case .recordConsent: "PUT /v1/subjects/{id}/consents/{purpose}"
        case .restrict: "PUT /v1/subjects/{id}/restriction"
        case .liftRestriction: "DELETE /v1/subjects/{id}/restriction"
        case .object: "PUT /v1/subjects/{id}/objections/{purpose}"
        case .withdrawObjection: "DELETE /v1/subjects/{id}/objections/{purpose}"
        }
    }
}

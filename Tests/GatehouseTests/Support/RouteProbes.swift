import Catalog
import DataFormats
import HTTPTypes
import TransparencyLog
import Vocabulary

@testable import HTTPInterface

/// A request for each route. The `switch` has no default: a route that is added does not compile here until it has one.
struct RouteProbes {
    let catalog: CompiledCatalog
    let records: MarkedRecords
    let markers: Markers
    /// A key that may be revoked.
    let spareKey: String

    var all: [Route] {
        let id = RecordID.make()
        let each = catalog.entities.flatMap { entity in
            let id = records.ids[entity.name].flatMap { RecordID($0) } ?? id
            return [.list(entity), .create(entity), .importRows(entity), .read(entity, id), .amend(entity, id), .remove(entity, id)] as [Route]
        }
        let log: [Route] = [.proveEvent(EventID(id.uuid)), .readLog, .readCheckpoint(1), .readTile(1, TilePath(entries: 0, width: 1))]
        let person = records.ids["contact"].flatMap { UUIDv7($0) }.map { SubjectID($0) } ?? SubjectID(id.uuid)
        let reports: [Route] = [.searchAudit, .reportSubject(person), .reportBreach, .reportUnusual]
        let subjects: [Route] = [
            .readSubject(person), .recordConsent(person, "marketing"), .restrict(person), .liftRestriction(person),
            .object(person, "sales"), .withdrawObjection(person, "sales"),
        ]
        let grants: [Route] = [.listGrants, .requestGrant, .approveGrant(id.uuid), .closeGrant(id.uuid)]
        return [.health, .metrics, .listCredentials, .issueCredential] + reports + log + each + subjects + grants + [.revokeCredential(spareKey)]
    }

    struct Probe {
        let method: String
        var path: String
        var headers: [String: String] = [:]
        var body: [UInt8]?
    }

    func probe(_ route: Route) -> Probe {
        let json = ["Content-Type": "application/json"]
        switch route {
        case .health: return Probe(method: "GET", path: "/healthz")
        case .metrics: return Probe(method: "GET", path: "/metrics")
        case .list(let entity): return Probe(method: "GET", path: "/v1/\(entity.plural)?limit=200")
        case .read(let entity, let id): return Probe(method: "GET", path: "/v1/\(entity.plural)/\(id)")
        case .create(let entity):
            var body = markers.body(entity)
            body["external_id"] = nil
            return Probe(method: "POST", path: "/v1/\(entity.plural)", headers: json, body: JSONValue.object(body).encoded())
        case .amend(let entity, let id):
            let headers = ["Content-Type": "application/merge-patch+json", "If-Match": "*"]
            return Probe(
                method: "PATCH", path: "/v1/\(entity.plural)/\(id)", headers: headers, body: JSONValue.object(markers.body(entity)).encoded())
        case .remove(let entity, let id): return Probe(method: "DELETE", path: "/v1/\(entity.plural)/\(id)", headers: ["If-Match": "\"other\""])
        case .importRows(let entity):
            let row: JSONValue = ["line": 1, "members": .object(markers.body(entity))]
            return Probe(
                method: "POST", path: "/v1/\(entity.plural)/import", headers: ["Content-Type": "application/x-ndjson"], body: row.encoded() + [10]
            )
        case .listCredentials: return Probe(method: "GET", path: "/v1/tokens")
        case .issueCredential: return Probe(method: "POST", path: "/v1/tokens", headers: json, body: Array(#"{"roles":["auditor"]}"#.utf8))
        case .revokeCredential(let id): return Probe(method: "DELETE", path: "/v1/tokens/\(id)")
        case .searchAudit: return Probe(method: "GET", path: "/v1/audit/events?limit=200")
        case .reportSubject(let id): return Probe(method: "GET", path: "/v1/audit/reports/subjects/\(id)")
        case .reportBreach: return Probe(method: "GET", path: "/v1/audit/reports/breach?user=matrix.user&list=true")
        case .reportUnusual: return Probe(method: "GET", path: "/v1/audit/reports/unusual?people=1&denials=1&deletions=0&days=mon&hours=00:00-00:15")
        case .proveEvent(let id): return Probe(method: "GET", path: "/v1/audit/events/\(id)/proof")
        case .readLog: return Probe(method: "GET", path: "/v1/audit/log")
        case .readCheckpoint(let epoch): return Probe(method: "GET", path: "/v1/audit/log/\(epoch)/checkpoint")
        case .readTile(let epoch, let path): return Probe(method: "GET", path: "/v1/audit/log/\(epoch)/\(path)")
        case .listGrants: return Probe(method: "GET", path: "/v1/grants?state=all")
        case .requestGrant: return Probe(method: "POST", path: "/v1/grants", headers: json, body: Array(#"{"rule":"none"}"#.utf8))
        case .approveGrant(let id): return Probe(method: "POST", path: "/v1/grants/\(id)/approve")
        case .closeGrant(let id):
            let body = #"{"finding":"justified","note":"seen"}"#
            return Probe(method: "POST", path: "/v1/grants/\(id)/close", headers: json, body: Array(body.utf8))
        case .readSubject(let id): return Probe(method: "GET", path: "/v1/subjects/\(id)")
        case .recordConsent(let id, let purpose):
            return Probe(method: "PUT", path: "/v1/subjects/\(id)/consents/\(purpose)", headers: json, body: Array(#"{"state":"given"}"#.utf8))
        case .restrict(let id):
            return Probe(method: "PUT", path: "/v1/subjects/\(id)/restriction", headers: json, body: Array(#"{"ground":"test"}"#.utf8))
        case .liftRestriction(let id): return Probe(method: "DELETE", path: "/v1/subjects/\(id)/restriction")
        case .object(let id, let purpose): return Probe(method: "PUT", path: "/v1/subjects/\(id)/objections/\(purpose)")
        case .withdrawObjection(let id, let purpose): return Probe(method: "DELETE", path: "/v1/subjects/\(id)/objections/\(purpose)")
        }
    }
}

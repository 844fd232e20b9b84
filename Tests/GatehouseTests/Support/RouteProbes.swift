import Catalog
import DataFormats
import Gateway
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
            return [
                .list(entity), .create(entity), .importRows(entity), .read(entity, id), .amend(entity, id), .remove(entity, id),
                .records(.restore(entity, id)), .records(.destroy(entity, id)), .records(.put(entity, "nowhere")), .records(.batch(entity)),
            ] as [Route]
        }
        let log: [Route] = [.proveEvent(EventID(id.uuid)), .readLog, .readCheckpoint(1), .readTile(1, TilePath(entries: 0, width: 1))]
        let person = records.ids["contact"].flatMap { UUIDv7($0) }.map { SubjectID($0) } ?? SubjectID(id.uuid)
        let reports: [Route] = [.searchAudit, .reportSubject(person), .reportBreach, .reportUnusual]
        let subjects: [Route] = [
            .readSubject(person), .recordConsent(person, "marketing"), .restrict(person), .liftRestriction(person),
            .object(person, "sales"), .withdrawObjection(person, "sales"),
        ]
        // In an order in which each finds what it needs, and what is set is lifted again.
        let consents: [Route] = [
            .showConsents(person), .consentReceipt(person, "marketing"), .consentRecord(person), .requestConsent(person, "marketing"),
            .sendWithdrawalLink(person, "marketing"), .takeSignal(person), .optOut(person), .optIn(person), .limit(person), .liftLimit(person),
            .listNotices, .open(.signalSupport), .open(.signalStatus), .open(.showConsent("none")),
            .open(.answerConsent(String(repeating: "A", count: 64))), .open(.showDownload), .open(.fetchDownload(Self.noDownload)),
        ]
        let grants: [Route] = [.listGrants, .requestGrant, .approveGrant(id.uuid), .closeGrant(id.uuid)]
        let holds: [Route] = [.holds(.list), .holds(.place), .holds(.show(id.uuid)), .holds(.review(id.uuid)), .holds(.release(id.uuid))]
        let limits: [Route] = [.limits(.list), .limits(.lift), .limits(.end(id.uuid))]
        let honey: [Route] = [.honey(.list), .honey(.place), .honey(.remove(id.uuid))]
        let retention: [Route] = [
            .retention(.plan), .retention(.listRuns), .retention(.begin), .retention(.report(id.uuid)), .retention(.listReviews),
            .retention(.markReviewed), .reportProcessing(.processing), .reportProcessing(.datamap), .reportProcessing(.notice),
        ]
        let erasures: [Route] = [
            .erasures(.plan(id.uuid)), .erasures(.certificate(id.uuid)), .erasures(.notices), .erasures(.notice(id.uuid)),
            .erasures(.acknowledge(id.uuid)), .erasures(.retry(id.uuid)), .erasures(.suppressions), .erasures(.lift),
        ]
        let webhooks: [Route] = [
            .webhooks(.list), .webhooks(.create), .webhooks(.show(id.uuid)), .webhooks(.change(id.uuid)), .webhooks(.deliveries(id.uuid)),
            .webhooks(.rotate(id.uuid)), .webhooks(.replay(id.uuid)), .webhooks(.test(id.uuid)), .webhooks(.delete(id.uuid)),
        ]
        let jobs: [JobRoute] = [
            .list, .open, .show(id.uuid), .fill(id.uuid, 1), .start(id.uuid), .fetch(id.uuid, 1), .refused(id.uuid), .revert(id.uuid), .end(id.uuid),
        ]
        let agents: [Route] = [.listAgents, .admitAgents, .removeAgent("NOBODY")]
        let exercises: [Route] = [.agentSetUp("NOBODY"), .agentCheck("NOBODY"), .exercise, .exerciseStatus(id.uuid), .exerciseRevoke(id.uuid)]
        let requests: [Route] =
            [.listRequests, .openRequest, .readRequest(id.uuid)] + RequestStep.allCases.map { .stepRequest(id.uuid, $0) } + [.exportRequest(id.uuid)]
        let own: [Route] = [.health, .ready, .metrics, .describe(.openAPI), .describe(.page), .listCredentials, .issueCredential]
        let users: [UserRoute] = [
            .list, .add, .show("nobody"), .change("nobody"), .remove("nobody"), .roles("nobody"), .grant("nobody"),
            .revoke("nobody", role: "auditor"), .listTeams, .addTeam, .removeTeam("nowhere"), .join(team: "nowhere", "nobody"),
            .leave(team: "nowhere", "nobody"),
        ]
        // An entity has each of them where its catalog declares it; else they are no paths.
        let becoming = catalog.entities.flatMap { entity -> [Route] in
            let id = records.ids[entity.name].flatMap { RecordID($0) } ?? id
            var routes: [BecomingRoute] = []
            if entity.conversion != nil { routes.append(.convert(entity, id)) }
            if !entity.duplicates.isEmpty { routes += [.duplicates(entity, id), .merge(entity)] }
            if catalog.hasHistory(entity) { routes.append(.history(entity, id)) }
            return routes.map { .becoming($0) }
        }
        return agents + exercises + own + reports + log + each + becoming + subjects + consents + requests + retention + grants + holds + honey
            + limits + erasures + webhooks + jobs.map { .jobs($0) } + users.map { .users($0) } + [
                .rotateCredential(spareKey), .revokeCredential(spareKey),
            ]
    }

    /// The end of a link that never was.
    static let noDownload = String(repeating: "A", count: 64)

    struct Probe {
        let method: String
        var path: String
        var headers: [String: String] = [:]
        var body: [UInt8]?
    }

    private func probe(_ route: UserRoute) -> Probe {
        let json = ["Content-Type": "application/json"]
        switch route {
        case .list: return Probe(method: "GET", path: "/v1/users?limit=200")
        case .add: return Probe(method: "POST", path: "/v1/users", headers: json, body: Array(#"{"handle":"probe"}"#.utf8))
        case .show(let user): return Probe(method: "GET", path: "/v1/users/\(user)")
        case .change(let user):
            let body = Array(#"{"disabled":true}"#.utf8)
            return Probe(method: "PATCH", path: "/v1/users/\(user)", headers: ["Content-Type": "application/merge-patch+json"], body: body)
        case .remove(let user): return Probe(method: "DELETE", path: "/v1/users/\(user)")
        case .roles(let user): return Probe(method: "GET", path: "/v1/users/\(user)/roles")
        case .grant(let user):
            return Probe(method: "POST", path: "/v1/users/\(user)/roles", headers: json, body: Array(#"{"role":"auditor"}"#.utf8))
        case .revoke(let user, let role): return Probe(method: "DELETE", path: "/v1/users/\(user)/roles/\(role)")
        case .listTeams: return Probe(method: "GET", path: "/v1/teams")
        case .addTeam: return Probe(method: "POST", path: "/v1/teams", headers: json, body: Array(#"{"name":"probe"}"#.utf8))
        case .removeTeam(let name): return Probe(method: "DELETE", path: "/v1/teams/\(name)")
        case .join(let team, let user): return Probe(method: "PUT", path: "/v1/teams/\(team)/members/\(user)")
        case .leave(let team, let user): return Probe(method: "DELETE", path: "/v1/teams/\(team)/members/\(user)")
        }
    }

    func probe(_ route: Route) -> Probe {
        let json = ["Content-Type": "application/json"]
        switch route {
        case .health: return Probe(method: "GET", path: "/healthz")
        case .ready: return Probe(method: "GET", path: "/readyz")
        case .metrics: return Probe(method: "GET", path: "/metrics")
        case .describe(let form): return Probe(method: "GET", path: "/\(form.rawValue)")
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
        case .records(.restore(let entity, let id)):
            return Probe(method: "POST", path: "/v1/\(entity.plural)/\(id)/restore", headers: ["If-Match": "*"])
        case .records(.destroy(let entity, let id)):
            return Probe(method: "POST", path: "/v1/\(entity.plural)/\(id)/destroy", headers: ["If-Match": "\"other\""])
        case .records(.put(let entity, let id)):
            let headers = json.merging(["If-Match": "\"other\""]) { $1 }
            var body = markers.body(entity)
            body["external_id"] = nil
            return Probe(
                method: "PUT", path: "/v1/\(entity.plural)/by-external-id/\(id)", headers: headers, body: JSONValue.object(body).encoded())
        case .records(.batch(let entity)):
            // Nothing of this is ever there to be changed.
            let operation: JSONValue = [
                "op": "update", "id": .string(RecordID.make().description), "if_match": "*", "body": .object(markers.body(entity)),
            ]
            let body: JSONValue = ["operations": [operation]]
            return Probe(method: "POST", path: "/v1/\(entity.plural)/batch", headers: json, body: body.encoded())
        case .importRows(let entity):
            let row: JSONValue = ["line": 1, "members": .object(markers.body(entity))]
            return Probe(
                method: "POST", path: "/v1/\(entity.plural)/import", headers: ["Content-Type": "application/x-ndjson"], body: row.encoded() + [10]
            )
        case .becoming(.convert(let entity, let id)):
            return Probe(
                method: "POST", path: "/v1/\(entity.plural)/\(id)/convert", headers: json.merging(["If-Match": "\"other\""]) { $1 },
                body: Array("{}".utf8))
        case .becoming(.duplicates(let entity, let id)): return Probe(method: "GET", path: "/v1/\(entity.plural)/\(id)/duplicates")
        case .becoming(.merge(let entity)):
            let (winner, loser) = (records.ids[entity.name] ?? RecordID.make().description, RecordID.make().description)
            let body: JSONValue = [
                "winner": .string(winner), "losers": .array([.string(loser)]),
                "versions": .object([winner: "\"other\"", loser: "\"other\""]),
            ]
            return Probe(method: "POST", path: "/v1/\(entity.plural)/merge", headers: json, body: body.encoded())
        case .becoming(.history(let entity, let id)): return Probe(method: "GET", path: "/v1/\(entity.plural)/\(id)/history")
        case .listCredentials: return Probe(method: "GET", path: "/v1/tokens")
        case .issueCredential: return Probe(method: "POST", path: "/v1/tokens", headers: json, body: Array(#"{"roles":["auditor"]}"#.utf8))
        case .rotateCredential(let id): return Probe(method: "POST", path: "/v1/tokens/\(id)/rotate")
        case .users(let route): return probe(route)
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
        case .listRequests: return Probe(method: "GET", path: "/v1/requests?state=all&limit=200")
        case .openRequest:
            // A name leads to nobody by itself, so that every caller may ask for the same.
            let person: JSONValue = ["given_name": markers.sent("contact", "given_name") ?? "Ada"]
            let body: JSONValue = ["kind": "access", "regulation": "gdpr", "person": person]
            return Probe(method: "POST", path: "/v1/requests", headers: json, body: body.encoded())
        case .readRequest(let id): return Probe(method: "GET", path: "/v1/requests/\(id)")
        case .exportRequest(let id):
            let body = #"{"passphrase":"six words on a slip of paper"}"#
            return Probe(method: "POST", path: "/v1/requests/\(id)/export", headers: json, body: Array(body.utf8))
        case .stepRequest(let id, let step):
            let body: String? =
                switch step {
                case .verify: #"{"code":"12345678"}"#
                case .extend: #"{"reason":"many"}"#
                case .refuse: #"{"reason":"unfounded"}"#
                case .code, .confirm, .approve, .withdraw, .run: nil
                }
            return Probe(
                method: "POST", path: "/v1/requests/\(id)/\(step.rawValue)", headers: body == nil ? [:] : json, body: body.map { Array($0.utf8) })
        case .readSubject(let id): return Probe(method: "GET", path: "/v1/subjects/\(id)")
        case .showConsents(let id): return Probe(method: "GET", path: "/v1/subjects/\(id)/consents")
        case .consentReceipt(let id, let purpose): return Probe(method: "GET", path: "/v1/subjects/\(id)/consents/\(purpose)/receipt")
        case .consentRecord(let id): return Probe(method: "GET", path: "/v1/subjects/\(id)/consent-record")
        case .requestConsent(let id, let purpose):
            return Probe(
                method: "POST", path: "/v1/subjects/\(id)/consents/\(purpose)/request", headers: json, body: Array(#"{"language":"de"}"#.utf8))
        case .sendWithdrawalLink(let id, let purpose): return Probe(method: "POST", path: "/v1/subjects/\(id)/consents/\(purpose)/withdrawal-link")
        case .takeSignal(let id): return Probe(method: "POST", path: "/v1/subjects/\(id)/signals", headers: ["Sec-GPC": "1"])
        case .optOut(let id): return Probe(method: "PUT", path: "/v1/subjects/\(id)/opt-out")
        case .optIn(let id): return Probe(method: "DELETE", path: "/v1/subjects/\(id)/opt-out")
        case .limit(let id): return Probe(method: "PUT", path: "/v1/subjects/\(id)/limit")
        case .liftLimit(let id): return Probe(method: "DELETE", path: "/v1/subjects/\(id)/limit")
        case .listNotices: return Probe(method: "GET", path: "/v1/notices")
        case .open(.showDownload): return Probe(method: "GET", path: "/downloads/\(Self.noDownload)")
        case .open(.fetchDownload(let token)): return Probe(method: "POST", path: "/downloads/\(token)")
        case .open(.signalSupport): return Probe(method: "GET", path: "/.well-known/gpc.json")
        case .open(.signalStatus): return Probe(method: "GET", path: "/privacy/signal")
        case .open(.showConsent(let token)): return Probe(method: "GET", path: "/consent/\(token)")
        case .open(.answerConsent(let token)):
            let form = ["Content-Type": "application/x-www-form-urlencoded"]
            return Probe(method: "POST", path: "/consent/\(token)", headers: form, body: Array("answer=yes".utf8))
        case .recordConsent(let id, let purpose):
            return Probe(method: "PUT", path: "/v1/subjects/\(id)/consents/\(purpose)", headers: json, body: Array(#"{"state":"given"}"#.utf8))
        case .restrict(let id):
            return Probe(method: "PUT", path: "/v1/subjects/\(id)/restriction", headers: json, body: Array(#"{"ground":"test"}"#.utf8))
        case .liftRestriction(let id): return Probe(method: "DELETE", path: "/v1/subjects/\(id)/restriction")
        case .object(let id, let purpose): return Probe(method: "PUT", path: "/v1/subjects/\(id)/objections/\(purpose)")
        case .withdrawObjection(let id, let purpose): return Probe(method: "DELETE", path: "/v1/subjects/\(id)/objections/\(purpose)")
        case .reportProcessing(let report): return Probe(method: "GET", path: "/v1/reports/\(report.rawValue)")
        case .retention(.plan): return Probe(method: "GET", path: "/v1/retention/plan")
        case .retention(.listRuns): return Probe(method: "GET", path: "/v1/retention/runs")
        case .retention(.begin):
            return Probe(method: "POST", path: "/v1/retention/runs", headers: json, body: Array(#"{"rule":"task.finished-tasks"}"#.utf8))
        case .retention(.report(let id)): return Probe(method: "GET", path: "/v1/retention/runs/\(id)/report")
        case .retention(.listReviews): return Probe(method: "GET", path: "/v1/retention/reviews")
        case .retention(.markReviewed):
            let body = #"{"rule":"account.untouched-accounts","record":"019a0000-0000-7000-8000-000000000000"}"#
            return Probe(
                method: "POST", path: "/v1/retention/reviews", headers: json.merging(["Reason": "seen"]) { $1 }, body: Array(body.utf8))
        case .webhooks(.list): return Probe(method: "GET", path: "/v1/webhook-endpoints")
        case .webhooks(.create):
            let body = #"{"url":"https://127.0.0.1/hook","types":["contact.updated"]}"#
            return Probe(method: "POST", path: "/v1/webhook-endpoints", headers: json, body: Array(body.utf8))
        case .webhooks(.show(let id)): return Probe(method: "GET", path: "/v1/webhook-endpoints/\(id)")
        case .webhooks(.change(let id)):
            let headers = ["Content-Type": "application/merge-patch+json"]
            return Probe(method: "PATCH", path: "/v1/webhook-endpoints/\(id)", headers: headers, body: Array(#"{"enabled":false}"#.utf8))
        case .webhooks(.deliveries(let id)): return Probe(method: "GET", path: "/v1/webhook-endpoints/\(id)/deliveries")
        case .webhooks(.rotate(let id)): return Probe(method: "POST", path: "/v1/webhook-endpoints/\(id)/rotate-secret")
        case .webhooks(.replay(let id)):
            return Probe(method: "POST", path: "/v1/webhook-endpoints/\(id)/replay", headers: json, body: Array(#"{"state":"dead"}"#.utf8))
        case .webhooks(.test(let id)): return Probe(method: "POST", path: "/v1/webhook-endpoints/\(id)/test")
        case .webhooks(.delete(let id)): return Probe(method: "DELETE", path: "/v1/webhook-endpoints/\(id)")
        case .jobs(.list): return Probe(method: "GET", path: "/v1/jobs")
        // Of no entity, so that none is under way when others count what there is.
        case .jobs(.open): return Probe(method: "POST", path: "/v1/jobs", headers: json, body: Array(#"{"kind":"export","entity":"nothings"}"#.utf8))
        case .jobs(.show(let id)): return Probe(method: "GET", path: "/v1/jobs/\(id)")
        case .jobs(.end(let id)): return Probe(method: "DELETE", path: "/v1/jobs/\(id)")
        case .jobs(.fill(let id, let number)):
            let headers = ["Content-Type": "application/x-ndjson"]
            return Probe(method: "PUT", path: "/v1/jobs/\(id)/parts/\(number)", headers: headers, body: Array(#"{"line":1,"members":{}}"#.utf8))
        case .jobs(.fetch(let id, let number)): return Probe(method: "GET", path: "/v1/jobs/\(id)/parts/\(number)")
        case .jobs(.start(let id)): return Probe(method: "POST", path: "/v1/jobs/\(id)/start")
        case .jobs(.refused(let id)): return Probe(method: "GET", path: "/v1/jobs/\(id)/refused")
        case .jobs(.revert(let id)): return Probe(method: "POST", path: "/v1/jobs/\(id)/revert")
        case .limits(.list): return Probe(method: "GET", path: "/v1/limits?state=all")
        case .limits(.lift):
            return Probe(
                method: "POST", path: "/v1/limits", headers: json.merging(["Reason": "test"]) { first, _ in first },
                body: Array(#"{"principal":"nobody-in-particular"}"#.utf8))
        case .limits(.end(let id)): return Probe(method: "DELETE", path: "/v1/limits/\(id)")
        case .honey(.list): return Probe(method: "GET", path: "/v1/honey?state=all")
        case .honey(.place):
            return Probe(
                method: "POST", path: "/v1/honey", headers: json,
                body: Array(#"{"entity":"contact","record":"0190b8a4-7d3e-7000-8000-000000000000"}"#.utf8))
        case .honey(.remove(let id)): return Probe(method: "DELETE", path: "/v1/honey/\(id)")
        case .holds(.list): return Probe(method: "GET", path: "/v1/holds?state=all")
        case .holds(.place):
            // It reaches nothing: other probes delete.
            let body = #"{"entity":"deal","condition":"record.name == 'none'","matter":"M","basis":"B","review_on":"2999-01-01"}"#
            return Probe(method: "POST", path: "/v1/holds", headers: json, body: Array(body.utf8))
        case .holds(.show(let id)): return Probe(method: "GET", path: "/v1/holds/\(id)")
        case .holds(.review(let id)):
            return Probe(method: "POST", path: "/v1/holds/\(id)/review", headers: json, body: Array(#"{"review_on":"2999-01-01"}"#.utf8))
        case .holds(.release(let id)): return Probe(method: "DELETE", path: "/v1/holds/\(id)")
        case .erasures(.plan(let id)): return Probe(method: "GET", path: "/v1/requests/\(id)/plan")
        case .erasures(.certificate(let id)): return Probe(method: "GET", path: "/v1/requests/\(id)/certificate")
        case .erasures(.notices): return Probe(method: "GET", path: "/v1/recipients/notices?state=all")
        case .erasures(.notice(let id)): return Probe(method: "GET", path: "/v1/recipients/notices/\(id)")
        case .erasures(.acknowledge(let id)): return Probe(method: "POST", path: "/v1/recipients/notices/\(id)/acknowledge")
        case .erasures(.retry(let id)): return Probe(method: "POST", path: "/v1/recipients/notices/\(id)/retry")
        case .erasures(.suppressions): return Probe(method: "GET", path: "/v1/suppressions")
        case .erasures(.lift):
            let body = #"{"email":"nobody@example.org"}"#
            return Probe(method: "POST", path: "/v1/suppressions/lift", headers: json.merging(["Reason": "came back"]) { $1 }, body: Array(body.utf8))
        case .listAgents: return Probe(method: "GET", path: "/v1/rights-agents")
        case .admitAgents:
            return Probe(method: "POST", path: "/v1/rights-agents", headers: json, body: Array(#"{"business":"EXAMPLE","agents":[]}"#.utf8))
        case .removeAgent(let id): return Probe(method: "DELETE", path: "/v1/rights-agents/\(id)")
        case .agentSetUp(let id):
            return Probe(method: "POST", path: "/drp/v1/agent/\(id)", headers: ["Content-Type": "text/plain"], body: Array("x".utf8))
        case .agentCheck(let id): return Probe(method: "GET", path: "/drp/v1/agent/\(id)")
        case .exercise:
            return Probe(method: "POST", path: "/drp/v1/data-rights-request", headers: ["Content-Type": "text/plain"], body: Array("x".utf8))
        case .exerciseStatus(let id): return Probe(method: "GET", path: "/drp/v1/data-rights-request/\(id)")
        case .exerciseRevoke(let id):
            return Probe(method: "DELETE", path: "/drp/v1/data-rights-request/\(id)", headers: ["Content-Type": "text/plain"], body: Array("x".utf8))
        }
    }
}

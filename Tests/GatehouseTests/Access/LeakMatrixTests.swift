import Catalog
import DataFormats
import Expressions
import Foundation
import Gateway
import Identity
import Policies
import PolicyFiles
import Synchronization
import TestPostgres
import Testing
import Vocabulary

@testable import HTTPInterface

/// Every route × every field × every role, attacked wherever a field or a value can enter.
///
/// Nothing here names a route, an entity or a field of the shipped policies but where it sets the stage: routes come from
/// ``RouteProbes`` and say in ``Route/surfaces`` how they are attacked, fields come from the catalog, and what an attack may
/// find comes from ``PolicyOracle``, which works it out in memory.
@Suite(.serialized, .timeLimit(.minutes(15)))
struct LeakMatrixTests {
    struct Stage: Sendable {
        let folder: PolicyFolder
        let site: Site
        let people: [(markers: Markers, records: MarkedRecords, said: KnownRecord.Person)]
        let known: [KnownRecord]

        var catalog: CompiledCatalog { folder.catalog }
        func oracle(_ role: String) -> PolicyOracle { PolicyOracle(folder: folder, role: role, user: user) }
        func caller(_ role: String) async throws -> Caller { try await site.caller(role, user: user) }
        func records(of entity: Entity) -> [KnownRecord] { known.filter { $0.entity.name == entity.name } }
        /// The texts by which a field of a record would be recognised.
        func texts(_ record: KnownRecord, _ field: String) -> [String] {
            people.first { $0.records.ids[record.entity.name] == record.id }.map { $0.markers.texts(record.entity.name, field) } ?? []
        }
    }

    /// All callers are one person with different roles, so that a record can be their own.
    static let user = "matrix.user"

    /// Somebody who agreed to marketing, somebody whom the caller looks after, and somebody whose data is restricted.
    static let staging = Task {
        // It asks more in a minute than anybody may: who asks is what is looked at here, not how often.
        let policies = try PolicyCopy().path
        try Data("rates:\n  default: { units: 1000000000, seconds: 60 }\n".utf8).write(to: URL(filePath: policies + "/limits.yaml"))
        let site = try await Site(policies: policies)
        try await site.serve()
        let folder = try site.catalog()
        let administrator = try site.administrator
        let lives: [(changes: JSONObject, person: KnownRecord.Person)] = [
            (["lifecycle": "customer", "stage": "won"], .init(consents: ["marketing"])),
            (["lifecycle": "prospect", "owner_id": .string(user)], .init(consents: ["marketing"])),
            (["lifecycle": "customer"], .init(objections: ["sales"], isRestricted: true)),
        ]
        var people: [(markers: Markers, records: MarkedRecords, said: KnownRecord.Person)] = []
        var known: [KnownRecord] = []
        for (number, life) in lives.enumerated() {
            let markers = Markers(folder.catalog, seed: 31 + number)
            let records = try await MarkedRecords.make(folder.catalog, markers, by: administrator, changes: life.changes)
            try await settle(records, life.person, administrator)
            var own: [String: KnownRecord] = [:]
            // What is history comes behind that of which it is.
            for entity in folder.catalog.entities.sorted(by: { !$0.isWrittenByGatewayOnly && $1.isWrittenByGatewayOnly }) {
                guard let id = records.ids[entity.name] else { continue }
                own[entity.name] = KnownRecord(
                    entity, id: id, body: records.bodies[entity.name] ?? JSONObject(), person: life.person,
                    origin: entity.historyOf.flatMap { own[$0.entity] }
                )
            }
            known += own.values
            people.append((markers, records, life.person))
        }
        return Stage(folder: folder, site: site, people: people, known: known)
    }

    /// Records what a person said, again where something else was recorded since.
    static func settle(_ records: MarkedRecords, _ person: KnownRecord.Person, _ administrator: Caller) async throws {
        for name in ["contact", "lead"] {
            let path = "/v1/subjects/\(records.ids[name] ?? "")"
            for purpose in person.consents { try await settled(administrator.put("\(path)/consents/\(purpose)", ["state": "given"])) }
            for purpose in person.objections { try await settled(administrator.put("\(path)/objections/\(purpose)", [:])) }
            if person.isRestricted { try await settled(administrator.put("\(path)/restriction", ["ground": "matrix"])) }
        }
    }

    static func settled(_ answer: Answer) throws {
        guard answer.status == 204 else { throw MarkingFailure(description: answer.text) }
    }

    static let roles = [
        "sales-rep", "sales-manager", "marketing", "support-agent", "integration-app", "compliance-officer", "auditor", "operator", "administrator",
    ]

    @Test func `the matrix knows every shipped role, and has records that roles see differently`() async throws {
        let stage = try await Self.staging.value
        // No key is issued for those two: their doors are the links that people get, and the messages that agents sign.
        #expect(stage.folder.policies.roles.subtracting([Principal.dataSubjectRole, Principal.agentRole]) == Set(Self.roles))
        let contacts = stage.records(of: try #require(stage.catalog.entity(named: "contact")))
        func seen(_ role: String) -> Set<String> { Set(contacts.map { stage.oracle(role).decision(.read, $0).fingerprint }) }
        #expect(seen("sales-rep").count == 3)
        #expect(seen("marketing").count == 2)
        #expect(seen("compliance-officer").count == 1)
    }

    // MARK: Routes and decisions

    @Test(arguments: roles)
    func `V8.2.1 [API5]: every route answers as the decision says`(role: String) async throws {
        let stage = try await Self.staging.value
        let caller = try await stage.caller(role)
        for person in stage.people {
            let probes = RouteProbes(catalog: stage.catalog, records: person.records, markers: person.markers, spareKey: "aaaaaaaaaaaa")
            for route in probes.all {
                var probe = probes.probe(route)
                // Changes that change nothing: whether they are allowed is all that is asked.
                if case .amend = route { probe.body = Array("{}".utf8) }
                if case .importRows = route { probe.path += "?dry_run=true" }
                let expected = status(route, stage, stage.oracle(role), person.records)
                let answer = try await caller.send(probe.method, probe.path, probe.headers, body: probe.body)
                #expect(answer.status == expected, "\(role) \(probe.method) \(probe.path): \(answer.text)")
                if case .create(let entity) = route, answer.status == 201 {
                    let removed = try await stage.site.administrator.delete("/v1/\(entity.plural)/\(answer.id)", ifMatch: "*")
                    #expect(removed.status == 204)
                }
                if case .issueCredential = route, answer.status == 201 {
                    _ = try await stage.site.administrator.delete("/v1/tokens/\(answer.id)", ifMatch: nil)
                }
            }
            try await Self.settle(person.records, person.said, stage.site.administrator)
        }
    }

    /// - Parameter records: of which one the probe of a merge is about.
    func status(_ route: Route, _ stage: Stage, _ oracle: PolicyOracle, _ records: MarkedRecords) -> Int {
        func about(_ action: Action, _ entity: Entity, _ id: RecordID, done: Int) -> Int {
            guard oracle.ruling(action, entity).isAllowed else { return 403 }
            if action != .read, entity.isWrittenByGatewayOnly { return 403 }
            guard let record = stage.known.first(where: { $0.id == id.description }) else { return 404 }
            let isKnown = oracle.ruling(.read, entity).isAllowed ? oracle.admits(.read, record) : oracle.admits(action, record)
            if !isKnown { return 404 }
            return oracle.admits(action, record) ? done : 403
        }
        func system(_ action: Action, _ resource: SystemResource, done: Int) -> Int {
            if oracle.allows(action, on: resource.rawValue) { return done }
            return oracle.missesProof(action, on: resource.rawValue) ? 401 : 403
        }
        func user(_ route: UserRoute) -> Int {
            switch route {
            case .list, .listTeams: system(.read, .user, done: 200)
            case .show, .roles: system(.read, .user, done: 404)
            case .add, .addTeam: system(.create, .user, done: 201)
            case .change, .grant, .revoke, .join, .leave: system(.update, .user, done: 404)
            case .remove, .removeTeam: system(.delete, .user, done: 404)
            }
        }
        switch route {
        case .health, .ready, .describe: return 200
        case .metrics: return system(.read, .metrics, done: 200)
        case .list(let entity): return oracle.ruling(.read, entity).isAllowed ? 200 : 403
        case .create(let entity):
            let decision = oracle.ruling(.create, entity).widest
            let isWhole = entity.fields.indices.allSatisfy { decision.writable[$0] || entity.fields[$0].isSystem || !Self.isSent(entity.fields[$0]) }
            return decision.isAllowed && !entity.isWrittenByGatewayOnly && isWhole ? 201 : 403
        case .importRows(let entity): return oracle.ruling(.import, entity).isAllowed && !entity.isWrittenByGatewayOnly ? 200 : 403
        case .read(let entity, let id): return about(.read, entity, id, done: 200)
        case .amend(let entity, let id): return about(.update, entity, id, done: 200)
        case .remove(let entity, let id): return about(.delete, entity, id, done: 412)
        // It is not deleted.
        case .records(.restore(let entity, _)):
            return oracle.ruling(.restore, entity).isAllowed && !entity.isWrittenByGatewayOnly ? 404 : 403
        case .records(.destroy(let entity, let id)): return about(.destroy, entity, id, done: 412)
        case .records(.put(let entity, _)):
            if !oracle.ruling(.read, entity).isAllowed { return 403 }
            return oracle.usable(entity).contains { $0.name == "external_id" && $0.uniqueness == .enforced } ? 412 : 400
        case .records(.batch(let entity)): return oracle.ruling(.update, entity).isAllowed && !entity.isWrittenByGatewayOnly ? 200 : 403
        case .becoming(.convert(let entity, let id)):
            guard oracle.ruling(.convert, entity).isAllowed else { return 403 }
            let made = entity.conversion?.targets.filter { $0.making != .asked }.compactMap { oracle.folder.catalog.entity(named: $0.entity) } ?? []
            guard made.allSatisfy({ oracle.ruling(.create, $0).isAllowed }) else { return 403 }
            return about(.convert, entity, id, done: 412)
        case .becoming(.duplicates(let entity, let id)): return about(.read, entity, id, done: 200)
        case .becoming(.merge(let entity)):
            guard [Action.merge, .update, .delete].allSatisfy({ oracle.ruling($0, entity).isAllowed }) else { return 403 }
            guard let id = records.ids[entity.name].flatMap({ RecordID($0) }) else { return 404 }
            let change = about(.update, entity, id, done: 412)
            return change == 412 ? about(.merge, entity, id, done: 412) : change
        case .becoming(.history(let entity, let id)):
            let seen = about(.read, entity, id, done: 200)
            guard seen == 200, let history = oracle.folder.catalog.entities.first(where: { $0.historyOf?.entity == entity.name }) else { return seen }
            return oracle.ruling(.read, history).isAllowed ? 200 : 403
        case .listCredentials: return system(.read, .credential, done: 200)
        case .issueCredential: return system(.create, .credential, done: 201)
        case .rotateCredential: return system(.update, .credential, done: 404)
        case .users(let route): return user(route)
        case .revokeCredential: return system(.delete, .credential, done: 404)
        case .searchAudit, .reportSubject, .reportBreach, .reportUnusual, .readLog, .readCheckpoint, .readTile:
            return system(.read, .audit, done: 200)
        case .proveEvent: return system(.read, .audit, done: 404)
        case .listGrants: return system(.read, .grant, done: 200)
        case .requestGrant: return 403
        case .approveGrant, .closeGrant: return system(.update, .grant, done: 404)
        case .listRequests: return system(.read, .request, done: 200)
        case .openRequest: return system(.create, .request, done: 201)
        case .readRequest: return system(.read, .request, done: 404)
        case .exportRequest: return system(.create, .export, done: 404)
        case .stepRequest(_, .code), .stepRequest(_, .verify): return system(.create, .request, done: 404)
        case .stepRequest(_, .approve): return system(.create, .approval, done: 404)
        case .stepRequest: return system(.update, .request, done: 404)
        case .readSubject: return system(.read, .subject, done: 200)
        case .showConsents, .consentReceipt, .consentRecord, .listNotices: return system(.read, .subject, done: 200)
        case .requestConsent, .sendWithdrawalLink: return system(.update, .subject, done: 202)
        case .takeSignal: return system(.update, .subject, done: 200)
        case .optOut, .optIn, .limit, .liftLimit: return system(.update, .subject, done: 204)
        case .open(.signalSupport), .open(.signalStatus), .open(.showDownload): return 200
        case .open(.showConsent), .open(.answerConsent), .open(.fetchDownload): return 404
        case .recordConsent, .restrict, .liftRestriction, .object, .withdrawObjection: return system(.update, .subject, done: 204)
        case .retention(.plan), .retention(.listRuns), .retention(.listReviews): return system(.read, .retention, done: 200)
        case .reportProcessing: return system(.read, .processing, done: 200)
        case .retention(.begin): return system(.update, .retention, done: 202)
        case .retention(.report): return system(.read, .retention, done: 404)
        case .retention(.markReviewed): return system(.update, .retention, done: 404)
        case .webhooks(.list): return system(.read, .webhook, done: 200)
        // To no address inside.
        case .webhooks(.create): return system(.create, .webhook, done: 422)
        case .webhooks(.show), .webhooks(.deliveries): return system(.read, .webhook, done: 404)
        case .webhooks(.change), .webhooks(.rotate), .webhooks(.replay), .webhooks(.test): return system(.update, .webhook, done: 404)
        case .webhooks(.delete): return system(.delete, .webhook, done: 404)
        case .jobs(.list): return system(.read, .job, done: 200)
        case .jobs(.open): return system(.create, .job, done: 422)
        case .jobs(.fill), .jobs(.start): return system(.create, .job, done: 404)
        case .jobs(.show), .jobs(.fetch), .jobs(.refused): return system(.read, .job, done: 404)
        case .jobs(.revert): return system(.update, .job, done: 404)
        case .jobs(.end): return system(.delete, .job, done: 404)
        case .limits(.list): return system(.read, .limit, done: 200)
        case .limits(.lift): return system(.create, .limit, done: 201)
        case .limits(.end): return system(.delete, .limit, done: 404)
        case .honey(.list): return system(.read, .honey, done: 200)
        case .honey(.place): return system(.create, .honey, done: 404)
        case .honey(.remove): return system(.delete, .honey, done: 404)
        case .holds(.list): return system(.read, .hold, done: 200)
        case .holds(.place): return system(.create, .hold, done: 201)
        case .holds(.show): return system(.read, .hold, done: 404)
        case .holds(.review): return system(.create, .hold, done: 404)
        case .holds(.release): return system(.delete, .hold, done: 404)
        case .erasures(.plan), .erasures(.certificate): return system(.read, .request, done: 404)
        case .erasures(.notices): return system(.read, .notice, done: 200)
        case .erasures(.notice): return system(.read, .notice, done: 404)
        case .erasures(.acknowledge), .erasures(.retry): return system(.update, .notice, done: 404)
        case .erasures(.suppressions): return system(.read, .request, done: 200)
        case .erasures(.lift): return system(.update, .request, done: 200)
        case .listAgents: return system(.read, .rightsAgent, done: 200)
        case .admitAgents: return system(.create, .rightsAgent, done: 204)
        case .removeAgent: return system(.delete, .rightsAgent, done: 404)
        // An API key is no credential there.
        case .agentSetUp, .agentCheck, .exercise, .exerciseStatus, .exerciseRevoke: return 403
        }
    }

    /// What a probe's body has: no references, and no external id.
    static func isSent(_ field: Field) -> Bool { field.referenceTo == nil && field.name != "external_id" }

    @Test(arguments: roles)
    func `V8.2.3 [API3]: a record shows a field as its role may see it, and a list shows the same records and counts them`(role: String) async throws
    {
        let stage = try await Self.staging.value
        let oracle = stage.oracle(role)
        let caller = try await stage.caller(role)
        for entity in stage.catalog.entities where oracle.ruling(.read, entity).isAllowed {
            let records = stage.records(of: entity)
            let listed = try await caller.get("/v1/\(entity.plural)?limit=200&sort=-id&count=true")
            let expected = oracle.listed(records, entity)
            #expect(Set(listed.data.map { $0["id"]?.stringValue }) == expected, "\(role) \(entity.plural)")
            #expect(listed["count"] == .number(JSONNumber(Int64(expected.count))), "\(role) \(entity.plural)")
            for record in records where expected.contains(record.id) {
                let decision = oracle.decision(.read, record)
                let one = try #require(try await caller.get("/v1/\(entity.plural)/\(record.id)").object)
                let found = try #require(listed.data.first { $0["id"]?.stringValue == record.id })
                for object in [one, found] {
                    for (field, access) in zip(entity.fields, decision.access) {
                        let shown = object[field.name]
                        let sent = stage.texts(record, field.name).first
                        switch access {
                        case .hidden: #expect(shown == nil, "\(role) \(entity.name).\(field.name)")
                        case .masked: #expect(shown != nil && shown?.stringValue != sent, "\(role) \(entity.name).\(field.name)")
                        case .clear: #expect(shown != nil && shown != "***", "\(role) \(entity.name).\(field.name)")
                        }
                    }
                }
            }
        }
    }

    // MARK: Silence

    /// No text by which a value could be recognised that the role may not see in the clear, in anything it heard.
    func expectSilence(_ heard: Heard, _ stage: Stage, _ oracle: PolicyOracle) {
        var shown: Set<String> = []
        var forbidden: Set<String> = []
        for record in stage.known {
            for (field, access) in zip(record.entity.fields, oracle.decision(.read, record).access) {
                let texts = stage.texts(record, field.name).map { $0.lowercased() }
                if access.isClear { shown.formUnion(texts) } else { forbidden.formUnion(texts) }
            }
        }
        let everything = heard.text
        for text in forbidden.subtracting(shown) { #expect(everything.range(of: text, options: .literal) == nil, "\(oracle.role): \(text)") }
    }
}

/// Everything that came back, each answer once.
final class Heard: Sendable {
    let answers = Mutex<Set<String>>([])

    func add(_ answer: Answer) {
        let whole = answer.whole.lowercased()
        answers.withLock { _ = $0.insert(whole) }
    }

    var text: String { answers.withLock { $0.joined(separator: "\n") } }
}

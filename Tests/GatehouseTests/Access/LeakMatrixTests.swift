import Catalog
import DataFormats
import Expressions
import Foundation
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
@Suite(.serialized, .timeLimit(.minutes(10)))
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
        let site = try await Site()
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
        #expect(stage.folder.policies.roles == Set(Self.roles))
        let contacts = stage.records(of: try #require(stage.catalog.entity(named: "contact")))
        func seen(_ role: String) -> Set<String> { Set(contacts.map { stage.oracle(role).decision(.read, $0).fingerprint }) }
        #expect(seen("sales-rep").count == 3)
        #expect(seen("marketing").count == 2)
        #expect(seen("compliance-officer").count == 1)
    }

    // MARK: Routes and decisions

    @Test(arguments: roles)
    func `every route answers as the decision says`(role: String) async throws {
        let stage = try await Self.staging.value
        let caller = try await stage.caller(role)
        for person in stage.people {
            let probes = RouteProbes(catalog: stage.catalog, records: person.records, markers: person.markers, spareKey: "aaaaaaaaaaaa")
            for route in probes.all {
                var probe = probes.probe(route)
                // Changes that change nothing: whether they are allowed is all that is asked.
                if case .amend = route { probe.body = Array("{}".utf8) }
                if case .importRows = route { probe.path += "?dry_run=true" }
                let expected = status(route, stage, stage.oracle(role))
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

    func status(_ route: Route, _ stage: Stage, _ oracle: PolicyOracle) -> Int {
        func about(_ action: Action, _ entity: Entity, _ id: RecordID, done: Int) -> Int {
            guard oracle.ruling(action, entity).isAllowed else { return 403 }
            if action != .read, entity.isWrittenByGatewayOnly { return 403 }
            guard let record = stage.known.first(where: { $0.id == id.description }) else { return 404 }
            let isKnown = oracle.ruling(.read, entity).isAllowed ? oracle.admits(.read, record) : oracle.admits(action, record)
            if !isKnown { return 404 }
            return oracle.admits(action, record) ? done : 403
        }
        func system(_ action: Action, _ resource: SystemResource, done: Int) -> Int {
            oracle.allows(action, on: resource.rawValue) ? done : 403
        }
        switch route {
        case .health: return 200
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
        case .listCredentials: return system(.read, .credential, done: 200)
        case .issueCredential: return system(.create, .credential, done: 201)
        case .revokeCredential: return system(.delete, .credential, done: 404)
        case .searchAudit, .reportSubject, .reportBreach, .reportUnusual, .readLog, .readCheckpoint, .readTile:
            return system(.read, .audit, done: 200)
        case .proveEvent: return system(.read, .audit, done: 404)
        case .listGrants: return system(.read, .grant, done: 200)
        case .requestGrant: return 403
        case .approveGrant, .closeGrant: return system(.update, .grant, done: 404)
        case .readSubject: return system(.read, .subject, done: 200)
        case .recordConsent, .restrict, .liftRestriction, .object, .withdrawObjection: return system(.update, .subject, done: 204)
        }
    }

    /// What a probe's body has: no references, and no external id.
    static func isSent(_ field: Field) -> Bool { field.referenceTo == nil && field.name != "external_id" }

    @Test(arguments: roles)
    func `a record shows a field as its role may see it, and a list shows the same records and counts them`(role: String) async throws {
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

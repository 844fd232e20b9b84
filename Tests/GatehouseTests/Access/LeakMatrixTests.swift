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
    private static let user = "matrix.user"

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
    private static func settle(_ records: MarkedRecords, _ person: KnownRecord.Person, _ administrator: Caller) async throws {
        for name in ["contact", "lead"] {
            let path = "/v1/subjects/\(records.ids[name] ?? "")"
            for purpose in person.consents { try await settled(administrator.put("\(path)/consents/\(purpose)", ["state": "given"])) }
            for purpose in person.objections { try await settled(administrator.put("\(path)/objections/\(purpose)", [:])) }
            if person.isRestricted { try await settled(administrator.put("\(path)/restriction", ["ground": "matrix"])) }
        }
    }

    private static func settled(_ answer: Answer) throws {
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

    private func status(_ route: Route, _ stage: Stage, _ oracle: PolicyOracle) -> Int {
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
        case .searchAudit: return system(.read, .audit, done: 200)
        case .listGrants: return system(.read, .grant, done: 200)
        case .requestGrant: return 403
        case .approveGrant, .closeGrant: return system(.update, .grant, done: 404)
        case .readSubject: return system(.read, .subject, done: 200)
        case .recordConsent, .restrict, .liftRestriction, .object, .withdrawObjection: return system(.update, .subject, done: 204)
        }
    }

    /// What a probe's body has: no references, and no external id.
    private static func isSent(_ field: Field) -> Bool { field.referenceTo == nil && field.name != "external_id" }

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

    // MARK: Parameters

    /// One question by one field.
    private struct Attack {
        let surface: Surface
        let field: Field
        let query: String
        /// The same by a name that no field has.
        let twin: String
    }

    /// - Parameter isBrief: the first question of each surface only.
    private func attacks(_ route: Route, _ entity: Entity, _ record: KnownRecord?, isBrief: Bool = false) -> [Attack] {
        route.surfaces.intersection(Surface.parameters).flatMap { surface in
            entity.fields.flatMap { field in
                let (literal, text) = Self.literal(record?.values[field.name] ?? .null, field)
                let queries = surface.queries(field.name, literal: literal, text: text)
                let twins = surface.queries(Self.twin(field.name), literal: literal, text: text)
                return zip(queries, twins).prefix(isBrief ? 1 : queries.count).map { Attack(surface: surface, field: field, query: $0, twin: $1) }
            }
        }
    }

    /// As long as the field's name, so that even the places in expressions are the same.
    private static func twin(_ name: String) -> String { "zq" + String(repeating: "z", count: max(1, name.count - 2)) }

    private static func literal(_ value: Value, _ field: Field) -> (cel: String, text: String) {
        switch value {
        case .string(let text): ("'\(text)'", text)
        case .int(let number): ("\(number)", "\(number)")
        case .double(let number): ("\(number)", "\(number)")
        case .bool(let flag): ("\(flag)", "\(flag)")
        case .timestamp(let time):
            {
                let instant = Instant(microseconds: time.seconds * 1_000_000 + Int64(time.nanoseconds) / 1000)
                return ("timestamp('\(instant)')", field.type == .date ? String(instant.description.prefix(10)) : instant.description)
            }()
        default:
            switch field.columnKind {
            case .date, .timestamp: ("timestamp('2026-01-01T00:00:00Z')", "2026-01-01")
            case .identifier: ("'0190b8a4-7d3e-7000-8000-000000000000'", "0190b8a4-7d3e-7000-8000-000000000000")
            case .integer, .decimal: ("1", "1")
            case .boolean: ("true", "true")
            case .text: ("'x'", "x")
            }
        }
    }

    /// Answers to questions, several at a time.
    private func ask<Question: Sendable>(
        _ questions: [Question], _ body: @escaping @Sendable (Question) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var rest = questions[...]
            for _ in 0..<8 { if let question = rest.popFirst() { group.addTask { try await body(question) } } }
            while try await group.next() != nil {
                if let question = rest.popFirst() { group.addTask { try await body(question) } }
            }
        }
    }

    /// The answer as it would be for the twin: name replaced, and the hint, which comes of what the caller may use, checked.
    private func disguised(_ answer: Answer, _ attack: Attack, _ oracle: PolicyOracle, _ entity: Entity) -> String {
        let twin = Self.twin(attack.field.name)
        guard var object = answer.object else { return answer.whole }
        object["trace_id"] = nil
        if let detail = object["detail"]?.stringValue { object["detail"] = .string(detail.replacing("'\(attack.field.name)'", with: "'\(twin)'")) }
        if attack.surface == .condition, let hint = object["hint"]?.stringValue {
            // Members of `record`, or whatever can stand alone: which of the two was asked shows in what the hint offers.
            let members = (oracle.usable(entity).map(\.name) + ["id"]).sorted()
            let everything = (members + ["record", "principal", "request", "now"]).sorted()
            let known = [members, everything].first { Spelling.hint(for: attack.field.name, among: $0) == hint }
            #expect(known != nil, "\(oracle.role) \(entity.plural)\(attack.query): \(answer.text)")
            object["hint"] = .string(Spelling.hint(for: twin, among: known ?? []))
        }
        let kept = answer.headers.filter { !["date", "request-id", "audit-event", "content-length"].contains($0.key) }
        return "\(answer.status) \(kept.sorted { $0.key < $1.key }) " + String(decoding: JSONValue.object(object).encoded(), as: UTF8.self)
    }

    @Test(arguments: roles)
    func `asking by a field never seen in the clear is answered as asking by one that does not exist`(role: String) async throws {
        let stage = try await Self.staging.value
        let oracle = stage.oracle(role)
        let caller = try await stage.caller(role)
        let heard = Heard()
        for entity in stage.catalog.entities where oracle.ruling(.read, entity).isAllowed {
            let usable = Set(oracle.usable(entity).map(\.name))
            let shown = Set(zip(entity.fields, oracle.ruling(.read, entity).widest.access).filter { $1 != .hidden }.map(\.0.name))
            let record = stage.records(of: entity).first
            let questions = attacks(.list(entity), entity, record).filter { attack in
                // A search names no field; what it finds is a matter of its own.
                if attack.surface == .search { return false }
                // A mask is shown on demand.
                return attack.surface == .choice ? !shown.contains(attack.field.name) : !usable.contains(attack.field.name)
            }
            try await ask(questions) { attack in
                let answer = try await caller.get("/v1/\(entity.plural)\(attack.query)")
                let twin = try await caller.get("/v1/\(entity.plural)\(attack.twin)")
                #expect(answer.status == 400, "\(role) \(entity.plural)\(attack.query): \(answer.text)")
                #expect(disguised(answer, attack, oracle, entity) == twin.whole, "\(role) \(entity.plural)\(attack.query)")
                heard.add(answer)
            }
        }
        expectSilence(heard, stage, oracle)
    }

    @Test(arguments: roles)
    func `a query finds only records that show every field it uses in the clear`(role: String) async throws {
        let stage = try await Self.staging.value
        let oracle = stage.oracle(role)
        let caller = try await stage.caller(role)
        let heard = Heard()
        for entity in stage.catalog.entities where oracle.ruling(.read, entity).isAllowed {
            let usable = Set(oracle.usable(entity).map(\.name))
            let records = stage.records(of: entity)
            let visible = oracle.listed(records, entity)
            let differs = Set(usable.filter { oracle.listed(records, entity, by: [$0]) != visible })
            for record in records {
                // What all records show alike has nothing to hide: there the questions prove only that they find something.
                let questions =
                    attacks(.list(entity), entity, record).filter { differs.contains($0.field.name) }
                    + attacks(.list(entity), entity, record, isBrief: true).filter { usable.subtracting(differs).contains($0.field.name) }
                try await ask(questions) { attack in
                    let answer = try await caller.get("/v1/\(entity.plural)\(attack.query)")
                    heard.add(answer)
                    let place: Comment = "\(role) \(entity.plural)\(attack.query): \(answer.text)"
                    guard answer.status == 200 else {
                        #expect(answer.status == 400, place)
                        return
                    }
                    let names = attack.surface == .choice ? [] : [attack.field.name]
                    let allowed = oracle.listed(records, entity, by: names)
                    switch attack.surface {
                    case .group, .total:
                        let groups = (answer["groups"]?.arrayValue ?? []).compactMap(\.objectValue)
                        let total = groups.reduce(0) { $0 + (Self.integer($1["count"]) ?? 0) }
                        #expect(total <= allowed.count, place)
                        if Self.integer(answer["suppressed"]) == 0 { #expect(total == allowed.count, place) }
                    default:
                        let found = Set(answer.data.compactMap { $0["id"]?.stringValue })
                        #expect(found.isSubset(of: allowed), place)
                        if let count = Self.integer(answer["count"]), answer.next == nil { #expect(count == found.count, place) }
                        // The attack works at all: whoever sees the value finds the record by it.
                        if attack.surface == .equality, attack.query.hasPrefix("?\(attack.field.name)="), !attack.query.hasSuffix("="),
                            record.values[attack.field.name] != .null, attack.field.isFilterable, allowed.contains(record.id),
                            !stage.texts(record, attack.field.name).isEmpty
                        {
                            #expect(found.contains(record.id), place)
                        }
                        if attack.surface == .search, attack.field.isSearchable, allowed.contains(record.id),
                            !stage.texts(record, attack.field.name).isEmpty
                        {
                            #expect(found.contains(record.id), place)
                        }
                    }
                }
            }
        }
        expectSilence(heard, stage, oracle)
    }

    @Test(arguments: roles)
    func `a search finds a record by no value that the record does not show in the clear`(role: String) async throws {
        let stage = try await Self.staging.value
        let oracle = stage.oracle(role)
        let caller = try await stage.caller(role)
        let heard = Heard()
        for entity in stage.catalog.entities where oracle.ruling(.read, entity).isAllowed {
            let records = stage.records(of: entity)
            let isSearchable = oracle.usable(entity).contains(where: \.isSearchable)
            let questions = records.flatMap { record in
                entity.fields.flatMap { field in
                    let texts = Set([Self.literal(record.values[field.name] ?? .null, field).text] + stage.texts(record, field.name))
                    // Whole, and as a beginning that no other marker has.
                    let beginnings = texts.filter { $0.hasSuffix("qx") }.map { String($0.dropLast(2)) }
                    return (texts + beginnings).filter { $0.count > 2 }.map { (field: field, text: $0) }
                }
            }
            let refused = try await caller.get("/v1/\(entity.plural)?q=nobody")
            #expect(refused.code == (isSearchable ? nil : "field-unknown"))
            // Each refusal is written down first: a few are enough to see that the value does not matter.
            try await ask(isSearchable ? questions : Array(questions.prefix(5))) { field, text in
                let answer = try await caller.get("/v1/\(entity.plural)?limit=200&fields=id&q=\(percentEncoded(text))")
                let place: Comment = "\(role) \(entity.plural) by \(field.name)"
                heard.add(answer)
                guard isSearchable else {
                    #expect(answer.whole == refused.whole, place)
                    return
                }
                #expect(answer.status == 200, place)
                let found = Set(answer.data.compactMap { $0["id"]?.stringValue })
                #expect(found.isSubset(of: oracle.listed(records, entity, by: [field.name])), place)
                #expect(answer.next == nil, place)
            }
        }
        expectSilence(heard, stage, oracle)
    }

    private static func integer(_ value: JSONValue?) -> Int? {
        if case .number(let number)? = value { number.integer.map { Int($0) } } else { nil }
    }

    @Test(arguments: roles)
    func `routes that take no field answer any name alike`(role: String) async throws {
        let stage = try await Self.staging.value
        let oracle = stage.oracle(role)
        let caller = try await stage.caller(role)
        let heard = Heard()
        let person = stage.people[0]
        let probes = RouteProbes(catalog: stage.catalog, records: person.records, markers: person.markers, spareKey: "aaaaaaaaaaaa")
        for route in probes.all {
            if case .list = route { continue }
            let probe = probes.probe(route)
            let path = String(probe.path.prefix { $0 != "?" })
            let entities = if case .read(let entity, _) = route { [entity] } else { stage.catalog.entities.filter { $0.name == "contact" } }
            for entity in entities {
                let isAllowed = status(route, stage, oracle) < 300
                var twins: [Surface: String] = [:]
                for attack in attacks(route, entity, nil, isBrief: true) where twins[attack.surface] == nil {
                    twins[attack.surface] = try await caller.get(path + attack.twin).whole
                        .replacing("'\(Self.twin(attack.field.name))'", with: "'?'")
                }
                let unknown = twins
                let questions = attacks(route, entity, nil, isBrief: true).filter { attack in
                    // Each denial is written down first: a few are enough to see that the name does not matter.
                    if !isAllowed { return ["email", "name", "notes", "created_at"].contains(attack.field.name) }
                    if case .read(let entity, _) = route, attack.surface == .choice {
                        return oracle.ruling(.read, entity).widest.access[entity.position(of: attack.field.name) ?? 0] == .hidden
                    }
                    return true
                }
                try await ask(questions) { attack in
                    let answer = try await caller.get(path + attack.query)
                    let disguised = answer.whole.replacing("'\(attack.field.name)'", with: "'?'")
                    #expect(disguised == unknown[attack.surface], "\(role) \(path)\(attack.query)")
                    heard.add(answer)
                }
                guard route.surfaces.contains(.member), !path.hasPrefix("/v1/\(entity.plural)") else { continue }
                if case .create = route { continue }
                if case .amend = route { continue }
                try await ask(isAllowed ? entity.fields : Array(entity.fields.prefix(3))) { field in
                    func body(_ name: String) -> [UInt8] { JSONValue.object([name: person.markers.sent(entity.name, field.name) ?? "x"]).encoded() }
                    let answer = try await caller.send(probe.method, path, probe.headers, body: body(field.name))
                    let twin = try await caller.send(probe.method, path, probe.headers, body: body("zz_unknown"))
                    #expect(answer.whole.replacing("#/\(field.name)", with: "#/zz_unknown") == twin.whole, "\(role) \(path) \(field.name)")
                    #expect((400..<500).contains(answer.status))
                    heard.add(answer)
                }
            }
        }
        expectSilence(heard, stage, oracle)
    }

    @Test(arguments: roles)
    func `a cursor serves nobody else, and no other question`(role: String) async throws {
        let stage = try await Self.staging.value
        let oracle = stage.oracle(role)
        let caller = try await stage.caller(role)
        let administrator = try stage.site.administrator
        for entity in stage.catalog.entities where oracle.ruling(.read, entity).isAllowed {
            let base = "/v1/\(entity.plural)"
            let usable = Set(oracle.usable(entity).map(\.name))
            for field in entity.fields where field.isSortable {
                let cursor = try #require(try await administrator.get("\(base)?limit=1&sort=\(field.name)").next)
                let replayed = try await caller.get("\(base)?limit=1&sort=\(field.name)&cursor=\(cursor)")
                #expect(replayed.code == (usable.contains(field.name) ? "cursor-invalid" : "field-unknown"), "\(role) \(base) \(field.name)")
                #expect(try await caller.get("\(base)?limit=1&cursor=\(cursor)").code == "cursor-invalid")
            }
            guard let own = try await caller.get("\(base)?limit=1").next else { continue }
            #expect(try await caller.get("\(base)?limit=1&cursor=\(own)").status == 200)
            #expect(try await caller.get("\(base)?limit=1&sort=-id&cursor=\(own)").code == "cursor-invalid")
            #expect(try await caller.get("\(base)?limit=1&filter=\(percentEncoded("id != null"))&cursor=\(own)").code == "cursor-invalid")
            let elsewhere = try await caller.get("\(base)?limit=1&cursor=\(own)", ["Purpose": "accounting"])
            #expect(["cursor-invalid", "denied"].contains(elsewhere.code))
            #expect(try await administrator.get("\(base)?limit=1&cursor=\(own)").code == "cursor-invalid")
        }
    }

    // MARK: Bodies

    @Test(arguments: roles)
    func `writing a field not seen in the clear is refused and tells nothing of its value`(role: String) async throws {
        let stage = try await Self.staging.value
        let oracle = stage.oracle(role)
        let caller = try await stage.caller(role)
        let heard = Heard()
        for record in stage.known where !record.entity.isWrittenByGatewayOnly {
            let entity = record.entity
            let path = "/v1/\(entity.plural)"
            let sight = oracle.decision(.read, record)
            let widest = oracle.ruling(.read, entity).widest
            let person = try #require(stage.people.firstIndex { $0.records.ids[entity.name] == record.id })
            let other = stage.people[(person + 1) % stage.people.count]
            let questions = entity.fields.indices.filter { !sight.access[$0].isClear }
            try await ask(Array(questions)) { position in
                let field = entity.fields[position]
                let place: Comment = "\(role) \(entity.name).\(field.name)"
                // The value it has, another one that it could have, and none: the answers may not differ.
                let own = stage.people[person].records.bodies[entity.name]?[field.name] ?? .string(record.id)
                let values = [own, other.records.bodies[entity.name]?[field.name] ?? .string(record.id)] + (field.isRequired ? [] : [.null])
                var answers: Set<String> = []
                for value in values {
                    let body: JSONValue = .object([field.name: value])
                    let amended = try await caller.patch("\(path)/\(record.id)", ifMatch: "*", body)
                    #expect(amended.status == 403 || (amended.status == 404 && !sight.isAllowed), place)
                    heard.add(amended)
                    var all = [amended]
                    if !widest.access[position].isClear {
                        let made = try await caller.post(path, body)
                        #expect(made.status == 403 || made.status == 422, place)
                        let imported = try await caller.importRows(entity.plural, [["line": 1, "members": body]])
                        if imported.status == 200 { #expect(imported.text.contains("\"refused\""), place) }
                        all += [made, imported]
                        heard.add(made)
                        heard.add(imported)
                    }
                    answers.insert(all.map(\.whole).joined())
                }
                #expect(answers.count == 1, place)
            }
        }
        expectSilence(heard, stage, oracle)
    }

    @Test(arguments: roles)
    func `an import looks nothing up by a field not seen in the clear`(role: String) async throws {
        let stage = try await Self.staging.value
        let oracle = stage.oracle(role)
        let caller = try await stage.caller(role)
        let catalog = stage.catalog
        for entity in catalog.entities where !entity.isWrittenByGatewayOnly && oracle.ruling(.import, entity).isAllowed {
            for reference in entity.fields {
                guard let target = reference.referenceTo.flatMap({ catalog.entity(named: $0) }) else { continue }
                let usable = Set(oracle.usable(target).map(\.name))
                let record = stage.records(of: target).first
                let fields = target.fields.filter { !usable.contains($0.name) || $0.isSealed }
                try await ask(fields) { field in
                    let value = Self.literal(record?.values[field.name] ?? .null, field).text
                    func row(_ name: String) -> JSONValue {
                        [
                            "line": 1, "members": [:],
                            "lookups": [["member": .string(reference.name), "field": .string(name), "value": .string(value)]],
                        ]
                    }
                    let twin = Self.twin(field.name)
                    let answer = try await caller.importRows(entity.plural, [row(field.name)], query: "?dry_run=true")
                    let unknown = try await caller.importRows(entity.plural, [row(twin)], query: "?dry_run=true")
                    #expect(
                        answer.whole.replacing("'\(field.name)'", with: "'\(twin)'") == unknown.whole, "\(role) \(entity.name) by \(field.name)")
                }
            }
        }
    }

    @Test(arguments: roles)
    func `a duplicate is told only by fields seen in the clear, of records that are seen`(role: String) async throws {
        let stage = try await Self.staging.value
        let oracle = stage.oracle(role)
        let caller = try await stage.caller(role)
        for record in stage.known where !record.entity.isWrittenByGatewayOnly && oracle.ruling(.create, record.entity).isAllowed {
            let entity = record.entity
            let making = oracle.ruling(.create, entity).widest
            for (position, field) in entity.fields.enumerated() where field.uniqueness == .warned && making.writable[position] {
                guard case .string(let value)? = record.values[field.name] else { continue }
                let made = try await caller.post("/v1/\(entity.plural)", .object([field.name: .string(value)]))
                #expect(made.status == 201)
                let told = (made["_meta"]?.objectValue?["duplicates"]?.arrayValue ?? []).compactMap { $0.objectValue?["id"]?.stringValue }
                let isSeen = oracle.decision(.read, record).access[position].isClear
                #expect(told == (isSeen ? [record.id] : []), "\(role) \(entity.name).\(field.name)")
                _ = try await stage.site.administrator.delete("/v1/\(entity.plural)/\(made.id)", ifMatch: "*")
            }
        }
    }

    @Test func `two roles that see different things get different tags, and the same ones get the same`() async throws {
        let stage = try await Self.staging.value
        for record in stage.known {
            var tags: [String: Set<String>] = [:]
            for role in Self.roles {
                let decision = stage.oracle(role).decision(.read, record)
                guard decision.isAllowed else { continue }
                for _ in 0..<2 {
                    let caller = try await stage.caller(role)
                    let tag = try await caller.get("/v1/\(record.entity.plural)/\(record.id)").tag
                    tags[decision.fingerprint, default: []].insert(try #require(tag))
                }
            }
            #expect(tags.values.allSatisfy { $0.count == 1 })
            #expect(Set(tags.values.joined()).count == tags.count)
            // The tag of who sees more is not taken from who sees less: a change goes by what was read.
            guard let seesAll = try await stage.site.administrator.get("/v1/\(record.entity.plural)/\(record.id)").tag else { continue }
            for role in Self.roles where !record.entity.isWrittenByGatewayOnly {
                let oracle = stage.oracle(role)
                guard oracle.admits(.update, record), oracle.admits(.read, record) else { continue }
                let answer = try await stage.caller(role).patch("/v1/\(record.entity.plural)/\(record.id)", ifMatch: seesAll, [:])
                let isSame = oracle.decision(.read, record).fingerprint == stage.oracle("administrator").decision(.read, record).fingerprint
                #expect(answer.status == (isSame ? 200 : 412), "\(role) \(record.entity.name)")
            }
        }
    }

    // MARK: Silence

    /// No text by which a value could be recognised that the role may not see in the clear, in anything it heard.
    private func expectSilence(_ heard: Heard, _ stage: Stage, _ oracle: PolicyOracle) {
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
private final class Heard: Sendable {
    private let answers = Mutex<Set<String>>([])

    func add(_ answer: Answer) {
        let whole = answer.whole.lowercased()
        answers.withLock { _ = $0.insert(whole) }
    }

    var text: String { answers.withLock { $0.joined(separator: "\n") } }
}

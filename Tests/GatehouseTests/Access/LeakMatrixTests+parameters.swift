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

/// What names and values in parameters tell.
extension LeakMatrixTests {
    /// One question by one field.
    struct Attack {
        let surface: Surface
        let field: Field
        let query: String
        /// The same by a name that no field has.
        let twin: String
    }

    /// - Parameter isBrief: the first question of each surface only.
    func attacks(_ route: Route, _ entity: Entity, _ record: KnownRecord?, isBrief: Bool = false) -> [Attack] {
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
    static func twin(_ name: String) -> String { "zq" + String(repeating: "z", count: max(1, name.count - 2)) }

    static func literal(_ value: Value, _ field: Field) -> (cel: String, text: String) {
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

    /// All of an answer but when keys were used, which the gateway writes down while these tests use them.
    func lasting(_ answer: Answer) -> String { answer.whole.replacing(/"used_at":(null|"[^"]*")/, with: #""used_at":null"#) }

    /// Answers to questions, several at a time.
    func ask<Question: Sendable>(
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
    func disguised(_ answer: Answer, _ attack: Attack, _ oracle: PolicyOracle, _ entity: Entity) -> String {
        let twin = Self.twin(attack.field.name)
        guard var object = answer.object else { return answer.whole }
        object["trace_id"] = nil
        if let detail = object["detail"]?.stringValue { object["detail"] = .string(detail.replacing("'\(attack.field.name)'", with: "'\(twin)'")) }
        if attack.surface == .condition, let hint = object["hint"]?.stringValue {
            // Members of `record`, or whatever can stand alone: which of the two was asked shows in what the hint offers.
            let members = (oracle.usable(entity).map(\.name) + ["id"]).sorted()
            let everything = (members + ["record", "principal", "request", "now"]).sorted()
            // A name that is near one of both gets the same hint from either: then the question itself tells which it was.
            let isOfRecord = attack.query.removingPercentEncoding?.contains("record.\(attack.field.name)") ?? false
            let offers = isOfRecord ? [members, everything] : [everything, members]
            let known = offers.first { Spelling.hint(for: attack.field.name, among: $0) == hint }
            #expect(known != nil, "\(oracle.role) \(entity.plural)\(attack.query): \(answer.text)")
            object["hint"] = .string(Spelling.hint(for: twin, among: known ?? []))
        }
        let kept = answer.headers.filter { !["date", "request-id", "audit-event", "content-length", "ratelimit"].contains($0.key) }
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
    func `V15.3.1 [API3]: a query finds only records that show every field it uses in the clear`(role: String) async throws {
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
                let asked =
                    attacks(.list(entity), entity, record).filter { differs.contains($0.field.name) }
                    + attacks(.list(entity), entity, record, isBrief: true).filter { usable.subtracting(differs).contains($0.field.name) }
                // What goes along finds no records of this entity, and has a test of its own.
                let questions = asked.filter { $0.surface != .inclusion }
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
                        if answer["smallest_group"] == nil { #expect(total == allowed.count, place) }
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

    static func integer(_ value: JSONValue?) -> Int? {
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
                let isAllowed = status(route, stage, oracle, person.records) < 300
                var twins: [Surface: String] = [:]
                for attack in attacks(route, entity, nil, isBrief: true) where twins[attack.surface] == nil {
                    twins[attack.surface] = lasting(try await caller.get(path + attack.twin))
                        .replacing("'\(Self.twin(attack.field.name))'", with: "'?'")
                }
                let unknown = twins
                let questions = attacks(route, entity, nil, isBrief: true).filter { attack in
                    // Each denial is written down first: a few are enough to see that the name does not matter.
                    if !isAllowed { return ["email", "name", "notes", "created_at"].contains(attack.field.name) }
                    // A reference that is seen in the clear is one of the names that it takes.
                    if case .read(let entity, _) = route, attack.surface == .inclusion, attack.field.referenceTo != nil {
                        return !oracle.usable(entity).contains { $0.name == attack.field.name }
                    }
                    if case .read(let entity, _) = route, attack.surface == .choice {
                        return oracle.ruling(.read, entity).widest.access[entity.position(of: attack.field.name) ?? 0] == .hidden
                    }
                    return true
                }
                try await ask(questions) { attack in
                    let answer = try await caller.get(path + attack.query)
                    let disguised = lasting(answer).replacing("'\(attack.field.name)'", with: "'?'")
                    #expect(disguised == unknown[attack.surface], "\(role) \(path)\(attack.query)")
                    heard.add(answer)
                }
                guard route.surfaces.contains(.member), !path.hasPrefix("/v1/\(entity.plural)") else { continue }
                if case .create = route { continue }
                if case .amend = route { continue }
                if case .records(.put) = route { continue }
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
}

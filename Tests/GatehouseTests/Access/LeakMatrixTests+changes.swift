import Catalog
import DataFormats
import Policies
import TestPostgres
import Testing

/// What related and deleted records tell.
extension LeakMatrixTests {
    @Test(arguments: roles)
    func `what goes along with a record is what reading it shows, and nothing else`(role: String) async throws {
        let stage = try await Self.staging.value
        let oracle = stage.oracle(role)
        let caller = try await stage.caller(role)
        let heard = Heard()
        for record in stage.known where oracle.admits(.read, record) {
            let entity = record.entity
            let usable = Set(oracle.usable(entity).map(\.name))
            var ways: [(name: String, target: Entity, isUsable: Bool)] = []
            for field in entity.fields {
                guard let target = field.referenceTo.flatMap({ stage.catalog.entity(named: $0) }) else { continue }
                ways.append((field.name, target, usable.contains(field.name)))
            }
            for target in stage.catalog.entities {
                for field in target.fields where field.referenceTo == entity.name {
                    // Whoever reads none of them is told so, as for a list.
                    let isUsable = !oracle.ruling(.read, target).isAllowed || oracle.usable(target).contains { $0.name == field.name }
                    ways.append(("\(target.plural).\(field.name)", target, isUsable))
                }
            }
            for (name, target, isUsable) in ways {
                let place: Comment = "\(role) \(entity.name) \(name)"
                let answer = try await caller.get("/v1/\(entity.plural)/\(record.id)?include=\(name)")
                heard.add(answer)
                guard isUsable else {
                    #expect(answer.code == "field-unknown", place)
                    continue
                }
                guard oracle.ruling(.read, target).isAllowed else {
                    #expect(answer.status == 403, place)
                    continue
                }
                #expect(answer.status == 200, place)
                let included = answer["_included"]?.objectValue?[name]?.arrayValue ?? []
                for item in included {
                    let id = item.objectValue?["id"]?.stringValue ?? ""
                    #expect(try await caller.get("/v1/\(target.plural)/\(id)").object.map { .object($0) } == item, place)
                }
            }
        }
        expectSilence(heard, stage, oracle)
    }

    @Test(arguments: roles)
    func `a deleted record is told of to nobody but who may restore it, and to them as they may read it`(role: String) async throws {
        let stage = try await Self.staging.value
        let oracle = stage.oracle(role)
        let caller = try await stage.caller(role)
        let administrator = try stage.site.administrator
        for entity in stage.catalog.entities where !entity.isWrittenByGatewayOnly {
            let markers = Markers(stage.catalog, seed: 97)
            var body = markers.body(entity)
            body["external_id"] = nil
            let path = "/v1/\(entity.plural)"
            let made = try await administrator.post(path, .object(body))
            #expect(made.status == 201, "\(made.text)")
            #expect(try await administrator.delete("\(path)/\(made.id)", ifMatch: "*").status == 204)
            let texts = entity.fields.flatMap { markers.texts(entity.name, $0.name) }.map { $0.lowercased() }
                .filter { $0.contains("kvz") || $0.contains("runa") }
            for question in ["/\(made.id)", "?limit=200&count=true", "?q=" + percentEncoded(texts.first ?? "nothing")] {
                let heard = try await caller.get(path + question).text.lowercased()
                #expect(!heard.contains(made.id), "\(role) \(entity.name) \(question)")
                #expect(!texts.contains { heard.contains($0) }, "\(role) \(entity.name) \(question)")
            }
            let restoring = oracle.ruling(.restore, entity).isAllowed
            let deleted = try await caller.get("\(path)/\(made.id)?deleted=true")
            let listed = try await caller.get("\(path)?deleted=true&limit=200")
            let ruling = oracle.ruling(.read, entity)
            if !restoring || !ruling.isAllowed {
                #expect(deleted.status == 403 && listed.status == 403, "\(role) \(entity.name)")
            } else {
                #expect(deleted.status == 200 && listed.status == 200, "\(role) \(entity.name): \(deleted.text)")
                for (field, access) in zip(entity.fields, ruling.widest.access) {
                    let shown = deleted[field.name]
                    switch access {
                    case .hidden: #expect(shown == nil, "\(role) \(entity.name).\(field.name)")
                    case .masked:
                        #expect(shown?.stringValue != markers.texts(entity.name, field.name).first, "\(role) \(entity.name).\(field.name)")
                    case .clear: break
                    }
                }
            }
            #expect(try await administrator.send("POST", "\(path)/\(made.id)/destroy", ["If-Match": "*"]).status == 204)
        }
    }

    @Test(arguments: roles)
    func `an operation of a batch writes no field that is not seen in the clear, and tells nothing of its value`(role: String) async throws {
        let stage = try await Self.staging.value
        let oracle = stage.oracle(role)
        let caller = try await stage.caller(role)
        let heard = Heard()
        for entity in stage.catalog.entities where !entity.isWrittenByGatewayOnly {
            let making = oracle.ruling(.create, entity)
            for (position, field) in entity.fields.enumerated() where !field.isSystem && field.referenceTo == nil {
                guard making.isAllowed else { break }
                guard !making.widest.access[position].isClear else { continue }
                var answers: Set<String> = []
                for person in stage.people {
                    guard let value = person.records.bodies[entity.name]?[field.name] else { continue }
                    let answer = try await caller.post(
                        "/v1/\(entity.plural)/batch", ["operations": [["op": "create", "body": .object([field.name: value])]]])
                    heard.add(answer)
                    #expect(
                        answer.status == 200 && answer.text.contains("field-not-writable"), "\(role) \(entity.name).\(field.name): \(answer.text)")
                    answers.insert(answer.whole)
                }
                #expect(answers.count <= 1, "\(role) \(entity.name).\(field.name)")
            }
        }
        expectSilence(heard, stage, oracle)
    }
}

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

/// What names and values in bodies tell, and what tags do.
extension LeakMatrixTests {
    @Test(arguments: roles)
    func `V8.2.3 [API3]: writing a field not seen in the clear is refused and tells nothing of its value`(role: String) async throws {
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
}

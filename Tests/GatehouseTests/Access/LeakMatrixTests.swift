import Catalog
import DataFormats
import Foundation
import Identity
import Policies
import PolicyFiles
import TestPostgres
import Testing
import Vocabulary

/// Every field that a role may not see in the clear, on every surface.
@Suite(.timeLimit(.minutes(10)))
struct LeakMatrixTests {
    private struct Stage {
        let folder: PolicyFolder
        let site: Site
        let markers: Markers
        let records: MarkedRecords
    }

    private static let staging = Task {
        let site = try await Site.shared()
        let folder = try site.catalog()
        let markers = Markers(folder.catalog, seed: 31)
        return Stage(folder: folder, site: site, markers: markers, records: try await .make(folder.catalog, markers, by: site.administrator))
    }

    static let roles = [
        "sales-rep", "sales-manager", "marketing", "support-agent", "integration-app", "compliance-officer", "auditor", "operator", "administrator",
    ]

    private func decide(_ stage: Stage, _ role: String, _ action: Action, _ entity: Entity) -> Decision {
        stage.folder.policies.decide(
            AccessRequest(principal: .host(tenant: TenantID(.make()), roles: [role]), purpose: nil), action, on: entity.name
        ).widest
    }

    @Test func `the matrix knows every shipped role`() async throws {
        #expect(try await Self.staging.value.folder.policies.roles == Set(Self.roles))
    }

    @Test(arguments: roles)
    func `a field not seen in the clear is nowhere in the clear`(role: String) async throws {
        let stage = try await Self.staging.value
        let caller = try await stage.site.caller(role, user: "matrix.\(role)")
        for entity in stage.folder.catalog.entities {
            let decision = decide(stage, role, .read, entity)
            let forbidden = zip(entity.fields, decision.access).filter { !$0.1.isClear }.map(\.0).flatMap {
                stage.markers.texts(entity.name, $0.name)
            }
            var heard = ""
            for probe in try probes(stage, entity) {
                let answer = try await caller.send(probe.method, probe.path, probe.headers, body: probe.body)
                heard += answer.whole + "\n"
                if !decision.isAllowed, probe.method == "GET" { #expect(answer.status == 403, "\(role) \(probe.method) \(probe.path)") }
            }
            for text in forbidden { #expect(!heard.localizedCaseInsensitiveContains(text), "\(role) \(entity.name): \(text)") }
        }
    }

    /// The routes about one entity that read or refuse; what they change is left to roles that see everything.
    private func probes(_ stage: Stage, _ entity: Entity) throws -> [RouteProbes.Probe] {
        let everything = RouteProbes(catalog: stage.folder.catalog, records: stage.records, markers: stage.markers, spareKey: "aaaaaaaaaaaa")
        let about = everything.all.map { everything.probe($0) }.filter { $0.path.hasPrefix("/v1/\(entity.plural)") && $0.method == "GET" }
        return about + about.map { .init(method: "GET", path: $0.path, headers: ["If-None-Match": "\"x\""]) }
    }

    @Test(arguments: roles)
    func `a record shows a field as its role may see it`(role: String) async throws {
        let stage = try await Self.staging.value
        let caller = try await stage.site.caller(role, user: "matrix.\(role)")
        for entity in stage.folder.catalog.entities {
            let decision = decide(stage, role, .read, entity)
            guard decision.isAllowed, let id = stage.records.ids[entity.name] else { continue }
            let one = try #require(try await caller.get("/v1/\(entity.plural)/\(id)").object)
            let listed = try await caller.get("/v1/\(entity.plural)?limit=200&sort=-id").data
            let found = try #require(listed.first { $0["id"]?.stringValue == id })
            for object in [one, found] {
                for (field, access) in zip(entity.fields, decision.access) {
                    let shown = object[field.name]
                    let sent = stage.markers.sent(entity.name, field.name)
                    switch access {
                    case .hidden: #expect(shown == nil, "\(role) \(entity.name).\(field.name)")
                    case .masked: #expect(shown != nil && shown != sent, "\(role) \(entity.name).\(field.name)")
                    case .clear: #expect(shown != nil, "\(role) \(entity.name).\(field.name)")
                    }
                }
            }
        }
    }

    @Test(arguments: roles)
    func `asking by a field not seen in the clear is answered as asking by one that does not exist`(role: String) async throws {
        let stage = try await Self.staging.value
        let caller = try await stage.site.caller(role, user: "matrix.\(role)")
        for entity in stage.folder.catalog.entities {
            let decision = decide(stage, role, .read, entity)
            guard decision.isAllowed else { continue }
            let base = "/v1/\(entity.plural)"
            let administrator = try stage.site.administrator
            for (field, access) in zip(entity.fields, decision.access) where !access.isClear {
                let value = percentEncoded(stage.markers.sent(entity.name, field.name)?.stringValue ?? "1")
                var asked = ["?\(field.name)=\(value)", "?\(field.name)=", "?sort=\(field.name)", "?sort=-\(field.name)"]
                if access == .hidden { asked.append("?fields=\(field.name)") }
                for query in asked {
                    let unknown = query.replacing(field.name, with: "zz_unknown")
                    let answer = try await caller.get(base + query)
                    #expect(
                        answer.whole.replacing(field.name, with: "zz_unknown") == (try await caller.get(base + unknown).whole),
                        "\(role) \(base)\(query)")
                }
                // A cursor that somebody else was given for a list sorted by the field.
                if let cursor = try await administrator.get("\(base)?limit=1&sort=\(field.name)").next {
                    #expect(try await caller.get("\(base)?limit=1&sort=\(field.name)&cursor=\(cursor)").code == "field-unknown")
                    #expect(try await caller.get("\(base)?limit=1&cursor=\(cursor)").code == "cursor-invalid")
                }
            }
        }
    }

    @Test(arguments: roles)
    func `writing a field not seen in the clear is refused and tells nothing of its value`(role: String) async throws {
        let stage = try await Self.staging.value
        let caller = try await stage.site.caller(role, user: "matrix.\(role)")
        for entity in stage.folder.catalog.entities where !entity.isWrittenByGatewayOnly {
            guard let id = stage.records.ids[entity.name] else { continue }
            let path = "/v1/\(entity.plural)/\(id)"
            let sight = decide(stage, role, .read, entity)
            for (position, field) in entity.fields.enumerated() where !sight.access[position].isClear {
                // The value it has, and another: the answers may not differ.
                var answers: Set<String> = []
                for value in [stage.markers.sent(entity.name, field.name) ?? .string(id), .null] {
                    let body: JSONValue = .object([field.name: value])
                    let amended = try await caller.patch(path, ifMatch: "*", body)
                    #expect(amended.status == 403, "\(role) \(entity.name).\(field.name)")
                    let made = try await caller.post("/v1/\(entity.plural)", body)
                    #expect(made.status == 403 || made.status == 422, "\(role) \(entity.name).\(field.name)")
                    let row: JSONValue = ["line": 1, "members": body]
                    let imported = try await caller.importRows(entity.plural, [row])
                    if imported.status == 200 { #expect(imported.text.contains("\"refused\""), "\(role) \(entity.name).\(field.name)") }
                    answers.insert([amended, made, imported].map(\.whole).joined())
                }
                #expect(answers.count == 1, "\(role) \(entity.name).\(field.name)")
                for text in stage.markers.texts(entity.name, field.name) {
                    #expect(answers.allSatisfy { !$0.localizedCaseInsensitiveContains(text) }, "\(role) \(entity.name).\(field.name)")
                }
            }
        }
    }

    @Test(arguments: roles)
    func `an import looks nothing up by a field not seen in the clear`(role: String) async throws {
        let stage = try await Self.staging.value
        let caller = try await stage.site.caller(role, user: "matrix.\(role)")
        let catalog = stage.folder.catalog
        for entity in catalog.entities where !entity.isWrittenByGatewayOnly && decide(stage, role, .import, entity).isAllowed {
            for reference in entity.fields {
                guard let target = reference.referenceTo.flatMap({ catalog.entity(named: $0) }) else { continue }
                let sight = decide(stage, role, .read, target)
                for (field, access) in zip(target.fields, sight.access) where !access.isClear || field.isSealed {
                    let value = stage.markers.sent(target.name, field.name)?.stringValue ?? "x"
                    func row(_ name: String) -> JSONValue {
                        [
                            "line": 1, "members": [:],
                            "lookups": [["member": .string(reference.name), "field": .string(name), "value": .string(value)]],
                        ]
                    }
                    let answer = try await caller.importRows(entity.plural, [row(field.name)], query: "?dry_run=true")
                    let unknown = try await caller.importRows(entity.plural, [row("zz_unknown")], query: "?dry_run=true")
                    #expect(answer.whole.replacing(field.name, with: "zz_unknown") == unknown.whole, "\(role) \(entity.name) by \(field.name)")
                }
            }
        }
    }

    @Test(arguments: roles)
    func `a duplicate is told only by fields seen in the clear`(role: String) async throws {
        let stage = try await Self.staging.value
        let caller = try await stage.site.caller(role, user: "matrix.\(role)")
        for entity in stage.folder.catalog.entities where decide(stage, role, .create, entity).isAllowed && !entity.isWrittenByGatewayOnly {
            let sight = decide(stage, role, .read, entity)
            let making = decide(stage, role, .create, entity)
            for (position, field) in entity.fields.enumerated() where field.uniqueness == .warned && making.writable[position] {
                guard let value = stage.markers.sent(entity.name, field.name) else { continue }
                let made = try await caller.post("/v1/\(entity.plural)", .object([field.name: value]))
                #expect(made.status == 201)
                let told = made["_meta"]?.objectValue?["duplicates"] != nil
                #expect(told == sight.access[position].isClear, "\(role) \(entity.name).\(field.name)")
                _ = try await stage.site.administrator.delete("/v1/\(entity.plural)/\(made.id)", ifMatch: "*")
            }
        }
    }

    @Test func `two roles that see different things get different tags, and the same ones get the same`() async throws {
        let stage = try await Self.staging.value
        let id = try #require(stage.records.ids["contact"])
        let entity = try #require(stage.folder.catalog.entity(named: "contact"))
        var tags: [String: Set<String>] = [:]
        for role in Self.roles {
            let decision = decide(stage, role, .read, entity)
            guard decision.isAllowed else { continue }
            for user in ["one", "two"] {
                let tag = try await stage.site.caller(role, user: user).get("/v1/contacts/\(id)").tag
                tags[decision.fingerprint, default: []].insert(try #require(tag))
            }
        }
        #expect(tags.values.allSatisfy { $0.count == 1 })
        #expect(Set(tags.values.joined()).count == tags.count)
    }
}

import Catalog
import DataFormats
import Foundation
import TestPostgres
import Testing

@testable import HTTPInterface

/// What the Application Security Verification Standard 5.0 (V…) and the API Security Top 10 of 2023 ([API…]) ask of a gateway: who gets to what.
///
/// What other suites hold carries its id there; ``RequirementTests`` knows all of them.
@Suite(.timeLimit(.minutes(15)))
struct AccessRequirementTests {
    @Test func `V8.2.2 [API1]: nothing that an administrator of another tenant sends finds, changes or names what is not theirs`() async throws {
        let stage = try await LeakMatrixTests.staging.value
        let stranger = try await stage.site.stranger()
        let person = try #require(stage.people.first)
        let ids = Set(person.records.ids.values)
        let probes = RouteProbes(catalog: stage.catalog, records: person.records, markers: person.markers, spareKey: "aaaaaaaaaaaa")
        for route in probes.all {
            var probe = probes.probe(route)
            if case .create = route { continue }
            if case .importRows = route { probe.path += "?dry_run=true" }
            let answer = try await stranger.send(probe.method, probe.path, probe.headers, body: probe.body)
            #expect(answer.status < 500, "\(probe.method) \(probe.path): \(answer.text)")
            switch route {
            case .amend(let entity, _) where entity.isWrittenByGatewayOnly, .remove(let entity, _) where entity.isWrittenByGatewayOnly:
                #expect(answer.status == 403)
            case .read, .amend, .remove: #expect(answer.status == 404, "\(probe.method) \(probe.path): \(answer.text)")
            default: break
            }
            // What was sent may come back; what was found may not.
            if !ids.contains(where: { probe.path.contains($0) }) {
                for id in ids { #expect(!answer.text.contains(id), "\(probe.method) \(probe.path)") }
            }
            #expect(!(answer.headers["link"] ?? "").contains("cursor"), "\(probe.method) \(probe.path)")
        }
        for entity in stage.catalog.entities {
            let marker = entity.fields.lazy.filter(\.isFilterable).compactMap { person.markers.sent(entity.name, $0.name)?.stringValue }.first
            let words = (marker ?? "none").addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            let listed = try await stranger.get("/v1/\(entity.plural)?count=true&q=\(words)")
            if listed.status == 200 { #expect(listed.data.isEmpty && listed["count"] == .number(JSONNumber(0)), "\(entity.plural)") }
        }
        for (name, id) in person.records.ids {
            let plural = try #require(stage.catalog.entity(named: name)).plural
            #expect(try await stage.site.administrator.get("/v1/\(plural)/\(id)").status == 200, "\(plural)")
        }
    }

    @Test func `V8.2.2 [API1]: a cursor of another's list is no key to it`() async throws {
        let stage = try await LeakMatrixTests.staging.value
        let first = try await stage.site.administrator.get("/v1/contacts?limit=1")
        let cursor = try #require(first["next"]?.stringValue)
        let answer = try await stage.site.stranger().get("/v1/contacts?limit=1&cursor=\(cursor)")
        #expect(answer.status == 400 && answer.code == "cursor-invalid", "\(answer.text)")
    }
}

import Catalog
import DataFormats
import Foundation
import Gateway
import PolicyFiles
import TestPostgres
import Testing

/// One person whose every field is a unique marker goes through every route and every command, failures included.
@Suite(.timeLimit(.minutes(15)))
struct CanaryTests {
    @Test func `V14.2.1: no personal value leaves through logs, errors, events or the databases themselves`() async throws {
        try await Site.with(.embedded) { site in
            // Without a spool, so that the time without a trail refuses.
            site.add(["GATEHOUSE_AUDIT_SPOOL_MB": "0"])
            let server = try await site.serve(["--log-level", "trace"])
            let catalog = try site.catalog().catalog
            let markers = Markers(catalog, seed: 47)
            let administrator = try site.administrator
            let records = try await MarkedRecords.make(catalog, markers, by: administrator)
            var errors: [String] = []
            var said = ""

            // Every route as every role, then what fails.
            for role in LeakMatrixTests.roles {
                let caller = try await site.caller(role)
                let spare = try await site.caller("auditor")
                let probes = RouteProbes(catalog: catalog, records: records, markers: markers, spareKey: spare.id)
                for route in probes.all {
                    let probe = probes.probe(route)
                    let answer = try await caller.send(probe.method, probe.path, probe.headers, body: probe.body)
                    if answer.status >= 400 { errors.append("\(probe.method) \(probe.path): \(answer.whole)") }
                    if probe.path.hasPrefix("/v1/audit") { said += answer.text }
                }
            }
            errors += try await failures(administrator, catalog, markers, records)
            said += try await commands(site, catalog, markers, person: records.ids["contact"] ?? "")

            // The trail is gone for a while, and the vault's doors stay open: nothing is told of either.
            try await site.administer("ALTER TABLE audit_inbox RENAME TO audit_elsewhere")
            for (name, id) in records.ids {
                guard let entity = catalog.entity(named: name) else { continue }
                errors.append(try await administrator.get("/v1/\(entity.plural)/\(id)").whole)
                if name == "contact" {
                    errors.append(try await administrator.patch("/v1/contacts/\(id)", ifMatch: "*", .object(markers.body(entity))).whole)
                }
            }
            try await site.administer("ALTER TABLE audit_elsewhere RENAME TO audit_inbox")
            try await site.settleLog()

            let everything = markers.texts(catalog) { _ in true }
            let sealed = markers.texts(catalog) { $0.isSealed }
            let store = try await site.dump("gatehouse")
            let trail = try await site.administer("SELECT convert_from(entry, 'UTF8') FROM audit_event")
            let places: [(String, String, [String])] = [
                ("standard output", Program.text(server.output), everything), ("standard error", Program.text(server.errors), everything),
                ("commands", said, everything), ("error bodies", errors.joined(separator: "\n"), everything), ("the audit trail", trail, everything),
                ("the server's log", Program.text(site.state + "/postgres/server.log"), everything),
                ("the store", store, sealed + sealed.flatMap(Self.encodings)),
                ("the vault", try await site.dump("gatehouse_vault"), everything + everything.flatMap(Self.encodings)),
            ]
            for (place, text, forbidden) in places {
                #expect(!text.isEmpty || place == "the server's log", "\(place) has to be looked at")
                for marker in forbidden { #expect(!text.localizedCaseInsensitiveContains(marker), "\(marker) in \(place)") }
            }
            // The markers would be found where they are allowed to be.
            #expect(try #require(markers.texts(catalog) { !$0.isSealed }.first.map { store.contains($0) } as Bool?))
            #expect(errors.count > 100)
        }
    }

    /// As `pg_dump` and JSON would show the bytes.
    private static func encodings(_ text: String) -> [String] { [Hex.encode(Array(text.utf8)), Data(text.utf8).base64EncodedString()] }

    private func failures(_ caller: Caller, _ catalog: CompiledCatalog, _ markers: Markers, _ records: MarkedRecords) async throws -> [String] {
        var errors: [String] = []
        func hear(_ answer: Answer) { if answer.status >= 400 { errors.append(answer.whole) } }
        for entity in catalog.entities where !entity.isWrittenByGatewayOnly {
            let path = "/v1/\(entity.plural)"
            let id = records.ids[entity.name] ?? ""
            hear(try await caller.post(path, .object(markers.body(entity))))
            hear(try await caller.patch("\(path)/\(id)", ifMatch: nil, .object(markers.body(entity))))
            hear(try await caller.patch("\(path)/\(id)", ifMatch: "\"x\"", .object(markers.body(entity))))
            hear(try await caller.post(path, .object(markers.body(entity)), ["Content-Type": "text/plain"]))
            hear(
                try await caller.send(
                    "POST", path, ["Content-Type": "application/json"], body: JSONValue.object(markers.body(entity)).encoded().dropLast()))
            for field in entity.fields {
                guard let sent = markers.sent(entity.name, field.name) else { continue }
                let text = sent.stringValue ?? markers.texts(entity.name, field.name).first ?? ""
                // Into a field of another type, into a query, into an id, into a lookup.
                for other in entity.fields where other.type != field.type && !other.isSystem {
                    hear(try await caller.post(path, .object([other.name: .string(text + "\u{1}")])))
                }
                hear(try await caller.get("\(path)?created_at=\(percentEncoded(text))"))
                hear(try await caller.get("\(path)?\(field.name)=\(percentEncoded(text))"))
                hear(try await caller.get("\(path)?limit=\(percentEncoded(text))"))
                // Searches that find, find nothing, are too long, have too many words, and go with what they do not go with.
                for more in [
                    "", "%20nobody", "%20" + String(repeating: percentEncoded(text) + "%20", count: 60), "&sort=created_at", "&count=true",
                    "&cursor=x",
                ] {
                    hear(try await caller.get("\(path)?q=\(percentEncoded(text))\(more)"))
                }
                hear(try await caller.get("\(path)/\(id)?q=\(percentEncoded(text))"))
                hear(try await caller.get("\(path)?cursor=\(percentEncoded(text))"))
                hear(try await caller.get("\(path)/\(percentEncoded(text))"))
                hear(try await caller.get("/v1/\(percentEncoded(text))"))
                let lookup: JSONValue = ["member": "account_id", "field": "name", "value": .string(text)]
                hear(try await caller.importRows(entity.plural, [["line": 1, "members": [:], "lookups": [lookup]]]))
            }
        }
        return errors
    }

    private func commands(
        _ site: Site, _ catalog: CompiledCatalog, _ markers: Markers, person: String
    ) async throws -> String {
        var said = ""
        func hear(_ outcome: Program.Outcome) { said += outcome.output + outcome.errors }
        let contact = try #require(catalog.entity(named: "contact"))
        let fields = contact.fields.filter { markers.sent("contact", $0.name) != nil }
        let cells = fields.map { markers.sent("contact", $0.name)?.stringValue ?? "" }
        // A good row, one too long, one that no quote closes.
        let good = cells.map { "\"\($0)\"" }.joined(separator: ",")
        let csv = fields.map(\.name).joined(separator: ",") + "\n" + good + "\n" + good + ",more\n\"" + cells.joined(separator: " ")
        try Data(csv.utf8).write(to: URL(fileURLWithPath: site.folder + "/people.csv"))
        try Data((JSONValue.object(markers.body(contact)).encoded() + Array("\n{\"given_name\": ".utf8))).write(
            to: URL(fileURLWithPath: site.folder + "/people.ndjson"))
        hear(try await site.run("import", "people.csv", "--as", "contacts"))
        hear(try await site.run("import", "people.ndjson", "--as", "contacts", "--json"))
        hear(try await site.run("import", "people.csv", "--as", "leads"))
        hear(try await site.run("audit", "search", "--limit", "200", "--json"))
        hear(try await site.run("audit", "search", "--limit", "200"))
        hear(try await site.run("audit", "search", "--all", "--csv"))
        for form in [[], ["--json"]] {
            hear(try await site.run(["audit", "report", "breach", "--user", "host", "--list"] + form))
            hear(try await site.run(["audit", "report", "unusual", "--people", "0", "--denials", "0", "--deletions", "0"] + form))
            hear(try await site.run(["audit", "report", "subject", person] + form))
        }
        hear(try await site.run("search", "report"))
        hear(try await site.run("search", "report", "--json"))
        hear(try await site.run("token", "list"))
        hear(try await site.run("token", "list", "--json"))
        hear(try await site.run("token", "revoke", "aaaaaaaaaaaa"))
        hear(try await site.run("schema", "plan", "--json"))
        hear(try await site.run("schema", "verify"))
        hear(try await site.run("schema", "apply"))
        hear(try await site.run("sample", "--people", "3"))
        var status = stat()
        #expect(stat(site.folder + "/people.csv.refused.csv", &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        return said
    }
}

import Catalog
import DataFormats
import Foundation
import PolicyFiles
import TestPostgres
import Testing

/// The proof of separation: whoever has the store alone knows nobody, and whoever has the vault alone knows nothing.
///
/// Store and vault are on a server each, so that the files, the write-ahead log, the statistics and the server's log of one are
/// what somebody would have who took that one away.
@Suite(.timeLimit(.minutes(15)))
struct SeparationTests {
    @Test func `neither the store nor the vault alone says who anybody is, in no form and in no corner of its server`() async throws {
        // A server that tells its administrator everything it can.
        let talkative = [
            "log_statement=all", "log_parameter_max_length=-1", "log_parameter_max_length_on_error=-1", "log_min_error_statement=error",
            "log_min_duration_statement=0", "track_activity_query_size=65536",
            "shared_preload_libraries=pg_stat_statements,auto_explain", "auto_explain.log_min_duration=0", "auto_explain.log_analyze=on",
        ]
        let (one, two) = (try await PostgresCluster.start(settings: talkative), try await PostgresCluster.start(settings: talkative))
        for cluster in [one, two] { try await cluster.administer("template1", "CREATE EXTENSION pg_stat_statements") }
        let pair = try await DatabasePair.apart(store: one, vault: two)
        for (cluster, database) in [(one, pair.store), (two, pair.vault)] {
            try await cluster.administer(database, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        }
        try await Site.with(.given(pair)) { site in
            site.keepKeysBriefly()
            try await site.serve()
            let catalog = try site.catalog().catalog
            let seeds = [48, 49, 50].map { Markers(catalog, seed: $0) }
            var secrets = try await secrets(of: pair)
            try await use(site, catalog, seeds)
            secrets.formUnion(try await self.secrets(of: pair))
            for arguments in [["epoch"], ["search"], ["subjects", "--suite", "2"], ["root"], ["epoch"]] {
                let outcome = try await site.run(["key", "rotate", "--rate", "0"] + arguments)
                #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
                secrets.formUnion(try await self.secrets(of: pair))
            }
            try await read(site, catalog, seeds)

            let everything = Set(seeds.flatMap { $0.texts(catalog) { _ in true } })
            let plain = Set(seeds.flatMap { $0.texts(catalog) { !$0.isSealed } })
            let sealed = everything.subtracting(plain)
            #expect(sealed.count > 60 && plain.count > 15)
            let values = ByteSearch(everything.flatMap { NaturalForms.of($0, name: $0) })
            let identifying = ByteSearch(sealed.flatMap { NaturalForms.of($0, name: $0) })
            let material = ByteSearch(secrets.flatMap { [($0.name, $0.bytes)] + NaturalForms.of($0.bytes, name: $0.name) })
            let kinds = Set(secrets.map(\.kind))
            #expect(kinds == ["token", "data_key", "epoch_key", "search_key"] && secrets.count > 100)

            // What there is before anything is planted.
            let store = try await Remains(one, pair.store)
            for place in try store.places() {
                #expect(place.found(identifying).isEmpty, "\(place.name) of the store")
                #expect(place.found(material).isEmpty, "\(place.name) of the store")
            }
            let vault = try await Remains(two, pair.vault)
            for place in try vault.places() { #expect(place.found(values).isEmpty, "\(place.name) of the vault") }

            // The search does find what is allowed to be there: plain columns in the store, tokens and wrapped keys in the vault.
            for place in try store.places() where place.name != "activity" {
                #expect(place.found(values).contains { plain.contains(String($0.prefix { $0 != "," })) }, "\(place.name) of the store")
            }
            for place in try vault.places() where place.name != "activity" && place.name != "statistics" {
                let found = Set(place.found(material).map { String($0.prefix { $0 != " " }) })
                #expect(found.isSuperset(of: kinds), "\(place.name) of the vault: \(found)")
            }

            // And it finds one cell that was left open, wherever that would show.
            let leaked = try #require(seeds[0].texts("contact", "email").first)
            for (cluster, database) in [(one, pair.store), (two, pair.vault)] {
                let (hex, base64) = (Hex.encode(Array(leaked.utf8)), Data(leaked.utf8).base64EncodedString())
                try await cluster.administer(database, "CREATE TABLE left_open (name text, bytes bytea, form text)")
                for number in 0..<20 {
                    try await cluster.administer(
                        database, "INSERT INTO left_open VALUES ('\(leaked.uppercased()) \(number)', '\\x\(hex)', '\(base64)')")
                }
                let remains = try await Remains(cluster, database)
                for place in try remains.places() where place.name != "activity" {
                    let found = place.found(identifying)
                    #expect(found.contains("\(leaked), upper"), "\(place.name)")
                    if ["dump", "server.log"].contains(place.name) { #expect(found.contains("\(leaked), as it is, hex"), "\(place.name)") }
                    if ["files", "write-ahead log", "custom dump"].contains(place.name) {
                        #expect(found.contains("\(leaked), as it is, Base64 at 0"), "\(place.name)")
                    }
                }
            }
        }
    }

    /// A token, or a key as it rests.
    private struct Secret: Hashable {
        let kind: String
        let bytes: [UInt8]
        var name: String { "\(kind) \(Hex.encode(Array(bytes.prefix(8))))" }
    }

    /// What the vault keeps from the store, as it is now.
    private func secrets(of pair: DatabasePair) async throws -> Set<Secret> {
        // Behind format, suite and version, which are the same in many.
        let rows = try await pair.vaultCluster.administer(
            pair.vault,
            """
            SELECT 'token', encode(token, 'hex') FROM search_token UNION ALL
            SELECT 'data_key', encode(substr(wrapped, 7), 'hex') FROM data_key UNION ALL
            SELECT 'epoch_key', encode(substr(wrapped, 7), 'hex') FROM epoch_key UNION ALL
            SELECT 'search_key', encode(substr(wrapped, 7), 'hex') FROM search_key
            """
        )
        return Set(
            try rows.split(separator: "\n").map { row in
                let cells = row.split(separator: "|")
                return Secret(kind: String(cells[0]), bytes: try #require(Hex.decode(String(cells[1]))))
            }
        )
    }

    // MARK: A day of a gateway

    private func use(_ site: Site, _ catalog: CompiledCatalog, _ seeds: [Markers]) async throws {
        let caller = try site.administrator
        let contact = try #require(catalog.entity(named: "contact"))
        let records = try await MarkedRecords.make(catalog, seeds[0], by: caller)
        // Everything changes once; what it was has been in the database.
        for (name, id) in records.ids {
            guard let entity = catalog.entity(named: name), !entity.isWrittenByGatewayOnly else { continue }
            let answer = try await caller.patch("/v1/\(entity.plural)/\(id)", ifMatch: "*", .object(seeds[1].body(entity)))
            #expect(answer.status == 200, "\(answer.text)")
        }
        // Imports, by the API and by the command; the second of equal rows is refused.
        let row: JSONValue = ["line": 1, "members": .object(seeds[2].body(contact))]
        #expect(try await caller.importRows("contacts", [row, row]).status == 200)
        let fields = contact.fields.filter { seeds[2].sent("contact", $0.name) != nil && $0.name != "external_id" }
        let cells = fields.map { "\"\(seeds[2].sent("contact", $0.name)?.stringValue ?? "")\"" }.joined(separator: ",")
        let people = site.folder + "/people.csv"
        try Data((fields.map(\.name).joined(separator: ",") + "\n" + cells + "\n" + cells + ",more\n").utf8).write(to: URL(fileURLWithPath: people))
        let imported = try await site.run("import", "people.csv", "--as", "contacts")
        #expect(imported.output.contains("1") && imported.status != 70, "\(imported.errors)")
        try await read(site, catalog, seeds)

        // What fails.
        let body = JSONValue.object(seeds[1].body(contact))
        #expect(try await caller.post("/v1/contacts", body).status == 409)
        #expect(try await caller.get("/v1/contacts?filter=\(percentEncoded("record.email == 'x"))").status == 400)
        let marker = try #require(seeds[0].texts("contact", "family_name").first)
        for wrong in ["created_at=\(marker)", "limit=\(marker)", "cursor=\(marker)", "nobody=\(marker)", "account_id=\(marker)"] {
            #expect(try await caller.get("/v1/contacts?\(wrong)").status == 400)
        }
        #expect(try await caller.get("/v1/contacts/\(marker)").status == 404)
        #expect(try await caller.patch("/v1/contacts/\(records.ids["contact"] ?? "")", ifMatch: "\"x\"", body).status == 412)
        #expect(try await caller.post("/v1/contacts", ["country": .string(marker), "birth_date": .string(marker)]).status == 422)

        // Somebody goes, and somebody's key is destroyed.
        let gone = try await caller.post("/v1/contacts", ["family_name": .string(marker), "email": .string("\(marker)@kvz.example.org")])
        #expect(try await caller.delete("/v1/contacts/\(gone.id)", ifMatch: "*").status == 204)
        let erased = try await caller.post("/v1/contacts", ["family_name": .string(marker), "email": .string("\(marker)@kvz.example.org")])
        let destruction = try await site.run("key", "destroy", erased.id, "--reason", "request 17", "--yes")
        #expect(destruction.status == 0, "\(destruction.errors)")
    }

    /// Reads, lists and searches of everything by everything.
    private func read(_ site: Site, _ catalog: CompiledCatalog, _ seeds: [Markers]) async throws {
        let caller = try site.administrator
        for entity in catalog.entities {
            let list = try await caller.get("/v1/\(entity.plural)?limit=200")
            #expect(list.status == 200)
            for record in list.data { _ = try await caller.get("/v1/\(entity.plural)/\(record["id"]?.stringValue ?? "")") }
            for markers in seeds {
                for field in entity.fields {
                    guard let sent = markers.sent(entity.name, field.name)?.stringValue else { continue }
                    _ = try await caller.get("/v1/\(entity.plural)?\(field.name)=\(percentEncoded(sent))")
                    let condition = "record.\(field.name) == '\(sent)'"
                    _ = try await caller.get("/v1/\(entity.plural)?filter=\(percentEncoded(condition))")
                    _ = try await caller.get("/v1/\(entity.plural)?q=\(percentEncoded(sent))")
                }
            }
        }
        // What is searched for is found: the first of the three was overwritten.
        for markers in seeds.dropFirst() {
            let name = try #require(markers.texts("contact", "family_name").first)
            #expect(try await caller.get("/v1/contacts?q=\(name)").data.isEmpty == false)
        }
        _ = try await caller.get("/v1/audit/events?limit=200")
        _ = try await site.run("audit", "search", "--limit", "200", "--json")
    }
}

/// What somebody has who has taken one server away.
private struct Remains {
    struct Place {
        let name: String
        let found: (ByteSearch) -> Set<String>
    }

    private let cluster: PostgresCluster
    private let texts: [(name: String, text: String)]

    init(_ cluster: PostgresCluster, _ database: String) async throws {
        self.cluster = cluster
        // Statistics of everything, and everything on the disk.
        try await cluster.administer(database, "VACUUM ANALYZE")
        try await cluster.administer(database, "CHECKPOINT")
        try await cluster.administer(database, "SELECT pg_switch_wal()")
        let statistics = try await cluster.administer(database, "SELECT row_to_json(s) FROM pg_stats AS s WHERE schemaname = 'public'")
        let activity = try await cluster.administer(
            database, "SELECT row_to_json(s) FROM pg_stat_activity AS s UNION ALL SELECT row_to_json(s) FROM pg_stat_statements AS s")
        #expect(statistics.contains("most_common_vals") && activity.contains("SELECT"))
        let dump = try await PostgresCluster.dump(socket: cluster.folder, database)
        let custom = try await PostgresCluster.dump(socket: cluster.folder, database, options: ["-Fc", "-Z0"])
        texts = [
            ("dump", dump), ("custom dump", custom), ("statistics", statistics), ("activity", activity), ("server.log", Program.text(cluster.log)),
        ]
    }

    func places() throws -> [Place] {
        let folder = cluster.data
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/pg_wal").count > 1)
        return texts.map { text in Place(name: text.name) { $0.found(in: text.text) } } + [
            Place(name: "files") { search in ["base", "global", "pg_stat"].reduce(into: []) { $0.formUnion(search.found(below: "\(folder)/\($1)")) }
            },
            Place(name: "write-ahead log") { $0.found(below: folder + "/pg_wal") },
        ]
    }
}

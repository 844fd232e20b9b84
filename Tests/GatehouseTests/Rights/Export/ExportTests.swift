import Catalog
import DataFormats
import Foundation
import Gateway
import PolicyFiles
import Sealing
import Storage
import SubjectRights
import TestPostgres
import Testing
import TransparencyLog
import Vocabulary

/// What a person gets who asks for their data, opened as that person opens it.
@Suite(.timeLimit(.minutes(15)))
struct ExportTests {
    private static let passphrase = "six words on a slip of paper"

    /// Two people and what each is in; one is named in a record about the other.
    private struct Stage {
        let catalog: CompiledCatalog
        let ann: MarkedRecords
        let annsMarkers: Markers
        let bob: MarkedRecords
        let bobsMarkers: Markers
        let naming: String

        static func make(_ site: Site) async throws -> Stage {
            let catalog = try site.catalog().catalog
            let administrator = try site.administrator
            let (annsMarkers, bobsMarkers) = (Markers(catalog, seed: 51), Markers(catalog, seed: 62))
            let ann = try await MarkedRecords.make(
                catalog, annsMarkers, by: administrator,
                changes: ["job_title": "=HYPERLINK(\"https://x.example\")", "city": "<script>alert(1)</script>"])
            let bob = try await MarkedRecords.make(catalog, bobsMarkers, by: administrator)
            var call = bobsMarkers.body(try #require(catalog.entity(named: "activity")))
            call["external_id"] = nil
            call["contact_id"] = .string(bob.ids["contact"] ?? "")
            call["lead_id"] = .string(ann.ids["lead"] ?? "")
            let made = try await administrator.post("/v1/activities", .object(call))
            try #require(made.status == 201, "\(made.text)")
            return Stage(catalog: catalog, ann: ann, annsMarkers: annsMarkers, bob: bob, bobsMarkers: bobsMarkers, naming: made.id)
        }

        var annsIDs: [String] { ["contact", "lead"].compactMap { ann.ids[$0] } }
    }

    @Test func `what went into the archive is in the package, too`() async throws {
        try await Site.with(.embedded) { site in
            try await site.serve()
            let caller = try site.administrator
            let ann = try await caller.post("/v1/contacts", ["family_name": "Ann"]).id
            for topic in ["Prices", "Delivery"] {
                let made = try await caller.post("/v1/activities", ["kind": "call", "contact_id": .string(ann), "topic": .string(topic)])
                try #require(made.status == 201, "\(made.text)")
            }
            try await site.administer(
                """
                INSERT INTO archived_record (tenant_id, entity, id, subject_id, run_id, rule, archived_at, contents)
                SELECT tenant_id, 'activity', id, subject_id, gen_random_uuid(), 'old', now(), to_jsonb(activity.*) FROM activity ORDER BY id LIMIT 1
                """)
            try await site.administer("DELETE FROM activity WHERE id IN (SELECT id FROM archived_record)")
            let identity = AgeIdentity.make()
            let desk = ExportDesk(site: site)
            let (_, token) = try await desk.export([ann], to: .recipient(identity.recipient))
            let opened = try await OpenedPackage.open(try await desk.download(token).bytes, identity: identity)
            let topics = try opened.records("activity").compactMap { $0["topic"]?.stringValue }
            #expect(topics == ["Prices", "Delivery"])
            #expect(try opened.manifest()["records"]?.objectValue?["activity"] == 2)
        }
    }

    @Test func `a person opens the package with age and unzip and finds everything about them, and nothing of anybody else`() async throws {
        try await Site.with(.embedded) { site in
            try await site.serve()
            let stage = try await Stage.make(site)
            let contact = stage.ann.ids["contact"] ?? ""
            let officer = try await site.caller("compliance-officer")
            #expect(try await officer.put("/v1/subjects/\(contact)/consents/marketing", ["state": "given", "evidence": "form 17"]).status == 204)
            #expect(try await officer.put("/v1/subjects/\(contact)/objections/sales", .null).status == 204)
            let identity = AgeIdentity.make()
            let desk = ExportDesk(site: site)
            let request = UUIDv7.make()
            let (package, token) = try await desk.export(stage.annsIDs, to: .recipient(identity.recipient), request: request)
            let answer = try await desk.download(token)
            #expect(answer.status == 200)
            #expect(answer.headers["content-disposition"] == "attachment; filename=\"export.zip.age\"")
            #expect(answer.headers["cache-control"] == "no-store")
            #expect(answer.bytes.count == package.byteCount)
            let opened = try await OpenedPackage.open(answer.bytes, identity: identity)

            // Every field of hers is there in the clear, or is said to be kept back, with the article.
            let everything = opened.files.values.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
            for entity in stage.catalog.entities where entity.subject != .nobody {
                let record = try #require(opened.records(entity.name).first { $0["id"]?.stringValue == stage.ann.ids[entity.name] }, "\(entity.name)")
                for field in entity.fields {
                    guard let sent = stage.ann.bodies[entity.name]?[field.name], sent != .null else { continue }
                    if field.type == .user {
                        let withheld = (record["_withheld"]?.arrayValue ?? []).compactMap(\.stringValue)
                        #expect(withheld.contains(field.name), "\(entity.name).\(field.name)")
                    } else if field.type == .timestamp {
                        #expect(record[field.name]?.stringValue?.prefix(19) == sent.stringValue?.prefix(19), "\(entity.name).\(field.name)")
                    } else {
                        #expect(record[field.name] == sent, "\(entity.name).\(field.name)")
                    }
                }
            }
            #expect(try opened.records("stage_change").first?["id"]?.stringValue == stage.ann.ids["stage_change"])
            // Nothing of the other's, nor of the people who work there, in any file.
            // Marks of days and times are not hers or his alone.
            let others =
                stage.bobsMarkers.texts(stage.catalog) { $0.type != .timestamp && $0.type != .date }
                + stage.annsMarkers.texts(stage.catalog) { $0.type == .user }
            #expect(others.filter { everything.contains($0) } == [])
            #expect(!everything.contains(stage.bob.ids["contact"] ?? "-"))
            let naming = try #require(opened.records("activity", in: "mentions").first)
            #expect(naming["id"]?.stringValue == stage.naming && naming["lead_id"]?.stringValue == stage.ann.ids["lead"])
            #expect(naming["contact_id"] == nil && naming["body"] == nil && naming["topic"] == nil)

            // What she allows, and who looked.
            let document = try opened.object("export.json")
            #expect(document["consents"]?.arrayValue?.first?.objectValue?["evidence"]?.stringValue == "form 17")
            #expect(document["objections"]?.arrayValue?.first?.objectValue?["purpose"]?.stringValue == "sales")
            let accesses = (document["accesses"]?.arrayValue ?? []).compactMap(\.objectValue)
            #expect(accesses.contains { $0["roles"]?.stringValue == "administrator" && $0["times_changed"] != .number(JSONNumber(0)) })
            #expect(document["controller"]?.objectValue?["name"]?.stringValue == "Example Trading GmbH")
            #expect((document["recipients"]?.arrayValue ?? []).count == 3 && (document["rights"]?.arrayValue ?? []).count == 7)

            try await checkManifest(opened, package, request, site, stage)
            try await checkSchema(opened)

            // A spreadsheet runs nothing, a browser neither.
            #expect(opened.text("csv/contacts.csv").contains("\"'=HYPERLINK(\"\"https://x.example\"\")\""))
            #expect(!opened.text("index.html").contains("<script") && opened.text("index.html").contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
            #expect(opened.text("contact.vcf").components(separatedBy: "BEGIN:VCARD").count == 3)
        }
    }

    /// The hashes are those of the files, the counts those of the database, and the signature is the gateway's.
    private func checkManifest(_ opened: OpenedPackage, _ package: ExportedPackage, _ request: UUIDv7, _ site: Site, _ stage: Stage) async throws {
        let manifest = try opened.manifest()
        #expect(manifest["request"]?.stringValue == request.description && manifest["scope"]?.stringValue == "access")
        let listed = (manifest["files"]?.arrayValue ?? []).compactMap(\.objectValue)
        #expect(Set(listed.compactMap { $0["name"]?.stringValue }) == Set(opened.files.keys).subtracting(["manifest.json"]))
        for file in listed {
            let bytes = opened.files[file["name"]?.stringValue ?? ""] ?? []
            #expect(file["sha256"]?.stringValue == Hex.encode(SHA256.hash(bytes)))
            #expect(file["bytes"] == .number(JSONNumber(bytes.count)))
        }
        let people = stage.annsIDs.map { "'\($0)'" }.joined(separator: ", ")
        for (entity, count) in package.counts where entity != "mentions" && entity != "stage_change" {
            #expect(try await site.administer("SELECT count(*) FROM \"\(entity)\" WHERE subject_id IN (\(people))") == "\(count)", "\(entity)")
            #expect(try opened.records(entity).count == count)
        }
        #expect(package.counts.map(\.entity) == ["contact", "lead", "activity", "deal", "stage_change", "task", "mentions"])
        let line = try #require(opened.text("README.txt").split(separator: "\n").first { $0.contains("/documents+") })
        let key = try NoteKey(line.trimmingCharacters(in: .whitespaces))
        let bytes = opened.files["manifest.json"] ?? []
        #expect(try SignedDocument.verified(bytes, by: [key], as: .exportManifest).document == manifest)
        #expect(throws: DocumentError.self) { try SignedDocument.verified(bytes, by: [key], as: .erasureCertificate) }
        // The same from the command line, which looks at the files as well.
        let keyFile = opened.folder + "/documents.pub"
        try String(line.trimmingCharacters(in: .whitespaces) + "\n").write(toFile: keyFile, atomically: true, encoding: .utf8)
        let command = ["certificate", "manifest", opened.folder + "/files/manifest.json", "--key", keyFile]
        let whole = try await GatehouseProgram.run(command, environment: [:], folder: opened.folder)
        #expect(whole.status == 0 && whole.output.hasPrefix("genuine: \(listed.count) files"), "\(whole.errors)")
        try "changed".write(toFile: opened.folder + "/files/contact.vcf", atomically: true, encoding: .utf8)
        let spoilt = try await GatehouseProgram.run(command, environment: [:], folder: opened.folder)
        #expect(spoilt.status == 1 && spoilt.errors.contains("contact.vcf"), "\(spoilt.errors)")
        let changed = String(decoding: bytes, as: UTF8.self).replacing("\"scope\":\"access\"", with: "\"scope\":\"know\"")
        #expect(throws: DocumentError.forged) { try SignedDocument.verified(Array(changed.utf8), by: [key]) }
    }

    private func checkSchema(_ opened: OpenedPackage) async throws {
        let script = """
            import json, jsonschema
            schema = json.load(open("files/export.schema.json"))
            jsonschema.Draft202012Validator.check_schema(schema)
            jsonschema.Draft202012Validator(schema).validate(json.load(open("files/export.json")))
            document = json.load(open("files/export.json"))
            document["entities"][0]["records"][0]["unheard_of"] = 1
            assert not jsonschema.Draft202012Validator(schema).is_valid(document)
            """
        let outcome = try await Program.run(["/usr/bin/env", "python3", "-c", script], folder: opened.folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func `a passphrase opens it as well, and what California keeps back is only said to be held`() async throws {
        try await Site.with(.embedded) { site in
            try await site.serve()
            let stage = try await Stage.make(site)
            let desk = ExportDesk(site: site)
            let passphrase = try #require(Passphrase(Array(Self.passphrase.utf8)))
            let (_, token) = try await desk.export(stage.annsIDs, .know, to: .passphrase(passphrase))
            let opened = try await OpenedPackage.open(try await desk.download(token).bytes, passphrase: Self.passphrase)
            let contact = try #require(try opened.records("contact").first)
            #expect(contact["_held"] == ["national_id", "bank_account"])
            let everything = opened.files.values.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
            for name in ["national_id", "bank_account"] {
                #expect(stage.annsMarkers.texts("contact", name).filter { everything.contains($0) } == [])
            }
            #expect(stage.annsMarkers.texts("contact", "health_notes").filter { !everything.contains($0) } == [])
            #expect(opened.text("index.html").contains("held, and not shown (11 CCR 7024(d))"))

            let (_, second) = try await desk.export(stage.annsIDs, .portability, to: .passphrase(passphrase))
            let portable = try await OpenedPackage.open(try await desk.download(second).bytes, passphrase: Self.passphrase)
            #expect(
                Set(portable.files.keys)
                    == [
                        "README.txt", "export.json", "export.schema.json", "csv/contacts.csv", "csv/leads.csv", "contact.vcf", "manifest.json",
                    ])
            #expect(try portable.records("contact").first?["email"] == stage.ann.bodies["contact"]?["email"])
            let given = portable.files.values.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
            let notGiven = stage.annsMarkers.texts("contact", "notes") + stage.annsMarkers.texts("activity", "body")
            #expect(notGiven.filter { given.contains($0) } == [])
            try await checkSchema(portable)
        }
    }

    @Test func `every table that the reach says is shown has its rows in the package`() async throws {
        // Where each is found in export.json; records from the archive stand among the others.
        let places = [
            "consent_event": "consents", "subject_opt_out": "opt_outs", "subject_restriction": "restrictions", "subject_objection": "objections",
            "archived_record": "records",
        ]
        let shown = SystemReach.store.filter { if case .shown = $0.export { true } else { false } }.map { "\($0.table)" }
        #expect(Set(shown) == Set(places.keys))
        try await Site.with(.embedded) { site in
            try await site.serve()
            let ann = try await site.administrator.post("/v1/contacts", ["given_name": "Ann", "email": "ann@example.org"]).id
            let officer = try await site.caller("compliance-officer")
            let path = "/v1/subjects/\(ann)"
            #expect(try await officer.put("\(path)/consents/marketing", ["state": "given"]).status == 204)
            #expect(try await officer.put("\(path)/opt-out", [:]).status == 204)
            #expect(try await officer.put("\(path)/objections/sales", .null).status == 204)
            #expect(try await officer.put("\(path)/restriction", ["ground": "accuracy is contested"]).status == 204)
            let desk = ExportDesk(site: site)
            let passphrase = try #require(Passphrase(Array(Self.passphrase.utf8)))
            let (_, token) = try await desk.export([ann], to: .passphrase(passphrase))
            let opened = try await OpenedPackage.open(try await desk.download(token).bytes, passphrase: Self.passphrase)
            let document = try opened.object("export.json")
            func rows(_ name: String) -> [JSONObject] { (document[name]?.arrayValue ?? []).compactMap(\.objectValue) }
            #expect(rows("consents").map { $0["state"] } == ["given"])
            #expect(rows("opt_outs").map { $0["kind"] } == ["sale"])
            #expect(rows("objections").map { $0["purpose"] } == ["sales"])
            #expect(rows("restrictions").map { $0["ground"] } == ["accuracy is contested"])
            #expect(try opened.records("contact").count == 1)
            #expect(opened.text("index.html").contains("accuracy is contested"))
        }
    }
}

import DataFormats
import Foundation
import PolicyFiles
import Sealing
import SubjectRights
import TestPostgres
import Testing
import TransparencyLog
import Vocabulary

/// The ledger over HTTP and on the command line.
@Suite(.timeLimit(.minutes(15)))
struct ConsentTests {
    @Test func `what is in force follows from the ledger at the next read`() async throws {
        let scene = try await ConsentScene()
        #expect(try await !scene.isFound(scene.marketer))
        for (state, isFound) in [
            ("given", true), ("withdrawn", false), ("given", true), ("renewed", true), ("refused", false), ("renewed", true), ("expired", false),
        ] {
            #expect(try await scene.officer.put("\(scene.path)/consents/marketing", ["state": .string(state)]).status == 204)
            #expect(try await scene.isFound(scene.marketer) == isFound, "\(state)")
            #expect(try await scene.purposes()["marketing"]?["in_force"] == .bool(isFound))
        }
        #expect(try await scene.states() == ["given", "withdrawn", "given", "renewed", "refused", "renewed", "expired"])
        #expect(try await scene.purposes()["partner-offers"]?["state"] == "unknown")
    }

    @Test func `an event says to which words, where and how`() async throws {
        let scene = try await ConsentScene()
        let body: JSONValue = [
            "state": "given", "notice": "marketing", "language": "de-AT", "channel": "web", "method": "checkbox", "expression": "explicit",
            "evidence": "form 7 of Ann",
        ]
        #expect(try await scene.app.put("\(scene.path)/consents/marketing", body).status == 204)
        let event = try #require((try await scene.officer.get("\(scene.path)/consents"))["events"]?.arrayValue?.first?.objectValue)
        let notice = try #require(try scene.site.catalog().notices.newest(for: "marketing"))
        #expect(event["notice"] == "marketing/1" && event["language"] == "de" && event["evidence"] == "form 7 of Ann")
        #expect(event["wording_sha256"]?.stringValue == notice.wording(in: "de").map { Hex.encode($0.hash) })
        #expect(event["channel"] == "web" && event["method"] == "checkbox" && event["expression"] == "explicit")
        // Its term ends it, and a sooner end is kept.
        let at = try #require(event["recorded_at"]?.stringValue)
        let (year, end) = (try #require(Int(at.prefix(4))), try #require(event["valid_until"]?.stringValue))
        #expect(end.hasPrefix("\(year + 2)"))
        let earlier = Instant.now().advanced(by: .seconds(30 * 86_400)).description.prefix(10) + "T00:00:00"
        let sooner: JSONValue = ["state": "given", "notice": "marketing", "language": "en", "valid_until": .string(earlier + "Z")]
        #expect(try await scene.app.put("\(scene.path)/consents/marketing", sooner).status == 204)
        #expect(try await scene.purposes()["marketing"]?["valid_until"] == .string(earlier + ".000000Z"))
    }

    @Test func `what does not fit is refused in a sentence`() async throws {
        let scene = try await ConsentScene()
        let path = "\(scene.path)/consents"
        for (purpose, body, status, sentence) in [
            ("sales", ["state": "given"], 422, "does not rest on consent"), ("nothing", ["state": "given"], 400, "no such purpose"),
            ("marketing", ["state": "maybe"], 422, "state is one of"), ("marketing", ["state": "requested"], 422, "is sent, and not recorded"),
            ("marketing", ["state": "given", "notice": "letter"], 422, "no notice of this name asks for marketing"),
            ("marketing", ["state": "given", "notice": "marketing"], 422, "in which language"),
            ("marketing", ["state": "given", "notice": "marketing/1", "language": "fr"], 422, "in which language"),
            ("marketing", ["state": "given", "language": "en"], 422, "goes with a notice"),
            ("marketing", ["state": "given", "notice": "marketing", "language": "en", "wording": "other words"], 422, "is not the text"),
            ("marketing", ["state": "given", "notice": "partner-offers", "language": "en"], 422, "asks for marketing"),
            ("marketing", ["state": "given", "channel": "pigeon"], 422, "channel is one of"),
        ] as [(String, JSONObject, Int, String)] {
            let answer = try await scene.officer.put("\(path)/\(purpose)", .object(body))
            #expect(answer.status == status, "\(body)")
            #expect(answer.text.contains(sentence), "\(answer.text)")
        }
        #expect(try await scene.states() == [])
        let text = try #require(try scene.site.catalog().notices.newest(for: "marketing")?.wording(in: "en")?.text)
        let shown: JSONValue = ["state": "given", "notice": "marketing", "language": "en", "wording": .string(text)]
        #expect(try await scene.officer.put("\(path)/marketing", shown).status == 204)
    }

    @Test func `the ledger is only added to`() async throws {
        let scene = try await ConsentScene()
        #expect(try await scene.officer.put("\(scene.path)/consents/marketing", ["state": "given", "evidence": "x"]).status == 204)
        for statement in [
            "UPDATE consent_event SET state = 'withdrawn' WHERE subject_id = '\(scene.contact)'",
            "UPDATE consent_event SET evidence = NULL WHERE subject_id = '\(scene.contact)'",
            "DELETE FROM consent_event WHERE subject_id = '\(scene.contact)'", "TRUNCATE consent_event",
        ] {
            await #expect(throws: (any Error).self, "\(statement)") { try await scene.site.administer(statement) }
        }
        #expect(try await scene.states() == ["given"])
    }

    @Test func `what identifies rests sealed, and neither the trail nor the store has it`() async throws {
        try await Site.with { site in
            try await site.serve(["--log-level", "trace"])
            let scene = try await ConsentScene(site)
            let marker = "marker-\(UUID().uuidString)"
            #expect(try await scene.officer.put("\(scene.path)/consents/marketing", ["state": "given", "evidence": .string(marker)]).status == 204)
            #expect(try await scene.officer.put("\(scene.path)/consents/\(marker)", ["state": "given", "evidence": .string(marker)]).status == 400)
            #expect(try await scene.officer.post("\(scene.path)/consents/marketing/request", [:]).status == 202)
            let link = try scene.lastLink()
            #expect(try await scene.press(link).status == 200)
            #expect(try await scene.officer.get("\(scene.path)/consents").text.contains(marker))
            try await site.settleLog()
            let (store, vault) = (try await site.dump("gatehouse"), try await site.dump("gatehouse_vault"))
            let trail = try await site.administer("SELECT convert_from(entry, 'UTF8') FROM audit_event")
            let token = String(link.split(separator: "/").last ?? "")
            for text in [store, vault, trail] {
                for secret in [marker, Hex.encode(Array(marker.utf8)), scene.address, Hex.encode(Array(scene.address.utf8)), token] {
                    #expect(!text.localizedCaseInsensitiveContains(secret))
                }
            }
            for name in try FileManager.default.contentsOfDirectory(atPath: site.folder) where name.hasPrefix("serve") {
                let log = Program.text(site.folder + "/" + name)
                #expect(!log.contains(marker) && !log.contains(scene.address) && !log.contains(token), "\(name)")
            }
        }
    }

    @Test func `evidence opens still when every key was replaced`() async throws {
        try await Site.with { site in
            site.keepKeysBriefly()
            try await site.serve()
            let scene = try await ConsentScene(site)
            #expect(try await scene.officer.put("\(scene.path)/consents/marketing", ["state": "given", "evidence": "form 7"]).status == 204)
            #expect(try await scene.officer.put("\(scene.path)/consents/marketing", ["state": "withdrawn"]).status == 204)
            let sealed = "SELECT encode(evidence, 'hex') FROM consent_event WHERE evidence IS NOT NULL"
            let before = try await site.administer(sealed)
            let outcome = try await site.run("key", "rotate", "subjects", "--json")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try await site.administer(sealed) != before)
            #expect(try await site.administerVault("SELECT count(*) FROM data_key WHERE holder = '\(scene.contact)'") == "1")
            let events = try await scene.officer.get("\(scene.path)/consents")["events"]?.arrayValue
            #expect(events?.first?.objectValue?["evidence"] == "form 7")
            #expect(try await scene.states() == ["given", "withdrawn"])
        }
    }

    @Test func `a receipt verifies offline, and a changed one does not`() async throws {
        let scene = try await ConsentScene()
        #expect(try await scene.officer.get("\(scene.path)/consents/marketing/receipt").status == 404)
        let said: JSONValue = ["state": "given", "notice": "marketing", "language": "en"]
        #expect(try await scene.officer.put("\(scene.path)/consents/marketing", said).status == 204)
        let receipt = try await scene.officer.get("\(scene.path)/consents/marketing/receipt")
        #expect(receipt.status == 200)
        let folder = try TemporaryFolder.make()
        let seed = try #require(
            Hex.decode(Program.text(scene.site.state + "/keys/documents.key").trimmingCharacters(in: .whitespacesAndNewlines)))
        guard let key = SigningKey(seed: SecretBytes(copying: seed)) else { throw TestFailure("no key") }
        let name = try #require(receipt["note"]?.stringValue?.split(separator: "\n").first).description
        try Data("\(try NoteKey(name: name, key: key.verifyingKey))\n".utf8).write(to: URL(fileURLWithPath: folder + "/key"))
        try Data("\(try NoteKey(name: name, key: SigningKey.make().verifyingKey))\n".utf8).write(to: URL(fileURLWithPath: folder + "/other"))
        try Data(receipt.bytes).write(to: URL(fileURLWithPath: folder + "/receipt.json"))
        try Data(receipt.text.replacing("\"given\"", with: "\"renewed\"").utf8).write(to: URL(fileURLWithPath: folder + "/forged.json"))
        func verify(_ file: String, _ key: String) async throws -> Program.Outcome {
            try await GatehouseProgram.run(
                ["consent", "verify", "\(folder)/\(file)", "--key", "\(folder)/\(key)"], environment: [:], folder: folder)
        }
        let good = try await verify("receipt.json", "key")
        #expect(good.status == 0 && good.output.hasPrefix("genuine: issued"), "\(good.errors)")
        for (file, key, sentence) in [
            ("forged.json", "key", "was changed after it was signed"), ("receipt.json", "other", "not signed with this key"),
            ("key", "key", "is no receipt of a consent"),
        ] {
            let bad = try await verify(file, key)
            #expect(bad.status == 1 && bad.errors.contains(sentence), "\(bad.errors)")
        }
        #expect(try await verify("nothing", "key").status == 4)
        #expect(try await verify("receipt.json", "receipt.json").status == 5)
    }

    @Test func `the record is JSON-LD`() async throws {
        let scene = try await ConsentScene()
        #expect(try await scene.officer.put("\(scene.path)/consents/marketing", ["state": "given", "evidence": "secret proof"]).status == 204)
        let record = try await scene.officer.get("\(scene.path)/consent-record", ["Accept": "application/ld+json"])
        #expect(record.headers["content-type"] == "application/ld+json")
        #expect(record["@type"] == "dpv:ConsentRecord")
        #expect(record["dpv:hasConsentStatus"]?.arrayValue?.count == 1)
        #expect(!record.text.contains("secret proof"))
    }

    @Test func `the commands say the same, on the host and over the network`() async throws {
        let scene = try await ConsentScene()
        let remote = ["GATEHOUSE_URL": scene.officer.url, "GATEHOUSE_TOKEN": scene.officer.token ?? ""]
        func run(_ arguments: [String], _ environment: [String: String]) async throws -> Program.Outcome {
            try await scene.site.run(["consent"] + arguments, environment: environment)
        }
        for environment in [[:], remote] {
            let given = [
                "record", scene.contact, "given", "--purpose", "marketing", "--notice", "marketing", "--language", "en", "--channel", "phone",
            ]
            #expect(try await run(given, environment).status == 0)
            let shown = try await run(["show", scene.contact], environment)
            #expect(shown.output.contains("marketing       given    yes"), "\(shown.output)\(shown.errors)")
            for line in shown.output.split(separator: "\n") { #expect(line.count <= 100) }
            #expect(try await run(["withdraw", scene.contact, "--purpose", "marketing", "--evidence", "call"], environment).status == 0)
            let events = try await run(["show", scene.contact, "--events"], environment)
            #expect(events.output.split(separator: "\n").last?.contains("withdrawn") == true)
            let json = try await run(["show", scene.contact, "--json"], environment)
            #expect((try? JSONReader.read(Array(json.output.utf8)))?.objectValue?["purposes"] != nil)
            #expect(try await run(["export", scene.contact], environment).output.contains("dpv:ConsentRecord"))
            #expect(try await run(["receipt", scene.contact, "--purpose", "marketing"], environment).output.contains("consent-receipt"))
            #expect(try await run(["request", scene.contact, "--purpose", "marketing", "--language", "de"], environment).status == 0)
            #expect(try await run(["notices"], environment).output.contains("marketing/1"))
            let unknown = try await run(["show", "0190b8a4-7d3e-7000-8000-000000000000"], environment)
            #expect(unknown.status == 4 && unknown.errors.contains("no such data subject"))
            #expect(try await run(["record", scene.contact, "given", "--purpose", "sales"], environment).status == 5)
        }
        #expect(try scene.mail().count == 2)
    }
}

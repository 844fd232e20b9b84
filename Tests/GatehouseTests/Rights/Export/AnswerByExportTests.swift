import DataFormats
import Foundation
import Sealing
import TestPostgres
import Testing

/// From the request to the opened package, as officers and people go.
@Suite(.timeLimit(.minutes(15)))
struct AnswerByExportTests {
    private let words = "six words on a slip of paper"

    private func order(_ scene: RequestScene, _ id: String, _ body: JSONValue, by caller: Caller? = nil) async throws -> Answer {
        try await (caller ?? scene.officer).post("/v1/requests/\(id)/export", body)
    }

    @Test func `an access request is answered by a package whose link reaches the person's mailbox alone`() async throws {
        let scene = try await RequestScene()
        let id = try await scene.opened("access")
        // Carrying it out needs somebody to seal for.
        let run = try await scene.step(id, "run")
        #expect(run.status == 409 && run["hint"]?.stringValue == "gatehouse request export \(id)", "\(run.text)")
        let built = try await order(scene, id, ["passphrase": .string(words), "mail": true])
        #expect(built.status == 201, "\(built.text)")
        #expect(built["link"] == .null)
        #expect(built["records"]?.objectValue?["contact"] == .number(JSONNumber(1)))
        let shown = try await scene.officer.get("/v1/requests/\(id)")
        #expect(shown["state"] == "fulfilled")

        let letters = mailbox(scene).filter { $0.contains("/downloads/") && $0.lowercased().contains("to: \(scene.email)") }
        let letter = try #require(letters.first)
        #expect(letters.count == 1 && letter.contains("Subject: Your data"))
        let link = try #require(letter.split(whereSeparator: \.isWhitespace).first { $0.contains("/downloads/") })
        let token = try #require(link.split(separator: "/").last)
        #expect(!shown.text.contains(token) && !built.text.contains(token))
        let answer = try await Caller(url: scene.site.url).send("POST", "/downloads/\(token)", body: [])
        let opened = try await OpenedPackage.open(answer.bytes, passphrase: words)
        #expect(try opened.records("contact").first?["family_name"] == .string(scene.name))
        let requests = (try opened.object("export.json")["requests"]?.arrayValue ?? []).compactMap(\.objectValue)
        #expect(requests.first?["request"] == .string(id) && requests.first?["kind"] == "access")

        // A lost link is made anew, and the lost one is dead.
        let again = try await order(scene, id, ["passphrase": .string(words)])
        #expect(again.status == 201 && again["link"]?.stringValue?.contains("/downloads/") == true)
        #expect(try await Caller(url: scene.site.url).send("POST", "/downloads/\(token)", body: []).code == "link-invalid")
        let history = (try await scene.officer.get("/v1/requests/\(id)")["history"]?.arrayValue ?? []).compactMap {
            $0.objectValue?["event"]?.stringValue
        }
        #expect(history.filter { $0 == "fulfilled" }.count == 1, "\(history)")
    }

    @Test func `what stands in the way is told with the rule, and nothing is built`() async throws {
        let scene = try await RequestScene()
        let unproven = try await scene.open("access")
        #expect(try await order(scene, unproven.id, ["passphrase": .string(words)]).code == "request-state")
        let id = try await scene.opened("portability")
        #expect(try await order(scene, id, ["passphrase": .string(words)], by: scene.program).code == "denied")
        #expect(try await order(scene, id, ["passphrase": .string(words)], by: scene.administrator).code == "denied")
        #expect(try await order(scene, "01890a5d-ac96-774b-bcce-b302099a8057", ["passphrase": .string(words)]).code == "not-found")
        let restriction = try await scene.opened("restriction")
        let other = try await order(scene, restriction, ["passphrase": .string(words)])
        #expect(other.code == "request-state" && other.text.contains("GDPR Art. 18"))
        for (body, pointer) in [
            (["passphrase": "short"] as JSONValue, "#/passphrase"), (["recipient": "age1nobody"], "#/recipient"), ([:], "#/passphrase"),
            (["passphrase": .string(words), "recipient": "age1nobody"], "#/passphrase"), (["passphrase": .string(words), "mail": 1], "#/mail"),
            (["passphrase": .string(words), "subject": "x"], "#/subject"),
        ] {
            let wrong = try await order(scene, id, body)
            #expect(wrong.status == 422 && wrong.pointers == [pointer], "\(wrong.text)")
            #expect(!wrong.text.contains(words) && !wrong.text.contains("short\""))
        }
        #expect(try await scene.officer.get("/v1/requests/\(id)")["state"] == "in-progress")
    }

    @Test func `the command line builds, fetches and tells, and never takes a passphrase as an argument`() async throws {
        let scene = try await RequestScene()
        let id = try await scene.opened("portability")
        let environment = ["GATEHOUSE_URL": try scene.site.url, "GATEHOUSE_TOKEN": scene.officer.token ?? ""]
        let folder = try TemporaryFolder.make()
        let identity = AgeIdentity.make()
        let file = folder + "/export.zip.age"
        let outcome = try await scene.site.run(
            "request", "export", id, "--recipient", identity.recipient.description, "-o", file, environment: environment)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("contact"))
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        let opened = try await OpenedPackage.open(Array(try #require(FileManager.default.contents(atPath: file))), identity: identity)
        #expect(opened.files["index.html"] == nil)
        #expect(try opened.records("contact").first?["email"] == .string("\(scene.name)@example.org"))

        try words.appending("\n").write(toFile: folder + "/words.txt", atomically: true, encoding: .utf8)
        let told = try await scene.site.run("request", "export", id, "--passphrase-file", folder + "/words.txt", "--json", environment: environment)
        #expect(told.status == 0, "\(told.errors)")
        let link = try #require((try? JSONReader.read(Array(told.output.utf8)))?.objectValue?["link"]?.stringValue)
        let answer = try await Caller(url: scene.site.url).send("POST", "/downloads/\(try #require(link.split(separator: "/").last))", body: [])
        #expect(try await OpenedPackage.open(answer.bytes, passphrase: words).records("contact").count == 1)

        let taken = try await scene.site.run(
            "request", "export", id, "--recipient", identity.recipient.description, "-o", file, environment: environment)
        #expect(taken.status == 5, "\(taken.errors)")
        #expect(try await scene.site.run("request", "export", id, environment: environment).status == 64)
        #expect(try await scene.site.run("request", "export", id, "--recipient", "age1x").status == 3)
        let wrong = try await scene.site.run("request", "export", id, "--recipient", "age1x", environment: environment)
        #expect(wrong.status == 5 && wrong.errors.contains("age1…"), "\(wrong.errors)")
    }

    private func mailbox(_ scene: RequestScene) -> [String] {
        let folder = scene.site.state + "/mailbox"
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".eml") }.sorted()
        return names.map { Program.text(folder + "/" + $0) }
    }
}

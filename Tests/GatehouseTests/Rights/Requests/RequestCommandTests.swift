import DataFormats
import Foundation
import TestPostgres
import Testing
import Vocabulary

/// `gatehouse request`, as officers type it.
@Suite(.timeLimit(.minutes(15)))
struct RequestCommandTests {
    private struct Desk {
        let scene: RequestScene

        func run(_ caller: Caller, _ arguments: String...) async throws -> Program.Outcome {
            try await scene.site.run(
                ["request"] + arguments, environment: ["GATEHOUSE_URL": try scene.site.url, "GATEHOUSE_TOKEN": caller.token ?? ""])
        }

        /// A file with a JSON object, by a path.
        func file(_ object: JSONValue) throws -> String {
            let path = scene.site.folder + "/" + unique("details") + ".json"
            try Data(object.encoded()).write(to: URL(fileURLWithPath: path))
            return path
        }
    }

    /// What people type and read, word for word; the exit codes are those of docs/errors.md.
    @Test func `each refusal says the rule and the article, and what to do`() async throws {
        let scene = try await RequestScene()
        let desk = Desk(scene: scene)
        let details = try desk.file(scene.person)

        let unknown = try await desk.run(
            scene.officer, "open", "access", "--regulation", "gdpr", "--subject", "01900000-0000-7000-8000-000000000000")
        #expect(unknown.status == 4)
        #expect(
            unknown.errors == """
                error: there is no such data subject (not-found)
                  hint: the id of a contact or lead is the id of the person

                """)

        let opened = try await desk.run(scene.officer, "open", "erasure", "--regulation", "gdpr", "--details", details)
        #expect(opened.status == 0, "\(opened.errors)")
        let id = opened.output.trimmingCharacters(in: .whitespacesAndNewlines)
        let double = try await desk.run(scene.officer, "open", "erasure", "--regulation", "gdpr", "--details", details)
        #expect(double.status == 5)
        #expect(
            double.errors == """
                error: a request for erasure by the same person is open already, and is answered once (GDPR Art. 12(5)) (request-open-already)
                  hint: find it: gatehouse request list --kind erasure

                """)

        #expect(try await desk.run(scene.officer, "verify", id, "--send-code").status == 0)
        let code = try await scene.code(id)
        try await scene.site.administer("UPDATE subject_request SET code_until = now() - interval '1 second' WHERE id = '\(id)'")
        let expired = try await desk.run(scene.officer, "verify", id, "--proof", try desk.file(["code": .string(code)]))
        #expect(expired.status == 3)
        #expect(
            expired.errors == """
                error: the code has expired: it is good for fifteen minutes (GDPR Art. 17) (code-expired)
                  hint: have another sent: gatehouse request verify ID --send-code

                """)

        #expect(try await desk.run(scene.officer, "verify", id, "--send-code").status == 0)
        let again = try await scene.code(id, among: 2)
        let verified = try await desk.run(scene.officer, "verify", id, "--proof", try desk.file(["code": .string(again)]))
        #expect(verified.output == "\(id)  erasure  awaiting-approval\n", "\(verified.errors)")
        #expect(verified.errors == "next: approve, by somebody else\n")
        let own = try await desk.run(scene.officer, "approve", id)
        #expect(own.status == 3)
        #expect(
            own.errors == """
                error: nobody approves a request that they opened or made themselves (rule second-person, GDPR Art. 5(1)(f)) (denied)
                  hint: any other officer or administrator may

                """)
        let rep = try await desk.run(scene.rep, "approve", id)
        #expect(rep.status == 3)
        #expect(
            rep.errors == """
                error: your roles do not allow to create this (rule default-deny) (denied)
                  hint: ask an administrator which role you need

                """)

        let hold = try await scene.officer.post(
            "/v1/holds", ["subject": .string(scene.contact), "matter": "case 4711", "basis": "legal claims", "review_on": "2999-01-01"])
        #expect(hold.status == 201)
        #expect(try await desk.run(scene.second, "approve", id).status == 0)
        let held = try await desk.run(scene.officer, "run", id)
        #expect(held.status == 2)
        #expect(
            held.errors == """
                next: nothing
                error: not all of it could be done: refused: the data is needed for legal claims (GDPR Art. 17(3)(e))

                """)
    }

    @Test func `a list fits a terminal, and a request is shown with its days and its history`() async throws {
        let scene = try await RequestScene()
        let desk = Desk(scene: scene)
        func ago(_ days: Int) -> String { Instant.now().advanced(by: .seconds(-days * 86_400)).description }
        let opened = try await desk.run(
            scene.officer, "open", "access", "--regulation", "gdpr", "--details", try desk.file(scene.person), "--channel", "letter",
            "--received", ago(1), "--json")
        #expect(try object(opened)["channel"] == "letter", "\(opened.output)\(opened.errors)")
        // One that is overdue and not proved would lapse within a minute.
        let id = try await scene.opened("rectification", ["received_at": .string(ago(200)), "channel": "letter"])
        let answer = try await scene.officer.get("/v1/requests/\(id)")
        let (due, counted) = (try #require(answer["due_on"]?.stringValue), try #require(answer["counted_on"]?.stringValue))
        let listed = try await desk.run(scene.officer, "list", "--overdue", "--kind", "rectification")
        #expect(listed.status == 0, "\(listed.errors)")
        let lines = listed.output.split(separator: "\n")
        #expect(lines.first?.split(separator: " ") == ["ID", "KIND", "STATE", "DUE"])
        #expect(lines.contains { $0.hasPrefix(id) && $0.hasSuffix("\(due)!") }, "\(listed.output)")
        #expect(lines.allSatisfy { $0.count <= 80 })
        let shown = try await desk.run(scene.officer, "show", id)
        #expect(
            shown.output.contains(
                "answer    \(due)\(due == counted ? "" : ", counted \(counted)"), overdue (GDPR Art. 12(3); Regulation 1182/71 Art. 3)\n"),
            "\(shown.output)")
        #expect(shown.output.contains("says      family_name: \(scene.name)\n"))
        #expect(shown.output.contains("opened"))
        #expect(try await desk.run(scene.officer, "show", "01900000-0000-7000-8000-000000000000").status == 4)
        #expect(try await desk.run(scene.officer, "list", "--in", "nowhere").status == 5)
        #expect(try await desk.run(scene.officer, "withdraw", id, "--if-version", "99").status == 5)
        #expect(try await desk.run(scene.officer, "withdraw", id).output == "\(id)  rectification  withdrawn\n")
    }

    @Test func `on the host requests are opened, listed and shown, and worked on by nobody`() async throws {
        let scene = try await RequestScene()
        let desk = Desk(scene: scene)
        let opened = try await scene.site.run(
            "request", "open", "access", "--regulation", "gdpr", "--details", try desk.file(["email": .string("\(unique("host"))@example.org")]))
        #expect(opened.status == 0, "\(opened.errors)")
        let id = opened.output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try await scene.site.run("request", "show", id, "--json").status == 0)
        #expect(try await scene.site.run("request", "list", "--json").output.contains(id))
        for step in ["approve", "run", "withdraw"] {
            let refused = try await scene.site.run("request", step, id)
            #expect(refused.status == 3)
            #expect(
                refused.errors == """
                    error: requests are worked on by officers with a credential of their own, not by whoever runs the host (rule second-person)
                      hint: set GATEHOUSE_URL and GATEHOUSE_TOKEN

                    """)
        }
    }

    @Test(arguments: ["open", "list", "show", "verify", "confirm", "approve", "run", "extend", "refuse", "withdraw"])
    func `every command has an example in its help`(command: String) async throws {
        let outcome = try await GatehouseProgram.run(["request", command, "--help"])
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("gatehouse request \(command) "))
    }
}

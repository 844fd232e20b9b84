import DataFormats
import Foundation
import TestPostgres
import Testing

/// An erasure as officers see it: planned, carried out, certified, and not undone by a program or a crash.
@Suite(.timeLimit(.minutes(15)))
struct ErasureCommandTests {
    @Test func `an officer plans, carries out and certifies an erasure, and anybody verifies the certificate offline`() async throws {
        let scene = try await RequestScene()
        let deal = try await scene.administrator.make(
            "deals", ["name": "Big", "contact_id": .string(scene.contact), "stage": "won", "close_date": "2026-01-01"])
        let id = try await scene.opened("erasure")
        let asOfficer = ["GATEHOUSE_URL": scene.officer.url, "GATEHOUSE_TOKEN": try #require(scene.officer.token)]
        let plan = try await scene.site.run("request", "plan", id, environment: asOfficer)
        #expect(plan.status == 0 && plan.output.contains("commercial and tax books, ten years"), "\(plan.output)\(plan.errors)")
        #expect(plan.output.contains("2036-01-01") && plan.output.contains("hosting (by hand)"))
        #expect(!plan.output.contains(scene.name))
        #expect(try await scene.site.run("request", "certificate", id, environment: asOfficer).status == 4)
        #expect(try await scene.step(id, "approve", by: scene.second)["state"] == "in-progress")
        #expect(try await scene.step(id, "run")["state"] == "fulfilled")
        #expect(try await scene.administrator.get("/v1/deals/\(deal)")["contact_id"] == .null)

        let certificate = try await scene.site.run("request", "certificate", id, environment: asOfficer)
        #expect(certificate.status == 0 && !certificate.output.contains(scene.name) && !certificate.output.contains(scene.email))
        let folder = try TemporaryFolder.make()
        func write(_ text: String, _ name: String) throws -> String {
            try text.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
            return folder + "/" + name
        }
        let file = try write(certificate.output, "certificate.json")
        let key = try write(try await scene.site.run("certificate", "key").output, "documents.pub")
        let logKey = try write(try await scene.site.run("audit", "key").output, "audit.pub")
        // Away from the gateway: no state, no policies, no database.
        func verify(_ file: String, _ key: String, _ logKey: String) async throws -> Program.Outcome {
            try await GatehouseProgram.run(
                ["certificate", "verify", file, "--key", key, "--log-key", logKey], environment: [:], folder: folder)
        }
        let verified = try await verify(file, key, logKey)
        #expect(verified.status == 0 && verified.output.contains("the log tells of it"), "\(verified.output)\(verified.errors)")
        let changed = try write(certificate.output.replacing("\"keys\":1", with: "\"keys\":2"), "changed.json")
        #expect(try await verify(changed, key, logKey).status == 1)
        #expect(try await verify(file, logKey, logKey).status == 1)
        #expect(try await verify(file, key, key).status == 1)

        // A program brings the person back, and is told what it is told for anybody.
        let again = try await scene.program.post("/v1/contacts", ["family_name": .string(scene.name), "email": .string(scene.email)])
        let other = try await scene.program.post("/v1/contacts", ["family_name": "Else", "email": .string("\(unique("else"))@example.org")])
        #expect(again.status == 201 && again.status == other.status && again.headers.keys.sorted() == other.headers.keys.sorted())
        #expect(again.object?.members.map(\.name) == other.object?.members.map(\.name))
        #expect(try await scene.administrator.get("/v1/contacts/\(again.id)").status == 404)
        let list = try await scene.site.run("suppression", "list", "--json", environment: asOfficer)
        #expect(list.output.contains(id))
        let lifted = try await scene.site.run(
            "suppression", "lift", "--request", id, "--reason", "signed up again", environment: asOfficer)
        #expect(lifted.status == 0, "\(lifted.errors)")
        let back = try await scene.program.post("/v1/contacts", ["family_name": .string(scene.name), "email": .string(scene.email)])
        #expect(try await scene.administrator.get("/v1/contacts/\(back.id)").status == 200)
    }

    @Test func `a gateway that is killed while it erases leaves nobody half erased`() async throws {
        try await Site.with { site in
            for round in 0..<4 {
                try await site.serve()
                let scene = try await RequestScene(site)
                let rows = (0..<500).map { line -> JSONValue in
                    ["line": .number(JSONNumber(line + 1)), "members": ["kind": "call", "topic": "Prices", "contact_id": .string(scene.contact)]]
                }
                for _ in 0..<4 { #expect(try await scene.administrator.importRows("activities", rows).status == 200) }
                let id = try await scene.opened("erasure")
                #expect(try await scene.step(id, "approve", by: scene.second)["state"] == "in-progress")
                async let run = try? scene.step(id, "run")
                try await Task.sleep(for: .milliseconds([3, 15, 40, 90][round]))
                await site.stop(SIGKILL)
                _ = await run
                try await site.serve()
                // Its lease is over, as if time had passed.
                try await site.administer("UPDATE erasure SET leased_until = now() - interval '1 second' WHERE finished_at IS NULL")
                let officer = Caller(url: try site.url, token: scene.officer.token)
                try await eventually("round \(round): it is brought to its end") {
                    let answer = try await scene.step(id, "run", by: officer)
                    return answer["state"] == "fulfilled" || answer.code == "request-state"
                }
                let person = scene.contact
                for sql in [
                    "SELECT count(*) FROM contact WHERE id = '\(person)'", "SELECT count(*) FROM activity WHERE contact_id = '\(person)'",
                    "SELECT count(*) FROM erasure WHERE finished_at IS NULL",
                ] { #expect(try await site.administer(sql) == "0", "round \(round): \(sql)") }
                #expect(try await site.administerVault("SELECT count(*) FROM data_key WHERE holder = '\(person)'") == "0")
                #expect(try await site.administerVault("SELECT count(*) FROM key_tombstone WHERE holder = '\(person)'") == "1")
                try await site.settleLog()
                let told = "SELECT count(*) FROM audit_event WHERE convert_from(entry, 'UTF8') LIKE '%erasure:\(id):"
                #expect(try await site.administer(told + "begun%'") == "1", "round \(round)")
                #expect(try await site.administer(told + "completed%'") == "1", "round \(round)")
                #expect(try await officer.get("/v1/requests/\(id)/certificate").status == 200)
                await site.stop()
            }
        }
    }
}

import DataFormats
import Foundation
import TestPostgres
import Testing

/// The log as its users meet it: over HTTP, in files, by command.
@Suite(.timeLimit(.minutes(15)))
struct LogTests {
    /// A file with the public key of the site's log.
    static func keyFile(_ site: Site) async throws -> String {
        let path = site.folder + "/audit.pub"
        let outcome = try await site.run("audit", "key")
        guard outcome.status == 0 else { throw TestFailure("no key: \(outcome.errors)") }
        try outcome.output.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test func `every answer to a live credential names its event, whatever came of it`() async throws {
        let site = try await Site.shared()
        let caller = try site.administrator
        let made = try await caller.post("/v1/contacts", ["given_name": "Ann"])
        let answers = [
            made, try await caller.get("/v1/contacts/\(made.id)"), try await caller.get("/v1/contacts?limit=1"), try await caller.get("/v1/tokens"),
            try await caller.get("/v1/contacts/019a0000-0000-7000-8000-000000000000"), try await caller.get("/v1/audit/events?limit=1"),
            try await site.caller("auditor").get("/v1/contacts"), try await caller.get("/v1/audit/log"),
            try await caller.patch("/v1/contacts/\(made.id)", ifMatch: "*", ["given_name": "Bea"]),
            try await caller.get("/v1/contacts?sort=no_such_field"), try await caller.get("/v1/subjects/\(made.id)"),
        ]
        for answer in answers {
            let event = try #require(answer.headers["audit-event"], "\(answer.status)")
            let proof = try await caller.get("/v1/audit/events/\(event)/proof")
            #expect(proof.status == 200 && proof.text.hasPrefix("c2sp.org/tlog-proof@v1\nextra "))
        }
        #expect(try await caller.get("/healthz").headers["audit-event"] == nil)
    }

    @Test func `a proof verifies with the public key alone, and a changed one does not`() async throws {
        try await Site.with { site in
            try await site.serve()
            let caller = try site.administrator
            let made = try await caller.post("/v1/contacts", ["given_name": "Ann"])
            for _ in 0..<20 { _ = try await caller.get("/v1/contacts/\(made.id)") }
            let event = try #require(made.headers["audit-event"])
            let key = try await Self.keyFile(site)
            let proof = try await caller.get("/v1/audit/events/\(event)/proof").text
            #expect(try await site.run("audit", "prove", event).output.split(separator: "\n")[1] == proof.split(separator: "\n")[1])
            let path = site.folder + "/event.tlog-proof"
            try proof.write(toFile: path, atomically: true, encoding: .utf8)
            let good = try await site.run("audit", "verify", "--proof", path, "--key", key)
            #expect(good.status == 0 && good.output.contains(event), "\(good.errors)")
            let lines = proof.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
            for number in lines.indices where lines[number].count > 8 {
                var changed = lines
                let at = changed[number].index(changed[number].startIndex, offsetBy: changed[number].count / 2)
                changed[number].replaceSubrange(at...at, with: changed[number][at] == "A" ? "B" : "A")
                try changed.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
                let outcome = try await site.run("audit", "verify", "--proof", path, "--key", key)
                #expect(outcome.status != 0, "line \(number)")
            }
        }
    }

    @Test func `the tiles over HTTP are those of an export, and an export goes on where it ended`() async throws {
        try await Site.with { site in
            try await site.serve()
            let caller = try site.administrator
            for _ in 0..<270 { _ = try await caller.get("/v1/contacts?limit=1") }
            let folder = site.folder + "/export"
            let key = try await Self.keyFile(site)
            #expect(try await site.run("audit", "export", folder).status == 0)
            for file in ["tile/0/000", "tile/1/000.p/1", "tile/entries/000"] {
                let served = try await caller.get("/v1/audit/log/1/\(file)")
                #expect(served.status == 200 && Data(served.bytes) == FileManager.default.contents(atPath: "\(folder)/1/\(file)"), "\(file)")
            }
            for missing in ["tile/0/001.p/200", "tile/5/000", "tile/entries/009", "tile/0/x001/000"] {
                #expect(try await caller.get("/v1/audit/log/1/\(missing)").status == 404, "\(missing)")
            }
            #expect(try await caller.get("/v1/audit/log/2/checkpoint").status == 404)
            let early = folder + "/1/checkpoint"
            let kept = site.folder + "/kept.checkpoint"
            try FileManager.default.copyItem(atPath: early, toPath: kept)

            for _ in 0..<260 { _ = try await caller.get("/v1/contacts?limit=1") }
            #expect(try await site.run("audit", "export", folder).status == 0)
            let sound = try await site.run("audit", "verify", folder, "--key", key, "--checkpoint", kept)
            #expect(sound.status == 0 && sound.output.contains("sound"), "\(sound.output)")

            // A tail that was cut shows by the head that was kept elsewhere, and by nothing else.
            let later = site.folder + "/later.checkpoint"
            try FileManager.default.copyItem(atPath: early, toPath: later)
            let short = site.folder + "/short"
            try FileManager.default.copyItem(atPath: folder, toPath: short)
            for file in ["tile/0/002.p", "tile/entries/002.p", "tile/1"] { try FileManager.default.removeItem(atPath: "\(short)/1/\(file)") }
            try FileManager.default.removeItem(atPath: "\(short)/1/checkpoint")
            try FileManager.default.copyItem(atPath: kept, toPath: "\(short)/1/checkpoint")
            let cut = try await site.run("audit", "verify", short, "--key", key, "--checkpoint", later)
            #expect(cut.status == 1 && cut.output.contains("tail-cut"), "\(cut.output)")
        }
    }

    @Test func `whatever is changed in the store behind the log, live verification finds and names it`() async throws {
        try await Site.with { site in
            try await site.serve()
            let caller = try site.administrator
            for number in 0..<40 { _ = try await caller.get("/v1/contacts?limit=1", ["Reason": "look \(number)"]) }
            try await site.settleLog()
            let sound = try await site.run("audit", "verify")
            #expect(sound.status == 0, "\(sound.output)")
            // A head that is signed anew would take the place of a forged one.
            try await site.settleHead()
            await site.stop()
            let manipulations: [(sql: String, code: String)] = [
                ("UPDATE audit_event SET entry = overlay(entry placing 'x'::bytea from 20) WHERE position = 7", "entry-changed at 1.7"),
                ("DELETE FROM audit_event WHERE position = 9", "entry-missing at 1.9"),
                (
                    """
                    INSERT INTO audit_event SELECT tenant_id, gen_random_uuid(), epoch, 11, at, actor, action, entity, decision, purpose, grant_id, reason,
                      salt, records, entry FROM audit_event WHERE position = 12
                    """, "place-taken"
                ),
                (
                    """
                    INSERT INTO audit_event SELECT tenant_id, gen_random_uuid(), epoch, 100000, at, actor, action, entity, decision, purpose, grant_id,
                      reason, salt, records, entry FROM audit_event WHERE position = 12
                    """, "entry-added at 1.100000"
                ),
                ("UPDATE audit_event SET reason = 'other' WHERE position = 20", "margin-changed at 1.20"),
                ("UPDATE audit_event SET actor = 'mallory' WHERE position = 21", "columns-changed at 1.21"),
                (
                    """
                    UPDATE audit_event SET position = 61 - position WHERE position IN (30, 31)
                    """, "entry-changed at 1.30"
                ),
                ("UPDATE audit_checkpoint SET root = decode(repeat('00', 32), 'hex')", "checkpoint-unverified"),
            ]
            for (sql, _) in manipulations { try await site.administer(sql) }
            let outcome = try await site.run("audit", "verify")
            #expect(outcome.status == 1)
            for (_, code) in manipulations { #expect(outcome.output.contains(code), "\(code) in \(outcome.output)") }
        }
    }

    @Test func `hashes that are changed with their entry show in the head`() async throws {
        try await Site.with { site in
            try await site.serve()
            let caller = try site.administrator
            for _ in 0..<10 { _ = try await caller.get("/v1/contacts?limit=1") }
            try await site.settleHead()
            await site.stop()
            try await site.administer(
                """
                UPDATE audit_event SET entry = overlay(entry placing 'x'::bytea from 20) WHERE position = 3;
                UPDATE audit_tile SET hashes = overlay(hashes placing
                  sha256('\\x00'::bytea || (SELECT entry FROM audit_event WHERE position = 3)) from 3 * 32 + 1) WHERE level = 0
                """)
            let outcome = try await site.run("audit", "verify")
            #expect(
                outcome.status == 1 && outcome.output.contains("checkpoint-unverified") && !outcome.output.contains("entry-changed"),
                "\(outcome.output)")
        }
    }
}

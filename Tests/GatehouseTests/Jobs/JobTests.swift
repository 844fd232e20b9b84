import DataFormats
import Foundation
import TestPostgres
import Testing

@Suite(.timeLimit(.minutes(15)))
struct JobTests {
    private static let rowsOfPart = 500

    /// Opens an import, fills it and starts it.
    private func start(_ plural: String, _ rows: [JSONObject], dryRun: Bool = false, _ caller: Caller) async throws -> String {
        let opened = try await caller.post("/v1/jobs", ["kind": "import", "entity": .string(plural), "dry_run": .bool(dryRun)])
        #expect(opened.status == 201 && opened.headers["location"] == "/v1/jobs/\(opened.id)", "\(opened.text)")
        for (number, from) in stride(from: 0, to: rows.count, by: Self.rowsOfPart).enumerated() {
            var body: [UInt8] = []
            for line in from..<min(from + Self.rowsOfPart, rows.count) {
                body += JSONValue.object(["line": .number(JSONNumber(line + 2)), "members": .object(rows[line])]).encoded() + [10]
            }
            let part = try await caller.send(
                "PUT", "/v1/jobs/\(opened.id)/parts/\(number + 1)", ["Content-Type": "application/x-ndjson"], body: body)
            #expect(part.status == 204, "\(part.text)")
        }
        let started = try await caller.post("/v1/jobs/\(opened.id)/start", [:])
        #expect(started.status == 202, "\(started.text)")
        return opened.id
    }

    private func ended(_ id: String, in state: String, _ caller: Caller) async throws -> Answer {
        var last: Answer?
        try await eventually("job \(id) is \(state)", within: .seconds(600)) {
            let answer = try await caller.get("/v1/jobs/\(id)")
            last = answer
            return !["running", "reverting"].contains(answer["state"]?.stringValue ?? "")
        }
        let answer = try #require(last)
        #expect(answer["state"] == .string(state), "\(answer.text)")
        return answer
    }

    private func count(_ question: String, _ caller: Caller) async throws -> JSONValue? {
        try await caller.get("/v1/contacts?\(question)&count=true&limit=1")["count"]
    }

    @Test func `an import of many rows has an outcome for each, and is taken back as a whole`() async throws {
        let caller = try await Site.shared().administrator
        let mark = unique("job")
        let known = try await caller.post(
            "/v1/contacts",
            ["external_id": .string("\(mark)-known"), "given_name": "Before", "owner_id": .string(mark), "email": .string("\(mark)@example.org")])
        let touched = try await caller.post(
            "/v1/contacts", ["external_id": .string("\(mark)-touched"), "given_name": "Old", "owner_id": .string(mark)])
        var rows: [JSONObject] = (0..<700).map { ["external_id": .string("\(mark)-\($0)"), "given_name": "New", "owner_id": .string(mark)] }
        rows[3]["email"] = "no address"
        rows[600]["nonsense"] = 1
        rows += [
            ["external_id": .string("\(mark)-known"), "given_name": "After", "email": .null, "country": "DE"],
            ["external_id": .string("\(mark)-known"), "given_name": "Later"],
            ["external_id": .string("\(mark)-touched"), "given_name": "New"],
            ["external_id": .string("\(mark)-touched"), "given_name": "New"],
        ]
        let plan = try await ended(start("contacts", rows, dryRun: true, caller), in: "done", caller)
        #expect(plan["outcomes"]?.objectValue?["created"] == 698 && plan["outcomes"]?.objectValue?["refused"] == 2, "\(plan.text)")
        #expect(plan["revertible_until"] == .null)
        #expect(try await count("owner_id=\(mark)", caller) == 2)

        let id = try await start("contacts", rows, caller)
        let done = try await ended(id, in: "done", caller)
        #expect(done["outcomes"] == ["created": 698, "updated": 3, "skipped": 1, "refused": 2], "\(done.text)")
        #expect(done["rows"] == 704 && done["parts"] == 2 && done["parts_done"] == 2)
        #expect(try await count("owner_id=\(mark)", caller) == 700)
        #expect(try await caller.get("/v1/contacts/\(known.id)")["given_name"] == "Later")
        let refused = try await caller.get("/v1/jobs/\(id)/refused")
        #expect(refused.data.map { $0["line"] } == [5, 602] && refused["next"] == .null, "\(refused.text)")
        #expect(refused.data.first?["members"]?.objectValue?["email"] == "no address")
        #expect(refused.data.last?["errors"]?.arrayValue?.first?.objectValue?["pointer"] == "#/nonsense")
        #expect(try await caller.post("/v1/jobs/\(id)/start", [:]).code == "request-state")

        // One that it made and one that it changed are somebody else's work by now.
        let made = try await caller.get("/v1/contacts?external_id=\(mark)-0").data
        let first = try #require(made.first?["id"]?.stringValue)
        #expect(try await caller.patch("/v1/contacts/\(first)", ifMatch: "*", ["given_name": "Mine"]).status == 200)
        #expect(try await caller.patch("/v1/contacts/\(touched.id)", ifMatch: "*", ["given_name": "Mine"]).status == 200)
        let again = ["Idempotency-Key": unique("revert")]
        let reverting = try await caller.post("/v1/jobs/\(id)/revert", [:], again)
        #expect(reverting.status == 202 && reverting["state"] == "reverting", "\(reverting.text)")
        #expect(try await caller.post("/v1/jobs/\(id)/revert", [:], again).bytes == reverting.bytes)
        let reverted = try await ended(id, in: "reverted", caller)
        #expect(reverted["reversals"] == ["precondition-failed": 2, "reverted": 698], "\(reverted.text)")
        #expect(try await count("owner_id=\(mark)", caller) == 3)
        let back = try await caller.get("/v1/contacts/\(known.id)")
        #expect(back["given_name"] == "Before" && back["email"] == .string("\(mark)@example.org") && back["country"] == .null, "\(back.text)")
        #expect(try await caller.get("/v1/contacts?email=\(percentEncoded("\(mark)@example.org"))").data.count == 1)
        #expect(try await caller.get("/v1/contacts/\(touched.id)")["given_name"] == "Mine")
        // The same rows can come again: nothing holds their ids.
        let second = try await ended(start("contacts", Array(rows[10..<20]), caller), in: "done", caller)
        #expect(second["outcomes"] == ["created": 10, "updated": 0, "skipped": 0, "refused": 0], "\(second.text)")
    }

    @Test func `what is held is not taken back with the import that made it`() async throws {
        let site = try await Site.shared()
        let caller = try site.administrator
        let mark = unique("held")
        let rows: [JSONObject] = (0..<3).map { ["external_id": .string("\(mark)-\($0)"), "given_name": "New", "owner_id": .string(mark)] }
        let id = try await start("contacts", rows, caller)
        _ = try await ended(id, in: "done", caller)
        let made = try #require(try await caller.get("/v1/contacts?external_id=\(mark)-1").data.first?["id"]?.stringValue)
        let officer = try await site.caller("compliance-officer", user: unique("olga"))
        #expect(try await HoldTests.place(officer, ["subject": .string(made)]).status == 201)
        #expect(try await caller.post("/v1/jobs/\(id)/revert", [:]).status == 202)
        let reverted = try await ended(id, in: "reverted", caller)
        #expect(reverted["reversals"] == ["hold-in-the-way": 1, "reverted": 2], "\(reverted.text)")
        #expect(try await caller.get("/v1/contacts/\(made)").status == 200)
        #expect(try await count("owner_id=\(mark)", caller) == 1)
    }

    @Test func `a job is its owner's, goes in parts, and is over when it is ended`() async throws {
        let site = try await Site.shared()
        let (caller, other) = (try site.administrator, try await site.caller("integration-app"))
        let id = try await caller.post("/v1/jobs", ["kind": "import", "entity": "contacts"]).id
        for path in ["", "/refused", "/parts/1"] { #expect(try await other.get("/v1/jobs/\(id)\(path)").status == 404) }
        #expect(try await other.post("/v1/jobs/\(id)/start", [:]).status == 404)
        #expect(try await other.delete("/v1/jobs/\(id)", ifMatch: nil).status == 404)
        #expect(try await other.get("/v1/jobs").data.allSatisfy { $0["id"] != .string(id) })
        #expect(try await site.stranger().get("/v1/jobs/\(id)").status == 404)
        // Who acts for a user has the rights that both have, and a job those of the key alone.
        let boss = try await site.steppedUp("administrator", user: unique("boss"))
        let user = unique("ann")
        #expect(try await boss.post("/v1/users", ["handle": .string(user)]).status == 201)
        #expect(try await boss.post("/v1/users/\(user)/roles", ["role": "sales-manager"]).status == 200)
        let app = try await site.caller(["roles": ["sales-manager"], "acts_for_users": true])
        let apps = try await app.post("/v1/jobs", ["kind": "export", "entity": "deals"]).id
        for path in ["", "/\(apps)", "/\(apps)/parts/1"] {
            #expect(try await app.get("/v1/jobs\(path)", ["On-Behalf-Of": user]).code == "denied")
        }
        #expect(try await app.post("/v1/jobs", ["kind": "export", "entity": "deals"], ["On-Behalf-Of": user]).code == "denied")
        #expect(try await site.caller("sales-rep").post("/v1/jobs", ["kind": "export", "entity": "contacts"]).status == 403)
        #expect(try await site.caller("sales-manager").post("/v1/jobs", ["kind": "import", "entity": "contacts"]).status == 403)

        #expect(try await caller.post("/v1/jobs/\(id)/start", [:]).code == "request-state")
        let row = Array(#"{"line":1,"members":{"given_name":"A"}}"#.utf8)
        let type = ["Content-Type": "application/x-ndjson"]
        #expect(try await caller.send("PUT", "/v1/jobs/\(id)/parts/2", type, body: row).status == 204)
        let gap = try await caller.post("/v1/jobs/\(id)/start", [:])
        #expect(gap.code == "request-state" && gap.text.contains("1 are missing"), "\(gap.text)")
        #expect(try await caller.send("PUT", "/v1/jobs/\(id)/parts/0", type, body: row).status == 404)
        #expect(try await caller.send("PUT", "/v1/jobs/\(id)/parts/1", type, body: []).code == "value-invalid")
        #expect(try await caller.send("PUT", "/v1/jobs/\(id)/parts/1", type, body: Array("x".utf8)).code == "body-malformed")
        for wrong: JSONValue in [
            [:], ["kind": "import"], ["kind": "move", "entity": "contacts"], ["kind": "import", "entity": "nothings"],
            ["kind": "import", "entity": "contacts", "filter": "true"], ["kind": "export", "entity": "contacts", "dry_run": true],
            ["kind": "export", "entity": "contacts", "filter": "nonsense == 1"], ["kind": "export", "entity": "contacts", "fields": ["nonsense"]],
        ] {
            let answer = try await caller.post("/v1/jobs", wrong)
            #expect([400, 422].contains(answer.status), "\(answer.text)")
        }
        #expect(try await caller.delete("/v1/jobs/\(id)", ifMatch: nil).status == 204)
        let over = try await caller.get("/v1/jobs/\(id)")
        #expect(over["state"] == "cancelled" && over["files_until"] == .null, "\(over.text)")
        #expect(try await caller.send("PUT", "/v1/jobs/\(id)/parts/1", type, body: row).status >= 400)
        #expect(try await caller.get("/v1/jobs/\(id)/refused").status == 404)
    }

    @Test func `a part may be larger than a record`() async throws {
        let caller = try await Site.shared().administrator
        let opened = try await caller.post("/v1/jobs", ["kind": "import", "entity": "contacts"])
        func part(_ rows: Int, of bytes: Int) -> [UInt8] {
            let notes = JSONValue.string(String(repeating: "n", count: bytes))
            return (1...rows).flatMap {
                JSONValue.object(["line": .number(JSONNumber($0)), "members": ["given_name": "A", "notes": notes]]).encoded() + [10]
            }
        }
        let type = ["Content-Type": "application/x-ndjson"]
        let large = try await caller.send("PUT", "/v1/jobs/\(opened.id)/parts/1", type, body: part(400, of: 8_000))
        #expect(large.status == 204, "\(large.text)")
        #expect(try await caller.delete("/v1/jobs/\(opened.id)", ifMatch: nil).status == 204)
    }

    @Test func `an export hands out what its owner may see, and nothing of who was erased or is seen otherwise by now`() async throws {
        let site = try await Site.shared()
        let (caller, manager) = (try site.administrator, try await site.caller("sales-manager", user: unique("mona")))
        let mark = unique("export")
        let rows = (0..<520).map {
            JSONValue.object(["line": .number(JSONNumber($0)), "members": ["given_name": .string("N\($0)"), "owner_id": .string(mark)]])
        }
        for from in stride(from: 0, to: rows.count, by: 260) {
            #expect(try await caller.importRows("contacts", Array(rows[from..<from + 260])).status == 200)
        }
        let started = try await manager.post(
            "/v1/jobs",
            ["kind": "export", "entity": "contacts", "filter": .string("record.owner_id == '\(mark)'"), "fields": ["given_name", "owner_id"]])
        #expect(started.status == 202, "\(started.text)")
        let done = try await ended(started.id, in: "done", manager)
        #expect(done["rows"] == 520 && done["parts"] == 2, "\(done.text)")
        func lines(_ part: Int) async throws -> (records: [JSONObject], withheld: String?) {
            let answer = try await manager.get("/v1/jobs/\(started.id)/parts/\(part)")
            #expect(answer.status == 200 && answer.headers["content-type"] == "application/x-ndjson", "\(answer.text.prefix(200))")
            return (
                answer.text.split(separator: "\n").compactMap { (try? JSONReader.read(Array($0.utf8)))?.objectValue }, answer.headers["withheld-rows"]
            )
        }
        let (first, second) = (try await lines(1), try await lines(2))
        #expect(first.records.count == 500 && second.records.count == 20 && first.withheld == "0")
        #expect(Set((first.records + second.records).compactMap { $0["given_name"]?.stringValue }).count == 520)
        #expect(first.records.allSatisfy { $0["email"] == nil })
        #expect(try await manager.get("/v1/jobs/\(started.id)/parts/3").status == 404)
        let event = try await site.caller("auditor").get("/v1/audit/events?limit=200").data.first {
            $0["target"] == .string("job:fetched:\(started.id)")
        }
        #expect(event?["outcome"] == "disclosed")

        let (gone, erased) = (try #require(first.records[0]["id"]?.stringValue), try #require(first.records[1]["id"]?.stringValue))
        #expect(try await caller.delete("/v1/contacts/\(gone)", ifMatch: "*").status == 204)
        #expect(try await site.run("key", "destroy", erased, "--reason", "request 17", "--yes").status == 0)
        try await eventually("the erased person is in no part") {
            let now = try await lines(1)
            return now.records.count == 498 && now.withheld == "2"
        }
        #expect(try await manager.delete("/v1/jobs/\(started.id)", ifMatch: nil).status == 204)
        #expect(try await manager.get("/v1/jobs/\(started.id)/parts/1").status == 404)
        let revoked = try await site.caller("sales-manager", user: unique("max"))
        let last = try await revoked.post("/v1/jobs", ["kind": "export", "entity": "contacts", "filter": .string("record.owner_id == '\(mark)'")])
        #expect(try await caller.delete("/v1/tokens/\(revoked.id)", ifMatch: nil).status == 204)
        #expect(try await revoked.get("/v1/jobs/\(last.id)").status == 401)
    }

    @Test func `a key has ten jobs, however many it asks for at once`() async throws {
        let caller = try await Site.shared().caller("integration-app")
        let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
            for _ in 0..<24 { group.addTask { try await caller.post("/v1/jobs", ["kind": "import", "entity": "contacts"]) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count { $0.status == 201 } == 10)
        #expect(answers.filter { $0.status != 201 }.allSatisfy { $0.code == "request-state" })
        for job in try await caller.get("/v1/jobs").data {
            #expect(try await caller.delete("/v1/jobs/\(job["id"]?.stringValue ?? "")", ifMatch: nil).status == 204)
        }
        #expect(try await caller.post("/v1/jobs", ["kind": "import", "entity": "contacts"]).status == 201)
    }

    @Test func `an import that is ended on its way can be taken back as far as it came`() async throws {
        let caller = try await Site.shared().administrator
        let mark = unique("ended")
        let rows: [JSONObject] = (0..<1500).map { ["given_name": .string("E\($0)"), "owner_id": .string(mark)] }
        let id = try await start("contacts", rows, caller)
        try await eventually("something has arrived") { try await count("owner_id=\(mark)", caller) != 0 }
        #expect(try await caller.delete("/v1/jobs/\(id)", ifMatch: nil).status == 204)
        // A part that was under way when the job was ended comes to its end.
        try await eventually("nothing more arrives") {
            let before = try await count("owner_id=\(mark)", caller)
            try await Task.sleep(for: .seconds(2))
            return try await count("owner_id=\(mark)", caller) == before
        }
        #expect(try await caller.post("/v1/jobs/\(id)/revert", [:]).status == 202)
        _ = try await ended(id, in: "reverted", caller)
        #expect(try await count("owner_id=\(mark)", caller) == 0)
    }

    @Test func `rows that had their turn have no second one, whenever the gateway is killed`() async throws {
        try await Site.with { site in
            try await site.serve()
            // Rows without an id of their own, which nothing would recognise.
            let rows: [JSONObject] = (0..<5000).map { ["name": .string("firm \($0)")] }
            let id = try await start("accounts", rows, try site.administrator)
            var kills = 0
            while kills < 6 {
                let before = try await site.administrator.get("/v1/jobs/\(id)")
                if before["state"] != "running" { break }
                try await Task.sleep(for: .milliseconds(40 + 130 * kills))
                await site.stop(SIGKILL)
                kills += 1
                // What the killed one was at is due when its lease has ended: nobody waits two minutes for that here.
                try await site.administer("UPDATE record_job SET due_at = now() WHERE state = 'running'")
                try await site.serve()
            }
            #expect(kills > 1)
            let caller = try site.administrator
            let done = try await ended(id, in: "done", caller)
            #expect(done["outcomes"] == ["created": 5000, "updated": 0, "skipped": 0, "refused": 0], "\(done.text)")
            #expect(try await caller.get("/v1/accounts?count=true&limit=1")["count"] == 5000)
        }
    }
}

import DataFormats
import Foundation
import TestPostgres
import Testing

/// Records that leave for the archive, and records that are made nobody's.
@Suite(.timeLimit(.minutes(15)))
struct ArchiveTests {
    /// The shipped policies, with other retention rules for two entities.
    private static func policies(_ folder: String) throws -> String {
        let policies = folder + "/policies"
        try FileManager.default.copyItem(atPath: Repository.policies, toPath: policies)
        for (entity, rules) in [
            ("activity", "  - { name: old-activities, since: occurred_at, after: P3Y, do: archive, basis: \"evidence\" }\n"),
            ("task", "  - { name: finished-tasks, since: due_on, after: P2Y, do: anonymise, basis: \"statistics\" }\n"),
        ] {
            let path = "\(policies)/catalog/\(entity).yaml"
            let text = try String(contentsOfFile: path, encoding: .utf8)
            let head = text.components(separatedBy: "retention:\n")[0]
            try (head + "retention:\n" + rules).write(toFile: path, atomically: true, encoding: .utf8)
        }
        return policies
    }

    @Test func `an archived record keeps its sealed fields, goes with its person, and stays while a hold reaches it`() async throws {
        let folder = try TemporaryFolder.make()
        try await Site.with(policies: try Self.policies(folder)) { site in
            site.keepKeysBriefly()
            try await site.serve()
            let caller = try site.administrator
            func person(_ name: String) async throws -> String { try await caller.post("/v1/contacts", ["family_name": .string(name)]).id }
            let (ann, bea) = (try await person("Ann"), try await person("Bea"))
            func call(_ person: String, _ topic: String, _ kind: String = "call") async throws -> String {
                try await caller.post(
                    "/v1/activities",
                    ["kind": .string(kind), "contact_id": .string(person), "topic": .string(topic), "occurred_at": "2015-01-01T00:00:00Z"]
                ).id
            }
            let (first, second) = (try await call(ann, "Prices"), try await call(bea, "Delivery", "visit"))
            _ = try await RetentionTests.run(site)
            #expect(try await caller.get("/v1/activities/\(first)").status == 404)
            #expect(try await site.administer("SELECT count(*) FROM archived_record") == "2")
            #expect(!(try await site.dump("gatehouse")).contains("Prices"))

            // Keys are replaced under it, and it still opens: a row that is put back reads as it did.
            #expect(try await site.run("key", "rotate", "subjects", "--rate", "0").status == 0)
            try await site.administer(
                "INSERT INTO activity SELECT (jsonb_populate_record(NULL::activity, contents)).* FROM archived_record WHERE id = '\(first)'")
            #expect(try await caller.get("/v1/activities/\(first)")["topic"] == "Prices")
            try await site.administer("DELETE FROM activity WHERE id = '\(first)'")

            // A hold reaches into the archive.
            let officer = try await site.caller("compliance-officer", user: "olga")
            let hold = try await HoldTests.place(officer, ["entity": "activity", "condition": "record.kind == 'visit'"])
            #expect(hold["records"] == 1 && hold["people"] == 1, "\(hold.text)")
            #expect(try await caller.delete("/v1/contacts/\(bea)", ifMatch: "*").code == "hold-in-the-way")
            #expect(try await site.run("key", "destroy", bea, "--reason", "r", "--yes").errors.contains("hold-in-the-way"))
            #expect(try await site.run("key", "destroy", ann, "--reason", "r").status == 0)
            #expect(try await HoldTests.release(officer, hold.id).status == 200)

            // People take their archive with them.
            _ = try await caller.patch(
                "/v1/contacts/\(ann)", ifMatch: "*", ["lifecycle": "former", "last_activity_at": "2015-01-01T00:00:00Z"])
            _ = try await RetentionTests.run(site, "--rule", "former-customers")
            #expect(try await site.administer("SELECT string_agg(id::text, ' ') FROM archived_record") == second)
        }
    }

    @Test func `an anonymised record stays, is about nobody, and is not made so twice`() async throws {
        let folder = try TemporaryFolder.make()
        try await Site.with(policies: try Self.policies(folder)) { site in
            try await site.serve()
            let caller = try site.administrator
            let person = try await caller.post("/v1/contacts", ["family_name": "Ann"]).id
            let task = try await caller.post(
                "/v1/tasks", ["title": "Call Ann", "status": "done", "contact_id": .string(person), "due_on": "2015-01-01"]
            ).id
            let run = try await RetentionTests.run(site, "--rule", "finished-tasks")
            #expect(try await RetentionTests.report(site, run).outcomes["task.finished-tasks"]?["anonymised"] == ["task": 1])
            let left = try await caller.get("/v1/tasks/\(task)")
            #expect(left.status == 200 && left["title"] == .null && left["contact_id"] == .null && left["status"] == "done", "\(left.text)")
            #expect(try await site.administer("SELECT count(*) FROM task WHERE subject_id IS NOT NULL") == "0")
            #expect(try await caller.get("/v1/contacts/\(person)").status == 200)
            let again = try await RetentionTests.run(site, "--rule", "finished-tasks")
            #expect(again["total"] == 0)
        }
    }
}

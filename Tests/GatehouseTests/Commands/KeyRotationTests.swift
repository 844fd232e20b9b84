import DataFormats
import Foundation
import TestPostgres
import Testing

/// Keys replaced by an operator, over the command line, while gateways serve.
@Suite(.timeLimit(.minutes(15)))
struct KeyRotationTests {
    @Test func `every key is rotated while two gateways read and write, and nothing is lost`() async throws {
        try await Site.with { site in
            site.keepKeysBriefly()
            try await site.serve()
            let other = try await site.serve()
            let caller = try site.administrator
            let twin = Caller(url: other.url, token: caller.token)
            let name = unique("Ottilie")
            let first = try await caller.post("/v1/contacts", ["family_name": .string(name), "email": .string("\(name)@example.com")])
            let deal = try await caller.post("/v1/accounts", ["name": "Thistledown", "notes": "none"])
            #expect(first.status == 201 && deal.status == 201)
            let tag = try await twin.get("/v1/contacts/\(first.id)").tag

            let made = try await withThrowingTaskGroup(of: [(id: String, name: String)].self) { group in
                group.addTask {
                    for arguments in [["epoch"], ["search"], ["subjects", "--suite", "2"], ["root"], ["epoch"]] {
                        let outcome = try await site.run(["key", "rotate"] + arguments + ["--json"])
                        #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
                        let job = try JSONReader.read(Array(outcome.output.utf8)).objectValue
                        #expect(job?["unused_since"]?.stringValue != nil && job?["unreadable"] == 0, "\(arguments)")
                    }
                    return []
                }
                // Meanwhile people are made, changed and found, over both gateways in turn.
                group.addTask {
                    var made: [(id: String, name: String)] = []
                    for number in 0..<60 {
                        let (one, two) = number % 2 == 0 ? (caller, twin) : (twin, caller)
                        let name = unique("Larkspur")
                        let new = try await one.post("/v1/contacts", ["family_name": .string(name), "email": .string("\(name)@example.com")])
                        #expect(new.status == 201, "\(new.text)")
                        let changed = try await two.patch("/v1/contacts/\(new.id)", ifMatch: "*", ["notes": .string(name)])
                        #expect(changed.status == 200, "\(changed.text)")
                        #expect(try await one.get("/v1/contacts?email=\(name)%40example.com").data.map { $0["id"] } == [.string(new.id)])
                        made.append((new.id, name))
                        try await Task.sleep(for: .milliseconds(150))
                    }
                    return made
                }
                return try await group.reduce([], +)
            }
            let gateways = [caller, twin]
            for (id, name) in made + [(first.id, name)] {
                for gateway in gateways {
                    let read = try await gateway.get("/v1/contacts/\(id)")
                    #expect(read["family_name"]?.stringValue == name, "\(read.text)")
                    #expect(try await gateway.get("/v1/contacts?email=\(name)%40example.com").data.map { $0["id"] } == [.string(id)])
                }
            }
            // What was only sealed anew has not changed for anybody.
            #expect(try await twin.get("/v1/contacts/\(first.id)").tag == tag)
            #expect(try await twin.get("/v1/accounts/\(deal.id)")["notes"] == "none")
            let status = try object(try await site.run("status", "--json"))
            #expect(status["suite"] == 2 && status["epoch"] == 3 && status["open_epochs"] == 1 && status["search_generation"] == 2)
            // Every cell in the store is of suite 2, and none of a version before the newest.
            let cells = "SELECT count(*) FROM contact WHERE email IS NOT NULL AND get_byte(email, 1) <> 2"
            #expect(try await site.administer(cells) == "0")
            #expect(try await site.administerVault("SELECT count(*) FROM search_token WHERE generation <> 2") == "0")
            #expect(
                try await site.administerVault("SELECT count(*) FROM (SELECT holder FROM data_key GROUP BY holder HAVING count(*) > 1) AS several")
                    == (try await site.administerVault("SELECT count(*) FROM data_key WHERE holder = tenant_id AND version = 2")))
        }
    }

    @Test func `old data keys stay while anything does not open that may yet be put right`() async throws {
        try await Site.with { site in
            site.keepKeysBriefly()
            try await site.serve()
            let caller = try site.administrator
            let (one, two) = (
                try await caller.post("/v1/contacts", ["family_name": "Larkspur"]), try await caller.post("/v1/contacts", ["family_name": "Thistle"])
            )
            let erased = try await caller.post("/v1/contacts", ["family_name": "Foxglove"])
            #expect(try await site.run("key", "destroy", erased.id, "--reason", "request 17", "--yes").status == 0)
            // One cell is overwritten, and one person's key has got lost.
            let cell = try await site.administer("SELECT encode(family_name, 'hex') FROM contact WHERE id = '\(one.id)'")
            try await site.administer("UPDATE contact SET family_name = '\\x00' WHERE id = '\(one.id)'")
            let key = try await site.administerVault("SELECT tenant_id, epoch, encode(wrapped, 'hex') FROM data_key WHERE holder = '\(two.id)'")
            let parts = key.split(separator: "|").map { String($0) }
            _ = try await site.administerVault("DELETE FROM data_key WHERE holder = '\(two.id)'")

            let job = try object(try await site.run("key", "rotate", "subjects", "--json"))
            #expect(job["step"] == "done" && job["unreadable"] == 2 && job["unused_since"] == nil)
            #expect(try await site.administerVault("SELECT count(*) FROM data_key WHERE holder = '\(one.id)'") == "2")
            let write = try await caller.patch("/v1/contacts/\(two.id)", ifMatch: "*", ["notes": "none"])
            #expect(write.code == "subject-key-missing", "lost is not erased: \(write.text)")
            let activity = try await caller.post("/v1/activities", ["kind": "call", "contact_id": .string(two.id), "topic": "Prices"])
            #expect(activity.code == "subject-key-missing", "\(activity.text)")
            // In an import it is that person's row which is refused, and no other.
            let rows: [JSONValue] = ["Ottilie", two.id].enumerated().map { number, name in
                let members: JSONObject =
                    number == 0 ? ["kind": "call", "topic": .string(name)] : ["kind": "call", "contact_id": .string(name), "topic": "x"]
                return ["line": .number(JSONNumber(number + 1)), "members": .object(members)]
            }
            let imported = try await caller.importRows("activities", rows)
            #expect(imported.status == 200 && imported.text.contains("created") && imported.text.contains("subject-key-missing"), "\(imported.text)")

            // Both are put right, and the next rotation ends as it should.
            try await site.administer("UPDATE contact SET family_name = '\\x\(cell)' WHERE id = '\(one.id)'")
            _ = try await site.administerVault(
                "INSERT INTO data_key VALUES ('\(parts[0])', '\(two.id)', 1, \(parts[1]), '\\x\(parts[2])', now() - interval '1 hour')")
            for (id, name) in [(one.id, "Larkspur"), (two.id, "Thistle")] {
                #expect(try await caller.get("/v1/contacts/\(id)")["family_name"]?.stringValue == name)
            }
            let next = try object(try await site.run("key", "rotate", "subjects", "--json"))
            #expect(next["unreadable"] == 0 && next["unused_since"] != nil)
            #expect(try await site.administerVault("SELECT count(*) FROM data_key WHERE holder = '\(one.id)'") == "1")
            for (id, name) in [(one.id, "Larkspur"), (two.id, "Thistle")] {
                #expect(try await caller.get("/v1/contacts/\(id)")["family_name"]?.stringValue == name)
            }
        }
    }

    @Test func `an epoch ends by itself once it has lasted its time with somebody erased in it`() async throws {
        try await Site.with { site in
            site.add(["GATEHOUSE_EPOCH_DAYS": "1"])
            try await site.serve()
            let caller = try site.administrator
            let person = try await caller.post("/v1/contacts", ["family_name": "Larkspur"])
            #expect(try await site.run("key", "destroy", person.id, "--reason", "request 17", "--yes").status == 0)
            _ = try await site.administerVault("UPDATE epoch_key SET created_at = now() - interval '25 hours'")
            var status = try object(try await site.run("status", "--json"))
            for _ in 0..<100 where status["erased_readable_in_copies"] != 0 {
                try await Task.sleep(for: .milliseconds(200))
                status = try object(try await site.run("status", "--json"))
            }
            #expect(status["erased_readable_in_copies"] == 0 && status["epoch"] == 2)
        }
    }

    @Test func `a rotation that was killed goes on where it was, by whoever comes next`() async throws {
        try await Site.with { site in
            #expect(try await site.run("sample", "--people", "60").status == 0)
            let command = ["key", "rotate", "epoch", "--rate", "20", "--state", site.state, "--policies", site.policies]
            let child = try Child(
                [GatehouseProgram.path] + command, environment: Program.clean.merging(site.environment) { _, new in new }, folder: "/tmp",
                input: "/dev/null", output: site.folder + "/rotate.out", errors: site.folder + "/rotate.err"
            )
            var done = 0
            while done < 10 {
                try await Task.sleep(for: .milliseconds(50))
                done = Int(try await site.administerVault("SELECT coalesce(max(done), 0) FROM key_job")) ?? 0
            }
            kill(child.pid, SIGKILL)
            _ = await child.wait()
            let rest = try await site.administerVault(
                "SELECT count(*) FROM data_key k WHERE epoch < (SELECT max(epoch) FROM data_key WHERE tenant_id = k.tenant_id)")
            #expect((Int(rest) ?? 0) > 0)
            // Its lease runs for a while still, in which nobody does the same thing; whoever asks watches, and goes on then.
            _ = try await site.administerVault("UPDATE key_job SET leased_until = clock_timestamp() + interval '3 seconds'")
            let resumed = try await site.run("key", "rotate", "epoch", "--json")
            let job = try object(resumed)
            #expect(job["step"] == "done" && job["old"] == 1)
            #expect(job["done"] == job["total"])
            #expect(try await site.administerVault("SELECT count(DISTINCT (tenant_id, epoch)) FROM data_key") == "2")
            try await site.serve()
            let people = try await site.administrator.get("/v1/contacts?limit=200").data
            #expect(
                people.count > 50
                    && people.allSatisfy { $0["_meta"]?.objectValue?["unreadable"] == nil && $0["_meta"]?.objectValue?["erased"] == nil })
        }
    }

    @Test func `rotations of every kind that are killed at any moment, two at a time, lose nobody`() async throws {
        try await Site.with { site in
            site.keepKeysBriefly()
            #expect(try await site.run("sample", "--people", "80").status == 0)
            try await site.serve()
            let caller = try site.administrator
            let known = try await withThrowingTaskGroup(of: [String: String].self) { group in
                group.addTask {
                    for round in 0..<8 {
                        let kinds = ["epoch", "subjects", "search", "root"].shuffled().prefix(2)
                        let children = try kinds.map { kind in
                            let command = ["key", "rotate", kind, "--rate", "4000", "--state", site.state, "--policies", site.policies]
                            return try Child(
                                [GatehouseProgram.path] + command, environment: Program.clean.merging(site.environment) { _, new in new },
                                folder: "/tmp", input: "/dev/null", output: site.folder + "/rotate\(round).out",
                                errors: site.folder + "/rotate\(round).err")
                        }
                        try await Task.sleep(for: .milliseconds(.random(in: 200...2500)))
                        for child in children {
                            kill(child.pid, SIGKILL)
                            _ = await child.wait()
                        }
                        // Whoever is next, the command or the gateway, need not wait for the dead.
                        _ = try await site.administerVault("UPDATE key_job SET leased_until = now() WHERE finished_at IS NULL")
                    }
                    return [:]
                }
                group.addTask {
                    var known: [String: String] = [:]
                    for number in 0..<100 {
                        let name = unique("Larkspur")
                        let body: JSONValue = ["family_name": .string(name), "email": .string("\(name)@example.com")]
                        let made = try await caller.post("/v1/contacts", body)
                        #expect(made.status == 201, "\(made.text)")
                        known[made.id] = name
                        guard number % 3 == 0, let id = known.keys.randomElement() else { continue }
                        let other = unique("Thistle")
                        let changed = try await caller.patch("/v1/contacts/\(id)", ifMatch: "*", ["family_name": .string(other)])
                        #expect(changed.status == 200, "\(changed.text)")
                        known[id] = other
                        try await Task.sleep(for: .milliseconds(100))
                    }
                    return known
                }
                return try await group.reduce(into: [:]) { $0.merge($1) { _, new in new } }
            }
            // Each comes to its end, by whoever is at it.
            for kind in ["epoch", "subjects", "search", "root"] {
                var outcome = try await site.run("key", "rotate", kind)
                for _ in 0..<40 where outcome.status == 6 {
                    try await Task.sleep(for: .seconds(1))
                    outcome = try await site.run("key", "rotate", kind)
                }
                #expect(outcome.status == 0, "\(kind): \(outcome.errors)")
            }
            let twin = Caller(url: try await site.serve().url, token: caller.token)
            for gateway in [caller, twin] {
                for (id, name) in known {
                    #expect(try await gateway.get("/v1/contacts/\(id)")["family_name"]?.stringValue == name)
                    let found = try await gateway.get("/v1/contacts?q=\(name)")
                    #expect(found.data.map { $0["id"] } == [.string(id)], "\(name): \(found.text)")
                }
                let people = try await gateway.get("/v1/contacts?limit=200").data
                #expect(people.count > 150)
                #expect(people.allSatisfy { $0["_meta"]?.objectValue?["unreadable"] == nil && $0["_meta"]?.objectValue?["erased"] == nil })
            }
            #expect(try await site.administerVault("SELECT count(*) FROM key_job WHERE finished_at IS NULL OR unreadable > 0") == "0")
            #expect(try FileManager.default.contentsOfDirectory(atPath: site.state + "/keys/wrapping").count == 2)
        }
    }

    @Test func `a rotation can be left to a running gateway`() async throws {
        try await Site.with { site in
            try await site.serve()
            let caller = try site.administrator
            let person = try await caller.post("/v1/contacts", ["family_name": "Larkspur"])
            #expect(try object(try await site.run("key", "rotate", "epoch", "--detach", "--json"))["finished_at"] == nil)
            var jobs = ""
            for _ in 0..<100 where !jobs.contains("finished_at") {
                try await Task.sleep(for: .milliseconds(200))
                jobs = try await site.run("key", "jobs", "--json").output
            }
            #expect(jobs.contains("finished_at"))
            #expect(try await caller.get("/v1/contacts/\(person.id)")["family_name"] == "Larkspur")
            // One that is under way is joined only by who wants the same of it.
            #expect(try await site.run("key", "rotate", "subjects", "--detach").status == 0)
            let other = try await site.run("key", "rotate", "subjects", "--suite", "2")
            #expect(other.status == 5 && other.errors.contains("to suite 1 is under way"))
            #expect(try await site.run("key", "rotate", "root", "--detach").status == 64)
            #expect(try await site.run("key", "rotate", "epoch", "--suite", "2").status == 64)
        }
    }
}

import DataFormats
import Foundation
import TestPostgres
import Testing

/// Keys as an operator and an officer handle them: over the command line, while gateways serve.
@Suite(.timeLimit(.minutes(5)))
struct KeyCommandTests {
    /// Keys that are kept open for a second make rotations wait for seconds, not minutes.
    private static let quick = ["GATEHOUSE_KEY_CACHE_SECONDS": "1"]

    private func object(_ outcome: Program.Outcome) throws -> JSONObject {
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try #require(try? JSONReader.read(Array(outcome.output.utf8)).objectValue)
    }

    @Test func `every key is rotated while two gateways read and write, and nothing is lost`() async throws {
        try await Site.with { site in
            site.add(Self.quick)
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

    @Test func `a person's key is destroyed for a reason, in every gateway, and reads as erased from then on`() async throws {
        try await Site.with { site in
            try await site.serve()
            let other = try await site.serve()
            let caller = try site.administrator
            let twin = Caller(url: other.url, token: caller.token)
            let name = unique("Ottilie")
            let person = try await caller.post("/v1/contacts", ["family_name": .string(name), "email": .string("\(name)@example.com")])
            let call = try await caller.post("/v1/activities", ["kind": "call", "contact_id": .string(person.id), "topic": "Prices"])
            #expect(try await twin.get("/v1/contacts/\(person.id)")["family_name"]?.stringValue == name)

            #expect(try await site.run("key", "destroy", person.id, "--yes").status == 64)
            let planned = try await site.run("key", "destroy", person.id, "--reason", "request 17")
            #expect(planned.status == 0 && planned.output.contains("would be destroyed: the key that opens 1 activity, 1 contact"))
            #expect(try await twin.get("/v1/contacts/\(person.id)")["family_name"]?.stringValue == name)
            #expect(try await site.run("key", "destroy", person.id, "--reason", "request 17", "--yes").status == 0)

            // The other gateway had it open, and lets go of it on the vault's word.
            var read = try await twin.get("/v1/contacts/\(person.id)")
            for _ in 0..<50 where read["family_name"] != .null {
                try await Task.sleep(for: .milliseconds(20))
                read = try await twin.get("/v1/contacts/\(person.id)")
            }
            #expect(read.status == 200 && read["family_name"] == .null)
            let meta = read["_meta"]?.objectValue
            #expect(meta?["erased"] == ["family_name", "email"] && meta?["unreadable"] == nil)
            // What a client has kept is not what there is any more.
            let kept = try #require(person.tag)
            #expect(try await caller.send("GET", "/v1/contacts/\(person.id)", ["If-None-Match": kept]).status == 200)
            #expect(try await caller.get("/v1/activities/\(call.id)")["_meta"]?.objectValue?["erased"] == ["topic"])
            // Nobody finds the person, nobody writes about the person, and nobody's list breaks.
            #expect(try await caller.get("/v1/contacts?email=\(name)%40example.com").data.isEmpty)
            #expect(try await caller.get("/v1/contacts?q=\(name)").data.isEmpty)
            let write = try await caller.patch("/v1/contacts/\(person.id)", ifMatch: "*", ["notes": "back again"])
            #expect(write.code == "subject-erased", "\(write.text)")
            #expect(try await caller.get("/v1/contacts").status == 200)
            #expect(try await site.administerVault("SELECT count(*) FROM search_token WHERE holder = '\(person.id)'") == "0")
            let again = try await site.run("key", "destroy", person.id, "--reason", "request 17", "--yes")
            #expect(again.status == 5 && again.errors.contains("subject-erased"))

            // Who did it, and why, is on record; whom it was about, under the pseudonym alone.
            let events = try await caller.get("/v1/audit/events?action=delete&entity=subject").text
            #expect(events.contains("key:destroyed") && events.contains("request 17") && !events.contains(name))

            // The horizon is a date until the epoch ends.
            let before = try object(try await site.run("status", "--json"))
            #expect(before["erased_readable_in_copies"] == 1 && before["shred_horizon"]?.stringValue != nil)
            #expect(try await site.run("key", "rotate", "epoch").output.contains("destroyed"))
            let after = try object(try await site.run("status", "--json"))
            #expect(after["erased_readable_in_copies"] == 0 && after["shred_horizon"] == .null && after["erased"] == 1)
        }
    }

    @Test func `a key that is gone without having been destroyed is an error, and not an erasure`() async throws {
        try await Site.with { site in
            let server = try await site.serve()
            let caller = try site.administrator
            let person = try await caller.post("/v1/contacts", ["family_name": "Larkspur"])
            _ = try await site.administerVault("DELETE FROM data_key WHERE holder = '\(person.id)'")
            var meta: JSONObject?
            for _ in 0..<50 where meta?["unreadable"] == nil {
                try await Task.sleep(for: .milliseconds(20))
                meta = try await caller.get("/v1/contacts/\(person.id)")["_meta"]?.objectValue
            }
            #expect(meta?["unreadable"] == ["family_name"] && meta?["erased"] == nil)
            #expect(Program.text(server.errors).contains("data keys are missing that nobody destroyed"))
        }
    }

    @Test func `old data keys stay while anything does not open that may yet be put right`() async throws {
        try await Site.with { site in
            site.add(Self.quick)
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

    @Test func `keys that do not open are told at the start and by every command, with the reason`() async throws {
        try await Site.with { site in
            site.add(Self.quick)
            let server = try await site.serve()
            let person = try await site.administrator.post("/v1/contacts", ["family_name": "Larkspur"])
            let tenant = try await site.administerVault("SELECT tenant_id FROM data_key WHERE holder = '\(person.id)'")
            // The wrapping key of the epoch is gone, as it is for a vault that is older than the end of its epoch.
            let file = site.state + "/keys/wrapping/\(tenant)-1-1.key"
            try FileManager.default.moveItem(atPath: file, toPath: site.folder + "/away.key")
            let sentence = "there is no wrapping key \(tenant)-1-1"
            for command in [["status"], ["key", "rotate", "epoch"], ["key", "destroy", person.id, "--reason", "request 17", "--yes"]] {
                let outcome = try await site.run(command)
                #expect(outcome.status == 7 && outcome.errors.contains("error: \(sentence)"), "\(command): \(outcome.errors)")
                #expect(outcome.errors.contains("an older vault opens no more"))
            }
            #expect(try await site.run("key", "jobs").status == 0)
            // Who has them open goes on until it has to ask again.
            #expect(try await site.administrator.get("/v1/contacts/\(person.id)").status == 200)
            let other = try await site.serve()
            let twin = Caller(url: other.url, token: try site.administrator.token)
            let refused = try await twin.get("/v1/contacts/\(person.id)")
            #expect(refused.status == 500 && !refused.text.contains("wrapping key"), "\(refused.text)")
            for _ in 0..<100 where !Program.text(other.errors).contains(sentence) { try await Task.sleep(for: .milliseconds(20)) }
            #expect(Program.text(other.errors).contains(sentence) && !Program.text(server.errors).contains(sentence))
            try FileManager.default.moveItem(atPath: site.folder + "/away.key", toPath: file)
            #expect(try await twin.get("/v1/contacts/\(person.id)")["family_name"] == "Larkspur")
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
            site.add(Self.quick)
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
            #expect(try await site.run("key", "rotate", "root", "--detach").status == 64)
            #expect(try await site.run("key", "rotate", "epoch", "--suite", "2").status == 64)
        }
    }

    @Test func `recovery opens the vault without the key provider, and puts it back in use`() async throws {
        try await Site.with { site in
            let identity = site.folder + "/offline.txt"
            guard (try? await Program.run(["age-keygen", "-o", identity]))?.status == 0 else {
                return withKnownIssue("age is not installed: left out") { Issue.record("left out") }
            }
            let server = try await site.serve()
            let person = try await site.administrator.post("/v1/contacts", ["family_name": "Larkspur"])
            #expect(Program.text(server.errors).contains("no recovery copy"))
            let unarmed = try await site.run("key", "escrow")
            #expect(unarmed.status == 7 && unarmed.errors.contains("there are no recovery recipients"))
            let recipients = site.state + "/keys/recovery-recipients"
            try Data("# made on paper\n".utf8 + Data(try await Program.run(["age-keygen", "-y", identity]).output.utf8)).write(
                to: URL(fileURLWithPath: recipients))
            #expect(try await site.run("key", "escrow").output == "2 epoch keys copied to recovery\n")
            #expect(try await site.run("key", "recover", "--identity", identity).status == 0)
            // A rotation keeps the copies up to date.
            #expect(try await site.run("key", "rotate", "epoch").status == 0)
            await site.stop()

            // The provider is lost.
            let lost = site.folder + "/lost"
            try FileManager.default.moveItem(atPath: site.state + "/keys", toPath: lost)
            let without = try await site.run("status")
            #expect(without.status == 7 && without.errors.contains("there is no root key at"))
            let other = site.folder + "/other.txt"
            _ = try await Program.run(["age-keygen", "-o", other])
            let wrong = try await site.run("key", "recover", "--identity", other, "--install")
            #expect(wrong.status == 7 && wrong.errors.contains("could not be recovered"))
            #expect(!FileManager.default.fileExists(atPath: site.state + "/keys/root.key"))
            #expect(try await site.run("key", "recover", "--identity", identity, "--install").status == 0)
            try FileManager.default.copyItem(atPath: lost + "/administrator.token", toPath: site.state + "/keys/administrator.token")
            try await site.serve()
            #expect(try await site.administrator.get("/v1/contacts/\(person.id)")["family_name"] == "Larkspur")
        }
    }

    @Test func `key files that are wrong stop the start with one sentence, and nothing is written over`() async throws {
        try await Site.with { site in
            let passphrase = site.folder + "/passphrase"
            func write(_ text: String, _ path: String, mode: Int = 0o600) throws {
                try Data(text.utf8).write(to: URL(fileURLWithPath: path))
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            }
            try write("correct horse\n", passphrase)
            let sealed = ["GATEHOUSE_PASSPHRASE_FILE": passphrase]
            let made = try await site.run("status", environment: sealed)
            #expect(made.status == 0, "\(made.errors)")
            let root = site.state + "/keys/root.key"
            let whole = try Data(contentsOf: URL(fileURLWithPath: root))
            func refusal(_ environment: [String: String] = sealed) async throws -> String {
                let outcome = try await site.run("status", environment: environment)
                #expect(outcome.status == 7, "\(outcome.output)\(outcome.errors)")
                #expect(outcome.errors.contains("error: ") && outcome.errors.contains("hint: "))
                return outcome.errors
            }
            try write("wrong horse\n", passphrase)
            #expect(try await refusal().contains("passphrase"))
            try write("correct horse\n", passphrase, mode: 0o644)
            #expect(try await refusal().contains("644"))
            try write("correct horse\n", passphrase)
            #expect(try await refusal(["GATEHOUSE_PASSPHRASE_FILE": passphrase, "GATEHOUSE_CREDENTIAL_FILE": passphrase]).contains("both set"))
            #expect(try await refusal(["GATEHOUSE_KEY_PROVIDER": "abacus"]).contains("abacus"))
            #expect(try await refusal(["GATEHOUSE_KEY_PROVIDER": "transit"]).contains("GATEHOUSE_TRANSIT_URL"))
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: root)
            #expect(try await refusal().contains("640"))
            for bytes in [whole.prefix(whole.count / 2), Data(whole.map { $0 == UInt8(ascii: "a") ? UInt8(ascii: "b") : $0 }), Data()] {
                try bytes.write(to: URL(fileURLWithPath: root))
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: root)
                _ = try await refusal()
                #expect(try Data(contentsOf: URL(fileURLWithPath: root)) == bytes)
            }
            try FileManager.default.removeItem(atPath: root)
            #expect(try await refusal().contains("there is no root key"))
            #expect(!FileManager.default.fileExists(atPath: root))
            try whole.write(to: URL(fileURLWithPath: root))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: root)
            #expect(try await site.run("status", environment: sealed).status == 0)
        }
    }
}

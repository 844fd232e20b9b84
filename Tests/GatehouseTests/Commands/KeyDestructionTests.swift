import DataFormats
import Foundation
import TestPostgres
import Testing

/// A person's key destroyed by an officer, and one that is only gone.
@Suite(.timeLimit(.minutes(15)))
struct KeyDestructionTests {
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
            try await eventually("the other lets go of the key") {
                read = try await twin.get("/v1/contacts/\(person.id)")
                return read["family_name"] == .null
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
            try await eventually("the key is missed") {
                meta = try await caller.get("/v1/contacts/\(person.id)")["_meta"]?.objectValue
                return meta?["unreadable"] != nil
            }
            #expect(meta?["unreadable"] == ["family_name"] && meta?["erased"] == nil)
            #expect(Program.text(server.errors).contains("data keys are missing that nobody destroyed"))
        }
    }
}

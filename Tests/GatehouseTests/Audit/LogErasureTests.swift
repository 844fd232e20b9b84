import DataFormats
import Foundation
import TestPostgres
import Testing

/// The log stays whole when somebody is forgotten, and tells nothing of them.
@Suite(.timeLimit(.minutes(15)))
struct LogErasureTests {
    @Test func `after a person's key is destroyed every proof verifies and nothing leads from an entry to the person`() async throws {
        try await Site.with { site in
            site.keepKeysBriefly()
            try await site.serve()
            let caller = try site.administrator
            let person = try await caller.post("/v1/contacts", ["given_name": "Ann"])
            let other = try await caller.post("/v1/contacts", ["given_name": "Bea"])
            let seen = try await caller.get("/v1/contacts/\(person.id)", ["Reason": "Ann has called"])
            let both = try await caller.get("/v1/contacts?fields=given_name", ["Reason": "who is there"])
            _ = try await caller.get("/v1/contacts/\(other.id)", ["Reason": "Bea has called"])
            let events = try [seen, both].map { try #require($0.headers["audit-event"]) }
            let key = try await LogTests.keyFile(site)
            var extras: [String] = []
            for event in events { extras.append(try await extra(of: event, caller)) }
            #expect(try await caller.get("/v1/audit/events?subject=\(person.id)").data.count >= 3)
            #expect(try await caller.get("/v1/audit/events?record=\(person.id)").data.count >= 3)
            // No entry names a person's record, nor has a word of a reason.
            let entries = try await site.administer("SELECT string_agg(convert_from(entry, 'UTF8'), ' ') FROM audit_event")
            for secret in [person.id, other.id, "called", "who is there"] { #expect(!entries.contains(secret), "\(secret)") }

            #expect(try await site.run("key", "destroy", person.id, "--reason", "request 17", "--yes").status == 0)
            for (event, before) in zip(events, extras) {
                #expect(try await extra(of: event, caller) == before)
                let path = site.folder + "/p"
                try await caller.get("/v1/audit/events/\(event)/proof").text.write(toFile: path, atomically: true, encoding: .utf8)
                #expect(try await site.run("audit", "verify", "--proof", path, "--key", key).status == 0)
            }
            #expect(try await caller.get("/v1/audit/events?subject=\(person.id)").status == 404)
            // What anybody may have looked up by hand.
            let rows = "coalesce(encode(records, 'hex'), '') || coalesce(reason, '') || convert_from(entry, 'UTF8')"
            let hex = person.id.filter { $0 != "-" }
            let tied = try await site.administer(
                """
                SELECT count(*) FROM audit_event WHERE (\(rows)) ~ '\(hex)|\(person.id)|Ann has called'
                  AND id IN (SELECT id FROM audit_subject WHERE pseudonym IN
                    (SELECT pseudonym FROM audit_subject WHERE id = '\(events[0])'))
                """)
            #expect(tied == "0")
            // Those of others stay, and all of it is sound.
            #expect(try await site.administer("SELECT count(*) FROM audit_event WHERE reason = 'Bea has called'") == "1")
            #expect(try await caller.get("/v1/audit/events?subject=\(other.id)").data.count >= 2)
            let sound = try await site.run("audit", "verify")
            #expect(sound.status == 0, "\(sound.output)")
        }
    }

    /// The line of a proof that has the entry.
    private func extra(of event: String, _ caller: Caller) async throws -> String {
        let lines = try await caller.get("/v1/audit/events/\(event)/proof").text.split(separator: "\n")
        return try #require(lines.first { $0.hasPrefix("extra ") }.map { String($0) })
    }
}

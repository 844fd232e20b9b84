import DataFormats
import Foundation
import TestPostgres
import Testing

@Suite(.timeLimit(.minutes(15)))
struct AuditFailureTests {
    @Test func `the event of an answer is durable before the answer arrives`() async throws {
        try await Site.with { site in
            try await site.serve()
            let caller = try site.administrator
            // Nothing gets its place in the log meanwhile: what is looked at is what the answer waited for.
            let hold = "SELECT string_agg(encode(events, 'hex'), '') FROM audit_inbox"
            try await site.administer("REVOKE DELETE ON audit_inbox FROM gatehouse")
            let made = try await caller.post("/v1/contacts", ["given_name": "Ann"])
            let gone = try await caller.get("/v1/contacts/019a0000-0000-7000-8000-000000000000")
            #expect(gone.status == 404)
            for answer in [made, try await caller.get("/v1/contacts/\(made.id)"), try await caller.get("/v1/contacts"), gone] {
                let event = try #require(answer.headers["audit-event"])
                #expect(try await site.administer(hold).contains(event.filter { $0 != "-" }))
            }
            try await site.administer("GRANT DELETE ON audit_inbox TO gatehouse")
            try await site.settleLog()
            let event = try #require(gone.headers["audit-event"])
            let failed = try await site.administer(
                "SELECT convert_from(entry, 'UTF8')::jsonb ->> 'outcome' FROM audit_event WHERE id = '\(event)'")
            #expect(failed == "failed")
        }
    }

    @Test func `V16.5.1: while the trail cannot be written nothing is shown, denied or changed`() async throws {
        try await Site.with { site in
            site.add(["GATEHOUSE_AUDIT_SPOOL_MB": "0"])
            try await site.serve()
            let caller = try site.administrator
            let auditor = try await site.caller("auditor")
            let made = try await caller.post("/v1/contacts", ["given_name": "Kvasir", "email": "kvasir@example.org"])
            let path = "/v1/contacts/\(made.id)"
            try await site.administer("REVOKE INSERT ON audit_inbox FROM gatehouse")
            async let one = caller.get(path)
            async let list = caller.get("/v1/contacts")
            async let found = caller.get("/v1/contacts?email=kvasir%40example.org")
            async let unchanged = caller.get(path, ["If-None-Match": made.tag ?? ""])
            async let none = caller.get("/v1/contacts/019a0000-0000-7000-8000-000000000000")
            async let denied = auditor.get(path)
            async let trail = auditor.get("/v1/audit/events")
            async let keys = caller.get("/v1/tokens")
            for answer in try await [one, list, found, unchanged, none, denied, trail, keys] {
                #expect(answer.status == 503)
                #expect(answer.code == "audit-unavailable")
                #expect(answer.headers["retry-after"] != nil)
                #expect(answer.headers["etag"] == nil)
                #expect(!answer.text.localizedCaseInsensitiveContains("kvasir"))
                #expect(!answer.text.contains(made.id))
            }
            let changes = [
                try await caller.patch(path, ifMatch: "*", ["given_name": "Changed"]), try await caller.delete(path, ifMatch: "*"),
                try await caller.post("/v1/contacts", ["given_name": "New"]), try await site.issuer.post("/v1/tokens", ["roles": ["auditor"]]),
                try await caller.importRows("contacts", [["line": 1, "members": ["given_name": "New"]]]),
            ]
            for answer in changes {
                #expect(answer.status == 503 && answer.code == "audit-unavailable")
                #expect(answer["token"] == nil)
            }
            try await site.administer("GRANT INSERT ON audit_inbox TO gatehouse")
            let after = try await caller.get(path)
            #expect(after["given_name"] == "Kvasir")
            #expect(after.tag == made.tag)
            #expect(try await caller.get("/v1/contacts").data.count == 1)
            // The administrator's, the auditor's, and the one that issued it.
            #expect(try await caller.get("/v1/tokens").data.count == 3)
        }
    }
}

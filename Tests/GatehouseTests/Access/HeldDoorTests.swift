import DataFormats
import Foundation
import TestPostgres
import Testing
import Vocabulary

/// Doors that were found open once, and stay shut.
@Suite(.timeLimit(.minutes(15)))
struct HeldDoorTests {
    private func marker() -> String { "door" + UUIDv7.make().description.filter { $0 != "-" }.suffix(16) }

    @Test func `a contact is found by its address whatever changes raced`() async throws {
        let caller = try await Site.shared().administrator
        let marker = marker()
        let taken = try await caller.post("/v1/contacts", ["external_id": .string(marker + "-taken")])
        #expect(taken.status == 201)
        let path = "/v1/contacts/" + (try await caller.post("/v1/contacts", ["given_name": "Racer"])).id
        for round in 0..<12 {
            let addresses = ["\(marker).a\(round)@example.org", "\(marker).b\(round)@example.org"]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<6 {
                    let address = JSONValue.string(addresses[number % 2])
                    let refused: JSONValue = ["email": address, "external_id": .string(marker + "-taken")]
                    group.addTask {
                        // Half of them fail for a value that is taken; what they meant to write must not take a token along.
                        let patch: JSONValue = number < 3 ? refused : ["email": address]
                        let status = try await caller.patch(path, ifMatch: "*", patch).status
                        #expect(status == (number < 3 ? 409 : 200))
                    }
                }
                try await group.waitForAll()
            }
            let address = try #require(try await caller.get(path)["email"]?.stringValue)
            let found = try await caller.get("/v1/contacts?email=\(percentEncoded(address))&fields=email")
            #expect(found.data.count == 1, "round \(round)")
        }
    }

    @Test func `two rows about one record follow each other`() async throws {
        let caller = try await Site.shared().administrator
        let marker = marker()
        let made = try await caller.post("/v1/contacts", ["external_id": .string(marker), "email": .string("\(marker)@example.org")])
        let answer = try await caller.importRows(
            "contacts",
            [
                ["line": 1, "members": ["external_id": .string(marker), "given_name": "First"]],
                ["line": 1, "members": ["email": .string("\(marker)@example.org"), "job_title": "Second"]],
                ["line": 1, "members": ["email": "no address"]],
            ]
        )
        let fates = (answer.object?["outcomes"]?.arrayValue ?? []).map { $0.objectValue?["fate"]?.stringValue }
        #expect(fates == ["updated", "updated", "refused"])
        let after = try await caller.get("/v1/contacts/\(made.id)")
        #expect(after["given_name"] == "First")
        #expect(after["job_title"] == "Second")
    }

    @Test func `V16.2.1: issuing and revoking a key is on record with the key and its roles`() async throws {
        let site = try await Site.shared()
        let administrator = try site.administrator
        let key = try await site.issuer.post("/v1/tokens", ["roles": ["auditor"], "user": "door.keeper"])
        #expect(try await administrator.delete("/v1/tokens/\(key.id)", ifMatch: nil).status == 204)
        let events = try await administrator.get("/v1/audit/events?entity=credential&limit=200").data.filter { $0["target"] == .string(key.id) }
        #expect(events.map { $0["action"]?.stringValue } == ["delete", "create"])
        #expect(events.last?["granted"] == ["auditor"])
        #expect(try await site.issuer.post("/v1/tokens", ["roles": ["auditor"], "user": "host"]).pointers == ["#/user"])
    }

    @Test func `trying to write what one may not, or what is not there, is on record`() async throws {
        let site = try await Site.shared()
        let administrator = try site.administrator
        let made = try await administrator.post("/v1/contacts", ["given_name": "Guarded"])
        let missing = UUIDv7.make().description
        let before = try await events(administrator, [made.id, missing])
        #expect(try await administrator.patch("/v1/contacts/\(made.id)", ifMatch: "*", ["created_at": "2020-01-01T00:00:00Z"]).status == 403)
        #expect(try await administrator.patch("/v1/contacts/\(missing)", ifMatch: "*", ["given_name": "x"]).status == 404)
        #expect(try await administrator.delete("/v1/contacts/\(missing)", ifMatch: "*").status == 404)
        #expect(try await events(administrator, [made.id, missing]) == before + 3)
    }

    /// Events that tell of something not done; other tests list the same records meanwhile.
    private func events(_ caller: Caller, _ records: [String]) async throws -> Int {
        var count = 0
        for record in records {
            let found = try await caller.get("/v1/audit/events?limit=200&record=\(record)").data
            count += found.filter { $0["outcome"] == "refused" || $0["outcome"] == "failed" }.count
        }
        return count
    }

    @Test func `a body that nobody would read is refused at its head`() async throws {
        let url = try await Site.shared().url
        let answer = try await RawConnection.exchange(
            url, "POST /v1/contacts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 16777216\r\n\r\n"
        )
        #expect(answer.hasPrefix("HTTP/1.1 413"))
        #expect(answer.contains("body-too-large"))
    }

    @Test func `bytes that are no request are answered behind the request before them`() async throws {
        let site = try await Site.shared()
        let url = try site.url
        let token = try #require(try site.administrator.token)
        let body = #"{"title":"Behind"}"#
        let answer = try await RawConnection.exchange(
            url,
            "POST /v1/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)BAD\u{1}\r\n\r\n"
        )
        let created = try #require(answer.range(of: "HTTP/1.1 201"))
        let refused = try #require(answer.range(of: "HTTP/1.1 400"))
        #expect(created.lowerBound < refused.lowerBound)
    }

    @Test func `a choice of fields has an entity tag of its own, and any of them fits a change`() async throws {
        let caller = try await Site.shared().administrator
        let made = try await caller.post("/v1/contacts", ["given_name": "Tagged", "job_title": "One"])
        let path = "/v1/contacts/\(made.id)"
        let some = try #require(try await caller.get(path + "?fields=job_title").tag)
        let other = try #require(try await caller.get(path + "?fields=given_name").tag)
        #expect(some != other)
        #expect(some != made.tag)
        #expect(try await caller.get(path + "?fields=given_name", ["If-None-Match": some]).status == 200)
        #expect(try await caller.patch(path, ifMatch: some, ["job_title": "Two"]).status == 200)
        #expect(try await caller.patch(path, ifMatch: some, ["job_title": "Three"]).status == 412)
    }
}

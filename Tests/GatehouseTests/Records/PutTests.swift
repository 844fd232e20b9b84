import DataFormats
import TestPostgres
import Testing

@Suite(.timeLimit(.minutes(15)))
struct PutTests {
    @Test func `a record is put by the id of another system: made, then replaced`() async throws {
        let caller = try await Site.shared().administrator
        let id = unique("sys/1 &")
        let path = "/v1/contacts/by-external-id/\(percentEncoded(id))"
        let made = try await caller.put(path, ["given_name": "Ada", "city": "London", "lifecycle": "customer"])
        #expect(made.status == 201, "\(made.text)")
        #expect(made.headers["location"] == "/v1/contacts/\(made.id)")
        #expect(made["external_id"] == .string(id))
        let replaced = try await caller.put(path, ["given_name": "Grace", "external_id": .string(id)])
        #expect(replaced.status == 200)
        #expect(replaced.id == made.id)
        #expect(replaced["given_name"] == "Grace")
        #expect(replaced["city"] == .null)
        #expect(replaced["lifecycle"] == .null)
        #expect(replaced["external_id"] == .string(id))
        #expect(replaced["created_at"] == made["created_at"])
        // The same once more changes nothing.
        #expect(try await caller.put(path, ["given_name": "Grace"]).tag == replaced.tag)
        #expect(try await caller.put(path, ["external_id": "another"]).pointers == ["#/external_id"])
        #expect(try await caller.put(path, ["nonsense": 1]).code == "member-unknown")
        #expect(try await caller.put("/v1/deals/by-external-id/\(unique())", [:]).pointers == ["#/name"])
    }

    @Test func `conditions say whether it may be there`() async throws {
        let caller = try await Site.shared().administrator
        let path = "/v1/accounts/by-external-id/\(unique("sys"))"
        func put(_ headers: [String: String], _ name: String) async throws -> Answer {
            let body: JSONValue = ["name": .string(name)]
            return try await caller.send("PUT", path, headers.merging(["Content-Type": "application/json"]) { $1 }, body: body.encoded())
        }
        #expect(try await put(["If-Match": "*"], "none").status == 412)
        #expect(try await put(["If-Match": "\"x\""], "none").status == 412)
        let made = try await put(["If-None-Match": "*"], "first")
        #expect(made.status == 201)
        #expect(try await put(["If-None-Match": "*"], "second").status == 412)
        #expect(try await put(["If-None-Match": "\"x\""], "second").status == 400)
        #expect(try await put(["If-None-Match": "*", "If-Match": "*"], "second").status == 400)
        #expect(try await put(["If-Match": made.tag ?? ""], "second").status == 200)
        #expect(try await put(["If-Match": made.tag ?? ""], "third").status == 412)
        #expect(try await caller.get("/v1/accounts/\(made.id)")["name"] == "second")
    }

    @Test func `of many who put a new one at the same time one makes it`() async throws {
        let site = try await Site.shared()
        let caller = try site.administrator
        for _ in 0..<4 {
            let id = unique("race")
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for number in 0..<10 {
                    group.addTask { try await caller.put("/v1/contacts/by-external-id/\(id)", ["given_name": .string("n\(number)")]) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count { $0.status == 201 } == 1)
            #expect(answers.count { $0.status == 200 } == 9, "\(answers.map(\.text))")
            #expect(Set(answers.map(\.id)).count == 1)
            #expect(try await site.administer("SELECT count(*) FROM contact WHERE external_id = '\(id)'") == "1")
        }
    }

    @Test func `what a caller may not write stays, and what it may not see is not found`() async throws {
        let site = try await Site.shared()
        let administrator = try site.administrator
        let id = unique("sys")
        let made = try await administrator.put(
            "/v1/contacts/by-external-id/\(id)", ["given_name": "Ada", "owner_id": "somebody", "birth_date": "1990-01-02", "city": "Bonn"])
        let rep = try await site.caller("sales-rep", user: unique("rep"))
        let put = try await rep.put("/v1/contacts/by-external-id/\(id)", ["given_name": "Grace"])
        #expect(put.status == 200)
        let whole = try await administrator.get("/v1/contacts/\(made.id)")
        #expect(whole["owner_id"] == "somebody")
        #expect(whole["birth_date"] == "1990-01-02")
        #expect(whole["city"] == .null)
        #expect(whole["given_name"] == "Grace")
        #expect(try await rep.put("/v1/contacts/by-external-id/\(id)", ["owner_id": "me"]).status == 403)
        let marketing = try await site.caller("marketing", user: unique("user"))
        #expect(try await marketing.put("/v1/contacts/by-external-id/\(id)", ["given_name": "x"]).code == "field-unknown")
        // A deleted one keeps its id, and is not replaced.
        #expect(try await administrator.delete("/v1/contacts/\(made.id)", ifMatch: "*").status == 204)
        #expect(try await administrator.put("/v1/contacts/by-external-id/\(id)", ["given_name": "New"]).code == "value-taken")
    }

    @Test func `a put that is sent again under a key answers as the first did`() async throws {
        let caller = try await Site.shared().administrator
        let path = "/v1/accounts/by-external-id/\(unique("sys"))"
        let body: JSONValue = ["name": "Once"]
        let headers = ["Content-Type": "application/json", "Idempotency-Key": unique("key")]
        let first = try await caller.send("PUT", path, headers, body: body.encoded())
        let again = try await caller.send("PUT", path, headers, body: body.encoded())
        #expect(first.status == 201)
        #expect(again.status == 201)
        #expect(again.bytes == first.bytes)
        #expect(again.headers["idempotency-replayed"] == "true")
        #expect(try await caller.send("PUT", path, ["Content-Type": "application/json"], body: body.encoded()).status == 200)
    }
}

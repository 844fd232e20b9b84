import DataFormats
import TestPostgres
import Testing

@Suite(.timeLimit(.minutes(15)))
struct BatchTests {
    private func results(_ answer: Answer) -> [JSONObject] { (answer["results"]?.arrayValue ?? []).compactMap(\.objectValue) }
    private func statuses(_ answer: Answer) -> [String] {
        results(answer).map { if case .number(let status)? = $0["status"] { status.text } else { "?" } }
    }

    @Test func `each operation of a batch has a result of its own`() async throws {
        let site = try await Site.shared()
        let caller = try site.administrator
        let mark = unique("batch")
        let kept = try await caller.post("/v1/contacts", ["given_name": "A", "external_id": .string(mark)])
        let gone = try await caller.post("/v1/contacts", ["given_name": "B"])
        let stale = try await caller.post("/v1/contacts", ["given_name": "C"])
        let never = "019a0000-0000-7000-8000-000000000000"
        let answer = try await caller.post(
            "/v1/contacts/batch",
            [
                "operations": [
                    ["op": "create", "body": ["given_name": "New", "email": .string("\(mark)@example.org"), "owner_id": .string(mark)]],
                    ["op": "update", "id": .string(kept.id), "if_match": .string(kept.tag ?? ""), "body": ["given_name": "Changed"]],
                    ["op": "delete", "id": .string(gone.id), "if_match": "*"],
                    ["op": "update", "id": .string(stale.id), "if_match": "\"other\"", "body": ["given_name": "x"]],
                    ["op": "create", "body": ["external_id": .string(mark)]],
                    ["op": "create", "body": ["account_id": .string(never)]],
                    ["op": "create", "body": ["nonsense": 1]],
                    ["op": "delete", "id": .string(never), "if_match": "*"],
                    ["op": "update", "id": .string(kept.id), "if_match": "*", "body": [:]],
                    ["op": "create", "body": ["given_name": "Last", "owner_id": .string(mark)]],
                ]
            ])
        #expect(answer.status == 200, "\(answer.text)")
        #expect(statuses(answer) == ["201", "200", "204", "412", "409", "422", "422", "404", "422", "201"])
        #expect(answer["succeeded"] == 4)
        #expect(answer["refused"] == 6)
        let made = try await caller.get("/v1/contacts?owner_id=\(mark)").data
        #expect(made.count == 2)
        #expect(try await caller.get("/v1/contacts?email=\(percentEncoded("\(mark)@example.org"))").data.count == 1)
        #expect(try await caller.get("/v1/contacts?q=New&owner_id=\(mark)").data.count == 1)
        let changed = try await caller.get("/v1/contacts/\(kept.id)")
        #expect(changed["given_name"] == "Changed")
        #expect(results(answer)[1]["etag"] == .string(changed.tag ?? ""))
        #expect(try await caller.get("/v1/contacts/\(gone.id)").status == 404)
        #expect(try await caller.get("/v1/contacts/\(gone.id)?deleted=true").status == 200)
        #expect(try await caller.get("/v1/contacts/\(stale.id)")["given_name"] == "C")
        #expect(results(answer)[4]["problem"]?.objectValue?["code"] == "value-taken")
        // What was taken back has left nothing in the vault.
        #expect(!answer.text.contains("example.org"))
        let events = try await caller.get("/v1/audit/events?record=\(kept.id)&limit=50").data
        #expect(!events.isEmpty)
    }

    @Test func `an atomic batch goes in as a whole or not at all`() async throws {
        let site = try await Site.shared()
        let caller = try site.administrator
        let mark = unique("atomic")
        func batch(_ last: JSONValue) async throws -> Answer {
            var operations = (0..<20).map { _ -> JSONValue in ["op": "create", "body": ["name": "a", "owner_id": .string(mark)]] }
            operations.append(last)
            return try await caller.post("/v1/accounts/batch", ["atomic": true, "operations": .array(operations)])
        }
        let refused = try await batch(["op": "create", "body": ["industry": "none"]])
        #expect(refused.status == 422)
        #expect(refused.pointers == ["#/operations/20/body/name"])
        let missing = try await batch(["op": "delete", "id": "019a0000-0000-7000-8000-000000000000", "if_match": "*"])
        #expect(missing.status == 404)
        #expect(missing.pointers == ["#/operations/20"])
        #expect(try await caller.get("/v1/accounts?owner_id=\(mark)").data.isEmpty)
        let done = try await batch(["op": "create", "body": ["name": "last", "owner_id": .string(mark)]])
        #expect(done["succeeded"] == 21)
        #expect(try await caller.get("/v1/accounts?owner_id=\(mark)").data.count == 21)
    }

    @Test func `a batch is refused as a whole when it is malformed`() async throws {
        let caller = try await Site.shared().administrator
        for body in [
            [:], ["operations": []], ["operations": [["op": "purge"]]], ["operations": [["op": "update", "body": [:]]]],
            ["operations": [["op": "create", "body": [:], "id": "019a0000-0000-7000-8000-000000000000"]]], ["operations": ["x"], "atomic": 1],
            ["operations": .array(Array(repeating: ["op": "create", "body": ["name": "x"]], count: 201))],
        ] as [JSONValue] {
            #expect(try await caller.post("/v1/accounts/batch", body).status == 422)
        }
    }

    @Test func `policies hold for each operation, and a denial is on record`() async throws {
        let site = try await Site.shared()
        let administrator = try site.administrator
        let won = try await administrator.post("/v1/deals", ["name": "won", "stage": "won"])
        let open = try await administrator.post("/v1/deals", ["name": "open"])
        let manager = try await site.caller("sales-manager", user: unique("user"))
        let answer = try await manager.post(
            "/v1/deals/batch",
            [
                "operations": [
                    ["op": "delete", "id": .string(won.id), "if_match": "*"], ["op": "delete", "id": .string(open.id), "if_match": "*"],
                ]
            ])
        #expect(statuses(answer) == ["403", "204"])
        let rep = try await site.caller("sales-rep", user: unique("user"))
        #expect(try await rep.post("/v1/deals/batch", ["operations": [["op": "delete", "id": .string(won.id), "if_match": "*"]]]).status == 403)
        let own = try await rep.post(
            "/v1/contacts/batch", ["operations": [["op": "create", "body": ["given_name": "x", "owner_id": "me"]], ["op": "create", "body": [:]]]])
        #expect(statuses(own) == ["403", "201"])
        #expect(try await administrator.post("/v1/stage_changes/batch", ["operations": [["op": "create", "body": [:]]]]).status == 403)
    }

    @Test func `a batch that is sent again under a key is done once`() async throws {
        let caller = try await Site.shared().administrator
        let mark = unique("again")
        let body: JSONValue = ["operations": [["op": "create", "body": ["name": "n", "owner_id": .string(mark)]], ["op": "create", "body": [:]]]]
        let key = ["Idempotency-Key": unique("key")]
        let first = try await caller.post("/v1/accounts/batch", body, key)
        let again = try await caller.post("/v1/accounts/batch", body, key)
        #expect(statuses(first) == ["201", "422"])
        #expect(again.bytes == first.bytes)
        #expect(try await caller.get("/v1/accounts?owner_id=\(mark)").data.count == 1)
    }
}

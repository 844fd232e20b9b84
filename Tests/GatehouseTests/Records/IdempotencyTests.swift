import DataFormats
import Foundation
import Synchronization
import TestPostgres
import Testing

@Suite(.timeLimit(.minutes(15)))
struct IdempotencyTests {
    private func key(_ text: String) -> [String: String] { ["Idempotency-Key": "\"\(text)\""] }

    @Test func `a call that is sent again has one effect and the same answer`() async throws {
        let site = try await Site.shared()
        let caller = try await site.caller("administrator", user: unique("user"))
        let word = unique("key")
        let body: JSONValue = ["given_name": "Ada", "email": .string("\(unique("ada"))@example.org")]
        let first = try await caller.post("/v1/contacts", body, key(word))
        #expect(first.status == 201)
        #expect(first.headers["idempotency-replayed"] == nil)
        // Without quotes it is the same key.
        for headers in [key(word), ["Idempotency-Key": word], ["Idempotency-Key": " \"\(word)\" "]] {
            let again = try await caller.post("/v1/contacts", body, headers)
            #expect(again.status == 201)
            #expect(again.headers["idempotency-replayed"] == "true")
            #expect(again.bytes == first.bytes)
            #expect(again.tag == first.tag)
            #expect(again.headers["location"] == first.headers["location"])
        }
        #expect(try await site.administer("SELECT count(*) FROM contact WHERE id = '\(first.id)'") == "1")
        let events = try await caller.get("/v1/audit/events?record=\(first.id)&limit=50").data
        #expect(events.count { $0["outcome"] == "changed" } <= 1)

        let patched = try await caller.send(
            "PATCH", "/v1/contacts/\(first.id)",
            key(word).merging(["Content-Type": "application/merge-patch+json", "If-Match": first.tag ?? ""]) { $1 },
            body: Array(#"{"given_name":"Grace"}"#.utf8))
        #expect(patched.status == 200)
        #expect(patched.headers["idempotency-replayed"] == nil)
        // The tag is that of the record as it was before: sent again it would not match, were it not the same call.
        let repeated = try await caller.send(
            "PATCH", "/v1/contacts/\(first.id)",
            key(word).merging(["Content-Type": "application/merge-patch+json", "If-Match": first.tag ?? ""]) { $1 },
            body: Array(#"{"given_name":"Grace"}"#.utf8))
        #expect(repeated.bytes == patched.bytes)
        #expect(repeated.headers["idempotency-replayed"] == "true")

        for _ in 0..<2 {
            #expect(try await caller.send("DELETE", "/v1/contacts/\(first.id)", key(word).merging(["If-Match": "*"]) { $1 }).status == 204)
        }
        #expect(try await caller.send("DELETE", "/v1/contacts/\(first.id)", ["If-Match": "*"]).status == 404)
    }

    @Test func `a key belongs to one caller, method, path and content`() async throws {
        let site = try await Site.shared()
        let caller = try await site.caller("administrator", user: unique("user"))
        let other = try await site.caller("administrator", user: unique("user"))
        let word = unique("key")
        let made = try await caller.post("/v1/accounts", ["name": "One"], key(word))
        #expect(made.status == 201)
        let reused = try await caller.post("/v1/accounts", ["name": "Two"], key(word))
        #expect(reused.status == 422)
        #expect(reused.code == "idempotency-key-reused")
        // Under another condition it is another call, and not answered as if the condition held.
        for condition in [["If-Match": ""], ["If-Match": "\"other\""], ["If-None-Match": "*"]] {
            #expect(try await caller.post("/v1/accounts", ["name": "One"], key(word).merging(condition) { $1 }).code == "idempotency-key-reused")
        }
        let elsewhere = try await caller.post("/v1/leads", ["company": "One"], key(word))
        #expect(elsewhere.status == 201)
        let others = try await other.post("/v1/accounts", ["name": "One"], key(word))
        #expect(others.status == 201)
        #expect(others.id != made.id)
        // Another key of the same user is the same caller.
        let user = unique("user")
        let old = try await site.caller("administrator", user: user)
        let new = try await site.caller("administrator", user: user)
        let before = try await old.post("/v1/accounts", ["name": "Kept"], key(word))
        #expect(try await new.post("/v1/accounts", ["name": "Kept"], key(word)).id == before.id)
        // What was refused had no effect, and is judged anew.
        let second = unique("key")
        #expect(try await caller.post("/v1/accounts", ["name": nil], key(second)).status == 422)
        #expect(try await caller.post("/v1/accounts", ["name": "Three"], key(second)).status == 201)
    }

    @Test(arguments: ["", "\"", "\"\"", "a b", "a,b", "\"a\"b\"", "ü", String(repeating: "k", count: 256), "\"a\\b\""])
    func `a header that is no key is refused`(value: String) async throws {
        let caller = try await Site.shared().administrator
        let answer = try await caller.post("/v1/accounts", ["name": "x"], ["Idempotency-Key": value])
        #expect(answer.status == 400)
        #expect(answer.code == "parameter-invalid")
    }

    @Test func `where a key is needed a call without one is refused, and where no answer is kept a call with one`() async throws {
        let site = try await Site.shared()
        let caller = try site.administrator
        var forgetful = caller
        forgetful.sendsKeys = false
        let opened = try await forgetful.post("/v1/requests", ["kind": "access", "regulation": "gdpr", "person": ["given_name": "Ada"]])
        #expect(opened.status == 400)
        #expect(opened.code == "idempotency-key-required")
        let unkeyed = try await forgetful.post("/v1/webhook-endpoints", ["url": "https://example.com/hook", "types": ["contact.*"]])
        #expect(unkeyed.code == "idempotency-key-required")
        let issued = try await caller.post("/v1/tokens", ["roles": ["auditor"]], key(unique("key")))
        #expect(issued.status == 400)
        #expect(issued.code == "idempotency-unsupported")
        let imported = try await caller.send(
            "POST", "/v1/accounts/import", key(unique("key")).merging(["Content-Type": "application/x-ndjson"]) { $1 },
            body: Array(#"{"line":1,"members":{"name":"x"}}"#.utf8) + [10])
        #expect(imported.code == "idempotency-unsupported")
        // Reading is the same however often.
        #expect(try await caller.get("/v1/accounts", key("x")).status == 200)
    }

    @Test func `an endpoint whose answer was lost is asked for again, and is one, with its secret`() async throws {
        let site = try await Site.shared()
        let caller = try await site.caller("administrator", user: unique("user"))
        let body: JSONValue = ["url": "https://93.184.215.14/hook", "types": ["contact.*"]]
        let word = key(unique("key"))
        let made = try await caller.post("/v1/webhook-endpoints", body, word)
        #expect(made.status == 201, "\(made.text)")
        #expect(made["secret"]?.stringValue?.hasPrefix("whsec_") == true)
        let again = try await caller.post("/v1/webhook-endpoints", body, word)
        #expect(again.status == 201 && again.bytes == made.bytes && again.headers["idempotency-replayed"] == "true")
        #expect(try await caller.get("/v1/webhook-endpoints").data.count == 1)
        let secret = try #require(made["secret"]?.stringValue)
        #expect(try await site.administer("SELECT count(*) FROM kept_answer WHERE position('\(secret)'::bytea IN sealed) > 0") == "0")
        let other = try await site.caller("administrator", user: unique("user"))
        #expect(try await other.post("/v1/webhook-endpoints", body, word)["id"] != made["id"])
    }

    @Test func `whoever may no longer see what was answered is not answered it again`() async throws {
        let site = try await Site.shared()
        let administrator = try site.administrator
        let user = unique("user")
        let caller = try await site.caller("sales-manager", user: user)
        let word = unique("key")
        let body: JSONValue = ["given_name": "Ada", "family_name": "Secret"]
        let made = try await caller.post("/v1/contacts", body, key(word))
        #expect(made.status == 201)
        // The same user, by a role that sees less, or may not make it.
        let lesser = try await site.caller("support-agent", user: user)
        let denied = try await lesser.post("/v1/contacts", body, key(word))
        #expect(denied.status == 403)
        #expect(!denied.text.contains("Secret"))
        let seer = try await site.caller("administrator", user: user)
        let gone = try await seer.post("/v1/contacts", body, key(word))
        #expect(gone.code == "idempotency-answer-gone")
        #expect(!gone.text.contains("Secret"))
        #expect(try await administrator.delete("/v1/tokens/\(caller.id)", ifMatch: nil).status == 204)
        #expect(try await caller.post("/v1/contacts", body, key(word)).status == 401)
        // Whose data is restricted is not shown by a kept answer either, and nobody is made twice.
        let again = try await site.caller("sales-manager", user: user)
        #expect(try await again.post("/v1/contacts", body, key(word)).bytes == made.bytes)
        #expect(try await administrator.put("/v1/subjects/\(made.id)/restriction", ["ground": "test"]).status == 204)
        #expect(try await again.post("/v1/contacts", body, key(word)).code == "idempotency-answer-gone")
    }

    @Test func `a kept answer rests sealed, goes with the person and after a day`() async throws {
        try await Site.with { site in
            try await site.serve()
            let caller = try site.administrator
            let word = unique("key")
            let made = try await caller.post("/v1/contacts", ["given_name": "Canary-Ada"], key(word))
            #expect(made.status == 201)
            #expect(try await site.administer("SELECT subject_id FROM kept_answer") == made.id)
            #expect(try await !site.dump("gatehouse").contains("Canary-Ada"))
            // Who is erased has no kept answer.
            #expect(try await site.run("key", "destroy", made.id, "--reason", "request 17", "--yes").status == 0)
            let gone = try await caller.post("/v1/contacts", ["given_name": "Canary-Ada"], key(word))
            #expect(gone.code == "idempotency-answer-gone")
            #expect(try await site.administer("SELECT count(*) FROM contact") == "1")
            let account = try await caller.post("/v1/accounts", ["name": "Old"], key(word))
            _ = try await site.administer("UPDATE kept_answer SET kept_until = now() - interval '1 second'")
            let anew = try await caller.post("/v1/accounts", ["name": "Old"], key(word))
            #expect(anew.status == 201)
            #expect(anew.id != account.id)
            _ = try await site.administer("UPDATE kept_answer SET kept_until = now() - interval '1 second'")
            await site.stop()
            try await site.serve()
            try await eventually("answers whose time is over are taken away") {
                try await site.administer("SELECT count(*) FROM kept_answer") == "0"
            }
        }
    }

    @Test func `of many at the same time one has the effect, and all the same answer`() async throws {
        let site = try await Site.shared()
        let caller = try site.administrator
        for _ in 0..<5 {
            let word = unique("key")
            let name = unique("name")
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<12 { group.addTask { try await caller.post("/v1/accounts", ["name": .string(name)], ["Idempotency-Key": word]) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == 201 || $0.code == "idempotency-key-in-use" })
            let made = answers.filter { $0.status == 201 }
            #expect(Set(made.map(\.id)).count == 1)
            #expect(made.count { $0.headers["idempotency-replayed"] == nil } == 1)
            #expect(try await site.administer("SELECT count(*) FROM account WHERE name = '\(name)'") == "1")
            #expect(try await caller.post("/v1/accounts", ["name": .string(name)], ["Idempotency-Key": word]).bytes == made.first?.bytes)
        }
    }

    @Test func `a gateway that is killed at any moment leaves one effect and one answer`() async throws {
        try await Site.with { site in
            try await site.serve()
            let sent = Sent()
            for round in 0..<6 {
                let caller = try site.administrator
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for writer in 0..<6 {
                        group.addTask {
                            for number in 0..<1000 {
                                let word = "\(round) \(writer) \(number)"
                                sent.note(word, nil)
                                let answer = try? await caller.post("/v1/accounts", ["name": .string(word)], ["Idempotency-Key": "\"\(word)\""])
                                guard let answer, answer.status == 201 else { return }
                                sent.note(word, answer.id)
                            }
                        }
                    }
                    let least = sent.answered + round * 3 + 1
                    group.addTask {
                        while sent.answered < least { try await Task.sleep(for: .milliseconds(1)) }
                        await site.stop(SIGKILL)
                    }
                    try await group.waitForAll()
                }
                try await site.serve()
                let again = try site.administrator
                for (word, id) in sent.all where word.hasPrefix("\(round) ") {
                    // The database may still be ending what the killed gateway had under way.
                    var answer: Answer?
                    try await eventually("\(word) is answered") {
                        answer = try await again.post("/v1/accounts", ["name": .string(word)], ["Idempotency-Key": "\"\(word)\""])
                        return answer?.code != "idempotency-key-in-use"
                    }
                    #expect(answer?.status == 201)
                    if let id { #expect(answer?.id == id) }
                }
            }
            #expect(try await site.administer("SELECT count(*) || ' ' || count(DISTINCT name) FROM account") == "\(sent.all.count) \(sent.all.count)")
        }
    }

    /// What was sent, and the id that came back, if one did.
    private final class Sent: Sendable {
        private let entries = Mutex<[String: String?]>([:])
        var all: [String: String?] { entries.withLock { $0 } }
        var answered: Int { entries.withLock { $0.values.count { $0 != nil } } }
        func note(_ word: String, _ id: String?) { entries.withLock { $0[word] = .some(id) } }
    }
}

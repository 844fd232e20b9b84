import DataFormats
import Foundation
import Testing
import Vocabulary

/// Requests over HTTP, from their opening to their end.
@Suite(.timeLimit(.minutes(15)))
struct RequestTests {
    @Test func `a restriction asked for with a code holds from the next read on`() async throws {
        let scene = try await RequestScene()
        let opened = try await scene.open("restriction")
        #expect(opened.status == 201)
        #expect(opened["state"] == "identity-check")
        #expect(opened["article"] == "GDPR Art. 18")
        #expect(try await scene.step(opened.id, "code", by: scene.program).status == 200)
        let code = try await scene.code(opened.id)
        let wrong = try await scene.step(opened.id, "verify", by: scene.program, ["code": .string(code == "00000000" ? "00000001" : "00000000")])
        #expect(wrong.code == "proof-invalid")
        #expect(wrong["hint"] == "4 attempts are left")
        let verified = try await scene.step(opened.id, "verify", by: scene.program, ["code": .string(code)])
        #expect(verified["state"] == "in-progress", "\(verified.text)")
        #expect(verified["proof"] == "code")
        let path = "/v1/contacts/\(scene.contact)"
        #expect(try await scene.rep.get(path).status == 200)
        let run = try await scene.step(opened.id, "run")
        #expect(run["state"] == "fulfilled", "\(run.text)")
        #expect(try await scene.rep.get(path).status == 404)
        #expect(try await scene.rep.get("/v1/contacts?email=\(scene.email)").data.isEmpty)
        // A code is good once, and a request ends once.
        #expect(try await scene.step(opened.id, "verify", by: scene.program, ["code": .string(code)]).code == "request-state")
        #expect(try await scene.step(opened.id, "run").code == "request-state")
        // The person is told.
        try await eventually("the person is told that it is done") {
            RequestScene.letters(scene.site, about: opened.id).contains { $0.contains("It is done") && $0.contains("To: \(scene.email)") }
        }
        // The trail knows each step, and the request its history.
        let shown = try await scene.officer.get("/v1/requests/\(opened.id)")
        let history = (shown["history"]?.arrayValue ?? []).compactMap { $0.objectValue?["event"]?.stringValue }
        #expect(history.starts(with: ["opened", "check-begun"]))
        for event in ["confirmed", "code-sent", "check-failed", "verified", "begun", "fulfilled"] { #expect(history.contains(event), "\(history)") }
        #expect(shown["subjects"] == [.string(scene.contact)])
        try await eventually("the trail tells of the run, once") {
            let rows = "SELECT count(*) FROM audit_event WHERE convert_from(entry, 'UTF8') LIKE '%\"request:\(opened.id):run\"%'"
            return try await scene.site.administer(rows) == "1"
        }
    }

    @Test func `an objection ends the use for a purpose, and for no other`() async throws {
        let scene = try await RequestScene()
        let id = try await scene.opened("objection", ["purposes": ["sales"]])
        let path = "/v1/contacts/\(scene.contact)"
        #expect(try await scene.rep.get(path, ["Purpose": "sales"]).status == 200)
        #expect(try await scene.step(id, "run")["state"] == "fulfilled")
        #expect(try await scene.rep.get(path, ["Purpose": "sales"]).status == 404)
        #expect(try await scene.rep.get(path, ["Purpose": "service"]).status == 200)
        // Without purposes it is about all that can be objected to.
        let all = try await scene.opened("objection")
        #expect(try await scene.step(all, "run")["state"] == "fulfilled")
        let said = try await scene.officer.get("/v1/subjects/\(scene.contact)")
        #expect((said["objections"]?.arrayValue ?? []).count > 1)
        // A purpose of contract is none that can be objected to.
        let wrong = try await scene.open("objection", ["subject": .string(scene.contact), "login": true, "purposes": ["service"]])
        #expect(wrong.code == "value-invalid")
        #expect(wrong.text.contains("GDPR Art. 21"))
    }

    @Test func `an officer corrects what is wrong, in records of whoever asked alone`() async throws {
        let scene = try await RequestScene()
        let other = try await RequestScene()
        let id = try await scene.opened("rectification")
        func corrections(_ record: String, _ values: JSONValue) -> JSONValue {
            ["corrections": [["entity": "contact", "record": .string(record), "values": values]]]
        }
        #expect(try await scene.step(id, "run").code == "value-invalid")
        let astray = try await scene.step(id, "run", corrections(other.contact, ["city": "Berlin"]))
        #expect(astray.code == "reference-unknown")
        #expect(astray.text.contains("GDPR Art. 16"))
        let wrong = try await scene.step(id, "run", corrections(scene.contact, ["birth_date": "yesterday"]))
        #expect(wrong.code == "value-invalid", "\(wrong.text)")
        #expect(try await scene.officer.get("/v1/requests/\(id)")["state"] == "in-progress")
        let run = try await scene.step(id, "run", corrections(scene.contact, ["birth_date": "1985-12-11"]))
        #expect(run["state"] == "fulfilled", "\(run.text)")
        #expect(try await scene.administrator.get("/v1/contacts/\(scene.contact)")["birth_date"] == "1985-12-11")
        // Outside of a request an officer changes nothing without saying why.
        let plain = try await scene.officer.patch("/v1/contacts/\(scene.contact)", ifMatch: "*", ["city": "Berlin"])
        #expect(plain.status == 403)
    }

    @Test func `what cannot be undone needs a second person, who is neither the opener nor whoever carries it out`() async throws {
        let scene = try await RequestScene()
        let byOfficer = try await scene.open("erasure", by: scene.officer)
        #expect(byOfficer.status == 201)
        #expect(try await scene.step(byOfficer.id, "code").status == 200)
        let code = try await scene.code(byOfficer.id)
        #expect(try await scene.step(byOfficer.id, "approve", by: scene.second).code == "request-state")
        #expect(try await scene.step(byOfficer.id, "verify", ["code": .string(code)])["state"] == "awaiting-approval")
        let own = try await scene.step(byOfficer.id, "approve")
        #expect(own.status == 403)
        #expect(
            own["detail"] == "nobody approves a request that they opened or made themselves (rule second-person, GDPR Art. 5(1)(f))")
        #expect(own["hint"] == "any other officer or administrator may")
        #expect(try await scene.step(byOfficer.id, "run").code == "request-state")
        #expect(try await scene.step(byOfficer.id, "approve", by: scene.rep).code == "denied")
        #expect(try await scene.step(byOfficer.id, "approve", by: scene.second)["state"] == "in-progress")
        #expect(try await scene.step(byOfficer.id, "approve", by: scene.second).code == "request-state")
    }

    @Test func `of two who act at once one acts`() async throws {
        let scene = try await RequestScene()
        let id = try await scene.opened("restriction")
        let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
            for number in 0..<8 {
                group.addTask {
                    try await scene.step(id, number.isMultiple(of: 2) ? "run" : "withdraw", by: number < 4 ? scene.officer : scene.second)
                }
            }
            var answers: [Answer] = []
            for try await answer in group { answers.append(answer) }
            return answers
        }
        #expect(answers.filter { $0.status == 200 }.count == 1, "\(answers.map(\.status))")
        #expect(answers.filter { $0.status != 200 }.allSatisfy { $0.code == "request-state" })
        // Whoever read an older version is told.
        let other = try await scene.opened("objection")
        let stale = try await scene.officer.send("POST", "/v1/requests/\(other)/withdraw", ["If-Match": "\"99\""])
        #expect(stale.code == "precondition-failed")
    }

    @Test func `where nobody proves who they are, nothing tells that two addresses are one person's`() async throws {
        let scene = try await RequestScene()
        func asked(_ person: JSONObject) async throws -> Answer {
            try await scene.open("opt-out", by: scene.officer, ["regulation": "ccpa", "person": .object(person)])
        }
        let known = "+4915112" + String(Int.random(in: 100_000...999_999))
        let unknown = "+4915113" + String(Int.random(in: 100_000...999_999))
        _ = try await scene.site.administrator.make("contacts", ["given_name": "Grace", "mobile": .string(known)])
        for number in [known, unknown] {
            for _ in 1...2 {
                let answer = try await asked(["email": .string(unique("nobody") + "@example.net"), "mobile": .string(number)])
                #expect(answer.status == 201, "\(answer.text)")
            }
        }
        // The same address again is the same request, whoever it is.
        let address: JSONObject = ["email": .string(unique("again") + "@example.net")]
        #expect(try await asked(address).status == 201)
        #expect(try await asked(address).code == "request-open-already")
    }

    @Test func `a second request of somebody is told while the first is open`() async throws {
        let scene = try await RequestScene()
        let first = try await scene.open("access")
        #expect(first.status == 201)
        let again = try await scene.open("access", by: scene.officer, ["person": ["email": .string(scene.email.uppercased())]])
        #expect(again.status == 409)
        #expect(again.code == "request-open-already")
        #expect(again["detail"] == "a request for access by the same person is open already, and is answered once (GDPR Art. 12(5))")
        // Of another kind it is another request, and the same person by another way is found out once it is known who asks.
        #expect(try await scene.open("portability").status == 201)
        let named = try await scene.open("access", by: scene.officer, ["person": [:], "subject": .string(scene.contact)])
        #expect(named.status == 201)
        #expect(try await scene.step(first.id, "code", by: scene.program).status == 200)
        #expect(try await scene.step(first.id, "verify", by: scene.program, ["code": .string(scene.code(first.id))])["state"] == "in-progress")
        #expect(try await scene.step(named.id, "code").status == 200)
        let late = try await scene.step(named.id, "verify", ["code": .string(scene.code(named.id))])
        #expect(late.code == "request-open-already")
        // When the first has ended, another may come.
        #expect(try await scene.step(first.id, "withdraw")["state"] == "withdrawn")
        #expect(try await scene.open("access").status == 201)
        // The same word of a caller is the same call.
        let body: JSONValue = ["kind": "limit", "person": ["given_name": "Ada"]]
        let key = ["Idempotency-Key": unique("key")]
        let once = try await scene.program.post("/v1/requests", body, key)
        let twice = try await scene.program.post("/v1/requests", body, key)
        #expect(once.status == 201)
        #expect(twice.status == 201)
        #expect(twice.id == once.id)
        #expect(twice.headers["idempotency-replayed"] == "true")
        #expect(try await scene.officer.post("/v1/requests", body, key).status == 201)
    }

    @Test func `deadlines are extended once, refused with an article, and listed by their last day`() async throws {
        let scene = try await RequestScene()
        let id = try await scene.opened("objection", ["received_at": .string(first(0) + "T00:00:01Z"), "channel": "letter"])
        let before = try await scene.officer.get("/v1/requests/\(id)")
        #expect(before["received_on"] == .string(first(0)))
        #expect(before["counted_on"] == .string(first(1)))
        let unknown = try await scene.step(id, "refuse", ["reason": "legal-claims"])
        #expect(unknown.code == "value-invalid")
        #expect(unknown.text.contains("compelling-grounds (GDPR Art. 21(1))"))
        #expect(try await scene.step(id, "extend", ["reason": "lazy"]).code == "value-invalid")
        let extended = try await scene.step(id, "extend", ["reason": "complex"])
        #expect(extended["counted_on"] == .string(first(3)), "\(extended.text)")
        let twice = try await scene.step(id, "extend", ["reason": "many"])
        #expect(twice["detail"] == "more time was taken already, and can be taken once (GDPR Art. 12(3))")
        let refused = try await scene.step(id, "refuse", ["reason": "compelling-grounds"])
        #expect(refused["state"] == "refused")
        #expect(refused["reason_citation"] == "GDPR Art. 21(1)")
        let listed = try await scene.officer.get("/v1/requests?state=refused&kind=objection&limit=200")
        #expect(listed.data.contains { $0["id"]?.stringValue == id })
        #expect(try await scene.officer.get("/v1/requests?limit=200").data.allSatisfy { $0["id"]?.stringValue != id })
        try await eventually("the person is told, and where to complain") {
            RequestScene.letters(scene.site, about: id).contains { $0.contains("GDPR Art. 21(1)") && $0.contains("You may complain to") }
        }
        // More time is not to be had once the first period is over.
        let late = try await scene.opened("access", ["received_at": .string(first(-3) + "T10:00:00Z")])
        let due = try #require(try await scene.officer.get("/v1/requests/\(late)")["due_on"]?.stringValue)
        let over = try await scene.step(late, "extend", ["reason": "many"])
        #expect(over["detail"] == .string("more time had to be taken, and told, by \(due) (GDPR Art. 12(3))"))
    }

    /// The first day of the month that is so many after this one.
    private func first(_ months: Int) -> String {
        let now = Instant.now().description
        let count = (Int(now.prefix(4)) ?? 0) * 12 + (Int(now.dropFirst(5).prefix(2)) ?? 0) - 1 + months
        return String(format: "%04d-%02d-01", count / 12, count % 12 + 1)
    }

    @Test func `an unknown subject, an unknown regulation and a future are told`() async throws {
        let scene = try await RequestScene()
        let stranger = "01900000-0000-7000-8000-000000000000"
        let unknown = try await scene.open("access", ["person": [:], "subject": .string(stranger)])
        #expect(unknown.status == 404)
        #expect(unknown["detail"] == "there is no such data subject")
        #expect(try await scene.open("access", regulation: "lgpd").code == "value-invalid")
        #expect(try await scene.open("opt-out", regulation: "gdpr")["detail"] == "gdpr knows no request for opt-out")
        let either = try await scene.program.post("/v1/requests", ["kind": "access", "person": ["given_name": "Ada"]])
        #expect(either["detail"] == "it has to be said under which regulation the request is made")
        #expect(try await scene.open("access", ["received_at": "2999-01-01T00:00:00Z"]).code == "value-invalid")
        #expect(try await scene.open("access", ["person": ["shoe_size": "44"]]).code == "value-invalid")
        // A login is stated by programs, not by people.
        let stated = try await scene.open("access", by: scene.officer, ["subject": .string(scene.contact), "login": true])
        #expect(stated.status == 403)
        #expect(stated.text.contains("11 CCR 7061"))
        // Who may not work on requests is told by which rule.
        let denied = try await scene.rep.get("/v1/requests")
        #expect(denied["detail"] == "your roles do not allow to read this (rule default-deny)")
    }
}

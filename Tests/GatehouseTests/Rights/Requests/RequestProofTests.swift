import DataFormats
import Testing

/// Nothing tells whether somebody is known until they have shown who they are.
@Suite(.timeLimit(.minutes(15)))
struct RequestProofTests {
    /// What an answer says, without what differs between any two requests.
    private func said(_ answer: Answer) -> String {
        var object = answer.object ?? JSONObject()
        for name in ["id", "trace_id", "received_at", "paused_since", "paused_seconds", "confirmed_at", "closed_at", "version", "history", "person"] {
            object[name] = nil
        }
        return "\(answer.status) \(String(decoding: JSONValue.object(object).encoded(), as: UTF8.self))"
    }

    @Test func `codes, attempts and answers are the same for people that are known and for those that are not`() async throws {
        let scene = try await RequestScene()
        let known = try await scene.open("access")
        let unknown = try await scene.open("access", ["person": ["email": .string("\(unique("nobody"))@example.org"), "family_name": "Nobody"]])
        #expect(said(known) == said(unknown))
        for id in [known.id, unknown.id] {
            let early = try await scene.step(id, "verify", by: scene.program, ["code": "12345678"])
            #expect(early.code == "code-expired")
        }
        var sent: [String] = []
        for id in [known.id, unknown.id] { sent.append(said(try await scene.step(id, "code", by: scene.program))) }
        #expect(sent[0] == sent[1])
        _ = try await scene.code(known.id)
        try await eventually("a code is made for nobody, too") {
            try await scene.site.administer("SELECT codes_sent FROM subject_request WHERE id = '\(unknown.id)'") == "1"
        }
        #expect(!RequestScene.letters(scene.site, about: unknown.id).contains { $0.contains("Your code is") })
        for attempt in 1...5 {
            var answers: [Answer] = []
            for id in [known.id, unknown.id] { answers.append(try await scene.step(id, "verify", by: scene.program, ["code": "x"])) }
            #expect(said(answers[0]) == said(answers[1]), "attempt \(attempt)")
            #expect(answers[0].code == "proof-invalid")
        }
        var ends: [Answer] = []
        for id in [known.id, unknown.id] { ends.append(try await scene.program.get("/v1/requests/\(id)")) }
        #expect(said(ends[0]) == said(ends[1]))
        #expect(ends[0]["state"] == "refused")
        #expect(ends[0]["reason_citation"] == "GDPR Art. 12(2), 12(6)")
        // Not to officers either.
        #expect(try await scene.officer.get("/v1/requests/\(known.id)")["subjects"] == nil)
        #expect(try await scene.step(known.id, "verify", by: scene.program, ["code": "x"]).code == "request-state")
    }

    @Test func `data points are compared inside, and nobody is told which fit`() async throws {
        let scene = try await RequestScene()
        func points(_ more: JSONObject) -> JSONValue {
            var points: JSONObject = ["email": .string(scene.email), "family_name": .string(scene.name.uppercased())]
            for member in more.members { points[member.name] = member.value }
            return ["points": .object(points)]
        }
        let id = try await scene.open("erasure").id
        let stranger = try await scene.open("erasure", ["person": ["email": .string("\(unique("nobody"))@example.org")]]).id
        // Two are not enough for an erasure, three of which one is wrong fit nobody; both are told without naming any.
        let few = try await scene.step(id, "verify", by: scene.program, points([:]))
        #expect(few["detail"] == "erasure takes 3 data points (GDPR Art. 17)")
        let clock = ContinuousClock()
        var times: [Duration] = []
        var answers: [Answer] = []
        for request in [id, stranger] {
            let start = clock.now
            answers.append(try await scene.step(request, "verify", by: scene.program, points(["birth_date": "1985-12-11"])))
            times.append(clock.now - start)
        }
        #expect(said(answers[0]) == said(answers[1]))
        #expect(answers[0]["detail"] == "the proof does not fit (GDPR Art. 17)")
        for time in times { #expect(time > .milliseconds(240)) }
        let fit = try await scene.step(id, "verify", by: scene.program, points(["birth_date": "1985-12-10"]))
        #expect(fit["state"] == "awaiting-approval", "\(fit.text)")
        #expect(fit["proof"] == "points-3")
        // Where a declaration is asked for, points alone are not enough.
        let access = try await scene.open("access").id
        #expect(try await scene.step(access, "verify", by: scene.program, points(["birth_date": "1985-12-10"])).code == "value-invalid")
        var declared = points(["birth_date": "1985-12-10"]).objectValue ?? JSONObject()
        declared["declaration"] = .string(String(repeating: "ab", count: 32))
        #expect(try await scene.step(access, "verify", by: scene.program, .object(declared))["proof"] == "points-3-declaration")
    }

    @Test func `a contact and a lead of one person are one, and two people who share a mailbox are told apart`() async throws {
        let scene = try await RequestScene()
        let lead = try await scene.administrator.make(
            "leads", ["given_name": "Ada", "family_name": .string(scene.name), "email": .string(scene.email)])
        let id = try await scene.open("restriction", ["person": ["email": .string(scene.email)]]).id
        #expect(try await scene.step(id, "code", by: scene.program).status == 200)
        #expect(try await scene.step(id, "verify", by: scene.program, ["code": .string(scene.code(id))]).status == 200)
        let shown = try await scene.officer.get("/v1/requests/\(id)")
        #expect(Set((shown["subjects"]?.arrayValue ?? []).compactMap(\.stringValue)) == [scene.contact, lead])
        // Somebody else with the same address: by the address alone nobody is meant.
        let twin = try await scene.administrator.make(
            "contacts", ["given_name": "Bob", "family_name": .string(scene.name), "email": .string(scene.email)])
        let vague = try await scene.open("objection", ["person": ["email": .string(scene.email)]]).id
        #expect(try await scene.step(vague, "code", by: scene.program).status == 200)
        try await eventually("a code is made for nobody") {
            try await scene.site.administer("SELECT codes_sent FROM subject_request WHERE id = '\(vague)'") == "1"
        }
        #expect(!RequestScene.letters(scene.site, about: vague).contains { $0.contains("Your code is") })
        #expect(try await scene.step(vague, "withdraw").status == 200)
        let clear = try await scene.open("objection", ["person": ["email": .string(scene.email), "given_name": "Bob"]]).id
        #expect(try await scene.step(clear, "code", by: scene.program).status == 200)
        #expect(try await scene.step(clear, "verify", by: scene.program, ["code": .string(scene.code(clear))]).status == 200)
        #expect(try await scene.officer.get("/v1/requests/\(clear)")["subjects"] == [.string(twin)])
    }

    @Test func `a code expires after a quarter of an hour, and five are sent at most`() async throws {
        let scene = try await RequestScene()
        let id = try await scene.open("access").id
        #expect(try await scene.step(id, "code", by: scene.program).status == 200)
        let code = try await scene.code(id)
        try await scene.site.administer("UPDATE subject_request SET code_until = now() - interval '1 second' WHERE id = '\(id)'")
        let late = try await scene.step(id, "verify", by: scene.program, ["code": .string(code)])
        #expect(late.status == 403)
        #expect(late["detail"] == "the code has expired: it is good for fifteen minutes (GDPR Art. 15)")
        #expect(late["hint"] == "have another sent: gatehouse request verify ID --send-code")
        // That was no failed attempt.
        #expect(try await scene.officer.get("/v1/requests/\(id)")["attempts_left"] == 5)
        for count in 2...5 {
            #expect(try await scene.step(id, "code", by: scene.program).status == 200)
            _ = try await scene.code(id, among: count)
        }
        #expect(try await scene.step(id, "code", by: scene.program).code == "request-state")
        // The newest one fits, those before do not.
        #expect(try await scene.step(id, "verify", by: scene.program, ["code": .string(code)]).code == "proof-invalid")
        #expect(try await scene.step(id, "verify", by: scene.program, ["code": .string(scene.code(id, among: 5))]).status == 200)
    }

    @Test func `nothing that people write of themselves rests in the clear`() async throws {
        let scene = try await RequestScene()
        let secret = unique("canary")
        let id = try await scene.open(
            "access",
            ["person": ["email": .string("\(secret)@example.org"), "family_name": .string(secret)], "message": .string("it is me, \(secret)")]
        ).id
        let shown = try await scene.officer.get("/v1/requests/\(id)")
        #expect(shown.text.contains(secret))
        // Programs that may open requests do not see what people wrote in others.
        #expect(!(try await scene.program.get("/v1/requests/\(id)")).text.contains(secret))
        for database in ["gatehouse", "gatehouse_vault"] { #expect(!(try await scene.site.dump(database)).contains(secret)) }
    }
}

import DataFormats
import Testing

/// Requests that hand data over, take it away, or stop its sale.
@Suite(.timeLimit(.minutes(15)))
struct RequestRunTests {
    @Test func `a copy is made by an export, which a run says`() async throws {
        let scene = try await RequestScene()
        let id = try await scene.opened("access")
        let run = try await scene.step(id, "run")
        #expect(run.code == "request-state")
        #expect(run["hint"] == .string("gatehouse request export \(id)"))
        let exported = try await scene.officer.post("/v1/requests/\(id)/export", ["passphrase": "correct horse battery staple"])
        #expect(exported.status == 201, "\(exported.text)")
        #expect(try await scene.officer.get("/v1/requests/\(id)")["state"] == "fulfilled")
    }

    @Test func `an erasure is carried out once, by somebody who did not approve it, and forgets who asked`() async throws {
        let scene = try await RequestScene()
        let id = try await scene.opened("erasure")
        #expect(try await scene.step(id, "approve", by: scene.second)["state"] == "in-progress")
        let own = try await scene.step(id, "run", by: scene.second)
        #expect(own.status == 403)
        #expect(own["detail"] == "nobody carries out a request that they approved (rule second-person, GDPR Art. 5(1)(f))")
        let run = try await scene.step(id, "run")
        #expect(run["state"] == "fulfilled", "\(run.text)")
        #expect(try await scene.administrator.get("/v1/contacts/\(scene.contact)").status == 404)
        #expect(try await scene.step(id, "run").code == "request-state")
        #expect(try await scene.officer.get("/v1/requests/\(id)")["subjects"] == [])
        // The person is told, and then what they wrote goes, too.
        try await eventually("the person is told, and forgotten") {
            try await scene.site.administer("SELECT sealed IS NULL FROM subject_request WHERE id = '\(id)'") == "t"
        }
        #expect(RequestScene.letters(scene.site, about: id).contains { $0.contains("It is done") })
        #expect(try await scene.site.administerVault("SELECT count(*) FROM data_key WHERE holder = '\(id)'") == "0")
        #expect(try await scene.officer.get("/v1/requests/\(id)")["person"] == nil)
    }

    @Test func `a hold in the way refuses an erasure by its article, and restricts instead`() async throws {
        let scene = try await RequestScene()
        let hold = try await scene.officer.post(
            "/v1/holds", ["subject": .string(scene.contact), "matter": "case 4711", "basis": "legal claims", "review_on": "2999-01-01"])
        #expect(hold.status == 201, "\(hold.text)")
        let id = try await scene.opened("erasure")
        #expect(try await scene.step(id, "approve", by: scene.second)["state"] == "in-progress")
        let run = try await scene.step(id, "run")
        #expect(run["state"] == "refused", "\(run.text)")
        #expect(run["reason"] == "legal-claims")
        #expect(run["reason_says"] == "the data is needed for legal claims")
        #expect(run["reason_citation"] == "GDPR Art. 17(3)(e)")
        #expect(try await scene.rep.get("/v1/contacts/\(scene.contact)").status == 404)
        #expect(try await scene.officer.get("/v1/contacts/\(scene.contact)").status == 200)
        try await eventually("the person is told why") {
            RequestScene.letters(scene.site, about: id).contains { $0.contains("GDPR Art. 17(3)(e)") }
        }
    }

    @Test func `an opt-out asks for no proof, ends sale and sharing, and tells nobody whether the person is known`() async throws {
        let scene = try await RequestScene()
        var answers: [Answer] = []
        for email in [scene.email, "\(unique("nobody"))@example.org"] {
            let opened = try await scene.program.post(
                "/v1/requests", ["kind": "opt-out", "person": ["email": .string(email)]])
            #expect(opened["state"] == "in-progress", "\(opened.text)")
            answers.append(try await scene.step(opened.id, "run"))
            #expect(try await scene.officer.get("/v1/requests/\(opened.id)")["subjects"] == nil)
        }
        #expect(answers.map { $0["state"] } == ["fulfilled", "fulfilled"])
        let said = try await scene.officer.get("/v1/subjects/\(scene.contact)")
        #expect(said["opt_out"]?.objectValue?["source"] == "request", "\(said.text)")
        let limit = try await scene.program.post("/v1/requests", ["kind": "limit", "person": ["email": .string(scene.email)]])
        #expect(try await scene.step(limit.id, "run")["state"] == "fulfilled")
        #expect(try await scene.officer.get("/v1/subjects/\(scene.contact)")["limit"]?.objectValue?["source"] == "request")
    }
}

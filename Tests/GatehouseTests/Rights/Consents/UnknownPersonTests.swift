import DataFormats
import Foundation
import TestPostgres
import Testing

/// Ids of people that are nobody's.
@Suite(.timeLimit(.minutes(15)))
struct UnknownPersonTests {
    /// Everything that is done to, or asked about, a person who is named by their id.
    private func answers(_ id: String, _ officer: Caller, _ app: Caller) async throws -> [Answer] {
        let person = "/v1/subjects/\(id)"
        let hold: JSONValue = ["subject": .string(id), "matter": "7 O 12/26", "basis": "§ 257 HGB", "review_on": "2099-01-01"]
        let opening: JSONValue = [
            "kind": "access", "regulation": "gdpr", "person": ["email": .string(unique("person") + "@example.org")], "subject": .string(id),
        ]
        return [
            try await officer.get(person),
            try await officer.put("\(person)/restriction", ["ground": "accuracy-contested"]),
            try await officer.delete("\(person)/restriction", ifMatch: nil),
            try await officer.put("\(person)/objections/marketing", [:]),
            try await officer.delete("\(person)/objections/marketing", ifMatch: nil),
            try await officer.put("\(person)/opt-out", [:]),
            try await officer.delete("\(person)/opt-out", ifMatch: nil),
            try await officer.put("\(person)/limit", [:]),
            try await officer.delete("\(person)/limit", ifMatch: nil),
            try await app.post("\(person)/signals", [:], ["Sec-GPC": "1"]),
            try await officer.get("\(person)/consents"),
            try await officer.put("\(person)/consents/marketing", ["state": "given"]),
            try await app.post("\(person)/consents/marketing/request", [:]),
            try await officer.send("POST", "\(person)/consents/marketing/withdrawal-link"),
            try await officer.get("\(person)/consents/marketing/receipt"),
            try await officer.get("\(person)/consent-record", ["Accept": "application/ld+json"]),
            try await officer.get("/v1/audit/events?subject=\(id)"),
            try await officer.get("/v1/audit/reports/subjects/\(id)"),
            try await officer.post("/v1/holds", hold),
            try await officer.post("/v1/holds?dry_run=true", hold),
            try await officer.post("/v1/requests", opening),
        ]
    }

    private static let tables = [
        "subject_restriction", "subject_objection", "subject_opt_out", "consent_event", "consent_link", "legal_hold", "recipient_notice",
        "merged_person",
    ]

    private func rows(_ site: Site) async throws -> String {
        let counts = Self.tables.map { "(SELECT count(*) FROM \($0))" }.joined(separator: ", ")
        return try await site.administer("SELECT \(counts)")
    }

    @Test func `nothing is written about an id that is nobody's, and nobody is alarmed by it`() async throws {
        try await Site.with { site in
            let server = try await site.serve()
            let scene = try await RequestScene(site)
            let app = scene.program
            let request = try await scene.open("access")
            #expect(request.status == 201)
            let tenant = try await site.administer("SELECT id FROM tenant LIMIT 1")
            let account = try await scene.administrator.make("accounts", ["name": .string(unique("Account"))])
            let job = try await site.administrator.post("/v1/jobs", ["kind": "import", "entity": "contacts"])
            #expect(job.status == 201)
            let before = try await rows(site)
            let requests = try await site.administer("SELECT count(*) FROM subject_request")
            for id in ["0190b8a4-7d3e-7000-8000-000000000000", tenant, request.id, job.id, account] {
                for (place, answer) in try await answers(id, scene.officer, app).enumerated() {
                    #expect(answer.code == "not-found" && answer.status == 404, "\(place): \(answer.text)")
                }
            }
            #expect(try await rows(site) == before)
            #expect(try await site.administer("SELECT count(*) FROM subject_request") == requests)
            // The key of a request is not destroyed by who takes it for a person's.
            let destroyed = try await site.run("key", "destroy", request.id, "--yes", "--reason", "x")
            #expect(destroyed.status == 4, "\(destroyed.errors)")
            #expect(try await scene.officer.get("/v1/requests/\(request.id)").status == 200)
            #expect(!Program.text(server.errors).contains("data keys are missing"))
        }
    }

    @Test func `the key of a person is missed who has records still`() async throws {
        try await Site.with { site in
            site.keepKeysBriefly()
            let server = try await site.serve()
            let scene = try await RequestScene(site)
            _ = try await site.administerVault("DELETE FROM data_key WHERE holder = '\(scene.contact)'")
            try await eventually("the key is let go of") { try await scene.officer.get("/v1/subjects/\(scene.contact)").status == 404 }
            #expect(Program.text(server.errors).contains("data keys are missing"))
        }
    }
}

import DataFormats
import Foundation
import TestPostgres
import Testing

/// What the gateway does by itself as days go by.
@Suite(.timeLimit(.minutes(15)))
struct RequestKeeperTests {
    private func daysAgo(_ days: Double) -> String {
        ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: -days * 86_400))
    }

    @Test func `deadlines are told once, what nobody proved lapses, and old records go with their key`() async throws {
        try await Site.with { site in
            func open(_ kind: String, _ regulation: String, days: Double) async throws -> String {
                let path = site.folder + "/" + unique("person") + ".json"
                let person: JSONValue = ["email": .string("\(unique("person"))@example.org")]
                try Data(person.encoded()).write(to: URL(fileURLWithPath: path))
                let outcome = try await site.run(
                    "request", "open", kind, "--regulation", regulation, "--details", path, "--received", daysAgo(days))
                #expect(outcome.status == 0, "\(outcome.errors)")
                return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
            }
            let lapsing = try await open("access", "gdpr", days: 60)
            let overdue = try await open("opt-out", "ccpa", days: 40)
            let calm = try await open("erasure", "gdpr", days: 0)
            let old = try await open("limit", "ccpa", days: 30)
            let kept = try await open("limit", "ccpa", days: 30)
            for (id, years) in [(old, "25 months"), (kept, "23 months")] {
                try await site.administer(
                    "UPDATE subject_request SET state = 'withdrawn', claim = NULL, closed_at = now() - interval '\(years)' WHERE id = '\(id)'")
            }
            let held = try await site.administerVault("SELECT count(*) FROM data_key WHERE holder = '\(old)'")
            #expect(held == "1")
            try await site.serve()
            let officer = try await site.caller("compliance-officer", user: "otto")
            try await eventually("the request lapses") { try await officer.get("/v1/requests/\(lapsing)")["state"] == "expired" }
            func reminders(_ id: String) -> [String] {
                RequestScene.letters(site, about: id).filter { $0.contains("To: dpo@example.com") }
            }
            try await eventually("the officer is reminded") { reminders(overdue).count == 1 }
            #expect(reminders(overdue)[0].contains("It has to be answered by"))
            #expect(reminders(overdue)[0].contains("11 CCR 7026(f)"))
            #expect(!reminders(overdue)[0].contains("@example.org"))
            try await eventually("the person is told that it has lapsed") {
                RequestScene.letters(site, about: lapsing).contains { $0.contains("nobody has shown in time who asks") }
            }
            try await eventually("the old record goes") { try await officer.get("/v1/requests/\(old)").status == 404 }
            try await eventually("its key goes") {
                try await site.administerVault("SELECT count(*) FROM data_key WHERE holder = '\(old)'") == "0"
            }
            #expect(try await officer.get("/v1/requests/\(kept)").status == 200)
            try await eventually("open and overdue requests are counted", within: .seconds(180)) {
                let text = try await site.administrator.get("/metrics").text
                return text.contains("gatehouse_subject_requests_open 2\n") && text.contains("gatehouse_subject_requests_overdue 1\n")
            }
            // A gateway that starts anew does not tell again.
            await site.stop()
            try await site.serve()
            let again = try await site.caller("compliance-officer", user: "otto")
            try await eventually("the new gateway has looked", within: .seconds(180)) {
                try await site.administrator.get("/metrics").text.contains("gatehouse_subject_requests_open 2\n")
            }
            #expect(reminders(overdue).count == 1)
            #expect(reminders(calm).isEmpty)
            let history = try await again.get("/v1/requests/\(overdue)")["history"]?.arrayValue ?? []
            #expect(history.filter { $0.objectValue?["event"] == "reminded" }.count == 1)
        }
    }

    @Test func `what people wrote opens after the data keys were rotated`() async throws {
        try await Site.with { site in
            site.keepKeysBriefly()
            try await site.serve()
            let scene = try await RequestScene(site)
            let opened = try await scene.open("access", ["message": "please all of it"])
            let rotated = try await site.run("key", "rotate", "subjects")
            #expect(rotated.status == 0, "\(rotated.errors)")
            let shown = try await scene.officer.get("/v1/requests/\(opened.id)")
            #expect(shown["message"] == "please all of it", "\(shown.text)")
            #expect(shown["person"]?.objectValue?["email"] == .string(scene.email))
            // The key of the request has a second version, and only that.
            #expect(try await site.administerVault("SELECT string_agg(version::text, ',') FROM data_key WHERE holder = '\(opened.id)'") == "2")
        }
    }
}

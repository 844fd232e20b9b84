import DataFormats
import Foundation
import Gateway
import Sealing
import SubjectRights
import TestPostgres
import Testing
import Vocabulary

/// One person in very many records.
@Suite(.timeLimit(.minutes(15)))
struct ExportScaleTests {
    /// Calls about one contact.
    static func link(_ count: Int, to contact: String, _ site: Site, textBytes: Int = 120) async throws {
        let caller = try await site.caller("integration-app")
        let words = ["offer", "delivery", "invoice", "meeting", "contract", "renewal", "price", "support", "question", "visit"]
        var seed: UInt64 = 11
        for from in stride(from: 0, to: count, by: 500) {
            let rows = (from..<min(from + 500, count)).map { number -> JSONValue in
                var text = ""
                while text.utf8.count < textBytes {
                    seed = seed &* 6_364_136_223_846_793_005 &+ 1
                    text += "\(words[Int(seed >> 60) % 10]) \(seed >> 40) "
                }
                let members: JSONObject = [
                    "kind": "call", "topic": .string("call \(number)"), "body": .string(text), "contact_id": .string(contact),
                    "occurred_at": "2026-11-01T10:00:00Z",
                ]
                return ["line": .number(JSONNumber(number + 1)), "members": .object(members)]
            }
            let answer = try await caller.importRows("activities", rows)
            try #require(answer.status == 200, "\(answer.text)")
        }
    }

    @Test func `ten thousand records of a person are handed out whole, in bounded time and memory`() async throws {
        try await Site.with(.embedded) { site in
            try await site.serve()
            let made = try await site.administrator.post("/v1/contacts", ["given_name": "Ann", "email": "ann@example.org"])
            try await Self.link(10_000, to: made.id, site)
            let desk = ExportDesk(site: site)
            let identity = AgeIdentity.make()
            let subject = SubjectID(try #require(UUIDv7(made.id)))
            let package = try await desk.withGateway { gateway, context in
                try await gateway.exportPackage(.make(), of: [subject], scope: .access, sealedTo: .recipient(identity.recipient), context)
            }
            let token = String(package.link.value.split(separator: "/").last ?? "")
            let opened = try await OpenedPackage.open(try await desk.download(token).bytes, identity: identity)
            #expect(try opened.records("activity").count == 10_000)
            #expect(opened.text("csv/activities.csv").split(separator: "\r\n").count == 10_001)
            #expect(opened.text("index.html").components(separatedBy: "<table class=\"record\">").count == 10_002)
        }
    }
}

import DataFormats
import Foundation
import TestPostgres
import Testing

/// Records that nobody has a reason to read, and those who read them.
@Suite(.timeLimit(.minutes(15)))
struct HoneyTests {
    /// What the log says of alarms.
    private func alarms(_ server: ServerProcess) -> [JSONObject] {
        Program.text(server.errors).split(separator: "\n").compactMap { (try? JSONReader.read(Array($0.utf8)))?.objectValue }
            .filter { $0["message"]?.stringValue?.contains("nobody has a reason to read") == true }
    }

    private func findings(_ caller: Caller) async throws -> [String] {
        let report = try await caller.get("/v1/audit/reports/unusual")
        return (report["findings"]?.arrayValue ?? []).compactMap(\.objectValue).filter { $0["what"] == "honey-read" }
            .compactMap { $0["actor"]?.stringValue }
    }

    @Test func `whoever lists everything is told of at once, and cannot tell`() async throws {
        try await Site.with { site in
            let server = try await site.serve()
            let administrator = try site.administrator
            let officer = try await site.caller("compliance-officer", user: "otto")
            var ids: [String] = []
            for number in 1...4 { ids.append(try await administrator.make("contacts", ["family_name": .string("Person \(number)")])) }
            let task = try await administrator.make("tasks", ["title": "call", "contact_id": .string(ids[2])])
            let ann = try await site.caller("sales-manager", user: "ann")
            let before = try await ann.get("/v1/contacts/\(ids[2])")
            #expect(before.status == 200)
            let placed = try await officer.post("/v1/honey", ["entity": "contact", "record": .string(ids[2])])
            #expect(placed.status == 201, "\(placed.text)")
            #expect(try await officer.get("/v1/honey").data.map { $0["record"] } == [.string(ids[2])])
            // Others are not told which they are, nor shown the routes.
            for caller in [ann, try await site.caller("auditor"), try await site.caller("operator")] {
                for answer in [
                    try await caller.get("/v1/honey"), try await caller.post("/v1/honey", ["entity": "contact", "record": .string(ids[0])]),
                    try await caller.delete("/v1/honey/\(placed.id)", ifMatch: nil),
                ] { #expect(answer.code == "denied") }
                #expect(try await !caller.get("/openapi.json").text.contains("honey"))
            }
            #expect(alarms(server).isEmpty)
            // An honest caller reads others, and counts.
            #expect(try await ann.get("/v1/contacts/\(ids[0])").status == 200)
            #expect(try await ann.get("/v1/contacts?limit=2&count=true").data.count == 2)
            #expect(alarms(server).isEmpty)
            let read = try await ann.get("/v1/contacts/\(ids[2])")
            #expect(read.whole == before.whole)
            let bea = try await site.caller("sales-manager", user: "bea")
            let list = try await bea.get("/v1/contacts?limit=200")
            #expect(list.data.count == 4)
            #expect(try await bea.get("/v1/contacts/\(ids[2])").tag == before.tag)
            let cleo = try await site.caller("sales-manager", user: "cleo")
            #expect(try await cleo.get("/v1/tasks/\(task)?include=contact_id").status == 200)
            #expect(try await cleo.get("/v1/contacts?q=Person").status == 200)
            let dora = try await site.caller("administrator", user: "dora")
            let known = try await dora.get("/v1/contacts/\(ids[2])").tag
            #expect(try await dora.patch("/v1/contacts/\(ids[2])", ifMatch: known, ["family_name": "Other"]).status == 200)
            try await site.settleLog()
            let told = alarms(server)
            #expect(Set(told.compactMap { Self.member("actor", $0) }) == ["ann", "bea", "cleo", "dora"], "\(told)")
            #expect(told.allSatisfy { Self.member("record", $0) == ids[2] && Self.member("credential", $0)?.isEmpty == false })
            #expect(told.allSatisfy { $0["level"] == "critical" })
            #expect(told.first { Self.member("actor", $0) == "bea" }.flatMap { Self.member("request", $0) } == list.headers["request-id"])
            #expect(try await findings(officer).sorted() == ["ann", "bea", "cleo", "dora"])
            let event = try #require(list.headers["audit-event"])
            let entry = try await officer.get("/v1/audit/events?actor=bea").data.first { $0["id"]?.stringValue == event }
            #expect(entry?["alarm"] == "honey-read")
            let metrics = try await administrator.get("/metrics").text
            #expect(metrics.contains("gatehouse_honey_alarms_total{how=\"change\"} 1"), "\(metrics)")
            // The key still works: alarm is what the shipped limits say.
            #expect(try await bea.get("/v1/contacts").status == 200)
            // Taken off, it is a record like any.
            let count = alarms(server).count
            #expect(try await officer.delete("/v1/honey/\(placed.id)", ifMatch: nil).status == 204)
            #expect(try await officer.delete("/v1/honey/\(placed.id)", ifMatch: nil).status == 404)
            #expect(try await ann.get("/v1/contacts/\(ids[2])").status == 200)
            #expect(alarms(server).count == count)
            #expect(try await officer.get("/v1/honey").data.isEmpty)
            #expect(try await officer.get("/v1/honey?state=all").data.map { $0["state"] } == ["removed"])
        }
    }

    @Test func `where the limits say so, the key of who touches one is revoked behind the answer`() async throws {
        let copy = try PolicyCopy()
        try Data("honey: stop\n".utf8).write(to: URL(fileURLWithPath: copy.path + "/limits.yaml"))
        try await Site.with(policies: copy.path) { site in
            try await site.serve()
            let administrator = try site.administrator
            let contact = try await administrator.make("contacts", ["family_name": "Nobody"])
            let ann = try await site.caller("sales-manager", user: "ann")
            let other = try await site.caller("sales-manager", user: "ann")
            // A mark placed by another process is known within seconds.
            #expect(try await ann.get("/v1/contacts/\(contact)").status == 200)
            let placed = try await site.run("honey", "place", "contact", contact)
            #expect(placed.status == 0, "\(placed.errors)")
            #expect(try await site.run("honey", "list").output.contains(contact))
            try await eventually("the key is revoked") { try await ann.get("/v1/contacts/\(contact)").code == "credential-invalid" }
            // The list that is refused shows nobody; the other key of the same person goes on until it touches one.
            #expect(try await other.get("/v1/contacts?filter=\(percentEncoded("family_name == 'Somebody'"))").status == 200)
            let list = try await other.get("/v1/contacts")
            #expect(list.status == 200 && list.data.count == 1)
            try await eventually("the other key is revoked, too") { try await other.get("/v1/accounts").code == "credential-invalid" }
            try await site.settleLog()
            let stops = try await administrator.get("/v1/audit/events?action=delete&entity=credential").data
            #expect(stops.count == 2 && stops.allSatisfy { $0["rule"] == "honey-stop" }, "\(stops)")
        }
    }

    private static func member(_ name: String, _ line: JSONObject) -> String? {
        line[name]?.stringValue ?? line["metadata"]?.objectValue?[name]?.stringValue
    }
}

import DataFormats
import Storage
import Testing
import Vocabulary

@testable import AuditTrail
@testable import Identity

struct AuditEventTests {
    private let tenant = TenantID(UUIDv7(high: 0x0190_A000_0000_7000, low: 0x8000_0000_0000_0001))
    private let record = RecordID(UUIDv7(high: 0x0190_A000_0000_7000, low: 0x8000_0000_0000_0002))

    private func principal(user: String? = "ann", app: String? = "abcdefgh2345", roles: [String] = ["sales-rep", "auditor"]) -> Principal {
        Principal(tenant: tenant, user: user, app: app, roles: roles, teams: ["north"], defaultPurpose: nil, method: .host)
    }

    private func full(reason: String? = "called back") throws -> AuditEvent {
        let at = try #require(Instant("2026-11-22T09:30:00.000001Z"))
        var event = AuditEvent(
            principal(), action: "read", entity: "contact", isAllowed: true, rule: "sales-knows-its-contacts",
            purpose: Purpose(name: "sales", label: "Selling", basis: .legitimateInterests), reason: reason,
            request: "4bf92f3577b34da6a3ce929d0e0e4736", outcome: .disclosed, at: at
        )
        event.records = [record]
        event.subjects = ["2ca11a1faddbd4f2344c5c82cd088200"]
        event.clearFields = ["given_name", "family_name"]
        event.maskedFields = ["birth_date"]
        event.count = 1
        return event
    }

    private func isCanonical(_ event: AuditEvent) throws {
        let parsed = try JSONReader.read(event.canonicalBytes)
        #expect(try CanonicalJSON.bytes(of: parsed) == event.canonicalBytes)
    }

    @Test func `an event with everything is canonical JSON`() throws {
        let event = try full()
        try isCanonical(event)
        let text = String(decoding: event.canonicalBytes, as: UTF8.self)
        #expect(
            text == """
                {"action":"read","app":"abcdefgh2345","at":"2026-11-22T09:30:00.000001Z","basis":"legitimate-interests",\
                "clear":["given_name","family_name"],"count":1,"decision":"allow","entity":"contact","id":"\(event.id)",\
                "masked":["birth_date"],"outcome":"disclosed","purpose":"sales","reason":"called back",\
                "records":["0190a000-0000-7000-8000-000000000002"],"request":"4bf92f3577b34da6a3ce929d0e0e4736",\
                "roles":["auditor","sales-rep"],"rule":"sales-knows-its-contacts","subjects":["2ca11a1faddbd4f2344c5c82cd088200"],\
                "tenant":"0190a000-0000-7000-8000-000000000001","user":"ann","v":1}
                """
        )
    }

    @Test func `an event with next to nothing is canonical JSON`() throws {
        let event = AuditEvent(
            principal(user: nil, app: nil, roles: []), action: "import", entity: "deal", isAllowed: false, rule: "default-deny",
            purpose: nil, request: "r", outcome: .refused
        )
        try isCanonical(event)
        let members = try #require(JSONReader.read(event.canonicalBytes).objectValue).members.map(\.name)
        #expect(members == ["action", "at", "decision", "entity", "id", "outcome", "request", "rule", "tenant", "v"])
        #expect(event.decision == "deny")
        #expect(event.actor == "host")
    }

    @Test(arguments: [
        "a \"quoted\" \\ word", "tab\tand\nline\r\u{08}\u{0C}", "\u{00}\u{1F}\u{7F}", "Zoë 王 👩🏽‍💻", "\u{2028}\u{2029}/</script>", "",
    ])
    func `whatever a caller gives as its reason, the bytes are canonical`(reason: String) throws {
        let event = try full(reason: reason)
        try isCanonical(event)
        #expect(try JSONReader.read(event.canonicalBytes).objectValue?["reason"]?.stringValue == reason)
    }

    @Test func `names of an event are closed, and none of them holds a value`() throws {
        let members = try #require(JSONReader.read(full().canonicalBytes).objectValue).members.map(\.name)
        let names = [
            "action", "app", "at", "basis", "clear", "count", "decision", "entity", "id", "masked", "outcome", "purpose", "reason", "records",
            "request", "roles", "rule", "subjects", "tenant", "user", "v",
        ]
        #expect(members == names)
        #expect(names == names.sorted())
    }

    @Test func `the row beside the entry repeats only what is searched by`() throws {
        let event = try full()
        let row = AuditRow(event)
        #expect(row.entry == event.canonicalBytes)
        #expect(row.id == event.id)
        #expect([row.actor, row.action, row.entity, row.decision] == ["ann", "read", "contact", "allow"])
    }

    @Test func `an id is made of the event's own time`() throws {
        #expect(try full().id.uuid.high >> 16 == UInt64(try full().at.microseconds / 1000))
        #expect(try full().id != full().id)
    }
}

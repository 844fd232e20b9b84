import Catalog
import DataFormats
import PolicyFiles
import Storage
import TestPostgres
import Testing
import Vocabulary

@testable import AuditTrail
@testable import Identity
@testable import Policies
@testable import Sealing

struct AuditEventTests {
    private let tenant = TenantID(UUIDv7(high: 0x0190_A000_0000_7000, low: 0x8000_0000_0000_0001))
    private let record = RecordID(UUIDv7(high: 0x0190_A000_0000_7000, low: 0x8000_0000_0000_0002))

    private func principal(user: String? = "ann", app: String? = "abcdefgh2345", roles: [String] = ["sales-rep", "auditor"]) -> Principal {
        Principal(tenant: tenant, user: user, app: app, roles: roles, teams: ["north"], defaultPurpose: nil, method: .host)
    }

    private func decision(_ resource: String, _ action: Action, isAllowed: Bool = true, rule: String) -> Decision {
        Decision(resource: resource, action: action, isAllowed: isAllowed, rule: rule, access: [], writable: [])
    }

    private func full(reason: String? = "called back") throws -> AuditEvent {
        let at = try #require(Instant("2026-11-22T09:30:00.000001Z"))
        var event = AuditEvent(
            principal(), decision("contact", .read, rule: "sales-knows-its-contacts"),
            purpose: Purpose(name: "sales", label: "Selling", basis: .legitimateInterests), reason: reason,
            request: try #require(TraceID("4bf92f3577b34da6a3ce929d0e0e4736")), outcome: .disclosed, at: at
        )
        event.records = [record]
        event.subjects = [Pseudonym(bytes: try #require(Hex.decode("2ca11a1faddbd4f2344c5c82cd088200")))]
        let contact = try #require(PolicyFolder.loadCatalog(Repository.policies).entity(named: "contact"))
        event.clearFields = contact.fieldNames(among: ["given_name", "family_name", "no field"])
        event.maskedFields = contact.fieldNames(among: ["birth_date"])
        event.count = 1
        return event
    }

    private func isCanonical(_ entry: [UInt8]) throws {
        #expect(try CanonicalJSON.bytes(of: JSONReader.read(entry)) == entry)
    }

    private func margin(_ event: AuditEvent) -> AuditMargin {
        AuditMargin(salt: Array(0..<16), reason: event.reason, records: event.records)
    }

    @Test func `an event with everything is canonical JSON`() throws {
        let event = try full()
        let entry = event.entry(margin(event))
        try isCanonical(entry)
        let text = String(decoding: entry, as: UTF8.self)
        #expect(
            text == """
                {"action":"read","app":"abcdefgh2345","at":"2026-11-22T09:30:00.000001Z","basis":"legitimate-interests",\
                "clear":["family_name","given_name"],"count":1,"decision":"allow","entity":"contact","id":"\(event.id)",\
                "margin":"\(Hex.encode(margin(event).digest))","masked":["birth_date"],"outcome":"disclosed","purpose":"sales",\
                "request":"4bf92f3577b34da6a3ce929d0e0e4736",\
                "roles":["auditor","sales-rep"],"rule":"sales-knows-its-contacts","subjects":["2ca11a1faddbd4f2344c5c82cd088200"],\
                "tenant":"0190a000-0000-7000-8000-000000000001","user":"ann","v":2}
                """
        )
    }

    @Test func `an event with next to nothing is canonical JSON`() throws {
        let event = AuditEvent(
            principal(user: nil, app: nil, roles: []), decision("deal", .import, isAllowed: false, rule: "default-deny"), purpose: nil,
            request: .make(), outcome: .refused
        )
        try isCanonical(event.entry(nil))
        let members = try #require(JSONReader.read(event.entry(nil)).objectValue).members.map(\.name)
        #expect(members == ["action", "at", "decision", "entity", "id", "outcome", "request", "rule", "tenant", "v"])
        #expect(event.decision == "deny")
        #expect(event.actor == "host")
    }

    @Test(arguments: [
        "a \"quoted\" \\ word", "tab\tand\nline\r\u{08}\u{0C}", "\u{00}\u{1F}\u{7F}", "Zoë 王 👩🏽‍💻", "\u{2028}\u{2029}/</script>", "",
    ])
    func `whatever a caller gives as its reason, the entry has a commitment to it and not a word of it`(reason: String) throws {
        let event = try full(reason: reason)
        let row = AuditRow(event)
        try isCanonical(row.entry)
        #expect(row.reason == reason)
        let found = FoundEvent(
            id: row.id, place: LogPlace(epoch: 1, position: 0), entry: row.entry, reason: row.reason, records: row.records, salt: row.salt)
        #expect(AuditEventText.isMarginTrue(found))
        let shown = try #require(JSONReader.read(AuditEventText.json(found)).objectValue)
        #expect(shown["reason"]?.stringValue == reason)
        #expect(shown["records"] == .array([.string(record.description)]))
        let changed = FoundEvent(
            id: row.id, place: found.place, entry: row.entry, reason: reason + "!", records: row.records, salt: row.salt)
        #expect(!AuditEventText.isMarginTrue(changed))
    }

    @Test func `names of an entry are closed, and none of them holds a value`() throws {
        let event = try full()
        let members = try #require(JSONReader.read(event.entry(margin(event))).objectValue).members.map(\.name)
        let names = [
            "action", "app", "at", "basis", "clear", "count", "decision", "entity", "id", "margin", "masked", "outcome", "purpose", "request",
            "roles", "rule", "subjects", "tenant", "user", "v",
        ]
        #expect(members == names)
        #expect(names == names.sorted())
    }

    @Test func `ids of records about people stand beside the entry, those of others in it`() throws {
        let event = try full()
        #expect(!String(decoding: AuditRow(event).entry, as: UTF8.self).contains(record.description))
        var account = AuditEvent(
            principal(), decision("account", .read, rule: "r"), concernsPeople: false, purpose: nil, request: .make(), outcome: .disclosed)
        account.records = [record]
        let row = AuditRow(account)
        #expect(String(decoding: row.entry, as: UTF8.self).contains(record.description))
        #expect(row.salt == nil && row.records == [record])
    }

    @Test func `the same margin is committed to differently each time`() throws {
        let event = try full()
        #expect(AuditRow(event).entry != AuditRow(event).entry)
    }

    @Test func `the row beside the entry repeats only what is searched by`() throws {
        let row = AuditRow(try full())
        #expect([row.actor, row.action, row.entity, row.decision, row.purpose] == ["ann", "read", "contact", "allow", "sales"])
        #expect(row.subjects.map(\.bytes) == [Hex.decode("2ca11a1faddbd4f2344c5c82cd088200")])
    }

    @Test func `a batch comes back from its bytes, and cut or longer bytes are none`() throws {
        let tenant = TenantID(.make())
        let account = AuditEvent(
            principal(user: nil, app: nil), decision("account", .read, rule: "r"), concernsPeople: false, purpose: nil, request: .make(),
            outcome: .disclosed)
        let batch = AuditBatch(tenant: tenant, rows: [AuditRow(try full()), AuditRow(account), AuditRow(try full(reason: nil))])
        #expect(AuditBatch(frame: batch.frame) == batch)
        #expect(AuditBatch(tenant: tenant, id: batch.id, bytes: batch.bytes[...]) == batch)
        for length in 0..<batch.frame.count {
            let cut = AuditBatch(frame: Array(batch.frame.prefix(length)))
            #expect(cut == nil || cut.map { $0.rows.count < 3 && batch.rows.starts(with: $0.rows) } == true)
        }
        #expect(AuditBatch(frame: batch.frame + [0]) == nil)
    }

    @Test func `an id is made of the event's own time`() throws {
        #expect(try full().id.uuid.high >> 16 == UInt64(try full().at.microseconds / 1000))
        #expect(try full().id != full().id)
    }
}

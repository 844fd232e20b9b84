import Catalog
import DataFormats
import PolicyFiles
import TestPostgres
import Testing
import Vocabulary

@testable import Gateway

/// Reports as sums over events: entries go in, one after the other.
struct TrailReportTests {
    private let people = (0..<4).map { UUIDv7(high: 0x0190_A000_0000_7000, low: 0x8000_0000_0000_0100 + UInt64($0)) }
    private let records = (0..<4).map { RecordID(UUIDv7(high: 0x0190_A000_0000_7000, low: 0x8000_0000_0000_0200 + UInt64($0))) }

    private func event(
        _ action: String = "read", _ entity: String = "contact", user: String = "eve", outcome: String = "disclosed", people: [UUIDv7] = [],
        records: [RecordID] = [], more: JSONObject = [:], hasMargin: Bool = true
    ) throws -> ReportedEvent {
        var entry: JSONObject = [
            "action": .string(action), "at": "2026-11-22T09:30:00.000000Z", "basis": "contract", "entity": .string(entity),
            "id": .string(UUIDv7.make().description), "margin": "00", "outcome": .string(outcome), "purpose": "service",
            "roles": ["support-agent"], "rule": "some-rule", "subjects": .array(people.map { .string(Hex.encode($0.bytes)) }),
            "user": .string(user),
        ]
        for member in more.members { entry[member.name] = member.value }
        return try #require(ReportedEvent(entry: JSONValue.object(entry).encoded(), records: records, hasMargin: hasMargin))
    }

    @Test func `a breach counts people and records once, and fields as often as they were shown`() throws {
        let catalog = try PolicyFolder.load(Repository.policies).catalog
        var report = BreachReport(actor: "eve", app: nil)
        let shown: JSONObject = ["clear": ["email", "national_id"], "masked": ["birth_date"]]
        report.add(try event(people: [people[0]], records: [records[0]], more: shown))
        report.add(try event(people: Array(people[0...2]), records: Array(records[0...2]), more: ["count": 3, "clear": ["email"]]))
        report.add(try event("read", "deal", people: [people[3]], records: [records[3]], more: ["clear": ["amount"]]))
        report.add(try event("update", "contact", outcome: "changed", people: [people[0]], records: [records[0]], more: ["clear": ["bank_account"]]))
        report.add(try event("import", "contact", outcome: "changed", people: [people[1]], records: [records[1]], more: ["count": 9]))
        report.add(try event("read", "contact", outcome: "refused", records: [RecordID.make()]))
        report.add(try event("read", "contact", outcome: "failed", records: [RecordID.make()]))
        report.add(try event("read", "contact", people: [people[0]], hasMargin: false))

        #expect(report.events == 8)
        #expect(report.people.count == 4 && report.records(catalog) == 4)
        #expect(report.isComplete)
        #expect(report.lists == .init(events: 1, rows: 3))
        #expect(report.imports == .init(events: 1, rows: 9))
        #expect(report.changes == 2 && report.denials == 1 && report.withoutRecords == 1)
        #expect(report.categories(catalog).map { "\($0.entity.name) \($0.people)" } == ["contact 3"])
        #expect(report.peopleThroughOthers(catalog) == 1)
        #expect(report.seen(catalog).first?.fields.map { "\($0.name) \($0.times)" } == ["contact.national_id 1"])
        #expect(report.seen(catalog).first { $0.fieldClass == .identifying }?.fields.map { "\($0.name) \($0.times)" } == ["contact.email 2"])
        #expect(report.written(catalog).first?.fields.map(\.name) == ["contact.bank_account"])
    }

    @Test func `above the limit a count says that it is a least one`() {
        var reached = Reached(most: 2)
        reached.add([people[0], people[1], people[0]])
        #expect(reached.count == 2 && reached.isComplete)
        reached.add([people[2]])
        #expect(reached.count == 2 && !reached.isComplete)
    }

    @Test func `a person's report has a line for each recipient, and none of who got nothing`() throws {
        var report = SubjectReport(SubjectID(people[0]))
        report.add(try event(user: "ann", more: ["clear": ["email"], "masked": ["phone"]]))
        report.add(try event(user: "ann", more: ["clear": ["phone"], "at": "2026-11-22T10:00:00.000000Z", "purpose": "sales"]))
        report.add(try event(user: "ann", more: ["roles": ["auditor"]]))
        report.add(try event("update", user: "bob", outcome: "changed", more: ["clear": ["notes"]]))
        report.add(try event(user: "eve", outcome: "refused"))
        report.add(try event(user: "eve", outcome: "refused"))

        let recipients = report.recipients
        #expect(recipients.map { "\($0.recipient.actor) \($0.recipient.roles[0])" } == ["ann auditor", "ann support-agent", "bob support-agent"])
        let ann = recipients[1].access
        #expect(ann.times == 2 && ann.clear == ["contact.email", "contact.phone"] && ann.masked.isEmpty)
        #expect(ann.purposes.sorted().map(\.name) == ["sales", "service"])
        #expect(ann.last > ann.first)
        let bob = recipients[2].access
        #expect(bob.times == 0 && bob.clear.isEmpty)
        #expect(bob.changes.map { "\($0.key.action) \($0.value.times) \($0.value.fields)" } == [#"update 1 ["contact.notes"]"#])
        #expect(report.attempts.map { "\($0.kind.recipient.actor) \($0.attempts.times)" } == ["eve 2"])
    }
}

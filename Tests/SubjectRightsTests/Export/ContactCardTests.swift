import Catalog
import Foundation
import PolicyFiles
import SubjectRights
import Testing
import Vocabulary

struct ContactCardTests {
    private let plan: ExportPlan.PlannedEntity
    private let id: RecordID
    private let time: Instant

    init() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        plan = try #require(
            ExportPlan(try PolicyFolder.load(root.path + "/policies").catalog, .access).entities.first { $0.entity.name == "contact" })
        id = try #require(RecordID("01890a5d-ac96-774b-bcce-b302099a8057"))
        time = try #require(Instant("2026-11-22T10:00:00Z"))
    }

    private func card(_ values: [String: FieldValue]) -> String {
        var bytes: [UInt8] = []
        let record = ExportedRecord(id: id, values: plan.fields.map { values[$0.field.name].map { .shown($0) } ?? .none })
        ContactCard.append(record, plan, madeAt: time, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `a card has every property that an address book knows`() throws {
        let text = card([
            "given_name": .text("Zoë"), "family_name": .text("O;Neil, \\ jr"), "email": .text("zoe@example.org"),
            "mobile": .phone("+49 170 1", normalised: "+491701"), "birth_date": .date(try #require(CalendarDate("1990-02-03"))),
            "city": .text("Cork"), "country": .text("IE"), "job_title": .text("Head\nof\r\nnothing"),
        ])
        #expect(
            text == """
                BEGIN:VCARD\r
                VERSION:4.0\r
                UID:urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057\r
                FN:Zoë O\\;Neil\\, \\\\ jr\r
                N:O\\;Neil\\, \\\\ jr;Zoë;;;\r
                EMAIL:zoe@example.org\r
                TEL;TYPE=cell:+49 170 1\r
                ADR:;;;Cork;;;IE\r
                BDAY:19900203\r
                TITLE:Head\\nof\\nnothing\r
                REV:20261122T100000Z\r
                END:VCARD\r

                """)
    }

    @Test func `no line has more than 75 octets, no character is cut, and unfolding gives the value back`() {
        let name = String(repeating: "Ωmega ", count: 60)
        let text = card(["given_name": .text(name)])
        for line in text.split(separator: "\r\n") { #expect(line.utf8.count <= 75) }
        #expect(String(validating: Array(text.utf8), as: UTF8.self) != nil)
        #expect(text.replacing("\r\n ", with: "").contains("FN:" + name))
    }

    @Test func `a record without a name still is a card`() {
        #expect(card([:]).contains("FN:?\r\n"))
        #expect(card(["email": .text("a@example.org")]).contains("FN:a@example.org\r\n"))
    }

    /// A value cannot begin a line of its own, and so no property either.
    @Test func `no value becomes a property`() {
        let text = card(["given_name": .text("A\r\nNOTE:injected\u{0B}\u{85}"), "email": .text("a@example.org")])
        #expect(!text.contains("\r\nNOTE"))
        #expect(text.contains("A\\nNOTE:injected"))
    }
}

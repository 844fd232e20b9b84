import Catalog
import DataFormats
import Expressions
import Vocabulary

/// Writes `export.json` while the records come. What has been written is taken with ``takeBytes()``.
package struct ExportDocument: Sendable {
    package static let fileName = "export.json"
    private let frame: ExportFrame
    private var writer = JSONWriter()

    package init(_ frame: ExportFrame) { self.frame = frame }

    package mutating func takeBytes() -> [UInt8] {
        defer { writer.bytes = [] }
        return writer.bytes
    }

    /// Everything in front of the records.
    package mutating func begin(_ sections: [ExportSection]) {
        writer.beginObject()
        text("format", "gatehouse-export/1")
        text("request", frame.request.description)
        text("package", frame.package.description)
        text("made_at", frame.madeAt.description)
        text("scope", frame.scope.rawValue)
        text("law", frame.scope.law)
        value("about", .array(frame.subjects.map { .string($0.description) }))
        value("controller", .object(Self.object(frame.processing.controller)))
        value("data_protection_officer", frame.processing.dataProtectionOfficer.map { .object(Self.object($0)) } ?? .null)
        value("supervisory_authority", frame.processing.supervisoryAuthority.map { .object(Self.object($0)) } ?? .null)
        value("purposes", .array(frame.purposes.values.sorted { $0.name < $1.name }.map { .object(object($0)) }))
        value("recipients", .array(frame.processing.recipients.map { .object(Self.object($0)) }))
        value("storage_locations", .array(frame.processing.storageLocations.map { .string($0) }))
        value("sources", .array(frame.processing.sources.map { .string($0) }))
        text("automated_decisions", ExportFrame.automatedDecisions)
        let rights = frame.rights.map { JSONValue.object(["right": .string($0.right), "article": .string($0.article), "text": .string($0.text)]) }
        value("rights", .array(rights))
        for section in sections { value(section.name, section.json) }
        writer.name("entities")
        writer.beginArray()
    }

    package mutating func begin(_ plan: ExportPlan.PlannedEntity) {
        writer.beginObject()
        text("entity", plan.entity.name)
        text("label", plan.entity.label)
        value("retention", .array(plan.entity.retention.map { .object(Self.object($0)) }))
        value("fields", .array(plan.fields.map { .object(object($0)) }))
        writer.name("records")
        writer.beginArray()
    }

    package mutating func add(_ record: ExportedRecord, _ plan: ExportPlan.PlannedEntity) {
        writer.beginObject()
        text("id", record.id.description)
        for (planned, value) in zip(plan.fields, record.values) {
            guard case .shown(let shown) = value else { continue }
            writer.name(planned.field.name)
            switch shown {
            case .integer(let number): writer.number(number)
            case .boolean(let value): writer.bool(value)
            default: writer.string(shown.exportText)
            }
        }
        for (name, kind) in [("_held", ExportedRecord.Value.held), ("_withheld", .another), ("_unreadable", .unreadable)] {
            let names = record.names(kind, in: plan)
            if !names.isEmpty { value(name, .array(names.map { .string($0) })) }
        }
        writer.endObject()
    }

    package mutating func endEntity() {
        writer.endArray()
        writer.endObject()
    }

    /// What follows are records about others.
    package mutating func beginMentions() {
        writer.endArray()
        writer.name("mentions")
        writer.beginArray()
    }

    package mutating func end() {
        writer.endArray()
        writer.endObject()
        writer.endLine()
    }

    // MARK: Parts

    private mutating func text(_ name: String, _ value: String) {
        writer.name(name)
        writer.string(value)
    }

    private mutating func value(_ name: String, _ value: JSONValue) {
        writer.name(name)
        value.write(into: &writer)
    }

    /// What GDPR Art. 15(1)(a) to (d) and (g) ask to be said of a datum.
    private func object(_ planned: ExportPlan.PlannedField) -> JSONObject {
        let field = planned.field
        let bases = Set(field.purposes.compactMap { frame.purposes[$0]?.basis.rawValue }).sorted()
        var object: JSONObject = [
            "name": .string(field.name), "label": .string(field.label), "type": .string(field.type.rawValue),
            "class": .string(field.fieldClass.rawValue), "given_by": .string(field.givenBy.rawValue),
            "purposes": .array(field.purposes.map { .string($0) }), "bases": .array(bases.map { .string($0) }),
            "recipients": .array(frame.recipients(of: field.purposes).map { .string($0.name) }),
        ]
        if let reason = ExportFrame.reason(planned.treatment) { object["not_shown"] = .string(reason) }
        return object
    }

    private func object(_ purpose: Purpose) -> JSONObject {
        [
            "name": .string(purpose.name), "label": .string(purpose.label), "basis": .string(purpose.basis.rawValue),
            "article": .string(ExportFrame.article(purpose.basis)), "direct_marketing": .bool(purpose.isDirectMarketing),
            "sale_or_sharing": .bool(purpose.isSaleOrSharing), "can_be_objected_to": .bool(purpose.canBeObjectedTo),
            "recipients": .array(frame.recipients(of: [purpose.name]).map { .string($0.name) }),
        ]
    }

    private static func object(_ rule: RetentionRule) -> JSONObject {
        [
            "rule": .string(rule.name), "when": rule.condition.map { .string($0.text) } ?? .null, "since": .string(rule.since),
            "after": .string(rule.after), "do": .string(rule.action.rawValue), "basis": .string(rule.basis),
        ]
    }

    private static func object(_ controller: ControllerParty) -> JSONObject {
        [
            "name": .string(controller.name), "address": .string(controller.address), "email": .string(controller.email),
            "phone": controller.phone.map { .string($0) } ?? .null, "url": controller.url.map { .string($0) } ?? .null,
            "country": .string(controller.country),
        ]
    }

    private static func object(_ contact: ContactParty) -> JSONObject {
        ["name": .string(contact.name), "email": contact.email.map { .string($0) } ?? .null, "url": contact.url.map { .string($0) } ?? .null]
    }

    private static func object(_ recipient: Recipient) -> JSONObject {
        [
            "name": .string(recipient.name), "label": .string(recipient.label), "role": .string(recipient.role.rawValue),
            "purposes": .array(recipient.purposes.map { .string($0) }), "country": .string(recipient.country),
            "safeguard": recipient.safeguard.map { .string($0) } ?? .null,
        ]
    }
}

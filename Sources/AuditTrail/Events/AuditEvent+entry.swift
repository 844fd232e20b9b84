import Catalog
import DataFormats
import Sealing
import Vocabulary

extension AuditEvent {
    /// The version of the shape of an entry.
    private static var shape: Int64 { 2 }

    /// The bytes that go into the log: RFC 8785 canonical JSON, written in member order by hand.
    package func entry(_ margin: AuditMargin?) -> [UInt8] {
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        member("action", action, &json)
        member("alarm", alarm?.rawValue, &json)
        member("app", app, &json)
        var time: [UInt8] = []
        at.append(to: &time)
        member("at", String(decoding: time, as: UTF8.self), &json)
        member("basis", basis?.rawValue, &json)
        list("clear", clearFields.sorted().map(\.description), &json)
        if let count {
            json.name("count")
            json.number(Int64(count))
        }
        member("decision", decision, &json)
        member("entity", entity, &json)
        member("grant", grant?.description, &json)
        list("granted", granted, &json)
        member("id", id.description, &json)
        member("kept", keptHead, &json)
        member("lost", lostHead, &json)
        member("margin", margin.map { Hex.encode($0.digest) }, &json)
        list("masked", maskedFields.sorted().map(\.description), &json)
        member("outcome", outcome.rawValue, &json)
        member("purpose", purpose, &json)
        if !concernsPeople { list("records", records.map(\.description), &json) }
        member("request", request.description, &json)
        list("roles", roles, &json)
        member("rule", rule, &json)
        list("subjects", subjects.map { Hex.encode($0.bytes) }.sorted(), &json)
        member("target", target?.text, &json)
        member("tenant", tenant.description, &json)
        member("user", user, &json)
        json.name("v")
        json.number(Self.shape)
        json.endObject()
        return json.bytes
    }

    private func member(_ name: String, _ value: String?, _ json: inout JSONWriter) {
        guard let value else { return }
        json.name(name)
        json.string(value)
    }

    private func list(_ name: String, _ values: [String], _ json: inout JSONWriter) {
        if values.isEmpty { return }
        json.name(name)
        json.beginArray()
        for value in values { json.string(value) }
        json.endArray()
    }
}

import DataFormats

/// Writes an entry as the JSON of an OCSF event; the members of all classes first, then those of its own.
struct OCSFText {
    let entry: TrailEntry
    let activity: OCSFActivity
    let severity: OCSFEvent.Severity
    /// Epoch and index of the entry; unique in the log of a tenant.
    let uid: String

    /// What stands elsewhere in the event word for word.
    private static let placed: Set<String> = ["at", "app", "request", "tenant", "user"]

    var bytes: [UInt8] {
        var json = JSONWriter(capacity: 1024)
        json.beginObject()
        classification(&json)
        status(&json)
        metadata(&json)
        actor(&json)
        own(&json)
        json.name("unmapped")
        json.beginObject()
        for member in entry.members.members where !Self.placed.contains(member.name) || member.value.stringValue == nil {
            json.name(member.name)
            member.value.write(into: &json)
        }
        json.endObject()
        json.endObject()
        return json.bytes
    }

    private func classification(_ json: inout JSONWriter) {
        json.member("class_uid", activity.eventClass.rawValue)
        json.member("class_name", activity.eventClass.caption)
        json.member("category_uid", activity.eventClass.category)
        json.member("activity_id", activity.id)
        json.member("activity_name", activity.caption)
        json.member("type_uid", activity.typeID)
        json.member("severity_id", severity.rawValue)
        json.name("time")
        json.number(entry.milliseconds)
    }

    private func status(_ json: inout JSONWriter) {
        switch entry.success {
        case .yes: json.member("status_id", 1)
        case .no: json.member("status_id", 2)
        case .unknown: json.member("status_id", 0)
        }
        if let outcome = entry.text("outcome") { json.member("status_code", outcome) }
    }

    private func metadata(_ json: inout JSONWriter) {
        json.object("metadata") { json in
            json.member("version", "1.5.0")
            json.object("product") { json in
                json.member("name", "Gatehouse")
                json.member("vendor_name", "Gatehouse")
            }
            json.member("log_name", "audit")
            json.member("uid", uid)
            if let trace = entry.text("request") { json.member("correlation_uid", trace) }
            if let tenant = entry.text("tenant") { json.member("tenant_uid", tenant) }
            if let at = entry.text("at") { json.member("original_time", at) }
        }
    }

    private func actor(_ json: inout JSONWriter) {
        json.object("actor") { json in
            json.object("user") { $0.member("uid", entry.actor) }
            if let app = entry.text("app") { json.member("app_uid", app) }
        }
        json.object("src_endpoint") { json in
            // Without a key and without a user it was a command on the gateway's own host.
            if let app = entry.text("app") { json.member("uid", app) } else { json.member("name", entry.text("user") == nil ? "host" : "unknown") }
        }
    }
}

extension JSONWriter {
    mutating func member(_ name: String, _ value: String) {
        self.name(name)
        string(value)
    }

    mutating func member(_ name: String, _ value: Int) {
        self.name(name)
        number(Int64(value))
    }

    mutating func object(_ name: String, _ body: (inout JSONWriter) -> Void) {
        self.name(name)
        beginObject()
        body(&self)
        endObject()
    }
}

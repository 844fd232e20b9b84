import DataFormats

/// What each class of events says beyond what all say.
extension OCSFText {
    /// The members that the class requires, and those it has a place for.
    func own(_ json: inout JSONWriter) {
        switch activity.eventClass {
        case .datastoreActivity: datastore(&json)
        case .apiActivity: api(&json)
        case .accountChange: user(entry.text("target"), &json)
        case .userAccess: access(&json)
        case .entityManagement: subject(&json)
        }
    }

    /// Without `query_info`: it has to hold the query's text, which the trail does not keep.
    private func datastore(_ json: inout JSONWriter) {
        json.object("database") { json in
            json.member("name", "store")
            json.member("type_id", 1)
        }
        json.object("table") { $0.member("name", entry.text("entity") ?? "unknown") }
    }

    private func api(_ json: inout JSONWriter) {
        json.object("api") { json in
            json.member("operation", [entry.text("action") ?? "unknown", entry.text("entity")].compactMap { $0 }.joined(separator: " "))
            if let trace = entry.text("request") { json.object("request") { $0.member("uid", trace) } }
        }
        resource(&json)
    }

    private func access(_ json: inout JSONWriter) {
        // Whoever asks for a grant asks for itself. Who gets what somebody else approves stands in the entry of its request.
        let isGrant = entry.text("entity") == EntryResource.grant.rawValue
        user(isGrant ? (activity == .assignPrivileges ? entry.actor : nil) : entry.text("target"), &json)
        let granted = entry.texts("granted")
        json.name("privileges")
        json.beginArray()
        for privilege in granted.isEmpty ? [entry.text("rule") ?? "unknown"] : granted { json.string(privilege) }
        json.endArray()
        resource(&json)
    }

    /// The people are known by pseudonym only, and to no one but the vault by more.
    private func subject(_ json: inout JSONWriter) {
        let subjects = entry.texts("subjects")
        json.object("entity") { json in
            json.member("type", "data subject")
            if subjects.count == 1 { json.member("uid", subjects[0]) } else { json.member("name", "data subjects") }
        }
    }

    /// A change that was refused has no target yet.
    private func user(_ uid: String?, _ json: inout JSONWriter) {
        json.object("user") { json in
            if let uid { json.member("uid", uid) } else { json.member("name", "unknown") }
        }
    }

    private func resource(_ json: inout JSONWriter) {
        guard let entity = entry.text("entity") else { return }
        json.name("resources")
        json.beginArray()
        json.beginObject()
        json.member("type", entity)
        if let target = entry.text("target") { json.member("uid", target) } else { json.member("name", entity) }
        json.endObject()
        json.endArray()
    }
}

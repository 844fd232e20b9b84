import DataFormats
package import Identity
package import Vocabulary

/// One access or change, told without a personal value: names of fields, ids, pseudonyms.
package struct AuditEvent: Sendable {
    package enum Outcome: String, Sendable { case disclosed, changed, refused, failed }

    package let id: EventID
    package let at: Instant
    package let tenant: TenantID
    let user: String?
    let app: String?
    let roles: [String]
    package let action: String
    package let entity: String
    /// Records touched, and the pseudonyms of the people they are about, in no order that links the two.
    package var records: [RecordID] = []
    package var subjects: [String] = []
    package var clearFields: [String] = []
    package var maskedFields: [String] = []
    package let isAllowed: Bool
    package var rule: String
    package let purpose: String?
    package let basis: LawfulBasis?
    package let reason: String?
    package let request: String
    package var outcome: Outcome
    /// What was acted on that is no record: the id of a key.
    package var target: String?
    /// The grant under which it happened: a broken glass, or a second person's approval.
    package var grant: String?
    /// The roles that a new key was given.
    package var granted: [String] = []
    /// How many records a list or an import touched in all.
    package var count: Int?

    package init(
        _ principal: Principal, action: String, entity: String, isAllowed: Bool, rule: String, purpose: Purpose?, reason: String? = nil,
        request: String, outcome: Outcome, at: Instant = .now()
    ) {
        id = EventID(.make(at: at))
        self.at = at
        tenant = principal.tenant
        user = principal.user
        app = principal.app
        roles = principal.roles
        self.action = action
        self.entity = entity
        self.isAllowed = isAllowed
        self.rule = rule
        self.purpose = purpose?.name
        self.basis = purpose?.basis
        self.reason = reason
        self.request = request
        self.outcome = outcome
    }

    package var actor: String { user ?? app ?? "host" }
    package var decision: String { isAllowed ? "allow" : "deny" }

    /// RFC 8785 canonical JSON, written in member order by hand; `v` is the version of this shape.
    package var canonicalBytes: [UInt8] {
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        member("action", action, &json)
        if let app { member("app", app, &json) }
        var time: [UInt8] = []
        at.append(to: &time)
        json.name("at")
        json.string(String(decoding: time, as: UTF8.self))
        if let basis { member("basis", basis.rawValue, &json) }
        list("clear", clearFields, &json)
        if let count {
            json.name("count")
            json.number(Int64(count))
        }
        member("decision", decision, &json)
        member("entity", entity, &json)
        if let grant { member("grant", grant, &json) }
        list("granted", granted, &json)
        member("id", id.description, &json)
        list("masked", maskedFields, &json)
        member("outcome", outcome.rawValue, &json)
        if let purpose { member("purpose", purpose, &json) }
        if let reason { member("reason", reason, &json) }
        list("records", records.map(\.description), &json)
        member("request", request, &json)
        list("roles", roles, &json)
        member("rule", rule, &json)
        list("subjects", subjects, &json)
        if let target { member("target", target, &json) }
        member("tenant", tenant.description, &json)
        if let user { member("user", user, &json) }
        json.name("v")
        json.number(1)
        json.endObject()
        return json.bytes
    }

    private func member(_ name: String, _ value: String, _ json: inout JSONWriter) {
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

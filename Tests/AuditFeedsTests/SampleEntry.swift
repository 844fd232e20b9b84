import AuditFeeds
import DataFormats

/// An entry as the gateway writes them, to be changed member by member.
struct SampleEntry {
    var members: JSONObject = [
        "action": "read", "app": "key-1", "at": "2026-11-22T09:30:00.000001Z", "basis": "contract", "clear": ["email", "name"],
        "decision": "allow", "entity": "contact", "id": "01937a4e-5b00-7000-8000-000000000001", "margin": "bWFyZ2lu", "masked": ["phone"],
        "outcome": "disclosed", "purpose": "support", "request": "0123456789abcdef0123456789abcdef", "roles": ["agent"],
        "rule": "support-reads-contacts", "subjects": ["a1b2c3"], "tenant": "01937a4e-5b00-7000-8000-0000000000aa", "user": "dana", "v": 2,
    ]

    subscript(_ name: String) -> JSONValue? {
        get { members[name] }
        set { members[name] = newValue }
    }

    func with(_ name: String, _ value: JSONValue?) -> SampleEntry {
        var copy = self
        copy[name] = value
        return copy
    }

    func event(epoch: Int = 1, position: Int = 41) -> FeedEvent {
        FeedEvent(position: position, epoch: epoch, entry: JSONValue.object(members).encoded())
    }

    /// As many events as asked for, told apart by their position.
    static func events(_ count: Int) -> [FeedEvent] { (0..<count).map { SampleEntry().event(position: $0) } }
}

/// A way into JSON: names and indices, parted by dots.
func find(_ path: String, in value: JSONValue) -> JSONValue? {
    path.split(separator: ".").reduce(value as JSONValue?) { value, step in
        if let elements = value?.arrayValue { return Int(step).flatMap { elements.indices.contains($0) ? elements[$0] : nil } }
        return value?.objectValue?[String(step)]
    }
}

extension JSONValue {
    var integerValue: Int64? { if case .number(let number) = self { number.integer } else { nil } }
}

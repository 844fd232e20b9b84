import DataFormats
import Vocabulary

/// An entry of the trail as far as a collector's format asks for its members.
///
/// Members are looked at one by one and may all be missing or of another kind: an entry of a later shape is read as far as it goes.
struct TrailEntry {
    let members: JSONObject

    /// - Throws: `malformed` for what is no JSON object.
    init(_ bytes: [UInt8]) throws(FeedError) {
        guard let members = (try? JSONReader.read(bytes))?.objectValue else { throw FeedError(.malformed) }
        self.members = members
    }

    func text(_ name: String) -> String? { members[name]?.stringValue }

    func texts(_ name: String) -> [String] { members[name]?.arrayValue?.compactMap(\.stringValue) ?? [] }

    var at: Instant? { text("at").flatMap { Instant($0) } }

    /// Milliseconds since 1970. An entry without a time has at least an id that was made at one; 0 says that nobody knows.
    var milliseconds: Int64 {
        if let at { return at.microseconds / 1000 }
        guard let id = text("id").flatMap({ UUIDv7($0) }), (id.high >> 12) & 0xF == 7 else { return 0 }
        return Int64(id.high >> 16)
    }

    /// Who did it, as the trail's own column says.
    var actor: String { text("user") ?? text("app") ?? "host" }

    /// `nil` for an action or entity that is missing or that this version does not know.
    var known: (action: EntryAction, resource: EntryResource)? {
        guard let action = text("action").flatMap({ EntryAction(rawValue: $0) }), let entity = text("entity") else { return nil }
        // A list is a reading of several: its entry counts them.
        let isList = action == .read && members["count"] != nil
        return (isList ? .list : action, EntryResource(entity: entity))
    }

    enum Success { case yes, no, unknown }

    var success: Success {
        if text("decision") == "deny" { return .no }
        return switch text("outcome") {
        case "disclosed", "changed": .yes
        case "refused", "failed": .no
        default: .unknown
        }
    }
}

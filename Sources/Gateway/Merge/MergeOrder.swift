import Catalog
import DataFormats
import Vocabulary

/// Which records a caller wants to be one, and whose values stay.
struct MergeOrder {
    let winner: RecordID
    let losers: [RecordID]
    /// By the name of a field the record whose value stays; of what is not said it is the winner's, or else the first loser's that has one.
    let fields: [String: RecordID]
    /// The entity tag of each record, as it was read.
    let versions: [RecordID: String]

    static let maximumLosers = 10

    /// Reads `{"winner": "…", "losers": ["…"], "fields": {"phone": "…"}, "versions": {"…": "\"…\""}}`.
    static func read(_ body: JSONObject, _ entity: Entity, isDryRun: Bool) throws(Refusal) -> MergeOrder {
        for member in body.members where !["winner", "losers", "fields", "versions"].contains(member.name) {
            throw Refusal(
                .memberUnknown, "a member of the body is wrong", hint: "one of winner, losers, fields, versions",
                members: [.init(member.name, Refusal.Code.memberUnknown.rawValue, "there is no such member")])
        }
        guard let winner = body["winner"]?.stringValue.flatMap({ RecordID($0) }) else { throw wrong("winner", "winner is the id of a record") }
        guard let items = body["losers"]?.arrayValue, (1...maximumLosers).contains(items.count) else {
            throw wrong("losers", "losers are the ids of one to \(maximumLosers) records")
        }
        let losers = items.compactMap { $0.stringValue.flatMap { RecordID($0) } }
        guard losers.count == items.count, Set(losers).count == losers.count, !losers.contains(winner) else {
            throw wrong("losers", "losers are ids of records, each once, and not the winner")
        }
        let all = Set(losers + [winner])
        var fields: [String: RecordID] = [:]
        for member in try members(body["fields"], "fields") {
            guard let id = member.value.stringValue.flatMap({ RecordID($0) }), all.contains(id) else {
                throw wrong("fields", "each of fields names the winner or a loser")
            }
            fields[member.name] = id
        }
        var versions: [RecordID: String] = [:]
        for member in try members(body["versions"], "versions") {
            guard let id = RecordID(member.name), all.contains(id), let tag = member.value.stringValue else {
                throw wrong("versions", "versions has the ETag of each record by its id")
            }
            versions[id] = tag
        }
        guard isDryRun || versions.count == all.count else {
            throw Refusal(
                .preconditionRequired, "a merge needs the version of each record", hint: "send versions: {id: ETag of the record as you read it}")
        }
        return MergeOrder(winner: winner, losers: losers, fields: fields, versions: versions)
    }

    private static func members(_ value: JSONValue?, _ name: String) throws(Refusal) -> [(name: String, value: JSONValue)] {
        guard let value else { return [] }
        guard let object = value.objectValue else { throw wrong(name, "\(name) is an object") }
        return object.members.map { ($0.name, $0.value) }
    }

    static func wrong(_ name: String, _ detail: String) -> Refusal {
        Refusal(.valueInvalid, "a member of the body is wrong", members: [.init(name, Refusal.Code.valueInvalid.rawValue, detail)])
    }
}

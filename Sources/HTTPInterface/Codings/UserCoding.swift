package import DataFormats
import Gateway
package import Identity
package import Storage
import Vocabulary

/// Users and teams on the wire.
package enum UserCoding {
    package static func object(_ user: UserRecord) -> JSONObject {
        [
            "handle": .string(user.handle), "id": .string(user.id.description), "issuer": user.issuer.map { .string($0) } ?? .null,
            "subject": user.subject.map { .string($0) } ?? .null, "disabled_at": time(user.disabledAt),
            "roles": .array(user.assignments.map { .object(object($0)) }), "teams": .array(user.teams.map { .string($0) }),
            "created_at": time(user.createdAt), "created_by": .string(user.createdBy),
        ]
    }

    package static func object(_ assignment: UserRecord.Assignment) -> JSONObject {
        [
            "role": .string(assignment.role), "team": assignment.team.map { .string($0) } ?? .null, "valid_until": time(assignment.until),
            "granted_at": time(assignment.grantedAt), "granted_by": .string(assignment.grantedBy),
        ]
    }

    package static func object(_ team: TeamRow) -> JSONObject {
        [
            "name": .string(team.name), "members": .array(team.members.map { .string($0) }), "created_at": time(team.createdAt),
            "created_by": .string(team.createdBy),
        ]
    }

    private static func time(_ instant: Instant?) -> JSONValue { instant.map { .string($0.description) } ?? .null }

    /// The members of a body that are texts, by their names; others than those, and what is no text, are wrong.
    static func texts(_ object: JSONObject, _ known: [String], required: [String] = []) throws(Refusal) -> [String: String] {
        var texts: [String: String] = [:]
        var problems: [Refusal.Member] = []
        for member in object.members {
            if !known.contains(member.name) {
                problems.append(.init(member.name, Refusal.Code.memberUnknown.rawValue, "there is no such member"))
            } else if let text = member.value.stringValue {
                texts[member.name] = text
            } else if member.value != .null || required.contains(member.name) {
                problems.append(.init(member.name, Refusal.Code.valueInvalid.rawValue, "\(member.name) is a text"))
            }
        }
        for name in required where object[name] == nil {
            problems.append(.init(name, Refusal.Code.valueInvalid.rawValue, "\(name) is needed"))
        }
        if !problems.isEmpty { throw Refusal(.valueInvalid, "a member of the body is wrong", members: problems) }
        return texts
    }
}

package import DataFormats
import Gateway
import NIOHTTP1
package import Storage
package import Vocabulary

/// Limits that were lifted for somebody: for whoever may lift them.
extension API {
    func answer(_ route: LimitRoute, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        switch route {
        case .list:
            let isAll = try request.flag("state", of: ["standing": false, "all": true]) ?? false
            let data = JSONValue.array(try await gateway.lifts(includesEnded: isAll, context).map { .object(LiftCoding.object($0)) })
            return APIResponse(.ok, body: JSONValue.object(["data": data, "next": .null]).encoded())
        case .lift:
            let order = try LiftCoding.order(try request.object("application/json"))
            let lift = try await gateway.liftLimit(of: order.principal, people: order.people, until: order.until, context)
            return APIResponse(.created, body: JSONValue.object(LiftCoding.object(lift)).encoded())
        case .end(let id):
            try await gateway.endLift(id, context)
            return APIResponse(.noContent, contentType: nil)
        }
    }
}

/// Lifted limits on the wire.
package enum LiftCoding {
    package static func object(_ lift: LimitLift, at now: Instant = .now()) -> JSONObject {
        [
            "id": .string(lift.id.description), "state": .string(lift.endedAt == nil && lift.until > now ? "standing" : "ended"),
            "principal": .string(lift.principal), "people": lift.people.map { .number(JSONNumber($0)) } ?? .null,
            "lifted_at": .string(lift.at.description), "lifted_by": .string(lift.by), "until": .string(lift.until.description),
            "ended_at": lift.endedAt.map { .string($0.description) } ?? .null, "ended_by": lift.endedBy.map { .string($0) } ?? .null,
        ]
    }

    /// `{"principal", "people", "until"}`; without the last two the count begins anew.
    static func order(_ object: JSONObject) throws(Refusal) -> (principal: String, people: Int?, until: Instant?) {
        var problems: [Refusal.Member] = []
        func problem(_ member: String, _ code: Refusal.Code, _ detail: String) { problems.append(.init(member, code.rawValue, detail)) }
        for member in object.members where !["principal", "people", "until"].contains(member.name) {
            problem(member.name, .memberUnknown, "there is no such member")
        }
        let principal = object["principal"]?.stringValue
        if principal == nil { problem("principal", .valueInvalid, "principal is a text") }
        var people: Int?
        switch object["people"] {
        case nil, .null?: break
        case .number(let number)?:
            people = number.integer.flatMap { Int(exactly: $0) }
            if people == nil { problem("people", .valueInvalid, "people is a whole number") }
        default: problem("people", .valueInvalid, "people is a whole number")
        }
        var until: Instant?
        switch object["until"] {
        case nil, .null?: break
        case .string(let text)?:
            until = Instant(text)
            if until == nil { problem("until", .valueInvalid, "until is a time such as 2027-01-01T00:00:00Z") }
        default: problem("until", .valueInvalid, "until is a time such as 2027-01-01T00:00:00Z")
        }
        guard problems.isEmpty, let principal else { throw Refusal(.valueInvalid, "a member of the body is wrong", members: problems) }
        return (principal, people, until)
    }
}

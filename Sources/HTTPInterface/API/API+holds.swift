package import DataFormats
package import Gateway
import NIOHTTP1
package import SubjectRights
import Vocabulary

/// Legal holds: for whoever may place, read or release them.
extension API {
    func answer(_ route: HoldRoute, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        switch route {
        case .list:
            let isAll = try request.flag("state", of: ["standing": false, "all": true]) ?? false
            let holds = try await gateway.holds(includesReleased: isAll, context)
            let data = JSONValue.array(holds.map { .object(HoldCoding.object($0)) })
            return APIResponse(.ok, body: JSONValue.object(["data": data, "next": .null]).encoded())
        case .place:
            let isDryRun = try request.flag("dry_run", of: ["true": true, "false": false]) ?? false
            let texts = try request.texts(
                required: ["matter", "basis", "review_on"], optional: ["subject", "entity", "condition"], longTexts: ["condition"])
            context.answers { (hold: LegalHold) in Self.response(.created, hold) }
            let hold = try await gateway.placeHold(try HoldCoding.order(texts), isDryRun: isDryRun, context)
            return Self.response(isDryRun ? .ok : .created, hold)
        case .show(let id): return Self.response(.ok, try await gateway.hold(id, context))
        case .release(let id):
            context.answers { (hold: LegalHold) in Self.response(.ok, hold) }
            return Self.response(.ok, try await gateway.releaseHold(id, context))
        case .review(let id):
            let texts = try request.texts(required: ["review_on"])
            context.answers { (hold: LegalHold) in Self.response(.ok, hold) }
            return Self.response(.ok, try await gateway.reviewHold(id, next: try HoldCoding.day(texts["review_on"]), context))
        }
    }

    private static func response(_ status: HTTPResponseStatus, _ hold: LegalHold) -> APIResponse {
        APIResponse(status, body: JSONValue.object(HoldCoding.object(hold)).encoded())
    }
}

/// Legal holds on the wire.
package enum HoldCoding {
    package static func object(_ hold: LegalHold) -> JSONObject {
        var object: JSONObject = ["id": .string(hold.id.description), "state": .string(hold.stands ? "standing" : "released")]
        switch hold.scope {
        case .subject(let subject): object["subject"] = .string(subject.description)
        case .entity(let entity): object["entity"] = .string(entity)
        case .query(let entity, let condition):
            object["entity"] = .string(entity)
            object["condition"] = .string(condition)
        }
        object["matter"] = .string(hold.matter.value)
        object["basis"] = .string(hold.basis.value)
        object["review_on"] = .string(hold.reviewOn.description)
        object["records"] = .number(JSONNumber(hold.reach.records))
        object["people"] = .number(JSONNumber(hold.reach.people))
        object["placed_at"] = .string(hold.placedAt.description)
        object["placed_by"] = .string(hold.placedBy)
        object["released_at"] = hold.release.map { .string($0.at.description) } ?? .null
        object["released_by"] = hold.release.map { .string($0.by) } ?? .null
        object["release_reason"] = hold.release.map { .string($0.reason.value) } ?? .null
        return object
    }

    /// What a body, or a command, asks for: exactly one of a subject and an entity, a condition with the entity.
    package static func order(_ texts: [String: String]) throws(Refusal) -> HoldOrder {
        let scope: LegalHold.Scope
        switch (texts["subject"], texts["entity"], texts["condition"]) {
        case (let subject?, nil, nil):
            guard let id = UUIDv7(subject) else {
                throw Refusal(
                    .valueInvalid, "a member of the body is wrong",
                    members: [.init("subject", Refusal.Code.valueInvalid.rawValue, "subject is the id of a data subject")])
            }
            scope = .subject(SubjectID(id))
        case (nil, let entity?, nil): scope = .entity(entity)
        case (nil, let entity?, let condition?): scope = .query(entity: entity, condition: condition)
        default:
            throw Refusal(
                .valueInvalid, "a hold is on a subject, on an entity, or on the records of an entity that fit a condition",
                hint: "send subject, or entity, or entity and condition"
            )
        }
        return HoldOrder(
            scope: scope, matter: Personal(texts["matter"] ?? ""), basis: Personal(texts["basis"] ?? ""), reviewOn: try day(texts["review_on"])
        )
    }

    static func day(_ text: String?) throws(Refusal) -> CalendarDate {
        guard let day = text.flatMap({ CalendarDate($0) }) else {
            throw Refusal(
                .valueInvalid, "a member of the body is wrong",
                members: [.init("review_on", Refusal.Code.valueInvalid.rawValue, "review_on is a day such as 2027-01-31")])
        }
        return day
    }
}

extension APIRequest {
    /// The one parameter that a route takes, as what its word stands for.
    func flag(_ name: String, of words: [String: Bool]) throws(Refusal) -> Bool? {
        let known = words.keys.sorted().map { "\(name)=\($0)" }.joined(separator: ", ")
        guard query.count <= 1, query.allSatisfy({ $0.name == name }) else {
            throw Refusal(.parameterInvalid, "a parameter is not known here", hint: known)
        }
        guard let value = query.first?.value else { return nil }
        guard let flag = words[value] else { throw Refusal(.parameterInvalid, "\(name) has no such value", hint: known) }
        return flag
    }
}

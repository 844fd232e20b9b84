import Catalog
package import DataFormats
package import Gateway
import NIOHTTP1
package import Storage
import Vocabulary

/// Retention: what is due to go, and letting it go.
extension API {
    func answer(_ route: RetentionRoute, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        switch route {
        case .plan:
            let plan = try await gateway.retentionPlan(rule: try request.rule(), context)
            return Self.list(plan.map { RetentionCoding.object($0) })
        case .listRuns:
            guard request.query.isEmpty else { throw Refusal(.parameterInvalid, "a parameter is not known here", hint: "there are none") }
            return Self.list(try await gateway.retentionRuns(context).map { RetentionCoding.object($0) })
        case .begin:
            let order = try RetentionCoding.order(try request.object("application/json"))
            // A running gateway takes it up in a moment.
            let run = try await gateway.beginRetention(rule: order.rule, rate: order.rate, context)
            return APIResponse(.accepted, body: JSONValue.object(RetentionCoding.object(run)).encoded())
        case .report(let id): return APIResponse(.ok, body: try await gateway.retentionReport(id, context))
        case .listReviews:
            return Self.list(try await gateway.retentionReviews(rule: try request.rule(), context).map { RetentionCoding.object($0) })
        case .markReviewed:
            let texts = try request.texts(required: ["rule", "record"])
            guard let record = texts["record"].flatMap({ RecordID($0) }) else {
                throw Refusal(
                    .valueInvalid, "a member of the body is wrong",
                    members: [.init("record", Refusal.Code.valueInvalid.rawValue, "record is the id of a record")])
            }
            _ = try await gateway.markReviewed([record], rule: texts["rule"] ?? "", context)
            return APIResponse(.noContent)
        }
    }

    private static func list(_ items: [JSONObject]) -> APIResponse {
        APIResponse(.ok, body: JSONValue.object(["data": .array(items.map { .object($0) }), "next": .null]).encoded())
    }
}

extension APIRequest {
    /// The name of a retention rule, if one is given.
    func rule() throws(Refusal) -> String? {
        guard query.count <= 1, query.allSatisfy({ $0.name == "rule" }) else {
            throw Refusal(.parameterInvalid, "a parameter is not known here", hint: "rule")
        }
        return query.first?.value
    }
}

/// Retention on the wire.
package enum RetentionCoding {
    /// Records a second, so that two cores have most of their time for requests.
    package static let usualRate: Int32 = 5000
    package static let rates: ClosedRange<Int64> = 0...1_000_000

    /// `{"rule", "rate"}`: one rule instead of all, and records a second at most instead of ``usualRate``; 0 is as fast as it goes.
    static func order(_ object: JSONObject) throws(Refusal) -> (rule: String?, rate: Int32) {
        var order = (rule: String?.none, rate: usualRate)
        var problems: [Refusal.Member] = []
        func problem(_ member: String, _ code: Refusal.Code, _ detail: String) { problems.append(.init(member, code.rawValue, detail)) }
        for member in object.members {
            switch (member.name, member.value) {
            case ("rule", .string(let name)) where (1...500).contains(name.utf8.count): order.rule = name
            case ("rule", _): problem("rule", .valueInvalid, "rule is a text of 1 to 500 bytes")
            case ("rate", .number(let number)):
                if let rate = number.integer, rates.contains(rate) { order.rate = Int32(rate) } else { fallthrough }
            case ("rate", _): problem("rate", .valueInvalid, "rate is a whole number from 0 to 1000000")
            default: problem(member.name, .memberUnknown, "there is no such member")
            }
        }
        if !problems.isEmpty { throw Refusal(.valueInvalid, "a member of the body is wrong", members: problems) }
        return order
    }

    package static func object(_ planned: PlannedRetention) -> JSONObject {
        [
            "rule": .string(planned.name), "do": .string(planned.rule.action.rawValue), "since": .string(planned.rule.since),
            "after": .string(planned.rule.after), "over_up_to": .string(planned.lastDay.description), "citation": .string(planned.rule.basis),
            "records": .number(JSONNumber(planned.records)), "people": .number(JSONNumber(planned.people)),
            "kept": .number(JSONNumber(planned.kept)), "held": .number(JSONNumber(planned.held)),
            "restricted": .number(JSONNumber(planned.restricted)), "oldest": planned.oldest.map { .string($0.description) } ?? .null,
            "samples": .array(planned.samples.map { .string($0.description) }),
        ]
    }

    package static func object(_ run: RetentionRunRow) -> JSONObject {
        [
            "id": .string(run.id.description), "state": .string(run.finishedAt == nil ? "running" : "finished"),
            "rule": run.rule < run.rules.count ? .string(run.rules[run.rule]) : .null, "rules": .array(run.rules.map { .string($0) }),
            "done": .number(JSONNumber(Int(run.done))), "total": .number(JSONNumber(Int(run.total))), "rate": .number(JSONNumber(Int(run.rate))),
            "started_at": .string(run.startedAt.description), "started_by": .string(run.startedBy),
            "finished_at": run.finishedAt.map { .string($0.description) } ?? .null,
        ]
    }

    package static func object(_ review: RetentionReview) -> JSONObject {
        [
            "rule": .string(review.rule), "record": .string(review.record.description), "since": .string(review.anchor.description),
        ]
    }
}

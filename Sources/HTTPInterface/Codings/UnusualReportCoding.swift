package import DataFormats
package import Gateway
package import Vocabulary

/// What is unusual, on the wire.
package enum UnusualReportCoding {
    package static let parameters = ["since", "until", "people", "denials", "deletions", "days", "hours", "zone"]

    /// Reads the parameters by name; what is missing is as usual.
    package static func question(_ given: [String: String], now: Instant) throws(Refusal) -> UnusualQuestion {
        try UnusualQuestion(
            since: time(given, "since"), until: time(given, "until"), now: now,
            hours: WorkingHours(days: given["days"], hours: given["hours"], zone: given["zone"]), people: limit(given, "people"),
            denials: limit(given, "denials"), deletions: limit(given, "deletions")
        )
    }

    private static func time(_ given: [String: String], _ name: String) throws(Refusal) -> Instant? {
        guard let text = given[name] else { return nil }
        guard let time = Instant(text) else { throw Refusal(.parameterInvalid, "\(name) is not a time of the form 2026-11-22T09:30:00Z") }
        return time
    }

    private static func limit(_ given: [String: String], _ name: String) throws(Refusal) -> Int? {
        guard let text = given[name] else { return nil }
        guard let limit = Int(text), (0...1_000_000).contains(limit) else { throw Refusal(.parameterInvalid, "\(name) is a number from 0 on") }
        return limit
    }

    package static func object(_ findings: [UnusualFinding], _ question: UnusualQuestion) -> JSONObject {
        [
            "since": .string(question.since.description), "until": .string(question.until.description),
            "findings": .array(findings.map { .object(members($0)) }),
        ]
    }

    private static func members(_ finding: UnusualFinding) -> JSONObject {
        func number(_ number: Int?) -> JSONValue { number.map { .number(JSONNumber($0)) } ?? .null }
        var object: JSONObject = [
            "what": .string(finding.kind.rawValue), "actor": .string(finding.actor), "first_at": .string(finding.first.description),
            "last_at": .string(finding.last.description), "amount": number(finding.amount), "limit": number(finding.limit),
            "usual": number(finding.usual), "why": .string(finding.why),
        ]
        if let field = finding.field { object["field"] = .string(field) }
        if let rule = finding.rule { object["rule"] = .string(rule) }
        if let grant = finding.grant { object["grant"] = .string(grant.description) }
        return object
    }
}

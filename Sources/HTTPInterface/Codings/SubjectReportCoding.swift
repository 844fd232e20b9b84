package import DataFormats
package import Gateway
import Vocabulary

/// Who saw or changed a person's data, on the wire.
package enum SubjectReportCoding {
    package static func object(_ report: SubjectReport) -> JSONObject {
        [
            "subject": .string(report.subject.description), "events": .number(JSONNumber(report.events)),
            "recipients": .array(report.recipients.map { .object(members($0.recipient, $0.access)) }),
            "attempts": .array(report.attempts.map { .object(members($0.kind, $0.attempts)) }),
        ]
    }

    private static func members(_ recipient: SubjectReport.Recipient, _ access: SubjectReport.Access) -> JSONObject {
        var object = members(recipient)
        object["purposes"] = .array(
            access.purposes.sorted().map { purpose in
                .object(["purpose": .string(purpose.name), "basis": purpose.basis.map { .string($0) } ?? .null])
            })
        object["first_at"] = .string(access.first.description)
        object["last_at"] = .string(access.last.description)
        object["accesses"] = .number(JSONNumber(access.times))
        object["entities"] = texts(access.entities)
        object["clear"] = texts(access.clear)
        object["masked"] = texts(access.masked)
        object["changes"] = .array(
            access.changes.sorted { $0.key < $1.key }.map { kind, change in
                .object([
                    "action": .string(kind.action), "entity": .string(kind.entity), "times": .number(JSONNumber(change.times)),
                    "fields": texts(change.fields),
                ])
            })
        return object
    }

    private static func members(_ kind: SubjectReport.AttemptKind, _ attempts: SubjectReport.Attempts) -> JSONObject {
        var object = members(kind.recipient)
        object["action"] = .string(kind.action)
        object["entity"] = .string(kind.entity)
        object["outcome"] = .string(kind.outcome)
        object["rule"] = .string(kind.rule)
        object["times"] = .number(JSONNumber(attempts.times))
        object["first_at"] = .string(attempts.first.description)
        object["last_at"] = .string(attempts.last.description)
        return object
    }

    private static func members(_ recipient: SubjectReport.Recipient) -> JSONObject {
        [
            "actor": .string(recipient.actor), "app": recipient.app.map { .string($0) } ?? .null,
            "roles": .array(recipient.roles.map { .string($0) }),
        ]
    }

    private static func texts(_ texts: Set<String>) -> JSONValue { .array(texts.sorted().map { .string($0) }) }
}

import Catalog
import DataFormats
import Expressions
import Storage
import SubjectRights
import Vocabulary

/// What a run of retention did, and on what ground: the statement that is signed.
struct RetentionReport {
    let run: RetentionRunRow
    let finishedAt: Instant
    let tallies: [RetentionTally]
    let selection: RetentionSelection
    let processing: ProcessingDeclaration

    var document: JSONObject {
        [
            "controller": .string(processing.controller.name), "tenant": .string(run.tenant.description), "run": .string(run.id.description),
            "started_at": .string(run.startedAt.description), "started_by": .string(run.startedBy),
            "finished_at": .string(finishedAt.description), "time_zone": .string(processing.timeZone),
            "rules": .array(run.rules.map { .object(rule($0)) }),
            "events": .array(run.events.map { .string($0.description) }),
        ]
    }

    private func rule(_ name: String) -> JSONObject {
        var object: JSONObject = ["rule": .string(name)]
        if let (_, rule) = (try? selection.rules(named: name))?.first {
            object["do"] = .string(rule.action.rawValue)
            if let condition = rule.condition { object["when"] = .string(condition.text) }
            object["since"] = .string(rule.since)
            object["after"] = .string(rule.after)
            object["citation"] = .string(rule.basis)
            object["over_up_to"] = .string(selection.term(rule).lastDay.description)
        }
        var outcomes = JSONObject()
        for outcome in RetentionTally.Outcome.allCases {
            var counts = JSONObject()
            for tally in tallies where tally.rule == name && tally.outcome == outcome { counts[tally.entity] = .number(JSONNumber(tally.count)) }
            if !counts.members.isEmpty { outcomes[outcome.rawValue] = .object(counts) }
        }
        object["outcomes"] = .object(outcomes)
        return object
    }
}

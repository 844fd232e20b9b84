import Foundation
package import Storage
import Vocabulary

/// Tells what is unusual from what is not: takes numbers of days in, gives findings out.
///
/// What lies before the report says what somebody usually does; what lies in it is held against that. It grows with actors and days, and
/// not with events.
package struct UnusualActivity: Sendable {
    private struct Day {
        var denials = 0
        var deletions = 0
        var outside = 0
        /// The hour in which the most people were reached.
        var peak: ReachTally?
        var first: Instant
        var last: Instant
        var firstOutside: Instant?
        var lastOutside: Instant?
    }

    private struct Actor {
        var before: [Int: Day] = [:]
        var within: [Int: Day] = [:]
        var usedBefore: Set<String> = []
        var uses: [String: FieldUse] = [:]
    }

    package let question: UnusualQuestion
    private var actors: [String: Actor] = [:]
    private var glasses: [BrokenGlass] = []
    private var alarms: [AlarmTally] = []

    package init(_ question: UnusualQuestion) { self.question = question }

    // MARK: In

    package mutating func add(_ tally: ActivityTally) {
        let isInside = question.hours.include(tally.quarter)
        change(tally.actor, tally.first) { day in
            day.first = min(day.first, tally.first)
            day.last = max(day.last, tally.last)
            day.denials += tally.denials
            day.deletions += tally.deletions
            if isInside { return }
            day.outside += tally.events
            day.firstOutside = min(day.firstOutside ?? tally.first, tally.first)
            day.lastOutside = max(day.lastOutside ?? tally.last, tally.last)
        }
    }

    /// The half hour in which the report begins is of the report.
    package mutating func add(_ tally: ReachTally) {
        let isFirst = tally.hour < question.since && tally.hour.advanced(by: .seconds(1800)) > question.since
        let moment = isFirst ? question.since : tally.hour
        change(tally.actor, moment) { day in
            if let peak = day.peak, peak.people >= tally.people { return }
            day.peak = tally
        }
    }

    package mutating func add(_ use: FieldUse) {
        let name = "\(use.entity).\(use.field)"
        if use.first < question.since {
            actors[use.actor, default: Actor()].usedBefore.insert(name)
        } else if let known = actors[use.actor]?.uses[name] {
            actors[use.actor]?.uses[name] = FieldUse(
                actor: use.actor, entity: use.entity, field: use.field, times: known.times + use.times, first: min(known.first, use.first),
                last: max(known.last, use.last))
        } else {
            actors[use.actor, default: Actor()].uses[name] = use
        }
    }

    package mutating func add(_ glass: BrokenGlass) { glasses.append(glass) }
    package mutating func add(_ alarm: AlarmTally) { alarms.append(alarm) }

    private mutating func change(_ name: String, _ moment: Instant, _ body: (inout Day) -> Void) {
        var actor = actors[name] ?? Actor()
        let number = question.hours.day(moment)
        let days = moment < question.since ? \Actor.before : \Actor.within
        var day = actor[keyPath: days][number] ?? Day(first: moment, last: moment)
        body(&day)
        actor[keyPath: days][number] = day
        actors[name] = actor
    }

    // MARK: Out

    /// What somebody should look at: the gravest kind first, within a kind the oldest.
    package var findings: [UnusualFinding] {
        var findings = glasses.map { glass in
            UnusualFinding(
                kind: .brokenGlass, actor: glass.actor, first: glass.at, last: glass.at, amount: glass.events,
                why: "opened rule \(glass.rule) in an emergency; every broken glass is to be reviewed", rule: glass.rule, grant: glass.grant)
        }
        findings += alarms.map { alarm in
            UnusualFinding(
                kind: .honeyRead, actor: alarm.actor, first: alarm.first, last: alarm.last, amount: alarm.events,
                why: "touched a record that nobody has a reason to read")
        }
        for (name, actor) in actors {
            for day in actor.within.values { findings += self.findings(name, day, actor) }
            for (field, use) in actor.uses where !actor.usedBefore.contains(field) {
                findings.append(
                    UnusualFinding(
                        kind: .firstUse, actor: name, first: use.first, last: use.last, amount: use.times,
                        why: "had not used this special-category field in the clear in the \(UnusualQuestion.historyDays) days before", field: field))
            }
        }
        return findings.sorted { ($0.kind, $0.first, $0.actor, $0.field ?? "") < ($1.kind, $1.first, $1.actor, $1.field ?? "") }
    }

    private func findings(_ name: String, _ day: Day, _ actor: Actor) -> [UnusualFinding] {
        var findings: [UnusualFinding] = []
        let usualPeople = Self.median(actor.before.values.map { $0.peak?.people ?? 0 })
        let people = question.people.value(usual: usualPeople)
        if let peak = day.peak, peak.people > people {
            findings.append(
                UnusualFinding(
                    kind: .bulkRead, actor: name, first: peak.hour, last: peak.hour.advanced(by: .seconds(3600)), amount: peak.people, limit: people,
                    usual: usualPeople, why: "read the data of more than \(people) people within an hour" + Self.comparison(usualPeople)))
        }
        let usualDeletions = Self.median(actor.before.values.map(\.deletions))
        let deletions = question.deletions.value(usual: usualDeletions)
        if day.deletions > deletions {
            findings.append(
                UnusualFinding(
                    kind: .deletions, actor: name, first: day.first, last: day.last, amount: day.deletions, limit: deletions, usual: usualDeletions,
                    why: "deleted more than \(deletions) times on a day" + Self.comparison(usualDeletions)))
        }
        let usualDenials = Self.median(actor.before.values.map(\.denials))
        let denials = question.denials.value(usual: usualDenials)
        if day.denials > denials {
            findings.append(
                UnusualFinding(
                    kind: .denials, actor: name, first: day.first, last: day.last, amount: day.denials, limit: denials, usual: usualDenials,
                    why: "was refused more than \(denials) times on a day" + Self.comparison(usualDenials)))
        }
        if let first = day.firstOutside, let last = day.lastOutside, !worksAtAnyHour(actor) {
            findings.append(
                UnusualFinding(
                    kind: .outOfHours, actor: name, first: first, last: last, amount: day.outside,
                    why: "was active outside working hours, which is not usual for this actor"))
        }
        return findings
    }

    /// Programs and night shifts are not news: whoever was there at such hours on most days.
    private func worksAtAnyHour(_ actor: Actor) -> Bool {
        let outside = actor.before.values.count { $0.outside > 0 }
        return actor.before.count >= UnusualQuestion.leastDays && outside * 2 > actor.before.count
    }

    private static func comparison(_ usual: Int?) -> String { usual.map { "; \($0) is usual for this actor" } ?? "" }

    /// `nil` when there are too few days to call anything usual.
    private static func median(_ values: [Int]) -> Int? {
        values.count < UnusualQuestion.leastDays ? nil : values.sorted()[values.count / 2]
    }
}

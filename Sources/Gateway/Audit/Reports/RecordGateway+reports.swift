import AuditTrail
import Catalog
import Identity
import Policies
import PostgresLink
import Sealing
import Storage
package import Vocabulary

/// Questions to the trail as a whole. Each is recorded like any look into it, and holds no more in memory than its answer.
extension RecordGateway {
    /// Hears how far a report is: how many events were looked at.
    package typealias ReportProgress = @Sendable (Int) -> Void

    /// Events that are read at once.
    static var reportPage: Int { 500 }

    /// Everyone who saw or changed a person's data, and who tried.
    ///
    /// What was done is found by the person's pseudonym, what was only tried by the ids of the person's records.
    package func subjectReport(
        of subject: SubjectID, progress: ReportProgress = { _ in }, _ context: RequestContext
    ) async throws(Refusal) -> SubjectReport {
        let decision = try await decide(.read, .audit, context)
        var event = event(decision, context, outcome: .disclosed)
        event.target = .report("subject")
        // With what is told of whoever was merged into this person, under the pseudonyms that they had.
        let people = try await mergedPeople([subject], context)
        let keys = try await keys(ofNamed: people.ids, context)
        guard keys.subjects[subject] != nil else {
            event.outcome = .failed
            try await confirmLiveness(context)
            _ = try await record(event, context)
            if keys.lost.contains(subject) { throw Refusal(.notFound, "there is no such data subject") }
            throw Refusal(
                .subjectErased, "the key of this data subject was destroyed, so nobody can tell any more which events were about them",
                hint: "that is the point of destroying it: the trail still stands, and no longer speaks of this person")
        }
        let pseudonyms = people.ids.compactMap { keys.subjects[$0].flatMap { UUIDv7(bytes: $0.pseudonym.bytes) } }
        let tables = catalog.entities.filter { $0.subject != .nobody }.flatMap { entity in
            people.ids.map { table(entity).ids(ofSubject: $0, limit: 1000, tenant: context.tenant) }
        }
        let report = try await inTrail(context) { (scope: Scope) async throws(StorageError) in
            var report = SubjectReport(subject)
            var records = Set(people.ids.map { RecordID($0.uuid) })
            for rows in try await store.read(scope, tables) {
                records.formUnion((0..<rows.rowCount).compactMap { rows.uuid($0, 0).map { RecordID($0) } })
            }
            var after: EventID?
            var done: [UUIDv7] = []
            // One after the other; an event about several of them is told once.
            while done.count < pseudonyms.count {
                let page = try await store.auditEvents(about: pseudonyms[done.count], after: after, limit: Self.reportPage, scope)
                for event in page.lazy.compactMap({ ReportedEvent($0) }) where !event.subjects.contains(where: { done.contains($0) }) {
                    report.add(event)
                    // One record and one person: the record is about them, whether it is still there or not.
                    if event.subjects.count == 1, event.records.count == 1, records.count < 10_000 { records.formUnion(event.records) }
                }
                progress(report.events)
                if page.count == Self.reportPage, let last = page.last {
                    after = last.id
                } else {
                    done.append(pseudonyms[done.count])
                    after = nil
                }
            }
            while true {
                let page = try await store.auditEvents(
                    naming: records.sorted(), butNot: pseudonyms[0], after: after, limit: Self.reportPage, scope)
                for event in page.lazy.compactMap({ ReportedEvent($0) }) where !event.subjects.contains(where: { pseudonyms.contains($0) }) {
                    report.add(event)
                }
                progress(report.events)
                guard page.count == Self.reportPage, let last = page.last else { break }
                after = last.id
            }
            return report
        }
        event.subjects = keys.pseudonyms
        event.count = report.events
        _ = try await record(event, context)
        return report
    }

    /// What is unusual in a stretch of time.
    package func unusualReport(
        _ question: UnusualQuestion, progress: ReportProgress = { _ in }, _ context: RequestContext
    ) async throws(Refusal) -> [UnusualFinding] {
        let decision = try await decide(.read, .audit, context)
        let fields = catalog.entities.flatMap { entity in
            entity.fields.filter { $0.fieldClass == .special }.map { (entity: entity.name, field: $0.name) }
        }
        let findings = try await inTrail(context) { (scope: Scope) async throws(StorageError) in
            var activity = UnusualActivity(question)
            var events = 0
            for stretch in question.stretches {
                let day = try await store.activity(in: stretch, fields: fields, scope)
                for tally in day.tallies { activity.add(tally) }
                for tally in day.reach { activity.add(tally) }
                for use in day.uses { activity.add(use) }
                events += day.tallies.reduce(0) { $0 + $1.events }
                progress(events)
            }
            for glass in try await store.brokenGlass(since: question.since, until: question.until, limit: 1000, scope) { activity.add(glass) }
            let alarms = try await store.alarms(
                AuditAlarm.honeyRead.rawValue, since: question.since, until: question.until, limit: 1000, scope)
            for alarm in alarms { activity.add(alarm) }
            return activity.findings
        }
        var event = event(decision, context, outcome: .disclosed)
        event.target = .report("unusual")
        event.count = findings.count
        _ = try await record(event, context)
        return findings
    }
}

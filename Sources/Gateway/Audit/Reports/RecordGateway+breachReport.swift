import AuditTrail
import Catalog
import Identity
import Policies
import PostgresLink
import Storage
package import Vocabulary

/// Whose credential was stolen, and when it was out of their hands.
package struct BreachQuestion: Sendable {
    package var user: String?
    /// The id of a key.
    package var app: String?
    package var since: Instant?
    package var until: Instant?
    /// Whether the people are wanted, too, whose ids are known without opening a key: for the operator on the host.
    package var wantsSubjects = false
    package init() {}
}

extension RecordGateway {
    /// How far a stolen credential reached.
    package func breachReport(
        _ question: BreachQuestion, progress: ReportProgress = { _ in }, _ context: RequestContext
    ) async throws(Refusal) -> BreachReport {
        let decision = try await decide(.read, .audit, context)
        if let app = question.app, app.isEmpty || !app.utf8.allSatisfy({ Self.isKeyLetter($0) }) {
            throw Refusal(.parameterInvalid, "app is not the id of a key", hint: "the twelve characters behind ghk_")
        }
        if let since = question.since, let until = question.until, since >= until {
            throw Refusal(.parameterInvalid, "since has to come before until")
        }
        let actor = try await actor(question, context)
        var report = try await inTrail(context) { (scope: Scope) async throws(StorageError) in
            var report = BreachReport(actor: actor, app: question.app)
            var after: EventID?
            while true {
                let page = try await store.auditEvents(
                    by: actor, app: question.app, since: question.since, until: question.until, after: after, limit: Self.reportPage, scope)
                for event in page.lazy.compactMap({ ReportedEvent($0) }) { report.add(event) }
                progress(report.events)
                guard page.count == Self.reportPage, let last = page.last else { break }
                after = last.id
            }
            return report
        }
        if question.wantsSubjects { report.subjects = try await subjects(reachedBy: report, context) }
        var event = event(decision, context, outcome: .disclosed)
        event.target = .report("breach")
        event.count = report.events
        _ = try await record(event, context)
        return report
    }

    private static func isKeyLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// As the trail calls them: by the user, or by the key where it is nobody's.
    private func actor(_ question: BreachQuestion, _ context: RequestContext) async throws(Refusal) -> String {
        if let user = question.user { return user }
        guard let app = question.app else {
            throw Refusal(.parameterInvalid, "a breach is of a user's or of a key", hint: "give user, app, or both")
        }
        try await confirmLiveness(context)
        let credential: CredentialRecord?
        do { credential = try await store.credential(app) } catch { throw refusal(error) }
        guard let credential, credential.tenant == context.tenant else { throw Refusal(.notFound, "there is no such key") }
        return credential.user ?? credential.id
    }

    /// People whose records were reached, found through the ids of the records: where the record is the person, its id is the person's; else
    /// the store knows whom a record is about that is still there. No key is opened. Whoever was erased since is not among them.
    private func subjects(reachedBy report: BreachReport, _ context: RequestContext) async throws(Refusal) -> [SubjectID] {
        var people: Set<SubjectID> = []
        for entity in catalog.entities {
            guard let records = report.extents[entity.name]?.records.ids, entity.subject != .nobody else { continue }
            if entity.subject == .itself {
                people.formUnion(records.map { SubjectID($0) })
                continue
            }
            let ids = records.sorted().map { RecordID($0) }
            for start in stride(from: 0, to: ids.count, by: 1000) {
                let chunk = Array(ids[start..<min(start + 1000, ids.count)])
                let rows = try await read(context, [table(entity).subjects(of: chunk, tenant: context.tenant)])[0]
                people.formUnion((0..<rows.rowCount).compactMap { rows.uuid($0, 1).map { SubjectID($0) } })
            }
        }
        return people.sorted { $0.uuid < $1.uuid }
    }
}

import ArgumentParser
import AuditFeeds
import DataFormats
import Gateway
import Storage
import Synchronization
import Vocabulary

extension AuditCommand {
    struct Search: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Find events, newest first.",
            discussion: """
                Every look into the trail is recorded, too. A time is 2026-11-22T09:30:00Z; a date is its first moment in UTC.

                Examples:
                  gatehouse audit search --entity contact --actor ann --since 2026-11-01
                  gatehouse audit search --subject 019a… --outcome disclosed
                  gatehouse audit search --decision deny --json
                  gatehouse audit search --since 2026-10-01 --until 2026-11-01 --all --csv > october.csv
                """
        )

        @OptionGroup var place: PlaceOptions
        @Option(help: "From this time on, or for so long: 12h, 30d.") var since: String?
        @Option(help: "Before this time.") var until: String?
        @Option(help: "The user, or the id of the key, who asked.") var actor: String?
        @Option(help: "Whom it was about: the id of a data subject whose key is there.") var subject: String?
        @Option(help: "\(WordList.actions).") var action: String?
        @Option(help: "An entity, or \(WordList.resources).") var entity: String?
        @Option(help: "allow or deny.") var decision: String?
        @Option(help: "disclosed, changed, refused or failed.") var outcome: String?
        @Option(help: "The declared purpose.") var purpose: String?
        @Option(help: "Text of the stated reason.") var reason: String?
        @Option(help: "The id of a grant that it happened under.") var grant: String?
        @Option(help: "The id of a record, whether it is still there or not.") var record: String?
        @Option(help: "How many events at most; with --all, at once.") var limit: Int?
        @Flag(help: "Go on to the last event that fits.") var all = false
        @OptionGroup var form: Form

        func run() async throws {
            guard (1...200).contains(limit ?? 1) else { throw ValidationError("--limit is 1 to 200") }
            let output = SearchOutput(form, showsProgress: all)
            try await search().walk(place, isWhole: all) { output.take($0) }
            output.finish()
        }

        private func search() throws -> TrailSearch {
            var query = AuditQuery()
            query.since = try since.map { try TrailTime.since($0) }
            query.until = try until.map { try TrailTime.point($0, "--until") }
            query.actor = actor
            query.action = action
            query.entity = entity
            query.decision = decision
            query.outcome = outcome
            query.purpose = purpose
            query.reason = reason
            query.grant = grant
            query.limit = limit ?? (all ? 200 : 50)
            if let record {
                guard let id = RecordID(record) else { throw ValidationError("--record takes the id of a record") }
                query.record = id
            }
            let person = subject.map { UUIDv7($0) }
            if case .some(nil) = person { throw ValidationError("--subject takes the id of a data subject") }
            return TrailSearch(query: query, subject: (person ?? nil).map { SubjectID($0) })
        }
    }
}

/// Prints pages of events as they come.
private final class SearchOutput: Sendable {
    private struct State {
        var table = Table(["at", "actor", "action", "entity", "what", "decision", "outcome", "rule", "purpose"])
        var events = 0
        var progress: ProgressBar
    }

    private let state: Mutex<State>
    private let isJSON: Bool
    private let isCSV: Bool

    init(_ form: AuditCommand.Form, showsProgress: Bool) {
        isJSON = form.json
        isCSV = form.csv
        state = Mutex(State(progress: ProgressBar("searching", total: 0, isQuiet: !showsProgress)))
        if form.csv {
            var bytes: [UInt8] = []
            EventTable.appendHeader(to: &bytes)
            Console.write(String(decoding: bytes, as: UTF8.self), to: 1)
        }
    }

    func take(_ events: [JSONObject]) {
        state.withLock { state in
            if isJSON {
                for event in events { Console.say(String(decoding: JSONValue.object(event).encoded(), as: UTF8.self)) }
            } else if isCSV {
                var bytes: [UInt8] = []
                for event in events { EventTable.append(event, to: &bytes) }
                Console.write(String(decoding: bytes, as: UTF8.self), to: 1)
            } else if !events.isEmpty || state.events == 0 {
                state.table.print(events.map(Self.row))
            }
            state.events += events.count
            state.progress.update(state.events, detail: "\(state.events) events, back to \(Table.time(events.last?["at"]))")
        }
    }

    func finish() { state.withLock { state in state.progress.finish(detail: "\(state.events) events") } }

    private static func row(_ event: JSONObject) -> [String] {
        let records = event["records"]?.arrayValue ?? []
        let what = records.count == 1 ? Table.text(records[0]) : "\(event["count"].map { Table.text($0) } ?? "\(records.count)") records"
        return [
            Table.time(event["at"]), Table.text(event["user"] ?? event["app"]), Table.text(event["action"]), Table.text(event["entity"]), what,
            Table.text(event["decision"]), Table.text(event["outcome"]), Table.text(event["rule"]), Table.text(event["purpose"]),
        ]
    }
}

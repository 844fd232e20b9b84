import ArgumentParser
import DataFormats
import Gateway
import Storage
import Vocabulary

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Look into the audit trail.",
        subcommands: [Search.self, Prove.self, Verify.self, Export.self, Log.self, Key.self, Stream.self, Prune.self])

    struct Search: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Find events, newest first.",
            discussion: """
                Examples:
                  gatehouse audit search --entity contact --actor ann --since 2026-11-01T00:00:00Z
                  gatehouse audit search --decision deny --json
                """
        )

        @OptionGroup var place: PlaceOptions
        @Option(help: "From this time on.") var since: String?
        @Option(help: "Before this time.") var until: String?
        @Option(help: "The user, or the id of the key, who asked.") var actor: String?
        @Option(help: "read, create, update, delete or import.") var action: String?
        @Option(help: "An entity, or audit or credential.") var entity: String?
        @Option(help: "allow or deny.") var decision: String?
        @Option(help: "The declared purpose.") var purpose: String?
        @Option(help: "Text of the stated reason.") var reason: String?
        @Option(help: "The id of a grant that it happened under.") var grant: String?
        @Option(help: "The id of a record.") var record: String?
        @Option(help: "How many events at most.") var limit = 50
        @Flag(help: "Print each event as JSON on a line.") var json = false

        func run() async throws {
            guard (1...200).contains(limit) else { throw ValidationError("--limit is 1 to 200") }
            let entries = try await entries()
            if json { return entries.forEach { Console.say(String(decoding: $0, as: UTF8.self)) } }
            let rows = entries.compactMap { (try? JSONReader.read($0))?.objectValue }.map { event -> [String] in
                let records = event["records"]?.arrayValue ?? []
                let what = records.count == 1 ? Table.text(records[0]) : "\(event["count"].map { Table.text($0) } ?? "\(records.count)") records"
                return [
                    String(Table.text(event["at"]).prefix(19)), Table.text(event["user"] ?? event["app"]), Table.text(event["action"]),
                    Table.text(event["entity"]), what, Table.text(event["decision"]), Table.text(event["rule"]), Table.text(event["purpose"]),
                ]
            }
            Table.print(["at", "actor", "action", "entity", "what", "decision", "rule", "purpose"], rows)
        }

        private func entries() async throws -> [[UInt8]] {
            if let remote = try place.remote {
                let given = [
                    ("since", since), ("until", until), ("actor", actor), ("action", action), ("entity", entity), ("decision", decision),
                    ("purpose", purpose), ("reason", reason), ("grant", grant), ("record", record), ("limit", String(limit)),
                ]
                let query = given.compactMap { name, value in value.map { "\(name)=\(GatewayClient.encode($0))" } }.joined(separator: "&")
                let answer = try await GatewayClient(remote).object("GET", "/v1/audit/events?" + query)
                return (answer["data"]?.arrayValue ?? []).map { $0.encoded() }
            }
            var query = AuditQuery()
            query.since = try time(since, "--since")
            query.until = try time(until, "--until")
            query.actor = actor
            query.action = action
            query.entity = entity
            query.decision = decision
            query.purpose = purpose
            query.reason = reason
            query.grant = grant
            query.limit = limit
            if let record {
                guard let id = RecordID(record) else { throw ValidationError("--record takes the id of a record") }
                query.record = id
            }
            let found = query
            return try await place.withGateway { gateway, context in try await gateway.searchAudit(found, context).map(\.json) }
        }

        private func time(_ text: String?, _ option: String) throws -> Instant? {
            guard let text else { return nil }
            guard let instant = Instant(text) else { throw ValidationError("\(option) takes a time such as 2026-11-22T09:30:00Z") }
            return instant
        }
    }
}

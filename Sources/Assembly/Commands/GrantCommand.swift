import ArgumentParser
import DataFormats
import Gateway
import HTTPInterface
import Storage
import Vocabulary

struct GrantCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grant",
        abstract: "Ask for more access for a while, approve it, and review what was done with it.",
        discussion: """
            A rule with 'break_glass' opens at once for whoever states a reason, and is then to be reviewed. A rule with
            'require: [second-person]' opens once somebody else has approved. Requests then carry the header Grant: <id>.
            """,
        subcommands: [Request.self, List.self, Approve.self, Close.self]
    )

    private static func show(_ items: [JSONObject], _ json: Bool) {
        if json { return Console.say(String(decoding: JSONValue.array(items.map { .object($0) }).encoded(), as: UTF8.self)) }
        let columns = ["id", "kind", "state", "rule", "requester", "requested_at", "valid_until", "reason", "approved_by", "closed_by", "finding"]
        Table.print(columns, items.map { item in columns.map { Table.text(item[$0]) } })
    }

    struct Request: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask for what a rule opens, on a running gateway (GATEHOUSE_URL, GATEHOUSE_TOKEN).",
            discussion: "Example: gatehouse grant request support-in-an-emergency --reason 'caller locked out, ticket 4711'"
        )
        @OptionGroup var place: PlaceOptions
        @Argument(help: "The rule, by its name.") var rule: String
        @Option(help: "Why; kept in the audit trail and on the review list.") var reason: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            guard let remote = try place.remote else {
                throw CommandFailure(.invalid, "a grant is asked for by the caller that will use it", hint: "set GATEHOUSE_URL and GATEHOUSE_TOKEN")
            }
            let body = JSONValue.object(["rule": .string(rule)]).encoded()
            let grant = try await GatewayClient(remote).object(
                "POST", "/v1/grants", contentType: "application/json", body: body, headers: [("Reason", reason)]
            )
            GrantCommand.show([grant], json)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the review list: broken glass nobody has closed yet, approvals that are asked for or in force.",
            discussion: "Example: gatehouse grant list --all --json"
        )
        @OptionGroup var place: PlaceOptions
        @Flag(help: "Closed and ended ones, too.") var all = false
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let isOpenOnly = !all
            let items: [JSONObject]
            if let remote = try place.remote {
                let answer = try await GatewayClient(remote).object("GET", "/v1/grants?limit=200&state=\(isOpenOnly ? "open" : "all")")
                items = (answer["data"]?.arrayValue ?? []).compactMap(\.objectValue)
            } else {
                items = try await place.withGateway { gateway, context in
                    try await gateway.listGrants(isOpenOnly: isOpenOnly, limit: 200, context).map { GrantCoding.object($0) }
                }
            }
            GrantCommand.show(items, json)
        }
    }

    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say yes as the second person.", discussion: "Example: gatehouse grant approve 019a…"
        )
        @OptionGroup var place: PlaceOptions
        @Argument(help: "The grant's id.") var id: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            guard let uuid = UUIDv7(id) else { throw ValidationError("'\(id)' is not the id of a grant") }
            let item: JSONObject
            if let remote = try place.remote {
                item = try await GatewayClient(remote).object("POST", "/v1/grants/\(uuid)/approve")
            } else {
                item = try await place.withGateway { gateway, context in GrantCoding.object(try await gateway.approveGrant(uuid, context)) }
            }
            GrantCommand.show([item], json)
        }
    }

    struct Close: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Close a grant with a finding: justified, unjustified or withdrawn.",
            discussion: """
                What was done under a grant: gatehouse audit search --grant <id>

                Example: gatehouse grant close 019a… --finding justified --note 'ticket 4711 checked with the caller'
                """
        )
        @OptionGroup var place: PlaceOptions
        @Argument(help: "The grant's id.") var id: String
        @Option(help: "justified, unjustified or withdrawn.") var finding: String
        @Option(help: "What the review found.") var note: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            guard let uuid = UUIDv7(id) else { throw ValidationError("'\(id)' is not the id of a grant") }
            guard let finding = GrantRecord.Finding(rawValue: finding) else {
                throw ValidationError("--finding is one of \(GrantRecord.Finding.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            let note = note
            let item: JSONObject
            if let remote = try place.remote {
                let body = JSONValue.object(["finding": .string(finding.rawValue), "note": .string(note)]).encoded()
                item = try await GatewayClient(remote).object("POST", "/v1/grants/\(uuid)/close", contentType: "application/json", body: body)
            } else {
                item = try await place.withGateway { gateway, context in
                    GrantCoding.object(try await gateway.closeGrant(uuid, finding, note: note, context))
                }
            }
            GrantCommand.show([item], json)
        }
    }
}

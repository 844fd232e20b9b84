import ArgumentParser
import DataFormats
import Gateway
import HTTPInterface
import Vocabulary

struct NoticeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notice",
        abstract: "What recipients of data have to be told (GDPR Art. 19), and whether they have done so too.",
        discussion: """
            Recipients with a webhook in processing.yaml are told by themselves; the others by somebody, who then acknowledges the notice.

            Examples:
              gatehouse notice list
              gatehouse notice show 019a…
              gatehouse notice acknowledge 019a…
            """,
        subcommands: [List.self, Show.self, Acknowledge.self, Retry.self]
    )

    private static func say(_ object: JSONObject) { Console.say(String(decoding: JSONValue.object(object).encoded(), as: UTF8.self)) }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List notices that nobody has acknowledged, the oldest first.", discussion: "Example: gatehouse notice list --all --json"
        )
        @OptionGroup var place: PlaceOptions
        @Flag(help: "Acknowledged ones, too; the newest first.") var all = false
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let all = all
            let notices: [JSONObject]
            if let remote = try place.remote {
                notices = Table.objects(try await GatewayClient(remote).object("GET", "/v1/recipients/notices?state=\(all ? "all" : "open")")["data"])
            } else {
                notices = try await place.withGateway { try await $0.listNotices(openOnly: !all, $1).map { NoticeCoding.object($0) } }
            }
            if json { return Console.say(String(decoding: JSONValue.array(notices.map { .object($0) }).encoded(), as: UTF8.self)) }
            Table.print(
                ["id", "recipient", "kind", "state", "since", "tries", "failure"],
                notices.map { notice in
                    [
                        Table.text(notice["id"]), Table.text(notice["recipient"]), Table.text(notice["kind"]), Table.text(notice["state"]),
                        String(Table.text(notice["created_at"]).prefix(10)), Table.text(notice["attempts"]), Table.text(notice["failure"]),
                    ]
                })
        }
    }

    /// One notice.
    struct Which: ParsableArguments {
        @OptionGroup var place: PlaceOptions
        @Argument(help: "The notice's id.") var id: String

        func ask(
            _ method: String, _ path: String, _ here: @escaping @Sendable (RecordGateway, UUIDv7, RequestContext) async throws -> JSONObject
        ) async throws -> JSONObject {
            guard let notice = UUIDv7(id) else { throw ValidationError("'\(id)' is not the id of a notice") }
            if let remote = try place.remote { return try await GatewayClient(remote).object(method, "/v1/recipients/notices/\(notice)\(path)") }
            return try await place.withGateway { try await here($0, notice, $1) }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What the recipient is told, for whoever tells it by hand.", discussion: "Example: gatehouse notice show 019a…"
        )
        @OptionGroup var which: Which

        func run() async throws {
            NoticeCommand.say(
                try await which.ask("GET", "") { gateway, id, context in
                    let (notice, content) = try await gateway.noticeContent(id, context)
                    var object = NoticeCoding.object(notice)
                    object["content"] = content.map { .object($0) } ?? .null
                    return object
                })
        }
    }

    struct Acknowledge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Note that the recipient has done what it was told.",
            discussion: "What it was told is forgotten then. Example: gatehouse notice acknowledge 019a…"
        )
        @OptionGroup var which: Which

        func run() async throws {
            let notice = try await which.ask("POST", "/acknowledge") { NoticeCoding.object(try await $0.acknowledgeNotice($1, $2)) }
            Console.say("acknowledged at \(Table.time(notice["acknowledged_at"])) by \(Table.text(notice["acknowledged_by"]))")
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Try to deliver a notice to the recipient's webhook again, from now.", discussion: "Example: gatehouse notice retry 019a…"
        )
        @OptionGroup var which: Which

        func run() async throws {
            let notice = try await which.ask("POST", "/retry") { NoticeCoding.object(try await $0.retryNotice($1, $2)) }
            Console.say("a running gateway tells \(Table.text(notice["recipient"])) again")
        }
    }
}

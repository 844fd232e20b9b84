import ArgumentParser
import DataFormats
import Gateway
import HTTPInterface
import Vocabulary

struct SuppressionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suppression",
        abstract: "Who is kept from being brought back after an erasure, and how often it would have happened.",
        discussion: """
            Imports and other programs that bring somebody back who asked to be forgotten are answered like for anybody else, and nothing is
            kept. When the person comes again by their own will, an officer lifts that for a reason.

            Examples:
              gatehouse suppression list
              printf '{"email": "ann@example.org"}' | gatehouse suppression lift - --reason 'signed up again on 2027-03-01'
              gatehouse suppression lift --request 019a… --reason 'signed up again on 2027-03-01'
            """,
        subcommands: [List.self, Lift.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List them by the requests they went by; nothing of anybody is shown.", discussion: "Example: gatehouse suppression list --json"
        )
        @OptionGroup var place: PlaceOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let rows: [JSONObject]
            if let remote = try place.remote {
                rows = Table.objects(try await GatewayClient(remote).object("GET", "/v1/suppressions")["data"])
            } else {
                rows = try await place.withGateway { try await $0.suppressions($1).map { SuppressionCoding.object($0) } }
            }
            if json { return Console.say(String(decoding: JSONValue.array(rows.map { .object($0) }).encoded(), as: UTF8.self)) }
            Table.print(
                ["request", "since", "known_by", "kept_out"],
                rows.map { [Table.text($0["request"]), Table.time($0["since"]), Table.text($0["tokens"]), Table.text($0["kept_out"])] })
        }
    }

    struct Lift: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let somebody come back who came again by their own will.",
            discussion: """
                What the person gives now comes from a file or standard input (-), never from the command line: {"email": "…"} or {"phone": "…"}.

                Example: printf '{"email": "ann@example.org"}' | gatehouse suppression lift - --reason 'signed up again'
                """
        )
        @OptionGroup var place: PlaceOptions
        @Argument(help: "A file with who came back, as JSON; - for standard input.", completion: .file()) var file: String?
        @Option(help: ArgumentHelp("Or the request by which they went.", valueName: "id")) var request: String?
        @Option(help: "Why; kept in the audit trail.") var reason: String

        func validate() throws {
            guard (file == nil) != (request == nil) else { throw ValidationError("give either a file or --request") }
        }

        func run() async throws {
            var body = JSONObject()
            if let file { body = try RequestCommand.object(at: file) }
            if let request {
                guard UUIDv7(request) != nil else { throw ValidationError("'\(request)' is not the id of a request") }
                body["request"] = .string(request)
            }
            let (asked, reason) = (body, reason)
            let lifted: [String]
            if let remote = try place.remote {
                let answer = try await GatewayClient(remote).object(
                    "POST", "/v1/suppressions/lift", contentType: "application/json", body: JSONValue.object(asked).encoded(),
                    headers: [("Reason", reason)])
                lifted = (answer["lifted"]?.arrayValue ?? []).compactMap(\.stringValue)
            } else {
                lifted = try await place.withGateway(reason: reason) { gateway, context in
                    try await gateway.liftSuppression(
                        email: asked["email"]?.stringValue.map { Personal($0) }, phone: asked["phone"]?.stringValue.map { Personal($0) },
                        request: asked["request"]?.stringValue.flatMap { UUIDv7($0) }, context
                    ).map(\.description)
                }
            }
            guard !lifted.isEmpty else { throw CommandFailure(.notFound, "nobody is kept out by this") }
            Console.say("lifted: \(lifted.joined(separator: " "))")
        }
    }
}

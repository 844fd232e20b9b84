import ArgumentParser
import DataFormats
import Gateway
import HTTPInterface
import Storage
import Vocabulary

struct WebhookCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhook",
        abstract: "Endpoints that are told of events: what records changed, what became of requests.",
        discussion: """
            What an endpoint is told is decided by what the API key that it belongs to may read at the time. See docs/events.md.

            Examples:
              gatehouse webhook create https://crm.example.com/hook --type 'contact.*' --owner abcd23456789
              gatehouse webhook list
              gatehouse webhook replay 019a… --dead
            """,
        subcommands: [
            List.self, Create.self, Show.self, Deliveries.self, Test.self, Replay.self, Rotate.self, Disable.self, Enable.self, Delete.self,
        ]
    )

    private static func say(_ object: JSONObject) { Console.say(String(decoding: JSONValue.object(object).encoded(), as: UTF8.self)) }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List endpoints: over GATEHOUSE_URL the token's own, on the host those of the tenant.",
            discussion: "Example: gatehouse webhook list --json"
        )
        @OptionGroup var place: PlaceOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let items: [JSONObject]
            if let remote = try place.remote {
                items = Table.objects(try await GatewayClient(remote).object("GET", "/v1/webhook-endpoints")["data"])
            } else {
                items = try await place.withGateway { try await $0.endpoints($1).map { WebhookCoding.object($0) } }
            }
            if json { return Console.say(String(decoding: JSONValue.array(items.map { .object($0) }).encoded(), as: UTF8.self)) }
            Table.print(
                ["id", "owner", "enabled", "disabled_because", "types", "url"],
                items.map { item in
                    [
                        Table.text(item["id"]), Table.text(item["owner"]), Table.text(item["enabled"]), Table.text(item["disabled_because"]),
                        (item["types"]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: " "), Table.text(item["url"]),
                    ]
                })
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an endpoint; prints its secret, which is shown this once.",
            discussion: "Example: gatehouse webhook create https://crm.example.com/hook --type contact.updated --filter 'record.country == \"DE\"'"
        )
        @OptionGroup var place: PlaceOptions
        @Argument(help: "Where events are sent: https.") var url: String
        @Option(name: .customLong("type"), help: "A type of event, such as contact.updated, 'contact.*' or '*'; may be repeated.")
        var types: [String]
        @Option(help: "A condition in CEL over the record.") var filter: String?
        @Option(help: "What it is for.") var description: String?
        @Option(help: ArgumentHelp("The API key that it belongs to, on the host.", valueName: "id")) var owner: String?

        func run() async throws {
            if let remote = try place.remote {
                if owner != nil { throw ValidationError("over GATEHOUSE_URL an endpoint belongs to the token that makes it: leave out --owner") }
                var body: JSONObject = ["url": .string(url), "types": .array(types.map { .string($0) })]
                if let filter { body["filter"] = .string(filter) }
                if let description { body["description"] = .string(description) }
                return WebhookCommand.say(
                    try await GatewayClient(remote).object(
                        "POST", "/v1/webhook-endpoints", contentType: "application/json", body: JSONValue.object(body).encoded(),
                        headers: [GatewayClient.idempotencyKey()]))
            }
            var order = EndpointOrder()
            (order.url, order.types, order.filter, order.description, order.owner) = (url, types, filter, description, owner)
            let asked = order
            WebhookCommand.say(
                try await place.withGateway { gateway, context in
                    let made = try await gateway.createEndpoint(asked, context)
                    var object = WebhookCoding.object(made.endpoint)
                    object["secret"] = .string(made.secret)
                    return object
                })
        }
    }

    /// One endpoint.
    struct Which: ParsableArguments {
        @OptionGroup var place: PlaceOptions
        @Argument(help: "The endpoint's id.") var id: String

        func ask(
            _ method: String, _ path: String, contentType: String? = nil, body: JSONObject? = nil,
            _ here: @escaping @Sendable (RecordGateway, UUIDv7, RequestContext) async throws -> JSONObject
        ) async throws -> JSONObject {
            guard let endpoint = UUIDv7(id) else { throw ValidationError("'\(id)' is not the id of an endpoint") }
            if let remote = try place.remote {
                return try await GatewayClient(remote).object(
                    method, "/v1/webhook-endpoints/\(endpoint)\(path)", contentType: contentType,
                    body: body.map { JSONValue.object($0).encoded() } ?? [])
            }
            return try await place.withGateway { try await here($0, endpoint, $1) }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show an endpoint; never its secret.", discussion: "Example: gatehouse webhook show 019a…")
        @OptionGroup var which: Which

        func run() async throws {
            WebhookCommand.say(try await which.ask("GET", "") { WebhookCoding.object(try await $0.endpoint($1, $2)) })
        }
    }

    struct Deliveries: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show how the newest hundred events fared that were sent to an endpoint.",
            discussion: "Example: gatehouse webhook deliveries 019a… --dead")
        @OptionGroup var which: Which
        @Flag(help: "Only those that were given up.") var dead = false
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let state: DeliveryState? = dead ? .dead : nil
            let answer = try await which.ask("GET", "/deliveries\(dead ? "?state=dead" : "")") { gateway, id, context in
                ["data": .array(try await gateway.deliveries(to: id, in: state, context).map { .object(WebhookCoding.object($0)) })]
            }
            let items = Table.objects(answer["data"])
            if json { return Console.say(String(decoding: JSONValue.array(items.map { .object($0) }).encoded(), as: UTF8.self)) }
            let columns = ["event", "type", "state", "attempts", "code", "next_at", "delivered_at"]
            Table.print(columns, items.map { item in columns.map { Table.text(item[$0]) } })
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have a running gateway send an event that tells of nothing.", discussion: "Example: gatehouse webhook test 019a…")
        @OptionGroup var which: Which

        func run() async throws {
            let answer = try await which.ask("POST", "/test") { ["event": .string(try await $0.testEndpoint($1, $2).description)] }
            Console.say("a running gateway sends \(Table.text(answer["event"])): see gatehouse webhook deliveries")
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have events delivered again that are kept still (30 days).",
            discussion: "Say which: --since, --event or --dead. Example: gatehouse webhook replay 019a… --since 2026-11-22T00:00:00Z")
        @OptionGroup var which: Which
        @Option(help: "All since a time.") var since: String?
        @Option(help: "One event, by its id.") var event: String?
        @Flag(help: "Those that were given up.") var dead = false

        func run() async throws {
            var texts: [String: String] = [:]
            if let since { texts["since"] = since }
            if let event { texts["event"] = event }
            if dead { texts["state"] = DeliveryState.dead.rawValue }
            let choice: ReplayChoice
            do throws(Refusal) { choice = try WebhookCoding.choice(texts) } catch { throw ValidationError("say one of --since, --event and --dead") }
            var body: JSONObject = [:]
            for (name, text) in texts { body[name] = .string(text) }
            _ = try await which.ask("POST", "/replay", contentType: "application/json", body: body) {
                try await $0.replay(choice, to: $1, $2)
                return [:]
            }
            Console.say("a running gateway sends them again")
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new secret and print it; the old one signs beside it for a day.",
            discussion: "Example: gatehouse webhook rotate 019a…")
        @OptionGroup var which: Which

        func run() async throws {
            WebhookCommand.say(
                try await which.ask("POST", "/rotate-secret") { gateway, id, context in
                    let (endpoint, secret) = try await gateway.rotateEndpointSecret(id, context)
                    var object = WebhookCoding.object(endpoint)
                    object["secret"] = .string(secret)
                    return object
                })
        }
    }

    private static func set(_ which: Which, enabled: Bool) async throws {
        let body: JSONObject = ["enabled": .bool(enabled)]
        _ = try await which.ask("PATCH", "", contentType: "application/merge-patch+json", body: body) { gateway, id, context in
            var order = EndpointOrder()
            order.isEnabled = enabled
            return WebhookCoding.object(try await gateway.changeEndpoint(id, order, context))
        }
        Console.note(enabled ? "enabled: what waited is sent" : "disabled: nothing is sent there, and what waits goes on waiting")
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send nothing to an endpoint until it is enabled again.", discussion: "Example: gatehouse webhook disable 019a…")
        @OptionGroup var which: Which
        func run() async throws { try await WebhookCommand.set(which, enabled: false) }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send to an endpoint again.", discussion: "Example: gatehouse webhook enable 019a…")
        @OptionGroup var which: Which
        func run() async throws { try await WebhookCommand.set(which, enabled: true) }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete an endpoint, with everything that is on its way there.",
            discussion: "Example: gatehouse webhook delete 019a… --dry-run")
        @OptionGroup var which: Which
        @Flag(help: "Say what would be deleted, and do nothing.") var dryRun = false

        func run() async throws {
            if dryRun {
                let endpoint = try await which.ask("GET", "") { WebhookCoding.object(try await $0.endpoint($1, $2)) }
                return Console.note("would delete \(Table.text(endpoint["id"])), to \(Table.text(endpoint["url"]))")
            }
            guard let endpoint = UUIDv7(which.id) else { throw ValidationError("'\(which.id)' is not the id of an endpoint") }
            if let remote = try which.place.remote {
                _ = try await GatewayClient(remote).send("DELETE", "/v1/webhook-endpoints/\(endpoint)")
            } else {
                try await which.place.withGateway { try await $0.deleteEndpoint(endpoint, $1) }
            }
            Console.note("deleted")
        }
    }
}

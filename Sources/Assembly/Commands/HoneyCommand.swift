import ArgumentParser
import DataFormats
import Gateway
import HTTPInterface
import Vocabulary

struct HoneyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "honey",
        abstract: "Records that nobody has a reason to read, and that raise an alarm when somebody does.",
        discussion: """
            Make a record up, of a person who does not exist, and mark it. Nobody who reads it can tell; whoever does stands in 'gatehouse audit
            report unusual', in the log and in the metrics at once. With 'honey: stop' in limits.yaml their key is revoked.

            Examples:
              gatehouse honey place contact 019a…
              gatehouse honey list
              gatehouse honey remove 019a…
            """,
        subcommands: [Place.self, List.self, Remove.self]
    )

    struct Place: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Mark a record.",
            discussion: "A gateway that runs knows of it within five seconds.\n\nExample: gatehouse honey place contact 019a…"
        )
        @OptionGroup var place: PlaceOptions
        @Argument(help: "An entity of the catalog.") var entity: String
        @Argument(help: "The record's id.") var record: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            guard let id = RecordID(record) else { throw ValidationError("'\(record)' is not the id of a record") }
            let entity = entity
            let mark: JSONObject
            if let remote = try place.remote {
                let body = JSONValue.object(["entity": .string(entity), "record": .string(id.description)]).encoded()
                mark = try await GatewayClient(remote).object("POST", "/v1/honey", contentType: "application/json", body: body)
            } else {
                mark = try await place.withGateway { gateway, context in
                    HoneyCoding.object(try await gateway.placeHoney(on: id, of: entity, context))
                }
            }
            if json { return Console.say(String(decoding: JSONValue.object(mark).encoded(), as: UTF8.self)) }
            Console.say("placed \(Table.text(mark["id"]))")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List records that are marked.", discussion: "Example: gatehouse honey list --json")
        @OptionGroup var place: PlaceOptions
        @Flag(help: "Marks that were taken off, too.") var all = false
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let all = all
            let marks: [JSONObject]
            if let remote = try place.remote {
                marks = Table.objects(try await GatewayClient(remote).object("GET", "/v1/honey?state=\(all ? "all" : "standing")")["data"])
            } else {
                marks = try await place.withGateway { gateway, context in
                    try await gateway.honey(includesRemoved: all, context).map { HoneyCoding.object($0) }
                }
            }
            if json { return Console.say(String(decoding: JSONValue.array(marks.map { .object($0) }).encoded(), as: UTF8.self)) }
            let columns = ["id", "state", "entity", "record", "placed_at", "placed_by"]
            Table.print(columns, marks.map { mark in columns.map { Table.text(mark[$0]) } })
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a mark off; the record stays.", discussion: "Example: gatehouse honey remove 019a…"
        )
        @OptionGroup var place: PlaceOptions
        @Argument(help: "The mark's id, as 'list' shows it.") var id: String

        func run() async throws {
            guard let mark = UUIDv7(id) else { throw ValidationError("'\(id)' is not the id of a mark") }
            if let remote = try place.remote {
                _ = try await GatewayClient(remote).send("DELETE", "/v1/honey/\(mark)")
            } else {
                try await place.withGateway { gateway, context in try await gateway.removeHoney(mark, context) }
            }
            Console.note("removed")
        }
    }
}

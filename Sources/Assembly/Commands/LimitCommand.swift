import ArgumentParser
import DataFormats
import Gateway
import HTTPInterface
import Storage
import Vocabulary

struct LimitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limit",
        abstract: "Let one caller see more people within an hour than limits.yaml lets its roles.",
        discussion: """
            For a while, for a reason, and never for oneself. Over the network it takes a stepped-up key; a gateway that runs knows of what was
            done on its host within five seconds.

            Examples:
              gatehouse limit lift ann --people 5000 --until 2027-01-01T18:00:00Z --reason 'answers the recall letters'
              gatehouse limit reset ann --reason 'the test import counted'
              gatehouse limit list
            """,
        subcommands: [Lift.self, Reset.self, List.self, End.self]
    )

    private static func lift(
        _ place: PlaceOptions, _ principal: String, people: Int?, until: Instant?, reason: String, _ json: Bool
    ) async throws {
        let lift: JSONObject
        if let remote = try place.remote {
            var body: JSONObject = ["principal": .string(principal)]
            if let people { body["people"] = .number(JSONNumber(people)) }
            if let until { body["until"] = .string(until.description) }
            lift = try await GatewayClient(remote).object(
                "POST", "/v1/limits", contentType: "application/json", body: JSONValue.object(body).encoded(), headers: [("Reason", reason)])
        } else {
            lift = try await place.withGateway(reason: reason) { gateway, context in
                LiftCoding.object(try await gateway.liftLimit(of: principal, people: people, until: until, context))
            }
        }
        if json { return Console.say(String(decoding: JSONValue.object(lift).encoded(), as: UTF8.self)) }
        let what = people.map { "may see \($0) people an hour until \(Table.text(lift["until"]))" } ?? "is counted anew"
        Console.say("\(principal) \(what): \(Table.text(lift["id"]))")
    }

    struct Lift: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a caller see at least so many people within an hour, until a time.",
            discussion: """
                Example: gatehouse limit lift ann --people 5000 --until 2027-01-01T18:00:00Z --reason 'answers the recall letters'
                """
        )
        @OptionGroup var place: PlaceOptions
        @Argument(help: "A user, or the id of a key that is nobody's.") var principal: String
        @Option(help: "How many different people within an hour.") var people: Int
        @Option(help: ArgumentHelp("When it ends by itself; within 31 days.", valueName: "time")) var until: String
        @Option(help: "Why; kept in the audit trail.") var reason: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            guard let end = Instant(until) else { throw ValidationError("--until takes a time such as 2027-01-01T18:00:00Z") }
            try await LimitCommand.lift(place, principal, people: people, until: end, reason: reason, json)
        }
    }

    struct Reset: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Count the people a caller sees anew, from now on.",
            discussion: "Example: gatehouse limit reset ann --reason 'the test import counted'"
        )
        @OptionGroup var place: PlaceOptions
        @Argument(help: "A user, or the id of a key that is nobody's.") var principal: String
        @Option(help: "Why; kept in the audit trail.") var reason: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws { try await LimitCommand.lift(place, principal, people: nil, until: nil, reason: reason, json) }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what is lifted for whom.", discussion: "Example: gatehouse limit list --all --json"
        )
        @OptionGroup var place: PlaceOptions
        @Flag(help: "What has ended, too.") var all = false
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let all = all
            let lifts: [JSONObject]
            if let remote = try place.remote {
                lifts = Table.objects(try await GatewayClient(remote).object("GET", "/v1/limits?state=\(all ? "all" : "standing")")["data"])
            } else {
                lifts = try await place.withGateway { gateway, context in
                    try await gateway.lifts(includesEnded: all, context).map { LiftCoding.object($0) }
                }
            }
            if json { return Console.say(String(decoding: JSONValue.array(lifts.map { .object($0) }).encoded(), as: UTF8.self)) }
            let columns = ["id", "state", "principal", "people", "until", "lifted_by"]
            Table.print(columns, lifts.map { lift in columns.map { Table.text(lift[$0]) } })
        }
    }

    struct End: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a lift before its time.", discussion: "Example: gatehouse limit end 019a…"
        )
        @OptionGroup var place: PlaceOptions
        @Argument(help: "The lift's id, as 'list' shows it.") var id: String

        func run() async throws {
            guard let lift = UUIDv7(id) else { throw ValidationError("'\(id)' is not the id of a lift") }
            if let remote = try place.remote {
                _ = try await GatewayClient(remote).send("DELETE", "/v1/limits/\(lift)")
            } else {
                try await place.withGateway { gateway, context in try await gateway.endLift(lift, context) }
            }
            Console.note("ended")
        }
    }
}

import ArgumentParser
import DataFormats
import Gateway
import HTTPInterface
import Storage

struct TeamCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "team", abstract: "Teams of users, by whose names policies speak of them.",
        subcommands: [List.self, Add.self, Remove.self, Join.self, Leave.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the tenant's teams and who is in them.", discussion: "Example: gatehouse team list --json")

        @OptionGroup var place: PlaceOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let items: [JSONObject]
            if let remote = try place.remote {
                items = (try await GatewayClient(remote).object("GET", "/v1/teams")["data"]?.arrayValue ?? []).compactMap(\.objectValue)
            } else {
                items = try await place.withGateway { gateway, context in
                    try await gateway.listTeams(context).map { UserCoding.object($0) }
                }
            }
            if json { return Console.say(String(decoding: JSONValue.array(items.map { .object($0) }).encoded(), as: UTF8.self)) }
            let columns = ["name", "members", "created_at", "created_by"]
            Table.print(columns, items.map { item in columns.map { Table.text(item[$0]) } })
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a team.", discussion: "Example: gatehouse team add north")
        @OptionGroup var place: PlaceOptions
        @Argument(help: "The team's name.") var name: String

        func run() async throws {
            let name = name
            if let remote = try place.remote {
                let body = JSONValue.object(["name": .string(name)]).encoded()
                _ = try await GatewayClient(remote).send("POST", "/v1/teams", contentType: "application/json", body: body)
            } else {
                try await place.withGateway(makesTenant: true) { gateway, context in _ = try await gateway.addTeam(name, context) }
            }
            Console.note("added \(name)")
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a team away, and with it the roles that were given with it.", discussion: "Example: gatehouse team remove north --dry-run"
        )
        @OptionGroup var place: PlaceOptions
        @Argument(help: "The team's name.") var name: String
        @Flag(help: "Say who would leave it, and do nothing.") var dryRun = false

        func run() async throws {
            let name = name
            if dryRun {
                let teams: [JSONObject]
                if let remote = try place.remote {
                    teams = (try await GatewayClient(remote).object("GET", "/v1/teams")["data"]?.arrayValue ?? []).compactMap(\.objectValue)
                } else {
                    teams = try await place.withGateway { gateway, context in try await gateway.listTeams(context).map { UserCoding.object($0) } }
                }
                guard let team = teams.first(where: { $0["name"]?.stringValue == name }) else {
                    throw CommandFailure(.notFound, "there is no such team", hint: "gatehouse team list")
                }
                return Console.note("\(name) would be removed; its members: \(Table.text(team["members"]))")
            }
            if let remote = try place.remote {
                _ = try await GatewayClient(remote).send("DELETE", "/v1/teams/\(GatewayClient.encode(name))")
            } else {
                try await place.withGateway { gateway, context in try await gateway.removeTeam(name, context) }
            }
            Console.note("removed \(name)")
        }
    }

    struct Join: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a user into a team.", discussion: "Example: gatehouse team join north ann")
        @OptionGroup var place: PlaceOptions
        @Argument(help: "The team's name.") var name: String
        @Argument(help: "The user's handle.") var handle: String
        func run() async throws { try await TeamCommand.set(true, name, handle, place) }
    }

    struct Leave: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a user out of a team.", discussion: "Example: gatehouse team leave north ann")
        @OptionGroup var place: PlaceOptions
        @Argument(help: "The team's name.") var name: String
        @Argument(help: "The user's handle.") var handle: String
        func run() async throws { try await TeamCommand.set(false, name, handle, place) }
    }

    private static func set(_ isMember: Bool, _ name: String, _ handle: String, _ place: PlaceOptions) async throws {
        if let remote = try place.remote {
            let path = "/v1/teams/\(GatewayClient.encode(name))/members/\(GatewayClient.encode(handle))"
            _ = try await GatewayClient(remote).send(isMember ? "PUT" : "DELETE", path)
        } else {
            try await place.withGateway { gateway, context in try await gateway.setMember(handle, of: name, isMember: isMember, context) }
        }
        Console.note(isMember ? "\(handle) is in \(name) now" : "\(handle) is in \(name) no more")
    }
}

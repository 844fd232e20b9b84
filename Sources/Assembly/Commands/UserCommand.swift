import ArgumentParser
import DataFormats
import Gateway
import HTTPInterface
import Identity
import Vocabulary

struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Users, and the roles that are given to them.",
        discussion: """
            A user is who an issuer's tokens name, or who comes by keys alone, and has a handle here. No name and no address is kept. Over
            GATEHOUSE_URL changes need a stepped-up credential, and nobody changes his own account.
            """,
        subcommands: [List.self, Add.self, Show.self, Disable.self, Enable.self, Remove.self, Grant.self, Revoke.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show the tenant's users.", discussion: "Example: gatehouse user list --json")

        @OptionGroup var place: PlaceOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            var items: [JSONObject] = []
            var after: String?
            repeat {
                let page = try await page(after)
                items += page.items
                after = page.next
            } while after != nil
            if json { return Console.say(String(decoding: JSONValue.array(items.map { .object($0) }).encoded(), as: UTF8.self)) }
            Table.print(
                ["handle", "roles", "teams", "issuer", "subject", "disabled_at"],
                items.map { item in
                    [
                        Table.text(item["handle"]), UserCommand.roles(item), Table.text(item["teams"]), Table.text(item["issuer"]),
                        Table.text(item["subject"]), Table.text(item["disabled_at"]),
                    ]
                })
        }

        private func page(_ after: String?) async throws -> (items: [JSONObject], next: String?) {
            if let remote = try place.remote {
                let query = "?limit=200" + (after.map { "&after=\(GatewayClient.encode($0))" } ?? "")
                let answer = try await GatewayClient(remote).object("GET", "/v1/users\(query)")
                return ((answer["data"]?.arrayValue ?? []).compactMap(\.objectValue), answer["next"]?.stringValue)
            }
            return try await place.withGateway { gateway, context in
                let users = try await gateway.listUsers(after: after, limit: 200, context)
                return (users.map { UserCoding.object($0) }, users.count == 200 ? users.last?.handle : nil)
            }
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a user known; roles are given afterwards.",
            discussion: """
                Examples:
                  gatehouse user add ann --issuer https://id.example.com/realms/crm --subject 5f0c1c9e
                  gatehouse user add reports
                """
        )

        @OptionGroup var place: PlaceOptions
        @Argument(help: "What the user is called here.") var handle: String
        @Option(help: "Whose tokens name the user.") var issuer: String?
        @Option(help: "What they name it: the claim 'sub'.") var subject: String?

        func run() async throws {
            guard (issuer == nil) == (subject == nil) else { throw ValidationError("--issuer and --subject belong together") }
            let (handle, origin) = (handle, issuer.flatMap { issuer in subject.map { (issuer: issuer, subject: $0) } })
            if let remote = try place.remote {
                var body: JSONObject = ["handle": .string(handle)]
                if let origin {
                    body["issuer"] = .string(origin.issuer)
                    body["subject"] = .string(origin.subject)
                }
                _ = try await GatewayClient(remote).send(
                    "POST", "/v1/users", contentType: "application/json", body: JSONValue.object(body).encoded())
            } else {
                try await place.withGateway(makesTenant: true) { gateway, context in
                    _ = try await gateway.addUser(handle, origin: origin, context)
                }
            }
            Console.note("added \(handle); 'gatehouse user grant' gives it a role")
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a user with all roles and teams.", discussion: "Example: gatehouse user show ann --json")

        @OptionGroup var place: PlaceOptions
        @Argument(help: "The user's handle.") var handle: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let handle = handle
            let item: JSONObject
            if let remote = try place.remote {
                item = try await GatewayClient(remote).object("GET", "/v1/users/\(GatewayClient.encode(handle))")
            } else {
                item = try await place.withGateway { gateway, context in UserCoding.object(try await gateway.showUser(handle, context)) }
            }
            if json { return Console.say(String(decoding: JSONValue.object(item).encoded(), as: UTF8.self)) }
            let names = ["handle", "id", "issuer", "subject", "teams", "disabled_at", "created_at", "created_by"]
            Table.print(["member", "value"], names.map { [$0, Table.text(item[$0])] })
            let columns = ["role", "team", "valid_until", "granted_at", "granted_by"]
            let roles = (item["roles"]?.arrayValue ?? []).compactMap(\.objectValue)
            if !roles.isEmpty { Table.print(columns, roles.map { role in columns.map { Table.text(role[$0]) } }) }
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Refuse a user from the next request on, whatever it presents.", discussion: "Example: gatehouse user disable ann")
        @OptionGroup var place: PlaceOptions
        @Argument(help: "The user's handle.") var handle: String
        func run() async throws { try await UserCommand.setDisabled(true, handle, place) }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a user in again that was disabled.", discussion: "Example: gatehouse user enable ann")
        @OptionGroup var place: PlaceOptions
        @Argument(help: "The user's handle.") var handle: String
        func run() async throws { try await UserCommand.setDisabled(false, handle, place) }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a user away, with its roles; its keys have to be revoked before.",
            discussion: "Example: gatehouse user remove ann --dry-run")

        @OptionGroup var place: PlaceOptions
        @Argument(help: "The user's handle.") var handle: String
        @Flag(help: "Say who would be removed, and do nothing.") var dryRun = false

        func run() async throws {
            let handle = handle
            if dryRun {
                let item: JSONObject
                if let remote = try place.remote {
                    item = try await GatewayClient(remote).object("GET", "/v1/users/\(GatewayClient.encode(handle))")
                } else {
                    item = try await place.withGateway { gateway, context in UserCoding.object(try await gateway.showUser(handle, context)) }
                }
                return Console.note("\(handle) would be removed, with its roles: \(UserCommand.roles(item))")
            }
            if let remote = try place.remote {
                _ = try await GatewayClient(remote).send("DELETE", "/v1/users/\(GatewayClient.encode(handle))")
            } else {
                try await place.withGateway { gateway, context in try await gateway.removeUser(handle, context) }
            }
            Console.note("removed \(handle)")
        }
    }

    struct Grant: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a role to a user.",
            discussion: """
                Examples:
                  gatehouse user grant ann sales-rep
                  gatehouse user grant ann sales-manager --team north --until 2027-01-01T00:00:00Z
                """
        )

        @OptionGroup var place: PlaceOptions
        @Argument(help: "The user's handle.") var handle: String
        @Argument(help: "A role of policies/roles.yaml.") var role: String
        @Option(help: "The role comes with being in this team.") var team: String?
        @Option(help: ArgumentHelp("When the role ends by itself.", valueName: "time")) var until: String?

        func run() async throws {
            let (handle, role, team) = (handle, role, team)
            let end = until.flatMap { Instant($0) }
            if until != nil, end == nil { throw ValidationError("--until takes a time such as 2027-01-01T00:00:00Z") }
            if let remote = try place.remote {
                var body: JSONObject = ["role": .string(role)]
                if let team { body["team"] = .string(team) }
                if let end { body["valid_until"] = .string(end.description) }
                _ = try await GatewayClient(remote).send(
                    "POST", "/v1/users/\(GatewayClient.encode(handle))/roles", contentType: "application/json", body: JSONValue.object(body).encoded()
                )
            } else {
                try await place.withGateway { gateway, context in
                    _ = try await gateway.grantRole(role, team: team, until: end, to: handle, context)
                }
            }
            Console.note("\(handle) is \(role) now")
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a role from a user, from the next request on.",
            discussion: "Example: gatehouse user revoke ann sales-manager --team north")

        @OptionGroup var place: PlaceOptions
        @Argument(help: "The user's handle.") var handle: String
        @Argument(help: "The role.") var role: String
        @Option(help: "The team that the role was given with.") var team: String?

        func run() async throws {
            let (handle, role, team) = (handle, role, team)
            if let remote = try place.remote {
                let query = team.map { "?team=\(GatewayClient.encode($0))" } ?? ""
                let path = "/v1/users/\(GatewayClient.encode(handle))/roles/\(GatewayClient.encode(role))\(query)"
                _ = try await GatewayClient(remote).send("DELETE", path)
            } else {
                try await place.withGateway { gateway, context in _ = try await gateway.revokeRole(role, team: team, of: handle, context) }
            }
            Console.note("\(handle) is \(role) no more")
        }
    }

    private static func setDisabled(_ isDisabled: Bool, _ handle: String, _ place: PlaceOptions) async throws {
        if let remote = try place.remote {
            let body = JSONValue.object(["disabled": .bool(isDisabled)]).encoded()
            _ = try await GatewayClient(remote).send(
                "PATCH", "/v1/users/\(GatewayClient.encode(handle))", contentType: "application/merge-patch+json", body: body)
        } else {
            var change = UserChange()
            change.isDisabled = isDisabled
            let wanted = change
            try await place.withGateway { gateway, context in _ = try await gateway.changeUser(handle, wanted, context) }
        }
        Console.note(isDisabled ? "\(handle) is refused from now on" : "\(handle) is let in again")
    }

    /// As one text: each role, with its team behind it.
    private static func roles(_ item: JSONObject) -> String {
        (item["roles"]?.arrayValue ?? []).compactMap(\.objectValue).map { role in
            Table.text(role["role"]) + (role["team"]?.stringValue.map { "@\($0)" } ?? "")
        }.joined(separator: ", ")
    }
}

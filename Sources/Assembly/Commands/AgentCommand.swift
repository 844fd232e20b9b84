import ArgumentParser
import Catalog
import DataFormats
import Foundation
import Gateway
import HTTPInterface
import PolicyFiles
import SubjectRights
import Vocabulary

struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Agents of the Data Rights Protocol, who send requests on behalf of people.",
        discussion: """
            The network is closed: an agent is heard once an administrator has imported the directory that lists it. Its signed messages are
            then taken under <address of the gateway>/drp, and become requests like any other.
            """,
        subcommands: [Import.self, List.self, Remove.self, Entry.self]
    )

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Admit the agents of a directory file, or take over what it says of them now.",
            discussion: """
                Agents that the file does not name stay as they are; 'agent remove' ends one. Another key ends the agent's token.

                Example: gatehouse agent import agents.json --business EXAMPLE
                """
        )
        @OptionGroup var place: PlaceOptions
        @Argument(help: "agents.json of the network.", completion: .file(extensions: ["json"])) var file: String
        @Option(help: "What this business is called in the directory.") var business: String
        @Flag(help: "Say what would be admitted, and do nothing.") var dryRun = false

        func run() async throws {
            guard let data = FileManager.default.contents(atPath: file) else { throw CommandFailure(.notFound, "\(file) cannot be read") }
            let agents: [DirectoryAgent]
            do throws(DirectoryProblem) { agents = try AgentDirectory.read(Array(data)) } catch {
                throw CommandFailure(.invalid, "\(file)\(error.entry == 0 ? "" : ", agent \(error.entry)"): \(error.message)")
            }
            if dryRun {
                Table.print(["id", "name", "web_url"], agents.map { [$0.id, $0.name, $0.webURL ?? ""] })
                return Console.note("\(agents.count) agents would be admitted")
            }
            let business = business
            if let remote = try place.remote {
                let list = (try? JSONReader.read(Array(data))) ?? .array([])
                let body = JSONValue.object(["business": .string(business), "agents": list]).encoded()
                _ = try await GatewayClient(remote).send("POST", "/v1/rights-agents", contentType: "application/json", body: body)
            } else {
                try await place.withGateway { gateway, context in try await gateway.admitAgents(agents, business: business, context) }
            }
            Console.note("\(agents.count) agents admitted")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show which agents are heard.", discussion: "Example: gatehouse agent list --json"
        )
        @OptionGroup var place: PlaceOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let agents: [JSONObject]
            if let remote = try place.remote {
                agents = (try await GatewayClient(remote).object("GET", "/v1/rights-agents")["data"]?.arrayValue ?? []).compactMap(\.objectValue)
            } else {
                agents = try await place.withGateway { gateway, context in try await gateway.listAgents(context).map { AgentCoding.object($0) } }
            }
            if json { return Console.say(String(decoding: JSONValue.array(agents.map { .object($0) }).encoded(), as: UTF8.self)) }
            let columns = ["id", "name", "business", "has_token", "added_at"]
            Table.print(columns, agents.map { agent in columns.map { Table.text(agent[$0]) } })
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hear an agent no more; requests that it has sent go on.", discussion: "Example: gatehouse agent remove CR_AGENT"
        )
        @OptionGroup var place: PlaceOptions
        @Argument(help: "The agent's id in the directory.") var id: String

        func run() async throws {
            let id = id
            if let remote = try place.remote {
                _ = try await GatewayClient(remote).send("DELETE", "/v1/rights-agents/\(GatewayClient.encode(id))")
            } else {
                try await place.withGateway { gateway, context in try await gateway.removeAgent(id, context) }
            }
            Console.note("removed")
        }
    }

    struct Entry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print this business's own entry for the directory of the network.",
            discussion: """
                The controller comes from policies/processing.yaml, the address from GATEHOUSE_PUBLIC_URL or --url.

                Example: gatehouse agent entry --business EXAMPLE --url https://privacy.example.com
                """
        )
        @Option(help: ArgumentHelp("The folder of policies; found by itself in a checkout.", valueName: "dir")) var policies: String?
        @Option(help: "What this business is called in the directory.") var business: String
        @Option(help: "Where agents reach the gateway.") var url: String?

        func run() async throws {
            guard DirectoryAgent.isID(business) else { throw ValidationError("--business takes A to Z, digits and _, at most 64") }
            guard let url = url ?? ProcessInfo.processInfo.environment["GATEHOUSE_PUBLIC_URL"] else {
                throw ValidationError("say where agents reach the gateway: --url, or GATEHOUSE_PUBLIC_URL")
            }
            let location = try PolicyLocation.find(policies, nil)
            let folder: PolicyFolder
            do throws(Diagnostics) { folder = try PolicyFolder.load(location) } catch { throw CommandFailure(error) }
            let controller = folder.processing.controller
            let entry = AgentDirectory.businessEntry(
                id: business, name: controller.name, base: (url.hasSuffix("/") ? String(url.dropLast()) : url) + "/drp",
                privacyPolicy: controller.url, web: controller.url, contact: controller.email
            )
            Console.say(String(decoding: JSONValue.object(entry).encoded(), as: UTF8.self))
        }
    }
}

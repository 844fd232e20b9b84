import ArgumentParser
import DataFormats
import Foundation

struct ProfileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile", abstract: "Gateways to work with, by names of your own.",
        discussion: """
            Kept in ~/.config/gatehouse/profiles.json: where a gateway is and in which file the token is, never the token itself.

            Examples:
              gatehouse profile add crm --url https://crm.example:8443 --token-file ~/.config/gatehouse/crm.token
              gatehouse profile list
              gatehouse list contacts --profile crm
            """,
        subcommands: [Add.self, List.self, Remove.self]
    )

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a profile, or change one.",
            discussion: "Example: gatehouse profile add local --url http://127.0.0.1:8080 --token-file .state/keys/administrator.token"
        )
        @Argument(help: "A name of your own.") var name: String
        @Option(help: "Where the gateway is: https, or http on this host.") var url: String
        @Option(help: ArgumentHelp("The file that holds the token, yours alone to read.", valueName: "file")) var tokenFile: String
        @Option(help: ArgumentHelp("Certificates that are trusted beside the system's.", valueName: "file")) var caFile: String?
        @Option(help: ArgumentHelp("The purpose of requests that name none.", valueName: "name")) var purpose: String?

        func run() async throws {
            guard !name.isEmpty, name.utf8.count <= 64 else { throw CommandFailure(.invalid, "a profile's name has 1 to 64 bytes") }
            let file = try ProfileFile.usual(ProcessInfo.processInfo.environment)
            let absolute = { (path: String) in URL(filePath: path).standardizedFileURL.path }
            let profile = ProfileFile.Profile(url: url, tokenFile: absolute(tokenFile), authorities: caFile.map(absolute), purpose: purpose)
            let remote = try RemoteGateway(
                url: url, token: try ProfileFile.token(profile.tokenFile), authorities: profile.authorities, purpose: purpose)
            // What can be seen to be wrong without asking the gateway is told now.
            _ = try GatewayClient(remote)
            var profiles = try file.read()
            profiles[name] = profile
            try file.write(profiles)
            Console.say("profile '\(name)' is \(remote.url)")
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the profiles.")
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            let profiles = try ProfileFile.usual(ProcessInfo.processInfo.environment).read().sorted { $0.key < $1.key }
            if json {
                let listed = profiles.map { name, profile -> JSONValue in
                    .object([
                        "name": .string(name), "url": .string(profile.url), "token_file": .string(profile.tokenFile),
                        "ca_file": profile.authorities.map { .string($0) } ?? .null, "purpose": profile.purpose.map { .string($0) } ?? .null,
                    ])
                }
                return Console.say(String(decoding: JSONValue.array(listed).encoded(), as: UTF8.self))
            }
            if profiles.isEmpty { return Console.note("there are no profiles") }
            Table.print(
                ["name", "url", "purpose", "token file"], profiles.map { [$0.key, $0.value.url, $0.value.purpose ?? "", $0.value.tokenFile] })
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove a profile; the file with the token stays.")
        @Argument(help: "Its name.") var name: String

        func run() throws {
            let file = try ProfileFile.usual(ProcessInfo.processInfo.environment)
            var profiles = try file.read()
            guard profiles.removeValue(forKey: name) != nil else { throw CommandFailure(.notFound, "there is no profile '\(name)'") }
            try file.write(profiles)
            Console.say("removed '\(name)'")
        }
    }
}

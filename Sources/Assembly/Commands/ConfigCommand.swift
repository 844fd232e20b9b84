import ArgumentParser
import DataFormats
import Foundation
import KeyProviders

/// A command that reads the configuration without needing it to be right.
protocol ReadsConfiguration {}

extension Configuration {
    /// What holds for this process, as far as it was not applied yet.
    static var ofProcess: Configuration {
        Configuration(arguments: Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment)
    }
}

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "What can be set, what is, and what is wrong with it.",
        discussion: """
            Flags count most, then the environment, then the configuration file: --config, GATEHOUSE_CONFIG, or gatehouse.yaml or
            gatehouse.json in the state directory. What is GATEHOUSE_BACKUP_REPOSITORY in the environment is 'repository' below 'backup'
            in the file. Secrets stand in files of their own, which settings name.

            Example: gatehouse config check --state /var/lib/gatehouse
            """,
        subcommands: [ConfigCheckCommand.self, ConfigShowCommand.self, ConfigListCommand.self]
    )
}

struct ConfigCheckCommand: ParsableCommand, ReadsConfiguration {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Tell every setting, its value, where it came from, and what is wrong.",
        discussion: """
            Looks at files, their modes and what they say, at what excludes each other, at the certificate and the policies; connects to nothing. Ends with 7 when
            something is wrong.

            Example: gatehouse config check --config /etc/gatehouse/gatehouse.yaml
            """
    )
    @OptionGroup var place: PlaceOptions

    func run() throws {
        let configuration = Configuration.ofProcess
        ConfigShowCommand.print(configuration)
        let problems = configuration.problems + ConfigurationCheck.problems(configuration, state: place.state, policies: place.policies)
        guard problems.isEmpty else { throw CommandFailure(.unfit, problems.joined(separator: "\nerror: ")) }
        Console.say("nothing is wrong")
    }
}

struct ConfigShowCommand: ParsableCommand, ReadsConfiguration {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the settings that somebody made, and where.",
        discussion: "Example: gatehouse config show --json"
    )
    @OptionGroup var place: PlaceOptions
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let configuration = Configuration.ofProcess
        guard json else { return Self.print(configuration) }
        var settings = JSONObject()
        for value in configuration.values {
            settings[value.setting.key] = ["value": .string(Self.text(value)), "source": .string(Self.source(value))]
        }
        let object: JSONValue = [
            "file": configuration.file.map { .string($0) } ?? .null, "settings": .object(settings),
        ]
        Console.say(String(decoding: object.encoded(), as: UTF8.self))
    }

    static func print(_ configuration: Configuration) {
        Table.print(
            ["setting", "value", "from"], configuration.values.map { [$0.setting.key, text($0), source($0)] })
    }

    private static func text(_ value: Configuration.Value) -> String { value.setting.isShown ? value.text : "set" }

    private static func source(_ value: Configuration.Value) -> String {
        switch value.source {
        case .environment: value.setting.variable
        case .file(let position): "\(position)"
        }
    }
}

struct ConfigListCommand: ParsableCommand, ReadsConfiguration {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List everything that can be set.",
        discussion: "Example: gatehouse config list"
    )
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        guard json else {
            return Table.print(
                ["setting", "variable", "default", "meaning"], Setting.all.map { [$0.key, $0.variable, $0.fallback ?? "", $0.meaning] })
        }
        let items = Setting.all.map { setting -> JSONValue in
            [
                "name": .string(setting.key), "variable": .string(setting.variable), "default": setting.fallback.map { .string($0) } ?? .null,
                "meaning": .string(setting.meaning),
            ]
        }
        Console.say(String(decoding: JSONValue.array(items).encoded(), as: UTF8.self))
    }
}

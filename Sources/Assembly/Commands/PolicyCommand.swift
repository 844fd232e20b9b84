import ArgumentParser
import DataFormats
import Policies
import PolicyFiles
import Vocabulary

struct PolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Check, test, explain and compare the policies.",
        discussion: """
            A folder of policies is named as an argument or with --policies, and else found as 'gatehouse serve' finds it. What these
            commands print tells of rules, fields and outcomes, never of values of people.
            """,
        subcommands: [Check.self, Test.self, Explain.self, Matrix.self, Diff.self, Replay.self]
    )
}

/// The folder that a policy command works on.
struct PolicyFolderOption: ParsableArguments {
    @Option(help: ArgumentHelp("The folder of policies; found by itself in a checkout.", valueName: "dir"))
    var policies: String?

    func path(_ argument: String? = nil) throws(CommandFailure) -> String { try PolicyLocation.find(argument ?? policies, nil) }

    /// - Parameter argument: a folder given without `--policies`.
    func load(_ argument: String? = nil) throws(CommandFailure) -> PolicyFolder {
        let path = try path(argument)
        do { return try PolicyFolder.load(path) } catch { throw CommandFailure(error) }
    }
}

extension PolicyCommand {
    static func show(_ value: JSONValue) { Console.say(String(decoding: value.encoded(), as: UTF8.self)) }

    static func json(_ diagnostics: [Diagnostic]) -> JSONValue {
        .array(
            diagnostics.map { diagnostic in
                var members: JSONObject = [
                    "file": .string(diagnostic.position.file), "line": .number(JSONNumber(Int64(diagnostic.position.line))),
                    "column": .number(JSONNumber(Int64(diagnostic.position.column))), "message": .string(diagnostic.message),
                ]
                if let hint = diagnostic.hint { members["hint"] = .string(hint) }
                return .object(members)
            }
        )
    }
}

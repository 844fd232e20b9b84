import ArgumentParser
import DataFormats
import Policies
import PolicyFiles
import Vocabulary

extension PolicyCommand {
    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say who gains and who loses what between two folders of policies.",
            discussion: """
                'for some' is: for some records, or with more proof; 'for' names the purposes that it is about, none for all. A condition that was rewritten is told as such; which
                records that is about, 'gatehouse policy replay' tells. With --fail-on-change a difference ends with 1.

                Examples:
                  gatehouse policy diff ./policies ./policies.new
                  gatehouse policy diff ./policies ./policies.new --json --fail-on-change
                """
        )

        @Argument(help: "The folder of the old policies.") var old: String
        @Argument(help: "The folder of the new policies.") var new: String
        @Flag(name: .customLong("fail-on-change"), help: "End with 1 when there is a difference.") var failsOnChange = false
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let comparison: PolicyComparison
            do throws(Diagnostics) {
                comparison = PolicyComparison(try PolicyFolder.load(old).policies, try PolicyFolder.load(new).policies)
            } catch {
                throw CommandFailure(error)
            }
            if json { PolicyCommand.show(Self.members(comparison)) } else { Self.say(comparison) }
            if failsOnChange, !comparison.isEmpty { throw CommandFailure(.failed, "the policies differ") }
        }

        private static func say(_ comparison: PolicyComparison) {
            if comparison.isEmpty { return Console.say("no difference") }
            if !comparison.changes.isEmpty {
                Table.print(
                    ["role", "", "action", "entity", "fields", "was", "is", "for"],
                    comparison.changes.map { change in
                        [
                            change.role, change.direction.rawValue, change.action.rawValue, change.entity,
                            change.fields.isEmpty ? "-" : change.fields.joined(separator: " "), change.before, change.after,
                            change.purposes.joined(separator: " "),
                        ]
                    })
            }
            for line in comparison.rules { Console.say(line) }
        }

        private static func members(_ comparison: PolicyComparison) -> JSONValue {
            .object([
                "changes": .array(
                    comparison.changes.map { change in
                        .object([
                            "role": .string(change.role), "direction": .string(change.direction.rawValue),
                            "action": .string(change.action.rawValue), "entity": .string(change.entity),
                            "fields": .array(change.fields.map { .string($0) }), "was": .string(change.before), "is": .string(change.after),
                            "purposes": .array(change.purposes.map { .string($0) }),
                        ])
                    }
                ),
                "rules": .array(comparison.rules.map { .string($0) }),
            ])
        }
    }
}

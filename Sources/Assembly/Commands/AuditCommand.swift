import ArgumentParser

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Look into the audit trail, prove and verify it.",
        subcommands: [Search.self, Report.self, Prove.self, Verify.self, Export.self, Log.self, Key.self, Stream.self, Prune.self, Remember.self]
    )

    struct Report: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask the trail as a whole: about a person, about a stolen credential, about what is unusual.",
            discussion: """
                Examples:
                  gatehouse audit report subject 019a…
                  gatehouse audit report breach --user ann --since 2026-11-20 --until 2026-11-22T09:00:00Z
                  gatehouse audit report unusual
                """,
            subcommands: [Subject.self, Breach.self, Unusual.self]
        )
    }

    /// How a report is printed that can be a table of a spreadsheet.
    struct Form: ParsableArguments {
        @Flag(help: "Print JSON.") var json = false
        @Flag(help: "Print CSV.") var csv = false

        func validate() throws {
            if json, csv { throw ValidationError("give one of --json and --csv") }
        }
    }
}

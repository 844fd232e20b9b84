import PostgresLink
import Logging
import ArgumentParser
import Catalog
import DataFormats
import PolicyFiles
import Storage
import Telemetry
import Vocabulary

struct SchemaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Compare the databases with the catalog and take them there.",
        subcommands: [Plan.self, Apply.self, Verify.self]
    )

    struct Plan: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the SQL that takes the databases to the catalog; change nothing.", discussion: "Example: gatehouse schema plan"
        )
        @OptionGroup var place: PlaceOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let json = json
            try await place.withDatabases { databases, catalog in
                let plans = try await SchemaCheck.plans(databases, catalog)
                if json { return Console.say(String(decoding: SchemaCommand.json(plans).encoded(), as: UTF8.self)) }
                if plans.allSatisfy(\.isEmpty) { return Console.say("-- nothing to do: the databases are what the catalog says") }
                for plan in plans where !plan.isEmpty {
                    Console.say("-- \(plan.database)")
                    for step in plan.steps {
                        switch step {
                        case .add(_, let statement): Console.say(statement.text + ";")
                        case .conflict(let what, let hint): Console.say("-- cannot be planned: \(what)\n--   hint: \(hint)")
                        }
                    }
                }
            }
        }
    }

    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run the plan, each database in one transaction.", discussion: "Example: gatehouse schema apply"
        )
        @OptionGroup var place: PlaceOptions

        func run() async throws {
            try await place.withDatabases { databases, catalog in
                for database in ["vault", "store"] {
                    let plan = try await SchemaCheck.apply(database, databases, catalog)
                    try SchemaCommand.refuseConflicts(plan)
                    Console.say("\(database): \(plan.isEmpty ? "nothing to do" : "\(plan.steps.count) changes applied")")
                }
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that the databases are what the catalog says; exit code 7 when not.", discussion: "Example: gatehouse schema verify"
        )
        @OptionGroup var place: PlaceOptions

        func run() async throws {
            try await place.withDatabases { databases, catalog in
                let plans = try await SchemaCheck.plans(databases, catalog)
                let steps = plans.flatMap(\.steps)
                if steps.isEmpty { return Console.say("the databases are what the catalog says") }
                throw CommandFailure(
                    .unfit, "\(steps.count) differences:" + steps.map { "\n  \($0.what)" }.joined(), hint: "gatehouse schema plan"
                )
            }
        }
    }

    private static func refuseConflicts(_ plan: SchemaPlan) throws {
        guard let first = plan.conflicts.first else { return }
        let all = plan.conflicts.map { "\n  \($0.what)" }.joined()
        if case .conflict(_, let hint) = first {
            throw CommandFailure(.unfit, "the \(plan.database) cannot be taken to the catalog:\(all)", hint: hint)
        }
    }

    private static func json(_ plans: [SchemaPlan]) -> JSONValue {
        .array(
            plans.flatMap { plan in
                plan.steps.map { step -> JSONValue in
                    switch step {
                    case .add(let what, let statement):
                        .object(["database": .string(plan.database), "what": .string(what), "sql": .string(statement.text)])
                    case .conflict(let what, let hint):
                        .object(["database": .string(plan.database), "what": .string(what), "hint": .string(hint)])
                    }
                }
            }
        )
    }
}

extension PlaceOptions {
    /// Connects to the databases without checking them first. Schemas are changed on the host, never over the API.
    fileprivate func withDatabases(_ body: @escaping @Sendable (Databases, CompiledCatalog) async throws -> Void) async throws {
        if try remote != nil { throw CommandFailure(.invalid, "schemas are changed on the gateway's host", hint: "run this there with --state") }
        let state = try StateDirectory(runtime.state)
        let catalog: CompiledCatalog
        do { catalog = try PolicyFolder.loadCatalog(PolicyLocation.find(policies, state)) } catch let error as Diagnostics {
            throw CommandFailure(error)
        }
        try await Databases.with(state, RuntimeTelemetry(level: .warning), { Console.note($0) }) { databases in
            try await body(databases, catalog)
        }
    }
}

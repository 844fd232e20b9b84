import ArgumentParser
import Foundation
import PostgresLink
import Storage
import Vocabulary

/// What `scripts/bench` measures Gatehouse against. Not part of the product.
@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gatehouse-bench", abstract: "The bare floor, and the cost of each stage.",
        subcommands: [
            BareRoute.self, Stages.self, SealingCost.self, PolicyCost.self, TokenCost.self, Sequencing.self, LogFilling.self, FolderCost.self,
        ]
    )
}

struct BenchPlace: ParsableArguments {
    @Option(help: "The state directory of a running gateway with the embedded PostgreSQL.") var state: String
    @Option(help: "The folder of policies.") var policies: String

    /// - Parameter user: the gateway's own role; `postgres` is above row security.
    func database(_ name: String, _ engine: LinkEngine, user: String = "gatehouse") -> Database {
        let settings = LinkSettings(name: name, target: "host=\(state)/postgres-run dbname=\(name) user=\(user)")
        return Database(settings, engine: engine)
    }
}

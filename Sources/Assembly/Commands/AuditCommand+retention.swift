import ArgumentParser
import Foundation
import Gateway
import Vocabulary

extension AuditCommand {
    struct Prune: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Drop events that have lasted their time; the log stays provable.",
            discussion: """
                Whole months, in bundles of 256 entries. Their hashes stay, so that the log and every proof of the others go on verifying. A running
                gateway does the same by itself with GATEHOUSE_AUDIT_KEEP_MONTHS. Export the log first if it is to be kept elsewhere.

                Examples:
                  gatehouse audit prune --keep-months 24 --dry-run
                  gatehouse audit prune --keep-months 24 --reason "retention schedule 7.2"
                """
        )

        @OptionGroup var place: PlaceOptions
        @Option(name: .customLong("keep-months"), help: "Full months that are kept.") var keepMonths: Int
        @Option(help: "Why; goes on record.") var reason: String?
        @Flag(name: .customLong("dry-run"), help: "Count, and drop nothing.") var dryRun = false

        func run() async throws {
            guard (1...1200).contains(keepMonths), let time = LogHousekeeper.time(monthsAgo: keepMonths) else {
                throw ValidationError("--keep-months is 1 to 1200")
            }
            if try place.remote != nil {
                throw CommandFailure(.invalid, "events are dropped on the gateway's host", hint: "run this there with --state")
            }
            let isDryRun = dryRun
            let dropped = try await place.withGateway(reason: reason ?? (dryRun ? "dry run" : nil)) { gateway, context in
                let bar = SharedProgress("dropping", isQuiet: false)
                return try await gateway.dropEntries(before: time, isDryRun: isDryRun, context) { bar.update($0, of: $1) }
            }
            if dropped.isEmpty { return Console.say("nothing is older than \(time), as far as whole bundles go") }
            Table.print(
                ["epoch", "from", "below", isDryRun ? "would go" : "dropped"],
                dropped.map { ["\($0.epoch)", "\($0.from)", "\($0.below)", "\($0.count)"] })
        }
    }
}

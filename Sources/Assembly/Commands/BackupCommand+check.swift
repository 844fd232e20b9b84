import Archives
import ArgumentParser
import DataFormats
import Foundation
import Sealing

extension BackupCommand {
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read every byte of the repository and compare it with what was signed.",
            discussion: """
                Backups, the vault, the ledger of erasures and write-ahead logs. Without an identity, hashes and signatures are compared. With one,
                everything is opened to its end, too. What is damaged or missing is named, and the exit code is 1; what belongs to nothing is
                named beside, and does no harm.

                Examples:
                  gatehouse backup check
                  gatehouse backup check latest --identity operations.txt
                """
        )
        @OptionGroup var place: PlaceOptions
        @Argument(help: "Which backups; everything in the repository when none is named.") var backups: [String] = []
        @Option(name: [.customShort("i"), .long], help: ArgumentHelp("A file with age identities, to open archives, too.", valueName: "file"))
        var identity: [String] = []
        @Flag(help: "Print JSON, and no progress.") var json = false

        func run() async throws {
            let (names, json) = (backups, json)
            let identities = try identity.flatMap { (path) throws(CommandFailure) in try IdentityFile.read(path) }
            let progress = SteppedProgress(isQuiet: json)
            let outcome = try await place.withBackups { site in
                var check = RepositoryCheck(site.repository, identities: identities) {
                    progress.update($0, $1, of: $2)
                } counting: {
                    progress.count($0, $1, $2)
                }
                try await check.run(names)
                return Outcome(
                    findings: check.findings, leftovers: check.leftovers, byteCount: check.byteCount, entryCount: check.entryCount,
                    logFileCount: check.logFileCount)
            }
            progress.finish()
            let findings = outcome.findings
            if json {
                let object: JSONObject = [
                    "bytes": .number(JSONNumber(outcome.byteCount)), "opened": .bool(!identities.isEmpty),
                    "ledger_entries": .number(JSONNumber(outcome.entryCount)), "log_files": .number(JSONNumber(outcome.logFileCount)),
                    "findings": .array(findings.map { .object(["object": .string($0.key), "problem": .string($0.problem)]) }),
                    "leftovers": .array(outcome.leftovers.map { .string($0) }),
                ]
                Console.say(String(decoding: JSONValue.object(object).encoded(), as: UTF8.self))
            } else {
                let more = outcome.leftovers.map { [$0, "belongs to nothing"] }
                if !findings.isEmpty || !more.isEmpty { Table.print(["object", "problem"], findings.map { [$0.key, $0.problem] } + more) }
                if findings.isEmpty {
                    Console.say("\(outcome.text), everything is as it was signed" + (identities.isEmpty ? "" : ", and opens"))
                }
            }
            if !findings.isEmpty { throw CommandFailure(.failed, "\(findings.count) objects of the repository are damaged or missing") }
        }

        private struct Outcome: Sendable {
            let findings: [RepositoryCheck.Finding]
            let leftovers: [String]
            let byteCount: Int
            let entryCount: Int
            let logFileCount: Int

            var text: String {
                var parts = ["\(ByteText.of(byteCount))"]
                if entryCount > 0 { parts.append("\(entryCount) entries of the ledger") }
                if logFileCount > 0 { parts.append("\(logFileCount) files of the write-ahead log") }
                return parts.joined(separator: ", ") + " read"
            }
        }
    }
}

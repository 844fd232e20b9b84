import Archives
import ArgumentParser
import DataFormats
import Foundation
import Storage
import Vocabulary

extension BackupCommand {
    struct Continuous: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a base backup that continuous backup goes on from, or tell to which moments a restore is possible.",
            discussion: """
                Begins continuous backup the first time. Store and vault have to lie in clusters of their own: the history of a vault would bring
                erased people back. PostgreSQL has to be set up for it, and what is wanting is said (docs/backup-continuous.md).

                Examples:
                  gatehouse backup continuous --label weekly
                  gatehouse backup continuous --check --json
                """
        )
        @OptionGroup var place: PlaceOptions
        @OptionGroup var signers: SignerOptions
        @Option(help: ArgumentHelp("What to call the base backup, beside its name.", valueName: "text")) var label: String?
        @Flag(help: "Make nothing; tell from when to when a restore is possible, and which segment is missing.") var check = false
        @Flag(help: "Print JSON, and no progress.") var json = false

        func validate() throws {
            if let label, label.isEmpty || label.utf8.count > 100 || label.contains(where: \.isNewline) {
                throw ValidationError("a label has 1 to 100 bytes in one line")
            }
            if check, label != nil { throw ValidationError("--check makes no base backup that --label could name") }
        }

        func run() async throws {
            if check { return try await tell() }
            let progress = SteppedProgress(isQuiet: json)
            let label = label
            let manifest = try await place.withBackupsAndDatabases { site in
                let run = try site.run { progress.update($0, $1, of: $2) }
                return try await ContinuousRun(run: run).create(label: label) { line in
                    progress.finish()
                    Console.note(line)
                }
            }
            progress.finish()
            if json { return Console.say(String(decoding: JSONValue.object(manifest.object).encoded(), as: UTF8.self)) }
            Console.say(
                "\(manifest.id): \(ByteText.of(manifest.archive.plainByteCount)) of files, \(ByteText.of(manifest.archive.byteCount)) sealed; a restore is possible from \(manifest.endedAt) on"
            )
        }

        private func tell() async throws {
            let windows = try await place.withBackups(signers: signers.signer) { site in try await RecoveryWindow.all(site.repository) }
            if json {
                Console.say(String(decoding: JSONValue.object(["windows": .array(windows.map { .object($0.object) })]).encoded(), as: UTF8.self))
            } else if windows.isEmpty {
                Console.note("there is no continuous backup in the repository")
            } else {
                Table.print(
                    ["cluster", "timeline", "base", "from", "to", "last segment", "missing"],
                    windows.map {
                        [
                            $0.system, "\($0.timeline)", "\($0.base)", String("\($0.from)".prefix(19)),
                            $0.to.map { String("\($0)".prefix(19)) } ?? "nothing", $0.last.map { "\($0)" } ?? "", $0.gap.map { "\($0)" } ?? "",
                        ]
                    })
            }
            // An older base backup may have a gap behind it that the newest does not have.
            if let window = windows.last, let gap = window.gap { throw CommandFailure(ArchiveError.gap("\(gap)")) }
        }
    }

    struct Label: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "label",
            abstract: "Give this moment a name, to restore to it.",
            discussion: """
                Sets a restore point into the store's write-ahead log and ends the segment it is in. A restore can lead to it once the segment is
                in the repository.

                Example: gatehouse backup label before-migration
                """
        )
        @OptionGroup var place: PlaceOptions
        @Argument(help: "Lower-case letters, digits, '.', '_' and '-'.") var name: String
        @Flag(help: "Print JSON.") var json = false

        func validate() throws {
            if !RestorePoint.isName(name) {
                throw ValidationError("a name has 1 to 48 of the letters a-z, the digits, '.', '_' and '-', and does not begin with a dot")
            }
        }

        func run() async throws {
            let name = name
            let point = try await place.withBackupsAndDatabases { site in
                try await RestorePointSetting(repository: site.repository, store: try BackupTargets.find(site.state).store).set(name)
            }
            if json { return Console.say(String(decoding: JSONValue.object(point.object).encoded(), as: UTF8.self)) }
            Console.say("\(point.name) is set at \(point.setAt), \(point.position) of timeline \(point.timeline)")
        }
    }
}

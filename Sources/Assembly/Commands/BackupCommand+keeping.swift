import Archives
import ArgumentParser
import DataFormats
import Foundation
import Sealing
import Vocabulary

extension BackupCommand {
    struct Prune: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove backups that no rule keeps, and what was never finished.",
            discussion: """
                Rules are last=, within=, daily=, weekly=, monthly= and yearly=; a backup stays when any of them keeps it, and the newest stays
                always. Entries of the ledger of erasures that no backup is older than go, too.

                Example: gatehouse backup prune --keep 'last=7 daily=30' --dry-run
                """
        )
        @OptionGroup var place: PlaceOptions
        @Option(help: ArgumentHelp("Which stay; GATEHOUSE_BACKUP_KEEP when not said.", valueName: "rules")) var keep: String?
        @Flag(help: "Say what would go, and remove nothing.") var dryRun = false
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let (dryRun, json) = (dryRun, json)
            let rules = keep
            let outcome = try await place.withBackups(writes: true) { site in try await site.prune(rules, dryRun: dryRun) }
            if json {
                let object: JSONObject = [
                    "dry_run": .bool(dryRun), "removed": .array(outcome.pruning.backups.map { .string("\($0)") }),
                    "leftovers": .number(JSONNumber(outcome.pruning.leftovers.count)), "bytes": .number(JSONNumber(outcome.pruning.byteCount)),
                ]
                return Console.say(String(decoding: JSONValue.object(object).encoded(), as: UTF8.self))
            }
            Table.print(
                ["backup", dryRun ? "would" : "", "because of"],
                outcome.verdicts.map { ["\($0.id)", $0.stays ? "stay" : "go", $0.keptBy.map(\.rawValue).joined(separator: " ")] })
            Console.note(
                "\(ByteText.of(outcome.pruning.byteCount)) of \(outcome.pruning.backups.count) backups and \(outcome.pruning.leftovers.count) leftovers \(dryRun ? "would go" : "are gone")"
            )
        }
    }

    struct Rekey: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Seal everything for the recipients of now, by rewriting headers only.",
            discussion: """
                Put the new recipients into keys/backup-recipients first. Whoever has kept an old copy of a header can open it still: to shut
                somebody out, make new backups and prune the old ones.

                Example: gatehouse backup rekey --identity operations.txt
                """
        )
        @OptionGroup var place: PlaceOptions
        @Option(name: [.customShort("i"), .long], help: ArgumentHelp("A file with age identities of now.", valueName: "file")) var identity: [String]
        @Flag(help: "Print JSON, and no progress.") var json = false

        func run() async throws {
            let json = json
            let identities = try identity.flatMap { (path) throws(CommandFailure) in try IdentityFile.read(path) }
            let progress = SteppedProgress(isQuiet: json)
            let (archives, entries) = try await place.withBackups(writes: true) { site in
                let recipients = try site.settings.recipients()
                return try await site.repository.alone {
                    let archives = try await site.repository.rekey(with: identities, to: recipients) { progress.update($0, $1, of: $2) }
                    let entries = try await ErasureLedger(site.repository, recipients: recipients).rekey(with: identities, to: recipients)
                    return (archives, entries)
                }
            }
            progress.finish()
            if json {
                let object: JSONObject = ["archives": .number(JSONNumber(archives)), "ledger_entries": .number(JSONNumber(entries))]
                return Console.say(String(decoding: JSONValue.object(object).encoded(), as: UTF8.self))
            }
            Console.say("\(archives) archives and \(entries) entries of the ledger have new headers")
        }
    }
}

extension BackupSite {
    /// Removes what no rule keeps.
    ///
    /// - Parameter rules: those of the settings when not given.
    func prune(
        _ rules: String?, dryRun: Bool
    ) async throws -> (verdicts: [KeepRules.Verdict], pruning: ArchiveRepository.Pruning) {
        guard let text = rules ?? settings.keep else {
            throw CommandFailure(.invalid, "no rule says which backups are kept", hint: "say --keep 'last=7 daily=30', or set GATEHOUSE_BACKUP_KEEP")
        }
        let keep: KeepRules
        do { keep = try KeepRules(text) } catch { throw CommandFailure(.invalid, error.message, hint: error.hint) }
        if dryRun { return try await plan(keep) }
        let recipients = try settings.recipients()
        return try await repository.alone {
            let (verdicts, pruning) = try await plan(keep)
            try await repository.prune(pruning)
            if pruning.ledger > 0 { try await ErasureLedger(repository, recipients: recipients).drop(through: pruning.ledger) }
            return (verdicts, pruning)
        }
    }

    private func plan(_ keep: KeepRules) async throws -> (verdicts: [KeepRules.Verdict], pruning: ArchiveRepository.Pruning) {
        var backups: [(id: BackupID, at: Instant, kind: BackupManifest.Kind)] = []
        for id in try await repository.backups() {
            let manifest = try await repository.manifest(of: id)
            backups.append((id, manifest.begunAt, manifest.kind))
        }
        let verdicts = keep.verdicts(backups, now: .now())
        return (verdicts, try await repository.planPruning(Set(verdicts.filter { !$0.stays }.map(\.id))))
    }
}

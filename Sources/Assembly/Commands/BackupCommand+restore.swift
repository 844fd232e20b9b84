import Archives
import ArgumentParser
import DataFormats
import Foundation
import SubjectRights

extension BackupCommand {
    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a backup back, erase again whoever was erased since, and only then open it.",
            discussion: """
                The databases have to be empty, unless --replace names those whose contents may go. A vault that is there is kept. Gateways answer
                503 restoring until it is done, and open by themselves. Broken off, the same command goes on where it was.

                With --to, the store's cluster is restored to a moment, a restore point or the end of its write-ahead log, into an empty folder
                (docs/backup-continuous.md).

                On another host than the one that made the backup, put its key provider there first (docs/keys.md), and name the key that signs
                its statements with --signer.

                Examples:
                  gatehouse backup restore latest --identity operations.txt --dry-run
                  gatehouse backup restore 20261122t1741 --identity operations.txt --replace gatehouse
                  gatehouse backup restore --to 2026-11-22T10:00:00Z --directory /srv/restored --identity operations.txt
                """
        )
        @OptionGroup var place: PlaceOptions
        @OptionGroup(title: "Point in time") var moment: PointInTimeOptions
        @Argument(help: "Its name, the beginning of it, or latest.") var backup = "latest"
        @Option(name: [.customShort("i"), .long], help: ArgumentHelp("A file with age identities.", valueName: "file")) var identity: [String]
        @Option(help: ArgumentHelp("A database whose contents may be dropped; twice for both.", valueName: "name")) var replace: [String] = []
        @Option(help: ArgumentHelp("A verifier key whose signatures are believed, too.", valueName: "key")) var signer: [String] = []
        @Flag(help: "Say what would happen, and do nothing.") var dryRun = false
        @Flag(help: "Print JSON, and no progress.") var json = false

        func run() async throws {
            if moment.to != nil { return try await restoreCluster() }
            let (name, replaced, dryRun, json) = (backup, Set(replace), dryRun, json)
            let identities = try identity.flatMap { (path) throws(CommandFailure) in try IdentityFile.read(path) }
            let progress = SteppedProgress(isQuiet: json)
            let say: @Sendable (String) -> Void = { if !json { Console.note($0) } }
            let outcome = try await place.withBackupsAndDatabases(signers: signer) { site -> (plan: RestorePlan, report: JSONObject?) in
                let targets = try BackupTargets.find(site.state)
                let manifest = try await site.repository.manifest(of: try await site.repository.backup(named: name))
                let catalog = CatalogDigest.of(try PolicyLocation.find(site.policies, site.state))
                let plan = try await RestorePlan.make(manifest, site, targets, replaced: replaced, catalog: catalog)
                if dryRun { return (plan, nil) }
                let report = try await RestoreRun(
                    site: site, targets: targets, plan: plan, identities: identities, progress: progress, say: say
                ).run()
                return (plan, report.document)
            }
            guard let report = outcome.report else {
                if json { return Console.say(String(decoding: JSONValue.object(outcome.plan.object).encoded(), as: UTF8.self)) }
                return Table.print(["what", "what would happen"], outcome.plan.rows)
            }
            if json { return Console.say(String(decoding: JSONValue.object(report).encoded(), as: UTF8.self)) }
            Table.print(["what", "value"], Self.rows(outcome.plan, report))
        }

        private static func rows(_ plan: RestorePlan, _ report: JSONObject) -> [[String]] {
            var rows = [["restored", "\(plan.manifest.id), taken \(plan.manifest.begunAt)"]]
            for tenant in Table.objects(report["tenants"]) {
                let again = tenant["erased_again"]?.objectValue
                rows.append(["tenant", Table.text(tenant["tenant"])])
                rows.append(["  erased again", "\(Table.text(again?["people"])) people"])
                rows.append(["  erased people found readable", Table.text(tenant["found_readable"])])
                let due = tenant["retention_due"]?.objectValue?.members.map { "\($0.name): \(Table.text($0.value))" } ?? []
                rows.append(["  retention due", due.isEmpty ? "nothing" : due.joined(separator: ", ")])
                rows.append(["  audit log", "epoch \(Table.text(tenant["audit_epoch"]))"])
            }
            rows.append(["report", "reports/restore-\(plan.manifest.id).json in the state directory"])
            return rows
        }
    }
}

import Archives
import ArgumentParser
import AuditTrail
import DataFormats
import Foundation
import Gateway
import Storage
import SubjectRights
import Vocabulary

extension BackupCommand {
    struct Drill: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prove that a backup can be restored, without touching anything.",
            discussion: """
                Loads it and the vault's newest state into a PostgreSQL of its own below the state directory, compares every table with what was
                signed, opens samples of every entity, verifies the audit log, and removes everything again. What differs is named, and the exit
                code is 1. The signed report is evidence: 'gatehouse certificate verify' reads it anywhere.

                Example: gatehouse backup drill latest --identity operations.txt
                """
        )
        @OptionGroup var place: PlaceOptions
        @Argument(help: "Its name, the beginning of it, or latest.") var backup = "latest"
        @Option(name: [.customShort("i"), .long], help: ArgumentHelp("A file with age identities.", valueName: "file")) var identity: [String]
        @Option(help: ArgumentHelp("How many records of each entity and tenant are opened.", valueName: "count")) var samples = 20
        @Option(help: ArgumentHelp("A verifier key whose signatures are believed, too.", valueName: "key")) var signer: [String] = []
        @Flag(help: "Print JSON, and no progress.") var json = false

        func validate() throws {
            guard (1...10_000).contains(samples) else { throw ValidationError("--samples is a number from 1 to 10000") }
        }

        func run() async throws {
            let (name, samples, json, place) = (backup, samples, json, place)
            let identities = try identity.flatMap { (path) throws(CommandFailure) in try IdentityFile.read(path) }
            let progress = SteppedProgress(isQuiet: json)
            let say: @Sendable (String) -> Void = { if !json { Console.note($0) } }
            let (report, untold) = try await place.withBackups(signers: signer) { site -> (DrillReport, CommandFailure?) in
                let manifest = try await site.repository.manifest(of: try await site.repository.backup(named: name))
                let report = try await DrillRun(
                    site, manifest, identities: identities, samples: samples, progress: progress, say: say
                ).run()
                try Self.write(report, site)
                do { return (report, try await Self.record(report, site, place, say)) } catch let failure as CommandFailure {
                    return (report, failure)
                }
            }
            if json { Console.say(String(decoding: JSONValue.object(report.object).encoded(), as: UTF8.self)) } else { Self.show(report) }
            guard report.isPassed else {
                throw CommandFailure(
                    .failed, "the drill of \(report.manifest.id) failed: \(report.shortcomings)",
                    hint: "do not count on this backup; try an older one, and 'gatehouse backup check'")
            }
            if let untold {
                throw CommandFailure(.partly, "the drill passed, but the audit trail was not told: \(untold.message)", hint: untold.hint)
            }
        }

        /// Leaves the evidence, signed.
        private static func write(_ report: DrillReport, _ site: BackupSite) throws {
            let name = try AuditSettings(environment: ProcessInfo.processInfo.environment).name
            let signer = try site.repository.signer ?? DocumentKeyFile.signer(site.state, name: name)
            let document: SignedDocument
            do { document = try signer.sign(report.object, as: .drillReport) } catch {
                throw CommandFailure(.failed, "the report of the drill cannot be signed")
            }
            try site.state.writeReport(document.bytes, named: fileName(report))
        }

        private static func fileName(_ report: DrillReport) -> String { "drill-\(report.manifest.id).json" }

        /// Tells the trail of each tenant whose data were in the backup. A host that only drills has no trail to tell.
        private static func record(
            _ report: DrillReport, _ site: BackupSite, _ place: PlaceOptions, _ say: @escaping @Sendable (String) -> Void
        ) async throws -> CommandFailure? {
            let hasDatabases = ProcessInfo.processInfo.environment["DATABASE_URL"] != nil || EmbeddedPostgres.isMade(site.state)
            guard hasDatabases else {
                say("this host has no databases of the gateway: no audit trail is told")
                return nil
            }
            try await Runtime.with(place.runtime, progress: say) { runtime in
                let known = Set(try await runtime.store.tenants())
                for tenant in report.manifest.tenants where known.contains(tenant.id) {
                    do {
                        try await runtime.gateway.recordBackup(
                            .drilled, of: "\(report.manifest.id)", runtime.hostContext(of: tenant.id, reason: "drill"))
                    } catch let refusal as Refusal {
                        throw CommandFailure(refusal)
                    }
                }
            }
            return nil
        }

        private static func show(_ report: DrillReport) {
            var rows = [
                ["backup", "\(report.manifest.id), taken \(report.manifest.begunAt)"], ["vault", "its state of \(report.vault.begunAt)"],
                [
                    "tables",
                    "\(report.tables) compared, \(report.rows) rows, \(report.differences.isEmpty ? "all as signed" : "\(report.differences.count) differ")",
                ],
                ["samples", "\(report.records) records: \(report.opened) cells opened, \(report.erased) erased, \(report.unreadable) unreadable"],
                ["audit log", "\(report.entries) entries of \(report.logs.count) tenants, \(report.logFindings) findings"],
            ]
            let spent = DrillReport.Step.allCases.map { "\($0.rawValue) \(Double(report.milliseconds[$0] ?? 0) / 1000) s" }
            rows.append(["took", spent.joined(separator: ", ")])
            for difference in report.differences {
                rows.append(["differs", "\(difference.database) \(difference.what): signed \(difference.signed), found \(difference.found)"])
            }
            for (tenant, sample) in report.samples where sample.unreadable > 0 {
                rows.append(["unreadable", "\(sample.unreadable) cells of \(sample.entity) in tenant \(tenant)"])
            }
            for log in report.logs { rows += log.findings.map { ["audit log", "tenant \(log.tenant): \($0)"] } }
            rows += report.problems.map { ["problem", $0] }
            rows.append(["outcome", report.isPassed ? "passed" : "FAILED"])
            rows.append(["evidence", "reports/\(fileName(report)) in the state directory"])
            Table.print(["what", "value"], rows)
        }
    }
}

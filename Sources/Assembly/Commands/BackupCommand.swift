import Archives
import ArgumentParser
import DataFormats
import Foundation
import Vocabulary

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Make sealed backups, look after them, and restore without bringing anybody back.",
        discussion: """
            GATEHOUSE_BACKUP_REPOSITORY names the repository: the absolute path of a directory, or s3://bucket/prefix. Backups are sealed with
            age for the recipients in keys/backup-recipients, of whom there are two at least (docs/backup.md).

            Examples:
              gatehouse backup create --label before-migration
              gatehouse backup list
              gatehouse backup check
              gatehouse backup drill latest --identity operations.txt
              gatehouse backup restore latest --identity operations.txt --dry-run
            """,
        subcommands: [
            Create.self, List.self, Show.self, Check.self, Drill.self, Restore.self, Prune.self, Rekey.self, Continuous.self, Label.self,
            WAL.self,
        ]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Dump the store out of a snapshot, seal it, and put it and the vault's state of now into the repository.",
            discussion: "Everybody goes on meanwhile. Example: gatehouse backup create --label before-migration"
        )
        @OptionGroup var place: PlaceOptions
        @Option(help: ArgumentHelp("What to call it, beside its name.", valueName: "text")) var label: String?
        @Flag(help: "Print JSON, and no progress.") var json = false

        func validate() throws {
            if let label, label.isEmpty || label.utf8.count > 100 || label.contains(where: \.isNewline) {
                throw ValidationError("a label has 1 to 100 bytes in one line")
            }
        }

        func run() async throws {
            let progress = SteppedProgress(isQuiet: json)
            let label = label
            let manifest = try await place.withBackupsAndDatabases { site in
                let run = try site.run { progress.update($0, $1, of: $2) }
                return try await run.create(label: label)
            }
            progress.finish()
            if json { return Console.say(String(decoding: JSONValue.object(manifest.object).encoded(), as: UTF8.self)) }
            Console.say(
                "\(manifest.id): \(manifest.rowCount) rows of \(manifest.tables.count) tables, \(ByteText.of(manifest.archive.byteCount)), for \(manifest.recipients.count) recipients"
            )
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the backups of the repository, oldest first.", discussion: "Example: gatehouse backup list --json"
        )
        @OptionGroup var place: PlaceOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let (manifests, vault, failures) = try await place.withBackups { site in
                var manifests: [BackupManifest] = []
                var failures: [ArchiveError] = []
                for id in try await site.repository.backups() {
                    do throws(ArchiveError) { manifests.append(try await site.repository.manifest(of: id)) } catch { failures.append(error) }
                }
                return (manifests, try await site.repository.vaultManifest(), failures)
            }
            if json {
                let object: JSONObject = [
                    "backups": .array(manifests.map { .object(BackupText.summary($0)) }),
                    "vault": vault.map { .object(BackupText.summary($0)) } ?? .null,
                ]
                Console.say(String(decoding: JSONValue.object(object).encoded(), as: UTF8.self))
            } else {
                Table.print(
                    ["backup", "kind", "taken", "rows", "size", "label"],
                    manifests.map {
                        [
                            "\($0.id)", $0.kind.rawValue, String("\($0.begunAt)".prefix(19)), "\($0.rowCount)", ByteText.of($0.archive.byteCount),
                            $0.label ?? "",
                        ]
                    })
                Console.note(vault.map { "the vault's state is of \($0.begunAt)" } ?? "there is no state of the vault")
            }
            for failure in failures { Console.note("\(CommandFailure(failure))") }
            if let first = failures.first {
                throw CommandFailure(.partly, "\(failures.count) of the backups cannot be read", hint: CommandFailure(first).hint)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what a backup holds, as it was signed.", discussion: "Example: gatehouse backup show latest"
        )
        @OptionGroup var place: PlaceOptions
        @Argument(help: "Its name, the beginning of it, or latest.") var backup = "latest"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let name = backup
            let manifest = try await place.withBackups { site in
                try await site.repository.manifest(of: try await site.repository.backup(named: name))
            }
            if json { return Console.say(String(decoding: JSONValue.object(manifest.object).encoded(), as: UTF8.self)) }
            Table.print(["what", "value"], BackupText.rows(manifest))
            Console.say("")
            Table.print(["table", "rows", "sum"], manifest.tables.map { [$0.name, "\($0.rowCount)", $0.sum] })
        }
    }
}

/// A manifest for people.
enum BackupText {
    /// What a list shows.
    static func summary(_ manifest: BackupManifest) -> JSONObject {
        var object: JSONObject = [
            "backup": .string("\(manifest.id)"), "kind": .string(manifest.kind.rawValue), "begun_at": .string("\(manifest.begunAt)"),
            "ended_at": .string("\(manifest.endedAt)"), "rows": .number(JSONNumber(manifest.rowCount)),
            "bytes": .number(JSONNumber(manifest.archive.byteCount)), "recipients": .number(JSONNumber(manifest.recipients.count)),
        ]
        if let label = manifest.label { object["label"] = .string(label) }
        return object
    }

    static func rows(_ manifest: BackupManifest) -> [[String]] {
        var rows = [
            ["backup", "\(manifest.id)"], ["kind", manifest.kind.rawValue], ["taken", "\(manifest.begunAt)"], ["done", "\(manifest.endedAt)"],
            ["archive", manifest.archive.key], ["sealed", ByteText.of(manifest.archive.byteCount)],
            ["as dumped", ByteText.of(manifest.archive.plainByteCount)], ["rows", "\(manifest.rowCount) in \(manifest.tables.count) tables"],
            ["server", "PostgreSQL \(manifest.server / 10_000).\(manifest.server % 10_000)"], ["schema", manifest.schema],
            ["catalog", manifest.catalog],
            ["ledger", manifest.ledger == 0 ? "nobody had been erased" : "up to \(manifest.ledger)"],
        ]
        if let label = manifest.label { rows.insert(["label", label], at: 1) }
        rows += manifest.recipients.map { ["recipient", $0] }
        for tenant in manifest.tenants {
            rows.append([
                "tenant \(tenant.id)",
                "audit log \(tenant.auditEpoch).\(tenant.auditSize), key epochs \(tenant.keyEpochs.map(String.init).joined(separator: " "))",
            ])
        }
        return rows
    }
}

/// Numbers of bytes as people read them.
enum ByteText {
    static func of(_ count: Int) -> String {
        var (value, unit) = (Double(count), 0)
        let units = ["B", "kB", "MB", "GB", "TB", "PB"]
        while value >= 1000, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
        return unit == 0 ? "\(count) B" : "\((value * 10).rounded() / 10) \(units[unit])"
    }
}

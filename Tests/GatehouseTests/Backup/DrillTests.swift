import DataFormats
import Foundation
import TestPostgres
import Testing

/// A drill proves that a backup can be restored, or says why it cannot; and changes nothing.
@Suite(.timeLimit(.minutes(15)))
struct DrillTests {
    @Test("a drill beside a running gateway passes, leaves evidence that verifies anywhere, and nothing else")
    func passes() async throws {
        try await DrillSite.with { stage in
            let site = stage.site
            try await site.serve()
            try await stage.fill()
            let backup = try await stage.backup()
            let before = try stage.contents(stage.repository)
            let keys = try stage.contents(site.state + "/keys")
            let outcome = try await stage.drill()
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            #expect(outcome.output.contains("all as signed") && outcome.output.contains("passed"), "\(outcome.output)")
            #expect(!outcome.output.contains("Ann") && !outcome.errors.contains("Ann"))
            #expect(try stage.contents(stage.repository) == before)
            #expect(try stage.contents(site.state + "/keys") == keys)
            #expect(stage.leftovers.isEmpty)

            let report = try object(try await stage.drill("--json", "--samples", "1"))
            #expect(report["passed"] == true && report["backup"] == .string(backup))
            let cells = try #require(report["cells"]?.objectValue)
            #expect(cells["unreadable"] == 0 && cells["erased"] == 0 && cells["opened"] != 0, "\(cells)")
            #expect(report["log_key"] == "host")
            #expect(report["logs"]?.arrayValue?.contains { $0.objectValue?["entries"] != 0 } == true)

            // Away from the gateway: no state, no policies, no database.
            let folder = try TemporaryFolder.make()
            let key = folder + "/documents.pub"
            try (try await site.run("certificate", "key").output).write(toFile: key, atomically: true, encoding: .utf8)
            func verify(_ file: String) async throws -> Program.Outcome {
                try await GatehouseProgram.run(["certificate", "verify", file, "--key", key], folder: folder)
            }
            let verified = try await verify(stage.report(backup))
            #expect(verified.status == 0 && verified.output.contains("drill of backup \(backup)"), "\(verified.output)\(verified.errors)")
            #expect(verified.output.contains("passed"))
            let manifest = try await verify("\(stage.repository)/backups/\(backup)/manifest.json")
            #expect(manifest.status == 0 && manifest.output.contains("backup \(backup)"), "\(manifest.output)\(manifest.errors)")
            let changed = folder + "/changed.json"
            try Program.text(stage.report(backup)).replacing("\"unreadable\":0", with: "\"unreadable\":1")
                .write(toFile: changed, atomically: true, encoding: .utf8)
            #expect(try await verify(changed).status == 1)

            try await site.settleLog()
            let trail = try await site.run("audit", "search", "--limit", "50", "--json")
            #expect(trail.output.contains("backup:\(backup):drilled"), "\(trail.output.prefix(2000))\(trail.errors)")
            #expect(try await site.run("audit", "verify").status == 0)
        }
    }

    @Test("a drill passes while no gateway runs, and the one after a crash removes what that has left")
    func alone() async throws {
        try await DrillSite.with(embedded: true) { stage in
            let site = stage.site
            try await site.serve()
            try await stage.fill()
            await site.stop()
            _ = try await stage.backup()
            let heads = try stage.contents(site.state + "/audit")
            let child = try Child(
                [GatehouseProgram.path, "backup", "drill", "--identity", stage.identity, "--state", site.state, "--policies", site.policies],
                environment: Program.clean.merging(site.environment) { _, new in new }, folder: site.folder,
                input: "/dev/null", output: site.folder + "/drill.out", errors: site.folder + "/drill.err")
            Watchdog.shared.killAtEnd(process: child.pid)
            // Not before: programs that make the cluster go on for a moment after whoever started them is gone.
            try await eventually("the drill's server runs") { stage.isScratchRunning || !child.isAlive }
            kill(child.pid, SIGKILL)
            _ = await child.wait()
            #expect(!stage.leftovers.isEmpty)
            let outcome = try await stage.drill()
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            #expect(stage.leftovers.isEmpty)
            #expect(try stage.contents(site.state + "/audit") == heads)
        }
    }

    @Test("a backup whose rows are others than was signed fails, and the table is named")
    func otherRows() async throws {
        try await DrillSite.with { stage in
            try await stage.site.serve()
            try await stage.fill()
            let backup = try await stage.backup()
            try await stage.resign(backup) { manifest in
                let tables = (manifest["tables"]?.arrayValue ?? []).map { value -> JSONValue in
                    guard var table = value.objectValue, table["table"] == "deal" else { return value }
                    table["sum"] = "12345"
                    return .object(table)
                }
                manifest["tables"] = .array(tables)
            }
            let outcome = try await stage.drill()
            #expect(outcome.status == 1, "\(outcome.output)\(outcome.errors)")
            #expect(outcome.errors.contains("deal of the store"), "\(outcome.errors)")
            #expect(!outcome.errors.contains("contact of the store"), "\(outcome.errors)")
            // A drill that failed is evidence, too.
            #expect(Program.text(stage.report(backup)).contains("\"passed\":false"))
        }
    }

    @Test("a vault that lacks a key nobody destroyed, or has keys that are others', fails; one whose key was destroyed does not")
    func otherKeys() async throws {
        try await DrillSite.with { stage in
            let site = stage.site
            try await site.serve()
            let people = try await stage.fill()
            _ = try await stage.backup()
            #expect(try await stage.drill().status == 0)

            let others = "(SELECT wrapped FROM data_key WHERE holder = '\(people[1])')"
            for (change, word) in [
                ("UPDATE data_key SET wrapped = \(others)", "samples of tenant"), ("DELETE FROM data_key", "cells do not open"),
            ] {
                _ = try await site.administerVault("\(change) WHERE holder = '\(people[0])'")
                _ = try await stage.backup()
                let outcome = try await stage.drill("--samples", "1000")
                #expect(outcome.status == 1, "\(outcome.output)\(outcome.errors)")
                #expect(outcome.errors.contains(word), "\(outcome.errors)")
            }
            _ = try await site.administerVault(
                """
                INSERT INTO key_tombstone (tenant_id, holder, epoch, destroyed_at)
                SELECT tenant_id, '\(people[0])', epoch, now() FROM data_key WHERE holder = '\(people[1])' LIMIT 1
                """)
            _ = try await stage.backup()
            let report = try object(try await stage.drill("--json", "--samples", "1000"))
            let cells = try #require(report["cells"]?.objectValue)
            #expect(cells["unreadable"] == 0 && cells["erased"] != 0, "\(cells)")
        }
    }

    @Test("a host without the keys of the vault says so, and believes the other host's signature only when it is named")
    func otherHost() async throws {
        try await DrillSite.with { stage in
            let site = stage.site
            try await site.serve()
            try await stage.fill()
            _ = try await stage.backup()
            let elsewhere = try TemporaryFolder.make() + "/state"
            let key = try await site.run("certificate", "key").output.trimmingCharacters(in: .whitespacesAndNewlines)
            func drill(_ more: [String]) async throws -> Program.Outcome {
                try await GatehouseProgram.run(
                    ["backup", "drill", "--identity", stage.identity, "--state", elsewhere, "--policies", site.policies] + more,
                    environment: ["GATEHOUSE_BACKUP_REPOSITORY": stage.repository], folder: site.folder)
            }
            let unsigned = try await drill([])
            #expect(unsigned.status == 1 && unsigned.errors.contains("--signer"), "\(unsigned.errors)")
            let outcome = try await drill(["--signer", key])
            #expect(outcome.status == 1, "\(outcome.output)\(outcome.errors)")
            #expect(outcome.output.contains("all as signed") && outcome.errors.contains("nothing in it can be opened here"), "\(outcome.errors)")
            #expect(!FileManager.default.fileExists(atPath: elsewhere + "/postgres"))
        }
    }
}

import DataFormats
import Foundation
import TestPostgres
import Testing

/// Commands on a repository that are killed at whatever moment: what is listed is whole, and the same command goes on.
@Suite(.timeLimit(.minutes(15)))
struct BackupFaultTests {
    /// Kills a command after so many milliseconds.
    ///
    /// - Returns: whether it was killed before it had come to its end.
    @discardableResult
    private func kill(_ arguments: [String], of site: Site, after milliseconds: Int) async throws -> Bool {
        let child = try Child(
            [GatehouseProgram.path] + arguments + ["--state", site.state, "--policies", site.policies],
            environment: Program.clean.merging(site.environment) { _, new in new }, folder: site.folder, input: "/dev/null",
            output: site.folder + "/killed.out", errors: site.folder + "/killed.err")
        try await Task.sleep(for: .milliseconds(milliseconds))
        let isAlive = child.isAlive
        Foundation.kill(child.pid, SIGKILL)
        _ = await child.wait()
        return isAlive
    }

    private func listed(_ scene: BackupScene) async throws -> [String] {
        let list = try object(try await scene.site.run("backup", "list", "--json"))
        return (list["backups"]?.arrayValue ?? []).compactMap { $0.objectValue?["backup"]?.stringValue }
    }

    @Test func `backups, prunings and new recipients that are killed leave a repository that is whole, and go on`() async throws {
        let scene = try await BackupScene()
        let site = scene.site
        #expect(try await site.run("sample", "--people", "60", "--json").status == 0)
        let first = try await scene.backup()
        var killed = 0
        for delay in [60, 150, 250, 350, 450, 550, 700, 900] {
            if try await kill(["backup", "create"], of: site, after: delay) { killed += 1 }
            #expect(try await listed(scene).contains(first))
            let check = try await site.run("backup", "check", "--identity", scene.operations)
            #expect(check.status == 0, "after \(delay) ms: \(check.output)\(check.errors)")
        }
        #expect(killed > 2)
        let last = try await scene.backup()

        // Another pair of recipients.
        let fresh = site.folder + "/fresh.txt"
        #expect(try await Program.run(["age-keygen", "-o", fresh]).status == 0)
        let recipients = [fresh, scene.recovery]
        var text = ""
        for path in recipients { text += try await Program.run(["age-keygen", "-y", path]).output }
        try text.write(toFile: site.state + "/keys/backup-recipients", atomically: true, encoding: .utf8)
        for delay in [40, 80, 120, 160, 220] {
            try await kill(["backup", "rekey", "--identity", scene.operations, "--identity", fresh], of: site, after: delay)
            #expect(try await site.run("backup", "check").status == 0)
        }
        let rekeyed = try await site.run("backup", "rekey", "--identity", scene.operations, "--identity", fresh)
        #expect(rekeyed.status == 0, "\(rekeyed.errors)")
        let opened = try await site.run("backup", "check", "--identity", fresh)
        #expect(opened.status == 0, "\(opened.output)\(opened.errors)")
        let former = try await site.run("backup", "check", "--identity", scene.operations)
        #expect(former.status == 3, "\(former.output)\(former.errors)")

        for delay in [40, 80, 120, 160] {
            try await kill(["backup", "prune", "--keep", "last=1"], of: site, after: delay)
            let check = try await site.run("backup", "check", "--identity", fresh)
            #expect(check.status == 0, "\(check.output)\(check.errors)")
        }
        #expect(try await site.run("backup", "prune", "--keep", "last=1").status == 0)
        #expect(try await listed(scene) == [last])
        let files = try FileManager.default.subpathsOfDirectory(atPath: scene.repository).filter { $0.hasSuffix(".age") }
        #expect(files.count == 2, "one of the store and one of the vault: \(files)")
    }

    @Test func `a restore that is killed goes on, and nobody gets in before its end`() async throws {
        let scene = try await BackupScene()
        #expect(try await scene.site.run("sample", "--people", "60", "--json").status == 0)
        let backup = try await scene.backup()
        let site = try await scene.elsewhere()
        // Makes the private PostgreSQL, and nothing in it.
        #expect(try await scene.restore(backup, into: site, "--dry-run").status == 0)
        var killed = 0
        for delay in [300, 600, 800, 1000, 1200, 1500] {
            guard try await kill(["backup", "restore", backup, "--identity", scene.operations], of: site, after: delay) else { break }
            killed += 1
        }
        let done = try await scene.restore(backup, into: site)
        if done.status != 0 { #expect(done.errors.contains("is not empty"), "only one that had come to its end: \(done.errors)") }
        #expect(killed > 1)
        let sums = try await site.run("status")
        #expect(sums.status == 0, "\(sums.errors)")
        try await site.serve()
        #expect(try await count(site) == 60)
        // What is there now is not taken for what a restore has loaded, whenever that is killed.
        #expect(try await site.administrator.post("/v1/contacts", ["given_name": "Later"]).status == 201)
        await site.stop()
        for delay in [150, 200, 250, 300, 350, 400, 500, 600] {
            try await kill(["backup", "restore", backup, "--identity", scene.operations, "--replace", "gatehouse"], of: site, after: delay)
        }
        let replaced = try await scene.restore(backup, into: site, "--replace", "gatehouse")
        #expect(replaced.status == 0, "\(replaced.errors)")
        // Its key is younger than the backup, which has none: another is made.
        try await site.serve()
        let answer = try await site.administrator.get("/v1/contacts?count=true&limit=1")
        #expect(answer["count"] == 60, "\(answer.text) \(replaced.output)")
        await site.stop()
    }

    private func count(_ site: Site) async throws -> JSONValue? {
        try await site.administrator.get("/v1/contacts?count=true&limit=1")["count"]
    }

    @Test func `wrong and missing identities, names and recipients are one sentence each, and change nothing`() async throws {
        let scene = try await BackupScene()
        #expect(try await scene.site.run("sample", "--people", "5", "--json").status == 0)
        let backup = try await scene.backup()
        let site = try await scene.elsewhere()
        let stranger = site.folder + "/stranger.txt"
        #expect(try await Program.run(["age-keygen", "-o", stranger]).status == 0)
        for (identity, name, status, said) in [
            (stranger, backup, 3, "not sealed for any of these identities"), (site.folder + "/none", backup, 4, "there is no identity"),
            (scene.operations, "19990101", 4, "there is no backup"),
        ] as [(String, String, Int32, String)] {
            let outcome = try await scene.restore(name, into: site, identity: identity)
            #expect(outcome.status == status, "\(outcome.errors)")
            #expect(outcome.errors.contains(said), "\(outcome.errors)")
        }
        #expect(try await scene.restore(backup, into: site).status == 0)
        let again = try await scene.restore(backup, into: site)
        #expect(again.status == 5 && again.errors.contains("--replace gatehouse"), "\(again.errors)")
        #expect(try await scene.restore(backup, into: site, "--replace", "other").status == 5)
        #expect(try await scene.restore(backup, into: site, "--replace", "gatehouse").status == 0)
        try "".write(toFile: scene.site.state + "/keys/backup-recipients", atomically: true, encoding: .utf8)
        let refused = try await scene.site.run("backup", "create")
        #expect(refused.status == 7 && refused.errors.contains("at least two"), "\(refused.errors)")
    }
}

import DataFormats
import Foundation
import TestPostgres
import Testing

/// Disks that are full: of the repository, and of the host that is restored to.
@Suite(.timeLimit(.minutes(15)), .enabled(if: TemporaryDisk.isPossible))
struct BackupDiskTests {
    private func listed(_ site: Site) async throws -> [String] {
        let list = try object(try await site.run("backup", "list", "--json"))
        return (list["backups"]?.arrayValue ?? []).compactMap { $0.objectValue?["backup"]?.stringValue }
    }

    @Test func `a repository without room takes nothing in half, says so, and goes on once there is some`() async throws {
        let scene = try await BackupScene()
        let site = scene.site
        try await TemporaryDisk.with(scene.repository, bytes: 8 << 20) { disk in
            #expect(try await site.run("sample", "--people", "60", "--json").status == 0)
            let first = try await scene.backup()
            let before = try FileManager.default.subpathsOfDirectory(atPath: scene.repository).filter { !$0.hasPrefix("filler") }.sorted()

            try disk.fill()
            let created = try await site.run("backup", "create")
            #expect(created.status != 0 && created.errors.contains("full"), "\(created.status) \(created.errors)")
            #expect(created.errors.split(separator: "\n").filter { $0.hasPrefix("error: ") }.count == 1, "\(created.errors)")
            #expect(try await listed(site) == [first])

            let fresh = site.folder + "/fresh.txt"
            #expect(try await Program.run(["age-keygen", "-o", fresh]).status == 0)
            var recipients = ""
            for identity in [fresh, scene.recovery] { recipients += try await Program.run(["age-keygen", "-y", identity]).output }
            let old = try String(contentsOfFile: site.state + "/keys/backup-recipients", encoding: .utf8)
            try recipients.write(toFile: site.state + "/keys/backup-recipients", atomically: true, encoding: .utf8)
            let rekeyed = try await site.run("backup", "rekey", "--identity", scene.operations)
            #expect(rekeyed.status != 0 && rekeyed.errors.contains("full"), "\(rekeyed.status) \(rekeyed.errors)")
            // Whoever could open it can.
            #expect(try await site.run("backup", "check", "--identity", scene.operations).status == 0)

            disk.free()
            let after = try FileManager.default.subpathsOfDirectory(atPath: scene.repository).sorted()
            #expect(Set(before).subtracting(after).isEmpty, "nothing is gone: \(Set(before).subtracting(after))")
            #expect(try await site.run("backup", "rekey", "--identity", scene.operations).status == 0)
            #expect(try await site.run("backup", "check", "--identity", fresh).status == 0)
            try old.write(toFile: site.state + "/keys/backup-recipients", atomically: true, encoding: .utf8)
            let second = try await scene.backup()
            #expect(try await listed(site).sorted() == [first, second].sorted())
        }
    }

    @Test func `a host without room is restored to not at all, stays closed, and is once there is some`() async throws {
        let scene = try await BackupScene()
        #expect(try await scene.site.run("sample", "--people", "200", "--json").status == 0)
        let backup = try await scene.backup()
        let site = try await Site(.embedded)
        try await TemporaryDisk.with(site.state, bytes: 400 << 20) { disk in
            try FileManager.default.copyItem(atPath: scene.site.state + "/keys", toPath: site.state + "/keys")
            site.add(["GATEHOUSE_BACKUP_REPOSITORY": scene.repository])
            // Makes the private PostgreSQL, and nothing in it.
            #expect(try await scene.restore(backup, into: site, "--dry-run").status == 0)
            try disk.fill()
            let refused = try await scene.restore(backup, into: site)
            #expect(refused.status != 0 && !refused.errors.isEmpty, "\(refused.status) \(refused.output)")
            #expect(!refused.errors.contains("fatalError") && refused.errors.split(separator: "\n").filter { $0.hasPrefix("error: ") }.count == 1)
            disk.free()
            let restored = try await scene.restore(backup, into: site)
            #expect(restored.status == 0, "\(restored.output)\(restored.errors)")
            try await site.serve()
            let count = try await site.administrator.get("/v1/contacts?count=true&limit=1")["count"]
            #expect(count == .number(JSONNumber(200)), "\(String(describing: count))")
            await site.stop()
        }
    }
}

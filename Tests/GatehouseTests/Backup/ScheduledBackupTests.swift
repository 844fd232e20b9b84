import DataFormats
import TestPostgres
import Testing

/// Backups that `serve` makes by itself.
@Suite(.timeLimit(.minutes(10)))
struct ScheduledBackupTests {
    private func backups(_ scene: BackupScene) async throws -> [JSONObject] {
        let list = try object(try await scene.site.run("backup", "list", "--json"))
        return (list["backups"]?.arrayValue ?? []).compactMap(\.objectValue)
    }

    @Test func `a backup that is due is made, is told, and is whole; and the next is not before its time`() async throws {
        let scene = try await BackupScene()
        let site = scene.site
        site.add(["GATEHOUSE_BACKUP_SCHEDULE": "every 1d", "GATEHOUSE_BACKUP_KEEP": "last=3"])
        try await site.serve()
        let administrator = try site.administrator
        #expect(try await administrator.post("/v1/contacts", ["given_name": "Scheduled"]).status == 201)
        // The first look is half a minute after the start.
        try await eventually("a backup is made", within: .seconds(180)) {
            try await administrator.get("/metrics").text.contains("gatehouse_backups_total 1")
        }
        let made = try await backups(scene)
        #expect(made.count == 1 && made.first?["label"] == "scheduled", "\(made)")
        let check = try await site.run("backup", "check", "--identity", scene.operations)
        #expect(check.status == 0, "\(check.output)\(check.errors)")
        try await eventually("it is told when the newest was made", within: .seconds(180)) {
            let newest = try await administrator.get("/metrics").text.split(separator: "\n").first {
                $0.hasPrefix("gatehouse_backup_newest_seconds ")
            }
            return newest.map { !$0.hasSuffix(" 0") } == true
        }
        #expect(try await backups(scene).count == 1)
        let events = try await administrator.get("/v1/audit/events?outcome=disclosed&limit=200").text
        #expect(events.contains("backup:"), "a backup is a disclosure of everything: \(events.prefix(2000))")
        await site.stop()
    }
}

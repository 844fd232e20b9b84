import DataFormats
import Foundation
import TestPostgres
import TestS3
import Testing

/// What operators do with a repository, where that is a bucket.
@Suite(.timeLimit(.minutes(15)), .enabled(if: Moto.isInstalled))
struct S3CommandTests {
    private func scene() async throws -> (scene: BackupScene, bucket: String) {
        let moto = try await Moto.shared()
        let bucket = try await moto.makeBucket()
        let credentials = try TemporaryFolder.make() + "/s3"
        let text = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
        #expect(FileManager.default.createFile(atPath: credentials, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600]))
        let scene = try await BackupScene(at: [
            "GATEHOUSE_BACKUP_REPOSITORY": "s3://\(bucket)/crm", "GATEHOUSE_S3_ENDPOINT": moto.url, "GATEHOUSE_S3_CREDENTIALS_FILE": credentials,
        ])
        return (scene, bucket)
    }

    @Test func `a bucket is backed up to, checked, drilled, pruned, sealed anew and restored from, and brings nobody back`() async throws {
        let (scene, _) = try await scene()
        let site = scene.site
        try await site.serve()
        let request = try await RequestScene(site)
        let kept = try await request.administrator.make("contacts", ["given_name": "Marker", "family_name": "Staying"])
        let first = try await scene.backup()
        let id = try await request.opened("erasure")
        #expect(try await request.step(id, "approve", by: request.second)["state"] == "in-progress")
        // Certified: the repository has taken the record of it.
        #expect(try await request.step(id, "run")["state"] == "fulfilled")
        #expect(try await request.officer.get("/v1/requests/\(id)/certificate").status == 200)
        #expect(try await site.run("key", "rotate", "epoch").status == 0)
        let second = try await scene.backup()
        await site.stop()

        func backups() async throws -> [String] {
            let list = try object(try await site.run("backup", "list", "--json"))
            return (list["backups"]?.arrayValue ?? []).compactMap { $0.objectValue?["backup"]?.stringValue }.sorted()
        }
        #expect(try await backups() == [first, second].sorted())
        let check = try await site.run("backup", "check", "--identity", scene.operations)
        #expect(check.status == 0, "\(check.output)\(check.errors)")
        let drill = try await site.run("backup", "drill", "latest", "--identity", scene.operations)
        #expect(drill.status == 0, "\(drill.output)\(drill.errors)")

        let restored = try await scene.elsewhere()
        let run = try await scene.restore(first, into: restored)
        try #require(run.status == 0, "\(run.output)\(run.errors)")
        try await restored.serve()
        let administrator = try restored.administrator
        #expect(try await administrator.get("/v1/contacts/\(kept)")["family_name"] == "Staying")
        #expect(try await administrator.get("/v1/contacts/\(request.contact)").status == 404)
        await restored.stop()

        let fresh = site.folder + "/fresh.txt"
        #expect(try await Program.run(["age-keygen", "-o", fresh]).status == 0)
        var recipients = ""
        for identity in [fresh, scene.recovery] { recipients += try await Program.run(["age-keygen", "-y", identity]).output }
        try recipients.write(toFile: site.state + "/keys/backup-recipients", atomically: true, encoding: .utf8)
        let rekeyed = try await site.run("backup", "rekey", "--identity", scene.operations)
        #expect(rekeyed.status == 0, "\(rekeyed.output)\(rekeyed.errors)")
        #expect(try await site.run("backup", "check", "--identity", scene.operations).status != 0)
        #expect(try await site.run("backup", "check", "--identity", fresh).status == 0)
        #expect(try await site.run("backup", "prune", "--keep", "last=1").status == 0)
        #expect(try await backups() == [second])
        #expect(try await site.run("backup", "check", "--identity", fresh).status == 0)
    }

    @Test func `a bucket that is not there is one sentence, and nothing is made`() async throws {
        let (scene, bucket) = try await scene()
        scene.site.add(["GATEHOUSE_BACKUP_REPOSITORY": "s3://\(bucket)-none/crm"])
        let made = try await scene.site.run("backup", "create")
        #expect(made.status != 0 && made.errors.contains("NoSuchBucket") && !made.errors.contains("EXAMPLEKEY"), "\(made.status) \(made.errors)")
        #expect(made.errors.split(separator: "\n").filter { $0.hasPrefix("error: ") }.count == 1)
    }
}

import DataFormats
import Foundation
import TestPostgres
import Testing

/// The question that everybody asks: who was erased, is gone from the backups, too?
@Suite(.timeLimit(.minutes(15)))
struct NobodyComesBackTests {
    @Test func `a backup from before an erasure and the end of the epoch brings everybody back but the erased, from whatever is left anywhere`()
        async throws
    {
        let scene = try await BackupScene()
        try await scene.site.serve()
        let request = try await RequestScene(scene.site)
        let gone = request.contact
        let kept = try await request.administrator.make("contacts", ["given_name": "Marker", "family_name": "Staying"])
        let backup = try await scene.backup()
        // Somebody keeps a copy of the whole repository as it is now, with the vault's state of now.
        let old = scene.site.folder + "/old-repository"
        try FileManager.default.copyItem(atPath: scene.repository, toPath: old)

        let id = try await request.opened("erasure")
        #expect(try await request.step(id, "approve", by: request.second)["state"] == "in-progress")
        #expect(try await request.step(id, "run")["state"] == "fulfilled")
        // Control: until the epoch ends, that copy and the keys of now do open.
        try await reads(try await scene.elsewhere(repository: old), backup, scene, gone: gone, kept: kept, isReadable: true)

        #expect(try await scene.site.run("key", "rotate", "epoch").status == 0)
        await scene.site.stop()
        // The repository as it is: the vault's newest state that it has, and its ledger.
        try await reads(try await scene.elsewhere(), backup, scene, gone: gone, kept: kept, isReadable: false)
        // The old copy of it: its vault opens for nobody any more, with the keys of now and both identities.
        for identity in [scene.operations, scene.recovery] {
            let site = try await scene.elsewhere(repository: old)
            let refused = try await scene.restore(backup, into: site, identity: identity)
            #expect(refused.status == 7, "\(refused.output)\(refused.errors)")
            // And it stays closed.
            #expect(try await site.run("search", "report").status != 0)
        }
    }

    @Test func `a restored store stays closed while somebody who was erased is in it, and opens with a report of all that was done`() async throws {
        let scene = try await BackupScene()
        try await scene.site.serve()
        let request = try await RequestScene(scene.site)
        let cold = try await request.administrator.make("leads", ["given_name": "Cold"])
        try await RetentionTests.age(scene.site, "lead", "updated_at", [cold], years: 2)
        // In the copy, and in it alone, something keeps rows that are deleted.
        try await scene.site.administer(
            """
            CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
            CREATE TRIGGER keep BEFORE DELETE ON contact FOR EACH ROW EXECUTE FUNCTION keep()
            """)
        let backup = try await scene.backup()
        try await scene.site.administer("DROP TRIGGER keep ON contact")
        let id = try await request.opened("erasure")
        #expect(try await request.step(id, "approve", by: request.second)["state"] == "in-progress")
        #expect(try await request.step(id, "run")["state"] == "fulfilled")
        await scene.site.stop()

        // The catalog has gone on meanwhile, too.
        let policies = try TemporaryFolder.make() + "/policies"
        try FileManager.default.copyItem(atPath: Repository.policies, toPath: policies)
        let file = policies + "/catalog/contact.yaml"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        try text.replacing(
            "retention:\n", with: "  nickname: { type: text, max: 40, class: personal, store: sealed, mask: hidden, label: Nickname }\nretention:\n"
        )
        .write(toFile: file, atomically: true, encoding: .utf8)
        let site = try await scene.elsewhere(policies: policies)
        let refused = try await scene.restore(backup, into: site)
        #expect(refused.status == 1, "\(refused.output)\(refused.errors)")
        #expect(refused.errors.contains("people who were erased are still there: 1 in contact") && refused.errors.contains("stays closed"))
        try await site.serve()
        let caller = Caller(url: try site.url, token: request.administrator.token)
        for path in ["/v1/contacts/\(request.contact)", "/v1/contacts", "/v1/leads/\(cold)"] {
            #expect(try await caller.get(path)["code"] == "restoring")
        }
        // The databases are begun anew, for whoever waits for the end of the restore.
        try await eventually("the databases answer") { (try? await site.administer("DROP TRIGGER IF EXISTS keep ON contact")) != nil }
        await site.stop()

        let restored = try await scene.restore(backup, into: site)
        try #require(restored.status == 0, "\(restored.output)\(restored.errors)")
        let report = try object(restored)
        let tenant = try #require(report["tenants"]?.arrayValue?.first?.objectValue)
        // Their keys went the first time.
        #expect(tenant["erased_again"]?.objectValue?["people"] == 1 && tenant["found_readable"] == 0, "\(restored.output)")
        #expect(tenant["retention_due"]?.objectValue?["lead.cold-leads"] == 1, "\(restored.output)")
        #expect(tenant["audit_epoch"] == 2, "\(restored.output)")
        try await site.serve()
        let administrator = try site.administrator
        #expect(try await administrator.get("/v1/contacts/\(request.contact)").status == 404)
        // What is due is not done by the restore.
        #expect(try await administrator.get("/v1/leads/\(cold)").status == 200)
        let named = try await administrator.make("contacts", ["nickname": "Mo"])
        #expect(try await administrator.get("/v1/contacts/\(named)")["nickname"] == "Mo")
        let beginning = try await site.administer("SELECT convert_from(entry, 'UTF8') FROM audit_event WHERE epoch = 2 AND position = 0")
        #expect(beginning.contains(#""lost":"gatehouse/\#(tenant["tenant"]?.stringValue ?? "")/1 "#), "\(beginning)")
        // What the host that is gone may have signed since the backup is not contradicted, though nothing here remembers it.
        await site.stop()
        let verified = try await site.run("audit", "verify")
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
    }

    /// Restores, and looks at both as an administrator does.
    private func reads(_ site: Site, _ backup: String, _ scene: BackupScene, gone: String, kept: String, isReadable: Bool) async throws {
        let restored = try await scene.restore(backup, into: site)
        try #require(restored.status == 0, "\(restored.output)\(restored.errors)")
        try await site.serve()
        let administrator = try site.administrator
        let other = try await administrator.get("/v1/contacts/\(kept)")
        #expect(other["family_name"] == "Staying", "\(other.text)")
        let person = try await administrator.get("/v1/contacts/\(gone)")
        #expect((person["given_name"] == "Ada") == isReadable, "\(person.status) \(person.text)")
        if !isReadable {
            #expect(person.status == 404)
            let report = try #require(JSONReader.read(Array(restored.output.utf8)).objectValue)
            let tenants = report["tenants"]?.arrayValue?.compactMap(\.objectValue) ?? []
            // They, and the key of their request.
            #expect(tenants.contains { $0["erased_again"]?.objectValue?["people"] == 2 }, "\(restored.output)")
        }
        await site.stop()
    }
}

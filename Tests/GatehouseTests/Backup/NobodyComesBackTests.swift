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

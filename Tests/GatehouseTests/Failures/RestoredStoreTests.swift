import DataFormats
import Foundation
import TestPostgres
import Testing

/// A store that is taken back to an earlier state, alone or with what should have remembered the later one.
@Suite(.timeLimit(.minutes(15)))
struct RestoredStoreTests {
    enum Extent: String, CaseIterable { case store, storeAndVault, everything }

    /// A site whose log has grown by some events.
    private func grow(_ site: FaultSite, by count: Int = 12) async throws {
        let caller = Caller(url: try #require(site.gateway(0)).url, token: try site.site.administrator.token)
        for number in 0..<count { site.journal.note(try await caller.post("/v1/contacts", ["given_name": .string("n\(number)")])) }
    }

    /// The newest signed head, when it is that of the whole log.
    private func signedHead(_ site: FaultSite) async throws -> String {
        try await site.site.settleLog()
        let head = """
            SELECT c.note FROM audit_checkpoint c JOIN audit_log l ON (l.tenant_id, l.epoch, l.size) = (c.tenant_id, c.epoch, c.size)
            WHERE l.tenant_id = (SELECT id FROM tenant WHERE name = 'default')
            """
        var note = ""
        try await eventually("the head of the log is signed") {
            note = try await site.site.administer(head)
            return !note.isEmpty
        }
        return note + "\n"
    }

    private func keepCopies(_ site: FaultSite) async throws {
        try await site.cluster.keepCopy(of: site.pair.store, as: "kept_store")
        try await site.cluster.keepCopy(of: site.pair.vault, as: "kept_vault")
        try FileManager.default.copyItem(atPath: site.site.state + "/audit", toPath: site.site.folder + "/kept-audit")
    }

    private func restore(_ extent: Extent, _ site: FaultSite) async throws {
        try await site.cluster.restore(site.pair.store, from: "kept_store")
        if extent != .store { try await site.cluster.restore(site.pair.vault, from: "kept_vault") }
        if extent == .everything {
            try FileManager.default.removeItem(atPath: site.site.state + "/audit")
            try FileManager.default.copyItem(atPath: site.site.folder + "/kept-audit", toPath: site.site.state + "/audit")
        }
    }

    private func verify(_ site: FaultSite, _ checkpoints: [String]) async throws -> Program.Outcome {
        let folder = site.site.folder
        let export = try await site.site.run("audit", "export", folder + "/export", "--quiet")
        #expect(export.status == 0, "\(export.errors)")
        let key = try await site.site.run("audit", "key")
        try Data(key.output.utf8).write(to: URL(filePath: folder + "/audit.pub"))
        var command = ["audit", "verify", folder + "/export", "--key", folder + "/audit.pub", "--quiet"]
        for (number, note) in checkpoints.enumerated() {
            try Data(note.utf8).write(to: URL(filePath: "\(folder)/lost-\(number)"))
            command += ["--checkpoint", "\(folder)/lost-\(number)"]
        }
        return try await site.site.run(command)
    }

    @Test(arguments: [Extent.store, .storeAndVault])
    func `a store that was taken back begins a new epoch, which names what was lost`(extent: Extent) async throws {
        try await FaultSite.with(try await PostgresCluster.start()) { site in
            try await grow(site)
            let kept = try await signedHead(site)
            await site.end(0, SIGTERM)
            try await keepCopies(site)
            try await site.start(1)
            try await grow(site)
            let lost = try await signedHead(site)
            await site.end(0, SIGTERM)
            try await restore(extent, site)
            try await site.start(1)
            try await grow(site, by: 3)
            let next = try await signedHead(site)
            #expect(next.split(separator: "\n")[0].hasSuffix("/2"))
            let beginning = try await site.site.administer(
                "SELECT entry FROM (SELECT convert_from(entry, 'UTF8') AS entry FROM audit_event WHERE epoch = 2 AND position = 0) AS first")
            let object = try #require(try JSONReader.read(Array(beginning.utf8)).objectValue)
            #expect(object["lost"]?.stringValue == lost.split(separator: "\n").prefix(3).joined(separator: " "))
            #expect(try #require(object["kept"]?.stringValue).hasPrefix(String(try #require(kept.split(separator: "\n").first)) + " "))
            let live = try await site.site.run("audit", "verify", "--quiet")
            // That a head was lost is what its witnesses are for, and no secret of the new epoch.
            #expect(live.status == 0, "\(live.output)")
            let sound = try await verify(site, [kept, next])
            #expect(sound.status == 0, "\(sound.output)")
            let found = try await verify(site, [lost])
            #expect(found.status == 1)
            #expect(found.output.contains("tail-cut") || found.output.contains("fork"))
            #expect(found.output.contains("\(lost.split(separator: "\n")[0]) \(lost.split(separator: "\n")[1])"), "\(found.output)")
        }
    }

    @Test func `what was taken back with all that remembers it is told by a witness`() async throws {
        try await FaultSite.with(try await PostgresCluster.start()) { site in
            try await grow(site)
            _ = try await signedHead(site)
            await site.end(0, SIGTERM)
            try await keepCopies(site)
            try await site.start(1)
            try await grow(site)
            let lost = try await signedHead(site)
            let size = try #require(lost.split(separator: "\n").dropFirst().first)
            try await eventually("the witness has it, too") {
                Int(try await site.site.administer("SELECT max(size) FROM audit_witness WHERE epoch = 1")) ?? 0 >= Int(size) ?? .max
            }
            await site.end(0, SIGTERM)
            try await restore(.everything, site)
            try await site.start(1)
            try await grow(site, by: 3)
            try await eventually("the witness objects") {
                try await site.site.administer("SELECT DISTINCT failure FROM audit_witness WHERE failure IS NOT NULL") == "conflict"
            }
            #expect(Program.text(try #require(site.gateway(0)).errors).contains("conflict"))
            #expect(try await site.site.administer("SELECT DISTINCT epoch FROM audit_event") == "1")
            let overview = try await site.site.run("audit", "log", "--json")
            #expect(overview.output.contains("\"conflict\""))
            _ = try await signedHead(site)
            let found = try await verify(site, [lost])
            #expect(found.status == 1)
            #expect(found.output.contains("tail-cut") || found.output.contains("fork"), "\(found.output)")
        }
    }

    @Test(arguments: [Extent.store, .storeAndVault])
    func `a gateway that is paused through a restore contradicts no head`(extent: Extent) async throws {
        try await FaultSite.with(try await PostgresCluster.start()) { site in
            try await site.start(2)
            try await grow(site)
            _ = try await signedHead(site)
            try await keepCopies(site)
            let paused = try #require(site.gateway(1))
            try await site.underLoad(gateways: 2) { try await Task.sleep(for: .milliseconds(400)) }
            paused.signal(SIGSTOP)
            try await site.underLoad(gateways: 1) { try await Task.sleep(for: .milliseconds(400)) }
            let lost = try await signedHead(site)
            try await restore(extent, site)
            try await site.underLoad(gateways: 2) {
                try await Task.sleep(for: .milliseconds(300))
                paused.signal(SIGCONT)
                try await Task.sleep(for: .milliseconds(500))
            }
            let next = try await signedHead(site)
            #expect(next.split(separator: "\n")[0].hasSuffix("/2"))
            #expect(site.journal.contradictions == [])
            // Every head of the epoch that goes on is of its history; of those before, some were lost, and none is another.
            let later = site.journal.notes.filter { $0.split(separator: "\n")[0].hasSuffix("/2") }
            let sound = try await verify(site, later + [next])
            #expect(sound.status == 0, "\(sound.output)")
            let earlier = site.journal.notes.filter { $0.split(separator: "\n")[0].hasSuffix("/1") } + [lost]
            let found = try await verify(site, earlier)
            #expect(!found.output.contains("fork"), "\(found.output)")
        }
    }
}

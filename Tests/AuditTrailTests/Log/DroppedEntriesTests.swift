import AuditTrail
import Foundation
import PostgresLink
import Storage
import Testing
import TransparencyLog
import Vocabulary

/// Entries that have lasted their time are dropped; what is left verifies.
@Suite(.timeLimit(.minutes(15)))
struct DroppedEntriesTests {
    @Test func `whole bundles older than a time go, their hashes stay, and the export of the rest verifies`() async throws {
        try await TrailSite.with { site in
            let sequencer = try site.sequencer()
            let old = try #require(Instant("2026-01-15T12:00:00Z"))
            let border = try #require(Instant("2026-02-01T00:00:00Z"))
            for _ in 0..<7 { try await site.write([site.batch(100, at: old)]) }
            while try await sequencer.turn(site.tenant).hasMore {}
            try await site.grow(sequencer, by: 300)
            let checkpoint = try #require(try await sequencer.sign(site.tenant))
            #expect(checkpoint.head.size == 1000)

            let rows = try await site.store.read(Scope(tenant: site.tenant), [StoreDatabase.firstEntry(from: border, tenant: site.tenant)])[0]
            // 700 are old; 512 of them fill bundles.
            #expect(rows.int64(0, 0) == 1 && rows.int64(0, 1) == 1000 && rows.int64(0, 2) == 700 && rows.int64(0, 3) == 0)
            let below = 700 / TileID.width * TileID.width
            _ = try await site.store.database.write(
                [site.store.opening(Scope(tenant: site.tenant))]
                    + StoreDatabase.prune(below: LogPlace(epoch: 1, position: below), tenant: site.tenant))
            #expect(try await site.sql("SELECT min(position) || ' ' || count(*) FROM audit_event") == "512 488")

            // The log goes on from what is left, in this process and in one that has to read it anew.
            try await site.grow(sequencer, by: 10)
            try await site.grow(try site.sequencer(), by: 10)
            let later = try #require(try await site.sequencer().turned(site.tenant).sign(site.tenant))
            #expect(later.head.size == 1020)
            try await export(site, later, pruned: below, to: site.folder + "/export")
            let key = try site.signer.noteKey(of: later.origin)
            var verifier = LogFolderVerifier(folder: site.folder + "/export", key: key)
            verifier.outside = [OutsideCheckpoint(label: "before", note: Array(checkpoint.note.utf8))]
            let report = try verifier.verify()
            #expect(report.isSound, "\(report.findings)")
            #expect(report.epochs.first?.pruned == below && report.epochs.first?.entries == 1020 - below)
        }
    }

    @Test func `events of a month that nobody made a partition for have their place, and partitions are made once`() async throws {
        try await TrailSite.with { site in
            let sequencer = try site.sequencer()
            try await site.write([site.batch(3, at: try #require(Instant("2019-05-05T12:00:00Z")))])
            try await site.write([site.batch(3, at: try #require(Instant("2051-05-05T12:00:00Z")))])
            try await site.grow(sequencer, by: 3)
            #expect(try await site.sql("SELECT count(*) FROM audit_event_rest") == "6")
            #expect(try await site.counts() == "9 9")
            for _ in 0..<2 { try await site.store.makeAuditPartitions() }
            let later = try #require(Instant("2051-04-20T00:00:00Z"))
            // The month has begun to gather in the rest: it stays there, and nothing fails.
            try await site.store.makeAuditPartitions(at: later)
            #expect(try await site.sql("SELECT count(*) FROM pg_class WHERE relname IN ('audit_event_2051_04', 'audit_event_2051_05')") == "1")
            #expect(try await site.counts() == "9 9")
        }
    }

    private func export(_ site: TrailSite, _ checkpoint: SignedCheckpoint, pruned: Int, to folder: String) async throws {
        var writer = try LogFolderWriter(folder: folder, checkpoint: checkpoint, pruned: pruned)
        let scope = Scope(tenant: site.tenant)
        let entries = try await site.store.auditEntries(
            from: LogPlace(epoch: 1, position: writer.nextEntry), to: checkpoint.head.size, limit: 10_000, scope)
        for entry in entries { try writer.add(entry.entry) }
        let missing = Array(writer.missingTiles)
        let rows = try await site.store.read(scope, [StoreDatabase.tiles(missing.map { ($0.level, $0.index) }, epoch: 1, tenant: site.tenant)])[0]
        for tile in StoreDatabase.storedTiles(rows) { try writer.write(TileID(level: tile.level, index: tile.number), tile.hashes) }
        try writer.finish()
    }
}

extension Sequencer {
    /// This sequencer, once it has read the log.
    fileprivate func turned(_ tenant: TenantID) async throws -> Sequencer {
        _ = try await turn(tenant)
        return self
    }
}

import AuditTrail
import Glibc
import PostgresLink
import Storage
import TestPostgres
import Testing
import TransparencyLog
import Vocabulary

/// Stores and vaults that are taken back while sequencers know more, or less.
@Suite(.timeLimit(.minutes(15)))
struct TakenBackTests {
    /// Signs what is there, and once more when the log had to be read anew.
    private func sign(_ sequencer: Sequencer, _ site: TrailSite) async throws -> SignedCheckpoint? {
        if let signed = try await sequencer.sign(site.tenant) { return signed }
        _ = try await sequencer.turn(site.tenant)
        return try await sequencer.sign(site.tenant)
    }

    @Test(arguments: [false, true])
    func `a gateway that slept through a restore signs nothing that contradicts what was signed`(withVault: Bool) async throws {
        try await TrailSite.with { site in
            let (sleeper, other) = (try site.sequencer(), try site.sequencer())
            try await site.grow(sleeper, by: 60)
            let early = try #require(try await sign(sleeper, site))
            try await site.keepCopy()
            try await site.grow(other, by: 40)
            let lost = try #require(try await sign(other, site))
            #expect(lost.head.size == 100)
            try await site.takeBack(withVault: withVault)
            // What it knows of the log is just what the restored store says.
            try await site.grow(sleeper, by: 70)
            let next = try #require(try await sign(sleeper, site))
            #expect(next.origin.epoch == 2)
            #expect(next.head.size > 70)
            let kept = try await site.sql("SELECT epoch || ' ' || size FROM audit_checkpoint ORDER BY epoch")
            #expect(kept == "1 \(early.head.size)\n2 \(next.head.size)")
            let beginning = try await site.sql(
                "SELECT convert_from(entry, 'UTF8')::jsonb ->> 'lost' FROM audit_event WHERE epoch = 2 AND position = 0")
            #expect(beginning.hasPrefix("\(lost.origin) 100 "))
            #expect(try await site.events(epoch: 1).count == 60)
            #expect(try await site.counts() == "131 131")
        }
    }

    @Test func `a gateway that reads the log after a restore knows what another of its host has signed`() async throws {
        try await TrailSite.with { site in
            let (one, other) = (try site.sequencer(), try site.sequencer())
            try await site.grow(one, by: 10)
            _ = try await sign(one, site)
            try await site.keepCopy()
            try await site.grow(other, by: 10)
            _ = try await sign(other, site)
            try await site.takeBack(withVault: true)
            // Something else was appended, so that it has to read the log anew.
            try await site.grow(one, by: 1)
            #expect(try #require(try await sign(one, site)).origin.epoch == 2)
        }
    }

    @Test func `an event that waits a second time while its place is taken back is placed once`() async throws {
        try await TrailSite.with { site in
            let sequencer = try site.sequencer()
            try await site.grow(sequencer, by: 5)
            _ = try await sign(sequencer, site)
            let batch = site.batch(3)
            try await site.write([batch])
            _ = try await sequencer.turn(site.tenant)
            // Placed and not signed; its second writing comes when the copy is made.
            try await site.write([batch], isRepeated: true)
            try await site.keepCopy()
            _ = try await sequencer.turn(site.tenant)
            try await site.grow(sequencer, by: 4)
            _ = try await sign(sequencer, site)
            try await site.takeBack(withVault: false)
            #expect(try await sequencer.catchUp(site.tenant))
            #expect(try await site.events(epoch: 1).count == 5)
            #expect(try await site.events(epoch: 2).dropFirst() == batch.rows.map(\.id.description)[...])
            #expect(try await site.waiting() == 0)
        }
    }

    @Test func `a head and a witness's word that come after the store was taken back are not kept`() async throws {
        try await TrailSite.with { site in
            let sequencer = try site.sequencer()
            try await site.grow(sequencer, by: 8)
            let early = try #require(try await sign(sequencer, site))
            try await site.keepCopy()
            try await site.grow(sequencer, by: 20)
            let late = try #require(try await sign(sequencer, site))
            try await site.takeBack(withVault: false)
            try await site.sql(
                """
                INSERT INTO audit_witness (tenant_id, epoch, witness, size, note, tried_at)
                VALUES ('\(site.tenant)', 1, 'archive', \(early.head.size), '', now())
                """)
            // Both were under way when it was taken back.
            let stored = StoredCheckpoint(epoch: 1, size: late.head.size, root: late.head.root.bytes, note: late.note, signedAt: .now())
            _ = try await site.store.database.write([
                site.store.opening(Scope(tenant: site.tenant)), StoreDatabase.keep(stored, tenant: site.tenant),
                StoreDatabase.keepEvidence("archive", epoch: 1, size: late.head.size, note: late.note, evidence: nil, tenant: site.tenant),
            ])
            #expect(try await site.sql("SELECT size FROM audit_checkpoint") == "8")
            #expect(try await site.sql("SELECT size FROM audit_witness") == "8")
            try await site.grow(sequencer, by: 1)
            #expect(try #require(try await sign(sequencer, site)).origin.epoch == 2)
            #expect(try await site.events(epoch: 1).count == 8)
        }
    }

    @Test func `a log that was lost as a whole begins a new epoch`() async throws {
        try await TrailSite.with { site in
            let sequencer = try site.sequencer()
            try await site.keepCopy()
            try await site.grow(sequencer, by: 5)
            _ = try await sign(sequencer, site)
            try await site.takeBack(withVault: true)
            try await site.grow(sequencer, by: 1)
            #expect(try await sequencer.catchUp(site.tenant))
            #expect(try #require(try await sign(sequencer, site)).origin.epoch == 2)
            #expect(try await site.events(epoch: 2).count == 2)
        }
    }

    @Test func `a head is not written over one that somebody else has written`() async throws {
        let folder = try TemporaryFolder.make() + "/heads"
        let (one, other) = (try RememberedHeads(folder: folder), try RememberedHeads(folder: folder))
        let origin = LogOrigin(name: "gatehouse", tenant: TenantID(.make()), epoch: 1)
        func head(_ size: Int) -> Checkpoint { Checkpoint(origin: origin, head: TreeHead(size: size, root: TreeHash.leaf([UInt8(size)]))) }
        #expect(try await one.move(from: nil, to: head(1)))
        #expect(try await !other.move(from: nil, to: head(2)))
        #expect(try await other.newest(of: origin.tenant) == head(1))
        #expect(try await other.move(from: head(1), to: head(2)))
        #expect(try await !one.move(from: head(1), to: head(3)))
        // Again after an answer that was lost.
        #expect(try await one.move(from: head(1), to: head(2)))
        #expect(try await one.newest(of: origin.tenant) == head(2))
        // A process that was stopped while it wrote keeps the lock.
        let lock = open(folder + "/heads.lock", O_RDWR | O_CLOEXEC)
        #expect(flock(lock, LOCK_EX) == 0)
        await #expect(throws: SequencerError.memory) { _ = try await one.move(from: head(2), to: head(3)) }
        close(lock)
        #expect(try await one.move(from: head(2), to: head(3)))
    }
}

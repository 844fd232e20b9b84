import DataFormats
import Storage
import SubjectRights
import Testing
import Vocabulary

@testable import Assembly

/// What `serve` does of retention by itself.
@Suite(.timeLimit(.minutes(15)))
struct RetentionKeeperTests {
    private static let day = Duration.seconds(86_400)

    private func keeper(_ site: ErasureSite, _ mode: String) throws -> RetentionKeeper {
        try RetentionKeeper(site.runtime, environment: ["GATEHOUSE_RETENTION": mode, "GATEHOUSE_RETENTION_HOUR": "0"])
    }

    private func makeDue(_ site: ErasureSite) async throws -> RecordID {
        let contact = try await site.make("contact", ["family_name": "Gone", "lifecycle": "former"])
        _ = try await site.store("UPDATE contact SET last_activity_at = '2015-01-01' WHERE id = '\(contact)'")
        return contact
    }

    private func isThere(_ contact: RecordID, _ site: ErasureSite) async throws -> Bool {
        try await site.store("SELECT count(*) FROM contact WHERE id = '\(contact)'") == "1"
    }

    @Test func `what is due goes once a day, and a day that cannot be counted is counted when it can`() async throws {
        try await ErasureSite.with { site in
            let contact = try await makeDue(site)
            let keeper = try keeper(site, "run")
            let now = Instant.now()
            var done = keeper.daysDone(at: now)
            // The day of the start is over for it.
            await keeper.look(&done, at: now)
            #expect(try await site.store("SELECT count(*) FROM retention_run") == "0")

            let tomorrow = now.advanced(by: Self.day)
            let before = done
            _ = try await site.store("ALTER TABLE contact RENAME TO elsewhere")
            await keeper.look(&done, at: tomorrow)
            #expect(done == before, "what failed is not done")
            _ = try await site.store("ALTER TABLE elsewhere RENAME TO contact")
            await keeper.look(&done, at: tomorrow)
            #expect(done == before.advanced(by: 1))
            #expect(try await site.store("SELECT count(*) FROM retention_run") == "1")
            #expect(try await isThere(contact, site), "a run is begun here, and carried out in the next round")
            await keeper.look(&done, at: tomorrow)
            #expect(try await !isThere(contact, site))
            #expect(try await site.store("SELECT count(*) FROM retention_run WHERE finished_at IS NOT NULL") == "1")
            await keeper.look(&done, at: tomorrow)
            #expect(try await site.store("SELECT count(*) FROM retention_run") == "1")
        }
    }

    @Test(arguments: ["off", "plan"]) func `nothing goes by itself where nobody has said so`(mode: String) async throws {
        try await ErasureSite.with { site in
            let contact = try await makeDue(site)
            let keeper = try keeper(site, mode)
            var done = keeper.daysDone(at: .now())
            for days in 1...3 { await keeper.look(&done, at: Instant.now().advanced(by: Self.day * days)) }
            #expect(try await isThere(contact, site))
            #expect(try await site.store("SELECT count(*) FROM retention_run") == "0")
        }
    }

    @Test func `whoever comes back to life while their erasure waits stays, and the run says so`() async throws {
        try await ErasureSite.with { site in
            let (gone, back) = (try await makeDue(site), try await makeDue(site))
            let keeper = try keeper(site, "run")
            var done = keeper.daysDone(at: .now())
            let tomorrow = Instant.now().advanced(by: Self.day)
            await keeper.look(&done, at: tomorrow)
            #expect(try await site.store("SELECT count(*) FROM retention_run") == "1")
            // Somebody is just writing to one of them when the run comes to it, and has not committed.
            async let writing = site.store(
                "BEGIN; UPDATE contact SET lifecycle = 'customer' WHERE id = '\(back)'; SELECT pg_sleep(2); COMMIT")
            while try await site.store("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == "0" {}
            await keeper.look(&done, at: tomorrow)
            _ = try await writing
            #expect(try await isThere(back, site))
            #expect(try await site.vault("SELECT count(*) FROM data_key WHERE holder = '\(back)'") == "1")
            #expect(try await !isThere(gone, site))
            let tallies = "SELECT outcome, count FROM retention_tally WHERE entity = 'contact' ORDER BY outcome"
            #expect(try await site.store(tallies) == "deleted|1\npassed|1\npeople|1")
        }
    }
}

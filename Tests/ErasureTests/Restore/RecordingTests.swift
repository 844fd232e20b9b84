import Archives
import Foundation
import DataFormats
import Storage
import SubjectRights
import TestPostgres
import Testing
import Vocabulary

@testable import Assembly
@testable import Gateway

/// The repository of backups knows of every erasure before anybody is told that it is done.
@Suite(.timeLimit(.minutes(15)))
struct RecordingTests {
    private func status(_ site: ErasureSite) async throws -> (people: Int, failure: ArchiveError?) {
        let (erasures, failure) = try #require(try await site.gateway.unrecordedErasures(of: try await site.tenant()))
        return (erasures.people, failure)
    }

    @Test("an erasure is certified only once the repository knows of it, and goes on by itself")
    func certified() async throws {
        try await ErasureSite.withRepository { site, place in
            let ann = try await site.make("contact", ["given_name": "Ann", "email": "ann@example.org"])
            let officer = try await site.context(as: "compliance-officer")
            let id = UUIDv7.make()
            try place.takeAway()
            for _ in 0..<2 {
                let error = await #expect(throws: Refusal.self) { _ = try await site.gateway.runErasure(id, of: [SubjectID(ann.uuid)], officer) }
                #expect(error?.code == .repositoryUnavailable)
            }
            let asked = await #expect(throws: Refusal.self) { _ = try await site.gateway.erasureCertificate(id, officer) }
            #expect(asked?.code == .repositoryUnavailable)
            // Done all the same.
            #expect(try await site.store("SELECT step, event_id IS NULL FROM erasure WHERE id = '\(id)'") == "certify|t")
            #expect(try await site.vault("SELECT count(*) FROM data_key WHERE holder = '\(ann)'") == "0")
            #expect(try await site.gateway.resumeErasures(try await site.context()) == 0)
            var known = try await status(site)
            #expect(known.people == 1 && known.failure != nil)
            #expect(LedgerText.sentence(UnrecordedErasures(people: 1, since: .now()), known.failure).contains("1 person not in the repository"))

            try place.bringBack()
            known = try await status(site)
            #expect(known.people == 1 && known.failure == nil)
            #expect(try await site.gateway.resumeErasures(try await site.context()) == 1)
            #expect(try await status(site).people == 0)
            let entries = try await place.entries(site)
            #expect(entries.map { $0.batch.people.map(\.subject.uuid) } == [[ann.uuid]])
            #expect(entries[0].batch.suppressions.map(\.erasure) == [id] && entries[0].batch.suppressions[0].tokens.count == 1)
            _ = try await site.gateway.erasureCertificate(id, officer)
        }
    }

    @Test("what retention erased is told by whoever serves, each once, and told again only when the note was lost")
    func told() async throws {
        try await ErasureSite.withRepository { site, place in
            let people = try await site.importRows("contact", (0..<30).map { ["given_name": "Ann", "email": .string("p\($0)@example.org")] })
            let context = try await site.context()
            _ = try await site.gateway.erase(people.map { SubjectID($0.uuid) }, for: .retention(run: .make(), rule: "old"), context)
            let fault = """
                CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'fault'; END $$;
                CREATE TRIGGER fault BEFORE UPDATE ON key_tombstone FOR EACH ROW EXECUTE FUNCTION fault();
                """
            _ = try await site.vault(fault)
            let keeper = LedgerKeeper(runtime: site.runtime)
            #expect(await !keeper.record())
            #expect(try await place.entries(site).count == 1)
            #expect(try await status(site).people == 30)
            _ = try await site.vault("DROP TRIGGER fault ON key_tombstone")
            #expect(await keeper.record())
            #expect(await keeper.record())
            let entries = try await place.entries(site)
            #expect(entries.count == 2 && entries.allSatisfy { Set($0.batch.people.map(\.subject.uuid)) == Set(people.map(\.uuid)) })
            #expect(try await status(site).people == 0)
        }
    }

    @Test("another repository is told everything, and a moment after the other of two gateways nothing twice")
    func moved() async throws {
        try await ErasureSite.withRepository { site, place in
            let tenant = try await site.tenant()
            let people = try await site.importRows("contact", (0..<8).map { ["given_name": "Ann", "email": .string("p\($0)@example.org")] })
            let context = try await site.context()
            _ = try await site.gateway.erase(people.map { SubjectID($0.uuid) }, for: .retention(run: .make(), rule: "old"), context)
            #expect(try await site.gateway.recordErasures(of: tenant) == 8)
            #expect(try await site.gateway.recordErasures(of: tenant) == 0)
            let vault = site.gateway.vault
            let (mine, other) = (try await place.begin(), UUIDv7.make())
            #expect(try await vault.unrecordedErasures(in: mine, limit: 100, of: tenant).isEmpty)
            #expect(try await vault.unrecordedErasures(in: other, limit: 100, of: tenant).people.count == 8)
            #expect(try await vault.unrecordedCount(in: other, of: tenant).people == 8)
            #expect(try await vault.unrecordedErasures(in: other, limit: 3, of: tenant).people.count == 3)
            #expect(try await vault.isRecorded(people.map(\.uuid), in: mine, tenant: tenant))
            #expect(try await !vault.isRecorded(people.map(\.uuid) + [.make()], in: mine, tenant: tenant))
            #expect(try await !vault.isRecorded(people.map(\.uuid), in: other, tenant: tenant))
        }
    }

    @Test("without a repository nothing waits, and recipients that are missing or alone are refused at the start")
    func settings() async throws {
        try await ErasureSite.with { site in
            #expect(try await site.gateway.unrecordedErasures(of: try await site.tenant()) == nil)
            let state = site.runtime.state
            let signer = site.gateway.rights.signer
            for recipients in ["", "# nobody\n"] {
                try recipients.write(toFile: site.folder + "/recipients", atomically: true, encoding: .utf8)
                let environment = [
                    "GATEHOUSE_BACKUP_REPOSITORY": site.folder, "GATEHOUSE_BACKUP_RECIPIENTS_FILE": site.folder + "/recipients",
                ]
                let error = #expect(throws: CommandFailure.self) { _ = try LedgerSettings.source(environment: environment, state, signer) }
                #expect(error?.kind == .unfit)
            }
            #expect(throws: CommandFailure.self) {
                _ = try LedgerSettings.source(environment: ["GATEHOUSE_BACKUP_REPOSITORY": "backups"], state, signer)
            }
        }
    }
}

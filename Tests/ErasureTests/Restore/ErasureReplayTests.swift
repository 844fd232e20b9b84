import Archives
import DataFormats
import Sealing
import Storage
import SubjectRights
import TestPostgres
import Testing
import Vocabulary

@testable import Gateway

/// Nobody who was erased comes back by a copy that was made before.
@Suite(.timeLimit(.minutes(15)))
struct ErasureReplayTests {
    /// Ann and Bea, each with records, consents and the rest.
    private struct People {
        let ann: RecordID
        let bea: RecordID
        let shared: RecordID

        init(_ site: ErasureSite) async throws {
            ann = try await site.make("contact", ["given_name": "Ann", "email": "ann@example.org", "external_id": "A1"])
            bea = try await site.make("contact", ["given_name": "Bea", "email": "bea@example.org"])
            let context = try await site.context()
            for person in [ann, bea] {
                try await site.make(
                    "deal", ["name": "Big", "contact_id": .string("\(person)"), "stage": "won", "close_date": "2026-01-01", "notes": "Signs"])
                try await site.make("task", ["title": "Call", "contact_id": .string("\(person)")])
                var answer = ConsentAnswer(.given)
                answer.evidence = Personal("a form")
                try await site.gateway.recordConsent(SubjectID(person.uuid), to: "marketing", answer, context)
                try await site.gateway.setOptOut(SubjectID(person.uuid), stands: true, source: .person, context)
            }
            let lead = try await site.make("lead", ["given_name": "Lea"])
            shared = try await site.make(
                "activity", ["kind": "visit", "contact_id": .string("\(bea)"), "lead_id": .string("\(lead)"), "topic": "Both"])
        }
    }

    private static let everything = """
        SELECT (SELECT count(*) FROM contact), (SELECT count(*) FROM deal), (SELECT count(*) FROM deal WHERE subject_id IS NULL),
          (SELECT count(*) FROM task), (SELECT count(*) FROM consent_event), (SELECT count(*) FROM subject_opt_out)
        """

    /// Events whose records or entry name somebody.
    private func tied(_ person: RecordID) -> String {
        let hex = "\(person)".filter { $0 != "-" }
        return "SELECT count(*) FROM audit_event WHERE encode(coalesce(records, ''), 'hex') LIKE '%\(hex)%'"
    }

    @Test("a copy of the store from before an erasure loses exactly that person, and once more finds nothing to do")
    func store() async throws {
        try await ErasureSite.withRepository { site, place in
            let people = try await People(site)
            try await site.gateway.wipeMargins(of: try await site.tenant())
            let margins = try await site.store(tied(people.bea))
            try await site.keep(.store)
            let officer = try await site.context(as: "compliance-officer")
            _ = try await site.gateway.runErasure(.make(), of: [SubjectID(people.ann.uuid)], officer)
            let after = try await site.store(Self.everything)
            #expect(after == "1|2|1|1|1|1")
            #expect(try await site.remainders() == [:])

            try await site.putBack(.store)
            // What a restore without a replay would leave.
            #expect(try await site.store(Self.everything) == "2|2|0|2|2|2")
            #expect(try await site.store(tied(people.ann)) != "0")
            let left = try await site.remainders()
            #expect(
                left == ["contact": 1, "deal": 1, "deal.contact_id": 1, "task": 1, "task.contact_id": 1, "consent_event": 1, "subject_opt_out": 1])

            let counts = try await site.replay(place)
            #expect(counts.people == 1 && counts.keys == 0 && counts.deleted == ["contact": 1, "task": 1] && counts.blanked == ["deal": 1])
            #expect(counts.cut == ["deal.contact_id": 1] && counts.rows == ["consent_event": 1, "subject_opt_out": 1])
            #expect(counts.margins > 0)
            #expect(try await site.store(Self.everything) == after)
            #expect(try await site.remainders() == [:])
            #expect(try await site.store(tied(people.ann)) == "0")
            #expect(try await site.store(tied(people.bea)) == margins && margins != "0")
            #expect(try await site.text("contact", people.bea).contains("bea@example.org"))
            #expect(try await site.text("activity", people.shared).contains("Both"))
            await #expect(throws: Refusal.self) { _ = try await site.text("contact", people.ann) }
            #expect(try await site.gateway.consents(of: SubjectID(people.bea.uuid), try await site.context()).evidence.values.first == "a form")

            let again = try await site.replay(place)
            #expect(again.people == 1 && again.isIdle)
            try await site.gateway.wipeMargins(of: try await site.tenant())
            let told = "SELECT count(*) FROM audit_event WHERE convert_from(entry, 'UTF8') LIKE '%erasures:replayed%'"
            #expect(try await site.store(told) == "2")
        }
    }

    @Test("a copy of both databases from before an erasure opens it no more, and who was kept out is kept out again")
    func both() async throws {
        try await ErasureSite.withRepository { site, place in
            let people = try await People(site)
            try await site.keep(.store)
            try await site.keep(.vault)
            let officer = try await site.context(as: "compliance-officer")
            _ = try await site.gateway.runErasure(.make(), of: [SubjectID(people.ann.uuid)], officer)
            try await site.putBack(.store)
            try await site.putBack(.vault)
            #expect(try await site.text("contact", people.ann).contains("ann@example.org"))
            #expect(try await site.remainders() == [:])

            let counts = try await site.replay(place, through: 1)
            #expect(counts.people == 1 && counts.keys == 1 && counts.searchTokens > 0 && counts.suppressions == 2)
            #expect(try await site.remainders() == [:])
            #expect(try await site.store(Self.everything) == "1|2|1|1|1|1")
            await #expect(throws: Refusal.self) { _ = try await site.text("contact", people.ann) }
            #expect(try await site.text("contact", people.bea).contains("bea@example.org"))
            #expect(try await site.vault("SELECT count(*) FROM data_key WHERE holder = '\(people.ann)'") == "0")
            // Kept out: the program hears of a record that is not kept.
            try await site.make("contact", ["given_name": "Ann", "email": "ann@example.org"])
            #expect(try await site.store("SELECT count(*) FROM contact") == "1")
            // The ledger has it already.
            #expect(try await site.gateway.recordErasures(of: try await site.tenant()) == 0)
            #expect(try await site.replay(place).isIdle)
        }
    }

    @Test("who came back by their own will is not kept out again, whichever copy is put back")
    func lifted() async throws {
        try await ErasureSite.withRepository { site, place in
            let people = try await People(site)
            let officer = try await site.context(as: "compliance-officer", reason: "she came again")
            let request = UUIDv7.make()
            try await site.keep(.vault)
            _ = try await site.gateway.runErasure(request, of: [SubjectID(people.ann.uuid)], officer)
            // Not told to the repository yet: the vault knows it.
            _ = try await site.gateway.liftSuppression(email: nil, phone: nil, request: request, officer)
            #expect(try await site.replay(place).suppressions == 0)
            #expect(try await site.vault("SELECT count(*) FROM suppression") == "0")
            // Told, and the vault is an older one.
            _ = try await site.gateway.recordErasures(of: try await site.tenant())
            #expect(try await place.entries(site).flatMap(\.batch.lifts).map(\.erasure) == [request])
            try await site.putBack(.vault)
            let counts = try await site.replay(place)
            #expect(counts.keys == 1)
            #expect(try await site.vault("SELECT count(*) FROM suppression") == "0")
        }
    }

    @Test("a replay that breaks off in the middle is gone on with, and nobody else loses anything")
    func brokenOff() async throws {
        try await ErasureSite.withRepository { site, place in
            let people = try await site.importRows("contact", (0..<2600).map { ["given_name": "Ann", "email": .string("p\($0)@example.org")] })
            let (gone, staying) = (Array(people.prefix(2500)), people.suffix(100))
            try await site.keep(.store)
            let context = try await site.context()
            for start in stride(from: 0, to: 2500, by: 500) {
                let part = gone[start..<start + 500].map { SubjectID($0.uuid) }
                _ = try await site.gateway.erase(part, for: .retention(run: .make(), rule: "old"), context)
            }
            let tenant = try await site.tenant()
            #expect(try await site.gateway.recordErasures(of: tenant) == 2500)
            try await site.putBack(.store)
            #expect(try await site.remainders() == ["contact": 2500])

            // Tombstones are taken in the order of their ids: this one is in the last batch.
            let last = gone.max() ?? gone[0]
            let fault = """
                CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'fault'; END $$;
                CREATE TRIGGER fault BEFORE DELETE ON contact FOR EACH ROW WHEN (OLD.id = '\(last)') EXECUTE FUNCTION fault();
                """
            _ = try await site.store(fault)
            await #expect(throws: ReplayFailure.self) { _ = try await site.replay(place) }
            #expect(try await site.store("SELECT count(*) FROM contact") == "600")
            _ = try await site.store("DROP TRIGGER fault ON contact")
            let counts = try await site.replay(place)
            #expect(counts.people == 2500 && counts.deleted == ["contact": 500])
            #expect(try await site.remainders() == [:])
            #expect(Set(try await site.store("SELECT id FROM contact").split(separator: "\n").map(String.init)) == Set(staying.map { "\($0)" }))
            #expect(try await site.text("contact", staying[2555]).contains("p2555@example.org"))
        }
    }

    @Test("a hold that an older copy still has on somebody who was erased keeps nobody")
    func hold() async throws {
        try await ErasureSite.withRepository { site, place in
            let people = try await People(site)
            let hold = try await site.hold(SubjectID(people.ann.uuid))
            try await site.keep(.store)
            let officer = try await site.context(as: "compliance-officer", reason: "the suit is over")
            _ = try await site.gateway.releaseHold(hold.id, officer)
            _ = try await site.gateway.runErasure(.make(), of: [SubjectID(people.ann.uuid)], officer)
            try await site.putBack(.store)
            #expect(try await site.store("SELECT count(*) FROM legal_hold WHERE released_at IS NULL") == "1")
            _ = try await site.replay(place)
            #expect(try await site.remainders() == [:])
            #expect(try await site.store("SELECT count(*) FROM legal_hold") == "0")
        }
    }

    @Test("whose key alone was destroyed keeps the records through a restore, until they are erased")
    func keyless() async throws {
        try await ErasureSite.withRepository { site, place in
            let people = try await People(site)
            try await site.keep(.vault)
            let officer = try await site.context(as: "compliance-officer", reason: "she asked")
            let (ann, tenant) = (SubjectID(people.ann.uuid), try await site.tenant())
            _ = try await site.gateway.vault.destroyKey(of: ann.uuid, tenant: tenant)
            #expect(try await site.gateway.recordErasures(of: tenant) == 1)
            #expect(try await place.entries(site).flatMap(\.batch.people).map(\.keepsRecords) == [true])
            try await site.putBack(.vault)
            let counts = try await site.replay(place)
            #expect(counts.people == 1 && counts.keys == 1 && counts.deleted.isEmpty)
            #expect(try await site.store(Self.everything) == "2|2|0|2|2|2")
            #expect(try await site.remainders() == [:])
            // Erased after all, the repository is told again, and a restore goes by the later.
            _ = try await site.gateway.runErasure(.make(), of: [ann], officer)
            #expect(try await place.entries(site).flatMap(\.batch.people).map(\.keepsRecords) == [true, false])
            try await site.putBack(.vault)
            let again = try await site.replay(place, through: 2)
            #expect(again.keys == 1 && again.deleted.isEmpty)
            #expect(try await site.vault("SELECT count(*) FROM key_tombstone WHERE keeps_records IS NULL AND recorded_in IS NOT NULL") == "1")
            #expect(try await site.replay(place).isIdle)
            #expect(try await site.gateway.recordErasures(of: tenant) == 0)
        }
    }

    @Test("a ledger that is not whole is refused before anything is erased by it")
    func gap() async throws {
        try await ErasureSite.withRepository { site, place in
            let people = try await People(site)
            let (context, tenant) = (try await site.context(), try await site.tenant())
            try await site.keep(.vault)
            for person in [people.ann, people.bea] {
                _ = try await site.gateway.erase([SubjectID(person.uuid)], for: .retention(run: .make(), rule: "old"), context)
                _ = try await site.gateway.recordErasures(of: tenant)
            }
            try await site.putBack(.vault)
            let error = await #expect(throws: ReplayFailure.self) { _ = try await site.replay(place, through: 3) }
            guard case .ledger(.damaged("erasures/000000000003.json", _))? = error else { throw TestFailure("\(String(describing: error))") }
            #expect(try await site.vault("SELECT count(*) FROM key_tombstone") == "0")
            #expect(try await site.replay(place, through: 2).keys == 2)
        }
    }
}

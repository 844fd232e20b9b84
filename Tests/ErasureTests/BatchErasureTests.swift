import DataFormats
import Gateway
import Identity
import TestPostgres
import Testing
import Vocabulary

/// People who go together, as retention lets them go.
@Suite(.timeLimit(.minutes(15)))
struct BatchErasureTests {
    private static let cause = ErasureCause.retention(run: .make(), rule: "old")

    @Test func `what is theirs goes, what is shared stays without them, and nothing of others is touched`() async throws {
        try await ErasureSite.with { site in
            let (ann, bea) = (
                try await site.make("contact", ["given_name": "Ann", "email": "ann@example.org", "external_id": "A1"]),
                try await site.make("contact", ["given_name": "Bea"])
            )
            let lead = try await site.make("lead", ["given_name": "Ann"])
            let won = try await site.make(
                "deal", ["name": "Big", "contact_id": .string("\(ann)"), "stage": "won", "close_date": "2026-01-01", "notes": "Ann signs"])
            let other = try await site.make("deal", ["name": "Small", "contact_id": .string("\(bea)"), "notes": "Bea signs"])
            let call = try await site.make(
                "activity", ["kind": "call", "contact_id": .string("\(ann)"), "deal_id": .string("\(won)"), "topic": "Prices"])
            // Bea's, though it points to Ann's lead.
            let shared = try await site.make(
                "activity", ["kind": "visit", "contact_id": .string("\(bea)"), "lead_id": .string("\(lead)"), "topic": "Both"])
            try await site.make("task", ["title": "Call Ann", "contact_id": .string("\(ann)"), "deal_id": .string("\(won)")])
            let context = try await site.context()
            try await site.gateway.setRestriction(SubjectID(ann.uuid), "accuracy", context)

            let subjects = [SubjectID(ann.uuid), SubjectID(lead.uuid)]
            let counts = try await site.gateway.erase(subjects, for: Self.cause, context)
            #expect(counts.people == 2 && counts.keys == 2 && counts.leftovers == 0 && counts.held.isEmpty)
            #expect(counts.deleted == ["contact": 1, "lead": 1, "activity": 1, "task": 1])
            #expect(counts.blanked == ["deal": 1])
            #expect(counts.cut == ["deal.contact_id": 1, "activity.lead_id": 1])
            #expect(counts.rows["subject_restriction"] == 1)

            for (table, id) in [("contact", ann), ("lead", lead), ("activity", call)] {
                #expect(try await site.store("SELECT count(*) FROM \(table) WHERE id = '\(id)'") == "0")
            }
            let kept = try await site.store("SELECT name, subject_id IS NULL, contact_id IS NULL, notes IS NULL, stage FROM deal WHERE id = '\(won)'")
            #expect(kept == "Big|t|t|t|won")
            #expect(try await site.store("SELECT subject_id, notes IS NULL FROM deal WHERE id = '\(other)'") == "\(bea)|f")
            #expect(try await site.store("SELECT subject_id, lead_id IS NULL, topic IS NULL FROM activity WHERE id = '\(shared)'") == "\(bea)|t|f")
            #expect(try await site.vault("SELECT count(*) FROM key_tombstone") == "2")
            #expect(try await site.vault("SELECT count(*) FROM data_key WHERE holder IN ('\(ann)', '\(lead)')") == "0")
            #expect(try await site.vault("SELECT count(*) FROM search_token WHERE holder IN ('\(ann)', '\(lead)')") == "0")
            #expect(try await site.vault("SELECT count(*) > 0 FROM search_token WHERE holder = '\(bea)'") == "t")
            #expect(try await site.store("SELECT count(*) FROM erasure") == "0")

            // Once more finds nothing to do.
            let again = try await site.gateway.erase(subjects, for: Self.cause, context)
            #expect(again.keys == 0 && again.deleted.isEmpty && again.blanked.isEmpty && again.leftovers == 0)
        }
    }

    @Test func `who is held stays, restricted, and the others go`() async throws {
        try await ErasureSite.with { site in
            let (ann, bea) = (try await site.make("contact", ["given_name": "Ann"]), try await site.make("contact", ["given_name": "Bea"]))
            let context = try await site.context()
            try await site.hold(SubjectID(ann.uuid))
            let counts = try await site.gateway.erase([SubjectID(ann.uuid), SubjectID(bea.uuid)], for: Self.cause, context)
            #expect(counts.people == 1 && counts.held.keys.map(\.uuid) == [ann.uuid])
            #expect(try await site.store("SELECT id FROM contact") == "\(ann)")
            #expect(try await site.store("SELECT count(*) FROM subject_restriction WHERE subject_id = '\(ann)'") == "1")
            let none = try await site.gateway.erase([SubjectID(ann.uuid)], for: Self.cause, context)
            #expect(none.people == 0 && none.held.count == 1 && none.keys == 0)
            #expect(try await site.vault("SELECT count(*) FROM data_key WHERE holder = '\(ann)'") == "1")
        }
    }

    @Test func `margins of events about them go, and their pseudonyms lead nowhere`() async throws {
        try await ErasureSite.with { site in
            let ann = try await site.make("contact", ["given_name": "Ann"])
            let context = try await site.context()
            try await site.gateway.wipeMargins(of: context.principal.tenant)
            let hex = ann.description.filter { $0 != "-" }
            let tied =
                "SELECT count(*) FROM audit_event WHERE encode(coalesce(records, ''), 'hex') LIKE '%\(hex)%' OR convert_from(entry, 'UTF8') LIKE '%\(ann)%'"
            #expect(try await site.store(tied) == "1")
            _ = try await site.gateway.erase([SubjectID(ann.uuid)], for: Self.cause, context)
            #expect(try await site.store(tied) == "0")
        }
    }
}

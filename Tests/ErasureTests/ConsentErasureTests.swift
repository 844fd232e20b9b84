import DataFormats
import Gateway
import Storage
import SubjectRights
import TestPostgres
import Testing
import Vocabulary

/// What people have said goes with them, although nobody else may take it away.
@Suite(.timeLimit(.minutes(15)))
struct ConsentErasureTests {
    @Test func `an erasure takes a person's ledger, links and opt-outs, and leaves those of others`() async throws {
        try await ErasureSite.with { site in
            let (ann, bea) = (
                SubjectID(try await site.make("contact", ["given_name": "Ann", "email": "ann@example.org"]).uuid),
                SubjectID(try await site.make("contact", ["given_name": "Bea", "email": "bea@example.org"]).uuid)
            )
            let context = try await site.context()
            for person in [ann, bea] {
                var answer = ConsentAnswer(.given)
                answer.evidence = Personal("a form")
                try await site.gateway.recordConsent(person, to: "marketing", answer, context)
                try await site.gateway.requestConsent(of: person, to: "marketing", language: nil, context)
                try await site.gateway.setOptOut(person, stands: true, source: .person, context)
            }
            let counts = "SELECT (SELECT count(*) FROM consent_event), (SELECT count(*) FROM consent_link), (SELECT count(*) FROM subject_opt_out)"
            #expect(try await site.store(counts) == "4|2|2")
            _ = try await site.gateway.erase([ann], for: .retention(run: .make(), rule: "old"), context)
            #expect(try await site.store(counts) == "2|1|1")
            #expect(try await site.store("SELECT count(*) FROM consent_event WHERE subject_id = '\(ann)'") == "0")
            #expect(try await site.gateway.consents(of: bea, context).evidence.values.first == "a form")
            await #expect(throws: Refusal.self) { try await site.gateway.consents(of: ann, context) }
        }
    }
}

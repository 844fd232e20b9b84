import DataFormats
import Gateway
import Storage
import SubjectRights
import Testing
import Vocabulary

/// How long the records of requests are kept.
@Suite(.timeLimit(.minutes(15)))
struct RequestRecordTests {
    /// Records of requests that were closed some months ago.
    ///
    /// - Parameter ids: SQL of the id of each; `each` is its number.
    private func close(_ count: Int = 1, ids: String, about person: RecordID, months: Int, _ site: ErasureSite) async throws {
        _ = try await site.store(
            """
            INSERT INTO subject_request (tenant_id, id, version, kind, regulation, regulation_from, channel, opened_by, received_at, state, due_on,
              failed_attempts, paused_microseconds, codes_sent, subjects, closed_at)
            SELECT tenant_id, (\(ids))::uuid, 1, 'limit', 'ccpa', '\(try from(site))', 'letter', 'test', now(), 'fulfilled', now(), 0, 0, 0, ARRAY[id],
              now() - interval '\(months) months 2 days'
            FROM contact, generate_series(1, \(count)) AS each WHERE id = '\(person)'
            """)
    }

    private func from(_ site: ErasureSite) throws -> String {
        try #require(site.gateway.rights.regulations.all.first { $0.name == "ccpa" }?.versions.first).from.description
    }

    private func notice(_ cause: String, months: Int, _ site: ErasureSite) async throws {
        _ = try await site.store(
            """
            INSERT INTO recipient_notice (tenant_id, id, cause_id, recipient, kind, state, attempts, created_at)
            SELECT tenant_id, gen_random_uuid(), (\(cause))::uuid, 'hosting', 'opt-out', 'by-hand', 0, now() - interval '\(months) months 2 days'
            FROM contact LIMIT 1
            """)
    }

    @Test func `what has lasted its time goes, except what is about people whom a hold keeps`() async throws {
        try await ErasureSite.with { site in
            let (ann, bea) = (try await site.make("contact", ["given_name": "Ann"]), try await site.make("contact", ["given_name": "Bea"]))
            try await site.hold(SubjectID(ann.uuid))
            // More of hers than are looked at together, and before the others.
            try await close(150, ids: "'00000000-0000-7000-8000-' || lpad(to_hex(each), 12, '0')", about: ann, months: 25, site)
            let (old, recent) = ("'f0000000-0000-7000-8000-000000000001'", "'f0000000-0000-7000-8000-000000000002'")
            try await close(ids: old, about: bea, months: 25, site)
            try await close(ids: recent, about: bea, months: 23, site)
            try await notice("'00000000-0000-7000-8000-000000000001'", months: 25, site)
            try await notice(old, months: 25, site)
            try await notice("gen_random_uuid()", months: 25, site)
            try await notice("gen_random_uuid()", months: 23, site)

            #expect(try await site.gateway.dropRequests(try await site.context()) == 1)
            #expect(try await site.store("SELECT count(*) FROM subject_request WHERE subjects = ARRAY['\(ann)'::uuid]") == "150")
            #expect(try await site.store("SELECT count(*) FROM subject_request WHERE id = \(old)") == "0")
            #expect(try await site.store("SELECT count(*) FROM subject_request WHERE id = \(recent)") == "1")
            #expect(try await site.vault("SELECT count(*) FROM key_tombstone WHERE holder = \(old)") == "1")
            #expect(try await site.store("SELECT count(*) FROM recipient_notice") == "2")
            #expect(try await site.store("SELECT count(*) FROM recipient_notice WHERE created_at < now() - interval '24 months'") == "1")
            #expect(try await site.gateway.dropRequests(try await site.context()) == 0)
        }
    }
}

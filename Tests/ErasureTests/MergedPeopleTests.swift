import Catalog
import DataFormats
import Disclosure
import Gateway
import Identity
import Storage
import SubjectRights
import TestPostgres
import Testing
import Vocabulary

/// People who turned out to be one: in what goes, in what fails, and in what was under way.
@Suite(.timeLimit(.minutes(15)))
struct MergedPeopleTests {
    private func merge(_ site: ErasureSite, _ winner: RecordID, _ losers: [RecordID], entity: String = "contact") async throws {
        let host = try await site.context()
        let context = RequestContext(
            principal: .host(tenant: host.principal.tenant, roles: ["administrator"]), purpose: site.gateway.catalog.purposes["operations"],
            policies: site.gateway.policies, requestID: .make())
        guard let kind = site.gateway.catalog.entity(named: entity) else { throw TestFailure("there is no entity \(entity)") }
        var versions = JSONObject()
        for id in losers + [winner] { versions["\(id)"] = .string(try await site.gateway.read(kind, id, context).entityTag) }
        let body: JSONObject = [
            "winner": .string("\(winner)"), "losers": .array(losers.map { .string("\($0)") }), "versions": .object(versions),
        ]
        _ = try await site.gateway.merge(kind, body, isDryRun: false, context)
    }

    private static let cause = ErasureCause.retention(run: .make(), rule: "old")

    @Test func `whoever is erased goes with every id that they have had, and with every key`() async throws {
        try await ErasureSite.with { site in
            for asked in 0..<3 {
                let ids = [
                    try await site.make("contact", ["family_name": "A", "email": "a@example.org"]),
                    try await site.make("contact", ["family_name": "B", "email": "b@example.org"]),
                    try await site.make("contact", ["family_name": "C"]),
                ]
                let call = try await site.make("activity", ["kind": "call", "contact_id": .string("\(ids[2])"), "topic": "Prices"])
                // C into B, then B into A: flat all the same.
                try await merge(site, ids[1], [ids[2]])
                try await merge(site, ids[0], [ids[1]])
                #expect(try await site.store("SELECT count(DISTINCT into_id) FROM merged_person WHERE into_id = '\(ids[0])'") == "1")
                #expect(try await site.store("SELECT subject_id FROM activity WHERE id = '\(call)'") == "\(ids[0])")
                let holders = ids.map { "'\($0)'" }.joined(separator: ", ")
                #expect(try await site.vault("SELECT count(*) FROM data_key WHERE holder IN (\(holders))") == "3")
                let counts = try await site.gateway.erase([SubjectID(ids[asked].uuid)], for: Self.cause, try await site.context())
                #expect(counts.people == 1)
                #expect(counts.keys == 3)
                #expect(try await site.vault("SELECT count(*) FROM data_key WHERE holder IN (\(holders))") == "0")
                #expect(try await site.vault("SELECT count(*) FROM key_tombstone WHERE holder IN (\(holders))") == "3")
                #expect(try await site.vault("SELECT count(*) FROM search_token WHERE holder IN (\(holders))") == "0")
                #expect(try await site.store("SELECT count(*) FROM contact WHERE id IN (\(holders))") == "0")
                #expect(try await site.store("SELECT count(*) FROM activity WHERE id = '\(call)'") == "0")
                #expect(try await site.store("SELECT count(*) FROM merged_person") == "0")
                #expect(try await site.store("SELECT count(*) FROM merged_record WHERE subject_id IS NOT NULL") == "0")
            }
        }
    }

    @Test func `a hold on the person of today keeps every key that they have`() async throws {
        try await ErasureSite.with { site in
            let (winner, loser) = (try await site.make("contact", ["family_name": "A"]), try await site.make("contact", ["family_name": "B"]))
            try await merge(site, winner, [loser])
            try await site.hold(SubjectID(winner.uuid))
            let counts = try await site.gateway.erase([SubjectID(loser.uuid)], for: Self.cause, try await site.context())
            #expect(counts.people == 0)
            #expect(try await site.vault("SELECT count(*) FROM data_key WHERE holder IN ('\(winner)', '\(loser)')") == "2")
            #expect(try await site.store("SELECT count(*) FROM contact WHERE id = '\(winner)'") == "1")
        }
    }

    @Test func `requests that are open follow the person`() async throws {
        try await ErasureSite.with { site in
            let (winner, loser) = (try await site.make("contact", ["family_name": "A"]), try await site.make("contact", ["family_name": "B"]))
            let tenant = try await site.tenant()
            let officer = try await site.context(as: "compliance-officer")
            var opening = RequestOpening(kind: .access)
            opening.regulation = "gdpr"
            opening.subject = SubjectID(loser.uuid)
            let opened = try await site.gateway.openRequest(opening, officer).id
            try await merge(site, winner, [loser])
            let found = try await site.store(
                "SELECT array_to_string(subjects, ',') FROM subject_request WHERE tenant_id = '\(tenant)' AND id = '\(opened)'")
            #expect(found == "\(winner)")
        }
    }

    @Test func `what fails in a merge leaves both as they were`() async throws {
        try await ErasureSite.with { site in
            let faults = [
                ("merged_record", "INSERT", false), ("contact", "DELETE", false), ("audit_inbox", "INSERT", false), ("activity", "UPDATE", false),
                ("search_token", "INSERT", true),
            ]
            for (table, event, isVault) in faults {
                let winner = try await site.make("contact", ["family_name": "A"])
                let loser = try await site.make("contact", ["family_name": "B", "email": "b@example.org"])
                let call = try await site.make("activity", ["kind": "call", "contact_id": .string("\(loser)"), "topic": "Prices"])
                let before = try await state(site, winner, loser, call)
                let set = """
                    CREATE OR REPLACE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'fault'; END $$;
                    CREATE TRIGGER fault BEFORE \(event) ON \(table) FOR EACH ROW EXECUTE FUNCTION fault();
                    """
                _ = isVault ? try await site.vault(set) : try await site.store(set)
                await #expect(throws: (any Error).self, "\(table)") { try await merge(site, winner, [loser]) }
                let lift = "DROP TRIGGER fault ON \(table)"
                _ = isVault ? try await site.vault(lift) : try await site.store(lift)
                #expect(try await state(site, winner, loser, call) == before, "\(table)")
                try await merge(site, winner, [loser])
                #expect(try await site.store("SELECT subject_id FROM activity WHERE id = '\(call)'") == "\(winner)", "\(table)")
            }
        }
    }

    private func state(_ site: ErasureSite, _ winner: RecordID, _ loser: RecordID, _ call: RecordID) async throws -> [String] {
        let ids = "('\(winner)', '\(loser)', '\(call)')"
        return [
            try await site.store("SELECT string_agg(md5(contact::text), ',' ORDER BY id) FROM contact WHERE id IN \(ids)"),
            try await site.store("SELECT string_agg(md5(activity::text), ',' ORDER BY id) FROM activity WHERE id IN \(ids)"),
            try await site.store("SELECT count(*) FROM merged_person WHERE person_id IN \(ids)"),
            try await site.vault(
                "SELECT string_agg(holder || place || record_id, ',' ORDER BY place, record_id) FROM search_token WHERE record_id IN \(ids)"),
        ]
    }

    @Test func `what was being written about somebody meanwhile follows, and so do tokens that were left`() async throws {
        try await ErasureSite.with { site in
            let (winner, loser) = (try await site.make("contact", ["family_name": "A"]), try await site.make("contact", ["family_name": "B"]))
            let call = try await site.make("activity", ["kind": "call", "contact_id": .string("\(loser)"), "topic": "Prices"])
            let kept = try await site.store("SELECT encode(topic, 'hex') FROM activity WHERE id = '\(call)'")
            try await merge(site, winner, [loser])
            // As if the call had been written at the moment of the merge: about who is no more, under the old key.
            _ = try await site.store(
                """
                UPDATE activity SET subject_id = '\(loser)', topic = decode('\(kept)', 'hex') WHERE id = '\(call)';
                INSERT INTO subject_restriction (tenant_id, subject_id, since, ground, recorded_by, is_own)
                  SELECT tenant_id, '\(loser)', now(), 'contested', 'x', true FROM activity WHERE id = '\(call)';
                UPDATE merged_person SET merged_at = now() - interval '2 minutes' WHERE person_id = '\(loser)'
                """)
            _ = try await site.vault("UPDATE search_token SET holder = '\(loser)' WHERE record_id = '\(winner)'")
            #expect(try await site.gateway.resumeMerges(try await site.context()) == 1)
            #expect(try await site.store("SELECT subject_id FROM activity WHERE id = '\(call)'") == "\(winner)")
            #expect(try await site.store("SELECT subject_id FROM subject_restriction") == "\(winner)")
            #expect(try await site.vault("SELECT count(*) FROM search_token WHERE holder = '\(loser)'") == "0")
            try await site.gateway.setRestriction(SubjectID(winner.uuid), nil, try await site.context())
            let activity = try #require(site.gateway.catalog.entity(named: "activity"))
            let read = try await site.gateway.read(activity, call, try await site.context())
            #expect(String(decoding: read.json, as: UTF8.self).contains("Prices"))
            #expect(try await site.gateway.resumeMerges(try await site.context()) == 0)
        }
    }

    @Test func `who asked to be forgotten does not come back by the conversion of a lead`() async throws {
        try await ErasureSite.with { site in
            let lead = try await site.make("lead", ["family_name": "B", "email": "b@example.org", "company": "Engines"])
            let gone = try await site.make("contact", ["family_name": "B", "email": "b@example.org"])
            _ = try await site.gateway.runErasure(.make(), of: [SubjectID(gone.uuid)], try await site.context(as: "compliance-officer"))
            let host = try await site.context()
            let context = RequestContext(
                principal: .host(tenant: host.principal.tenant, roles: ["administrator"]), purpose: site.gateway.catalog.purposes["operations"],
                policies: site.gateway.policies, requestID: .make())
            guard let kind = site.gateway.catalog.entity(named: "lead") else { throw TestFailure("there are no leads") }
            // The answer is that of any conversion, and nothing is there.
            let answer = try await site.gateway.convert(kind, lead, [:], ifMatch: nil, isDryRun: false, context)
            #expect(answer.parts.count == 3)
            #expect(try await site.store("SELECT count(*) FROM contact") == "0")
            #expect(try await site.store("SELECT count(*) FROM account") == "0")
            #expect(try await site.store("SELECT status, converted_at IS NULL FROM lead WHERE id = '\(lead)'") == "new|t")
        }
    }
}

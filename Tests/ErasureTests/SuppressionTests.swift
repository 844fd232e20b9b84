import Catalog
import DataFormats
import Disclosure
import Gateway
import Storage
import TestPostgres
import Testing
import Vocabulary

/// Nobody who asked to be forgotten is brought back by a program, and no program is told.
@Suite(.timeLimit(.minutes(15)))
struct SuppressionTests {
    /// What an app sees of a new record, without what differs between any two.
    private func answer(_ site: ErasureSite, _ entity: String, _ members: JSONObject) async throws -> [String] {
        let entity = try #require(site.gateway.catalog.entity(named: entity))
        let record = try await site.gateway.create(entity, members, try await site.context())
        let object = try #require((try? JSONReader.read(record.json))?.objectValue)
        #expect(object["id"]?.stringValue == "\(record.id)" && !record.entityTag.isEmpty)
        var meta = object["_meta"]?.objectValue ?? JSONObject()
        meta["etag"] = nil
        return object.members.map(\.name) + [String(decoding: JSONValue.object(meta).encoded(), as: UTF8.self)]
    }

    private func erased(_ site: ErasureSite, _ members: JSONObject) async throws -> UUIDv7 {
        let person = try await site.make("contact", members)
        let id = UUIDv7.make()
        _ = try await site.gateway.runErasure(id, of: [SubjectID(person.uuid)], try await site.context(as: "compliance-officer"))
        return id
    }

    @Test func `a program that brings an erased person back gets the answer it gets for anybody, and nothing stays`() async throws {
        try await ErasureSite.with { site in
            let id = try await erased(site, ["given_name": "Ann", "email": "Ann@Example.org", "phone": "+4930123456", "external_id": "A1"])
            let (contacts, leads) = ("SELECT count(*) FROM contact", "SELECT count(*) FROM lead")
            let fresh = try await answer(site, "contact", ["given_name": "Eve", "email": "eve@example.org"])
            #expect(try await site.store(contacts) == "1")
            let keys = try await site.vault("SELECT count(*) FROM data_key")
            let tokens = try await site.vault("SELECT count(*) FROM search_token")
            // In another spelling, as another entity, by another of the things she was known by.
            let brought = try await answer(site, "contact", ["given_name": "Ann", "email": "ANN@example.org"])
            #expect(brought == fresh)
            #expect(
                try await answer(site, "contact", ["given_name": "Ann", "email": "new@example.org", "external_id": "A1"]).count == fresh.count)
            #expect(try await answer(site, "contact", ["given_name": "Ann", "phone": "+49 30 123456"]).count == fresh.count)
            _ = try await answer(site, "lead", ["given_name": "Ann", "email": "ann@example.org"])
            #expect(try await site.store(contacts) == "1")
            #expect(try await site.store(leads) == "0")
            #expect(try await site.vault("SELECT count(*) FROM data_key") == keys)
            #expect(try await site.vault("SELECT count(*) FROM search_token") == tokens)
            // Somebody else who shares the telephone.
            _ = try await answer(site, "contact", ["given_name": "Bob", "email": "bob@example.org", "phone": "+4930123456"])
            #expect(try await site.store(contacts) == "2")

            let officer = try await site.context(as: "compliance-officer", reason: "she came again")
            let counts = try await site.gateway.suppressions(officer)
            #expect(counts.map(\.erasure) == [id] && counts[0].keptOut > 0 && counts[0].tokens == 3)
        }
    }

    @Test func `an import answers for a suppressed row as for a new one, and keeps the others`() async throws {
        try await ErasureSite.with { site in
            _ = try await erased(site, ["given_name": "Ann", "email": "ann@example.org"])
            let entity = try #require(site.gateway.catalog.entity(named: "contact"))
            let rows = ["bea@example.org", "ann@example.org", "eve@example.org"].enumerated().map {
                ImportRow(line: $0.offset + 1, members: ["email": .string($0.element)])
            }
            let outcomes = try await site.gateway.importRows(rows, into: entity, isDryRun: false, try await site.context())
            #expect(outcomes.map(\.fate) == [.created, .created, .created] && outcomes.allSatisfy { $0.record != nil && $0.problems.isEmpty })
            #expect(try await site.store("SELECT count(*) FROM contact") == "2")
            #expect(try await site.store("SELECT count(*) FROM contact WHERE id = '\(try #require(outcomes[1].record))'") == "0")
            try await site.gateway.wipeMargins(of: try await site.tenant())
            #expect(try await site.store("SELECT count(*) FROM audit_event WHERE convert_from(entry, 'UTF8') LIKE '%suppressed:1%'") == "1")
        }
    }

    @Test(arguments: [false, true]) func `a batch answers for a suppressed one as for anybody, and keeps the others`(isAtomic: Bool) async throws {
        try await ErasureSite.with { site in
            _ = try await erased(site, ["given_name": "Ann", "email": "ann@example.org"])
            let entity = try #require(site.gateway.catalog.entity(named: "contact"))
            let operations = ["bea@example.org", "ann@example.org", "eve@example.org"].map { email in
                RecordBatch.Operation.create(["email": .string(email)])
            }
            let outcomes = try await site.gateway.apply(RecordBatch(operations, isAtomic: isAtomic), to: entity, try await site.context())
            let made = outcomes.compactMap { if case .created(let id, _) = $0 { id } else { nil } }
            #expect(made.count == 3, "\(outcomes)")
            #expect(try await site.store("SELECT count(*) FROM contact") == "2")
            #expect(try await site.store("SELECT count(*) FROM contact WHERE id = '\(made[1])'") == "0")
        }
    }

    @Test func `she comes back when an officer says why`() async throws {
        try await ErasureSite.with { site in
            let id = try await erased(site, ["given_name": "Ann", "email": "ann@example.org", "phone": "+4930123456"])
            let silent = try await site.context(as: "compliance-officer")
            let error = await #expect(throws: Refusal.self) {
                _ = try await site.gateway.liftSuppression(email: Personal("ann@example.org"), phone: nil, request: nil, silent)
            }
            #expect(error?.code == .reasonRequired)
            let officer = try await site.context(as: "compliance-officer", reason: "she signed up again")
            #expect(try await site.gateway.liftSuppression(email: Personal("nobody@example.org"), phone: nil, request: nil, officer).isEmpty)
            #expect(try await site.gateway.liftSuppression(email: Personal("ANN@example.org"), phone: nil, request: nil, officer) == [id])
            #expect(try await site.vault("SELECT count(*) FROM suppression") == "0")
            try await site.make("contact", ["given_name": "Ann", "email": "ann@example.org"])
            #expect(try await site.store("SELECT count(*) FROM contact") == "1")
        }
    }

    @Test func `who went because their data was old may come again`() async throws {
        try await ErasureSite.with { site in
            let ann = try await site.make("contact", ["email": "ann@example.org"])
            _ = try await site.gateway.erase([SubjectID(ann.uuid)], for: .retention(run: .make(), rule: "old"), try await site.context())
            try await site.make("contact", ["email": "ann@example.org"])
            #expect(try await site.store("SELECT count(*) FROM contact") == "1")
        }
    }
}

import Foundation
import KeyRing
import Sealing
import Storage
import TestPostgres
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(15)))
struct DestructionTests {
    @Test func `a destroyed key leaves a tombstone, and one that is just gone does not count as destroyed`() async throws {
        try await KeySite.with { site in
            let ring = try await site.ring()
            let (erased, lost, other) = (try await site.makeSubject(ring), try await site.makeSubject(ring), try await site.makeSubject(ring))
            #expect(try await ring.destroyKey(of: erased.subject, tenant: site.tenant))
            #expect(try await !ring.destroyKey(of: erased.subject, tenant: site.tenant))
            _ = try await site.cluster.administer(site.name, "DELETE FROM data_key WHERE holder = '\(lost.subject)'")
            let fresh = try await site.ring()
            let found = try await fresh.keys(of: [erased.subject, lost.subject, other.subject], tenant: site.tenant)
            #expect(Set(found.keys.keys) == [other.subject])
            #expect(found.lost == [lost.subject])
            let counts = try await site.vault.keyCounts(of: site.tenant)
            #expect((counts.subjects, counts.destroyed, counts.readableInCopies) == (1, 1, 1))
            try await site.endEpoch(ring)
            #expect(try await site.vault.keyCounts(of: site.tenant).readableInCopies == 0)
        }
    }

    @Test func `a key that was destroyed before its maker came to keep it is not kept`() async throws {
        try await KeySite.with { site in
            let (ring, other) = (try await site.ring(), try await site.ring())
            for isTold in [true, false] {
                let subject = SubjectID(.make())
                let (key, wrapped) = try await ring.makeKey(for: subject, tenant: site.tenant)
                let moment = ring.moment
                #expect(try await site.vault.add([wrapped], [], of: site.tenant) == .written)
                #expect(try await other.destroyKey(of: subject, tenant: site.tenant))
                // The word of the vault comes first when the maker is held up.
                if isTold { ring.evict(subject) }
                ring.keep(key, of: subject, tenant: site.tenant, since: moment)
                #expect(try await ring.keys(of: [subject], tenant: site.tenant).keys.isEmpty == isTold)
            }
        }
    }

    @Test func `nothing is added for somebody whose key is being destroyed`() async throws {
        try await KeySite.with { site in
            let ring = try await site.ring()
            let value = try await site.makeSubject(ring)
            let token = SearchToken(
                place: "contact.email/exact", token: [1, 2, 3], record: RecordID(value.subject.uuid), holder: value.subject.uuid, generation: 1
            )
            #expect(try await site.vault.add([], [token], of: site.tenant) == .written)
            // Whichever comes first, no token outlives the key.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        let more = SearchToken(
                            place: "contact.email/exact", token: [9, UInt8(number)], record: token.record, holder: token.holder, generation: 1
                        )
                        _ = try await site.vault.add([], [more], of: site.tenant)
                    }
                }
                group.addTask { _ = try await ring.destroyKey(of: value.subject, tenant: site.tenant) }
                try await group.waitForAll()
            }
            #expect(try await site.vault.add([], [token], of: site.tenant) == .destroyed([value.subject.uuid]))
            #expect(try await site.cluster.administer(site.name, "SELECT count(*) FROM search_token") == "0")
        }
    }

    @Test func `a key that was read before it was destroyed is not kept after`() async throws {
        try await KeySite.with { site in
            let (ring, other) = (try await site.ring(), try await site.ring())
            let value = try await site.makeSubject(ring)
            // The other gateway's word comes while this one is reading: whatever the order, the next look finds no key.
            for _ in 0..<20 {
                let next = try await site.makeSubject(other)
                async let reading = ring.keys(of: [next.subject], tenant: site.tenant)
                _ = try await other.destroyKey(of: next.subject, tenant: site.tenant)
                ring.evict(next.subject)
                _ = try await reading
                #expect(try await ring.keys(of: [next.subject], tenant: site.tenant).keys.isEmpty)
            }
            #expect(try await value.opens(in: ring))
        }
    }

    @Test func `further versions keep the pseudonym, open what older ones have sealed, and end with them`() async throws {
        try await KeySite.with { site in
            let ring = try await site.ring()
            let value = try await site.makeSubject(ring)
            let first = try #require(try await ring.keys(of: [value.subject], tenant: site.tenant).keys[value.subject])
            try await ring.setSuite(.xaes256GCM, of: site.tenant)
            var position: UUIDv7?
            while let (last, _) = try await ring.addVersions(olderThan: .now(), after: position, limit: 1, of: site.tenant) { position = last }
            ring.evictAll()
            let second = try #require(try await ring.keys(of: [value.subject], tenant: site.tenant).keys[value.subject])
            #expect((first.version, second.version) == (1, 2))
            #expect(first.pseudonym == second.pseudonym)
            #expect(second.suite == .xaes256GCM)
            #expect(value.opens(with: second))
            let resealed = SealedValue(value.subject, second, site.tenant)
            #expect(!resealed.opens(with: first))
            // The newest version of each holder stays, and only that one of whoever is not excepted.
            let removed = try await site.vault.removeOldVersions(
                olderThan: .now(), except: [site.tenant.uuid], after: nil, limit: 100, of: site.tenant
            )
            #expect(removed.removed == 1)
            let fresh = try await site.ring()
            #expect(try await !value.opens(in: fresh))
            #expect(try await resealed.opens(in: fresh))
        }
    }

    @Test func `the keys of a hundred people are one question to the vault, and none once they are open`() async throws {
        try await KeySite.with { site in
            let ring = try await site.ring()
            var values: [SealedValue] = []
            for _ in 0..<100 { values.append(try await site.makeSubject(ring)) }
            let subjects = values.map(\.subject)
            // Connections made from now on log what they are asked.
            try await site.cluster.administer("postgres", "ALTER DATABASE \(site.name) SET log_statement = 'all'")
            func questions() -> Int { Program.text(site.cluster.log).components(separatedBy: "FROM data_key").count - 1 }
            try await site.withVault(of: site.cluster) { vault in
                let fresh = try await site.ring(vault)
                _ = try await fresh.keys(of: site.tenant)
                let before = questions()
                #expect(before > 0)
                #expect(try await fresh.keys(of: subjects, tenant: site.tenant).keys.count == 100)
                #expect(questions() == before + 1)
                #expect(try await fresh.keys(of: subjects, tenant: site.tenant).keys.count == 100)
                #expect(questions() == before + 1)
            }
        }
    }
}

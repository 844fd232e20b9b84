import Catalog
import PostgresLink
import Storage
import SubjectRights
package import Vocabulary

/// Something that is left of people who were erased: where, and how much. Never whose.
package struct ErasedRemainder: Sendable, Hashable {
    /// An entity, a field by which records of others point to them, a table, or `keys` and `search_tokens` in the vault.
    package let place: String
    package let count: Int
}

extension RecordGateway {
    /// Looks for anything that the databases still have of people who were erased: their keys, search tokens, records, rows, and references to
    /// them. Everything that erasures reach is looked at, by what is declared, and not by what a replay has done. Whose key alone was destroyed keep
    /// their records.
    ///
    /// - Parameter progress: told how many people were looked for, of how many.
    /// - Returns: nothing, when nobody is there who was erased.
    package func remaindersOfErased(of tenant: TenantID, progress: @Sendable (Int, Int) -> Void = { _, _ in }) async throws(Refusal)
        -> [ErasedRemainder]
    {
        let reach = Reach(catalog)
        let total = try await inVault { () async throws(StorageError) in try await vault.tombstoneCount(of: tenant) }
        var (found, done, last): ([String: Int], Int, UUIDv7?) = ([:], 0, nil)
        while true {
            let after = last
            let people = try await inVault { () async throws(StorageError) in
                try await vault.tombstones(after: after, limit: 10_000, of: tenant)
            }
            guard let end = people.last else { break }
            let left = try await inVault { () async throws(StorageError) in try await vault.remains(of: people.map(\.subject.uuid), tenant: tenant) }
            found["keys", default: 0] += left.keys
            found["search_tokens", default: 0] += left.tokens
            let erased = people.filter { !$0.keepsRecords }.map(\.subject)
            for (place, count) in try await remainders(of: erased, reach, tenant) { found[place, default: 0] += count }
            done += people.count
            progress(done, max(total, done))
            last = end.subject.uuid
        }
        return found.filter { $0.value > 0 }.map { ErasedRemainder(place: $0, count: $1) }.sorted { $0.place < $1.place }
    }

    private func remainders(of subjects: [SubjectID], _ reach: Reach, _ tenant: TenantID) async throws(Refusal) -> [(String, Int)] {
        let people = ErasedPeople(subjects, tenant: tenant, at: .now())
        var questions: [(place: String, statement: SQL)] = reach.entities.map { ($0.name, table($0).countOf(people)) }
        for entity in reach.people {
            for link in reach.links(to: entity) {
                questions.append(("\(link.entity.name).\(link.field.name)", table(link.entity).countPointing(by: link.field, to: people)))
            }
        }
        questions += StoreDatabase.remainders(of: people).map { ("\($0.table)", $0.statement) }
        let results: [ResultSet]
        do { results = try await store.read(Scope(tenant: tenant), questions.map(\.statement)) } catch { throw refusal(error) }
        return zip(questions, results).map { ($0.place, Int($1.int64(0, 0) ?? 0)) }
    }
}

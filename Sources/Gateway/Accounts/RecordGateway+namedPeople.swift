import Catalog
import KeyRing
import PostgresLink
import Storage
import Vocabulary

/// People whom callers name by their ids, which may be anything.
extension RecordGateway {
    /// The keys of people; whoever was erased, or never was, is not found.
    func keys(ofPeople ids: [SubjectID], _ context: RequestContext) async throws(Refusal) -> RecordKeys {
        let keys = try await keys(ofNamed: ids, context)
        guard keys.subjects.count == Set(ids).count else { throw Refusal(.notFound, "there is no such data subject") }
        try await refuseMerged(ids, context)
        return keys
    }

    /// The keys of those among these ids that are people's. An id that has a key and is nobody's, as that of a request, of a job or of the tenant itself,
    /// counts as one that was never given.
    ///
    /// That a key is missing is told to the operator only when the store knows the person: else anybody could raise the alarm with an id of their
    /// own making. Both is asked of the store for erased people, too, so that all who are not there are not there in the same way.
    func keys(ofNamed ids: [SubjectID], _ context: RequestContext) async throws(Refusal) -> RecordKeys {
        let tenant = context.tenant
        let (found, lost) = try await inKeyRing { () async throws(KeyRingError) in try await keyRing.keys(of: ids, tenant: tenant) }
        let present = ids.filter { found[$0] != nil }
        var others = Set([SubjectID(tenant.uuid), SubjectID(SubjectKeyRing.system.uuid)])
        if !present.isEmpty {
            let rows = try await read(context, [StoreDatabase.notPeople(among: present, tenant: tenant)])[0]
            others.formUnion((0..<rows.rowCount).compactMap { rows.uuid($0, 0).map { SubjectID($0) } })
        }
        let absent = ids.filter { found[$0] == nil && !others.contains($0) }
        if !absent.isEmpty {
            let entities = catalog.entities.filter { $0.subject != .nobody }
            let rows = try await read(context, [StoreDatabase.known(among: absent, entities, tenant: tenant)])[0]
            let missing = (0..<rows.rowCount).compactMap { rows.uuid($0, 0) }.count { lost.contains(SubjectID($0)) }
            if missing > 0 { observe(.dataKeysMissing(count: missing)) }
        }
        return RecordKeys(
            subjects: found.filter { !others.contains($0.key) }, tenant: nil, lost: lost.union(others.intersection(ids)))
    }
}

import KeyRing
import PostgresLink
import Sealing
import Storage
import Vocabulary

extension RecordGateway {
    /// Seals what people wrote anew, under the newest version of each request's key: for the rotation of data keys.
    ///
    /// - Returns: `nil` at the end.
    func resealRequests(after: UUIDv7?, limit: Int, _ tenant: TenantID) async throws(Refusal) -> (last: UUIDv7, count: Int, unreadable: Int)? {
        try await store.transaction(Scope(tenant: tenant), wrap: { self.refusal($0) }) { (transaction: Transaction) async throws(Refusal) in
            let rows: ResultSet
            do throws(LinkError) {
                rows = try await transaction.execute(StoreDatabase.lockSealedRequests(after: after, limit: limit, tenant: tenant))[0]
            } catch {
                throw refusal(StorageError(error))
            }
            let requests = StoreDatabase.requests(rows)
            guard let last = requests.last else { return nil }
            let holders = requests.map { SubjectID($0.id) }
            let (keys, lost) = try await inKeyRing { () async throws(KeyRingError) in try await keyRing.keys(of: holders, tenant: tenant) }
            let scratch = Scratch()
            var unreadable = 0
            for request in requests {
                guard let old = request.sealed, let key = keys[SubjectID(request.id)] else {
                    if lost.contains(SubjectID(request.id)) { unreadable += 1 }
                    continue
                }
                if old.withUnsafeBytes({ key.isCurrent($0) }) { continue }
                var place = CellPlace(tenant: tenant, entity: Self.contentPlace, record: RecordID(request.id))
                let new = old.withUnsafeBytes { old in
                    key.open(old, field: Self.contentField, at: &place, into: scratch).map { key.seal($0, field: Self.contentField, at: &place) }
                }
                guard let new else {
                    unreadable += 1
                    continue
                }
                transaction.enqueue(StoreDatabase.reseal(request.id, new, tenant: tenant))
            }
            do throws(LinkError) { try await transaction.flush() } catch { throw refusal(StorageError(error)) }
            return (last.id, requests.count, unreadable)
        }
    }
}

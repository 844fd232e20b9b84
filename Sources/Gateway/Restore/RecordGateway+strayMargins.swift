import AuditTrail
import KeyRing
import PostgresLink
import Sealing
import Storage
import Vocabulary

extension RecordGateway {
    /// Takes away what stands beside the log's entries about people who have no key any more.
    ///
    /// Nobody can derive the pseudonym of somebody whose key is destroyed. So the pseudonyms of all who have a key are derived, and what bears
    /// any other is about somebody who is gone.
    /// - Returns: how many events lost reason and record ids.
    func wipeMarginsOfNobody(of tenant: TenantID, _ progress: (Int, Int) -> Void) async throws(Refusal) -> Int {
        do { _ = try await sequencer.catchUp(tenant) } catch { throw refusal(error) }
        let living = try await livingPseudonyms(of: tenant, progress)
        var (count, last): (Int, UUIDv7?) = (0, nil)
        while true {
            let rows: ResultSet
            do { rows = try await store.read(Scope(tenant: tenant), [StoreDatabase.pseudonyms(after: last, limit: 5000, tenant: tenant)])[0] } catch {
                throw refusal(error)
            }
            guard rows.rowCount > 0 else { return count }
            let found = (0..<rows.rowCount).compactMap { rows.uuid($0, 0) }
            let gone = found.filter { !living.contains($0) }
            if !gone.isEmpty {
                do { count += try await changed(StoreDatabase.wipeMargins(of: gone, tenant: tenant), tenant).affectedRows } catch {
                    throw refusal(error)
                }
            }
            last = found.last
        }
    }

    private func livingPseudonyms(of tenant: TenantID, _ progress: (Int, Int) -> Void) async throws(Refusal) -> Set<UUIDv7> {
        var living: Set<UUIDv7> = []
        var last: UUIDv7?
        while true {
            let after = last
            let holders = try await inVault { () async throws(StorageError) in try await vault.keyHolders(after: after, limit: 2000, of: tenant) }
            guard let end = holders.last else { return living }
            let keys = try await keys(for: holders.map { SubjectID($0) }, withTenantKey: false, tenant)
            for pseudonym in keys.pseudonyms { if let id = UUIDv7(bytes: pseudonym.bytes) { living.insert(id) } }
            progress(living.count, 0)
            last = end
        }
    }
}

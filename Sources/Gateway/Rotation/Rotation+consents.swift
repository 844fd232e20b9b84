import PostgresLink
import Storage
import SubjectRights
import Vocabulary

extension Rotation {
    /// Seals the evidence of consents of the next people with the newest version of their keys; nothing else of the ledger changes.
    func resealConsents(
        after subject: SubjectID?, people: Int, _ tenant: TenantID
    ) async throws(Refusal) -> (last: SubjectID, count: Int, unreadable: Int)? {
        let gateway = gateway
        let selection = StoreDatabase.sealedConsentEvents(after: subject, people: people, tenant: tenant)
        return try await gateway.store.transaction(Scope(tenant: tenant), wrap: { gateway.refusal($0) }) {
            (transaction: Transaction) async throws(Refusal) in
            let events: [StoredConsentEvent]
            do throws(LinkError) { events = StoreDatabase.consentEvents(try await transaction.execute(selection)[0]) } catch {
                throw gateway.refusal(StorageError(error))
            }
            guard let last = events.last else { return nil }
            let keys = try await gateway.keys(for: Array(Set(events.map(\.subject))), withTenantKey: false, tenant)
            var unreadable = 0
            for event in events {
                guard let key = keys.subjects[event.subject] else {
                    // What was erased opens nowhere; a key that is just gone may come back.
                    if keys.lost.contains(event.subject) { unreadable += 1 }
                    continue
                }
                let (sealed, isUnreadable) = gateway.resealedEvidence(of: event, key, tenant)
                if isUnreadable { unreadable += 1 }
                if let sealed { transaction.enqueue(StoreDatabase.reseal(event, with: sealed, tenant: tenant)) }
            }
            do throws(LinkError) { try await transaction.flush() } catch { throw gateway.refusal(StorageError(error)) }
            return (last.subject, events.count, unreadable)
        }
    }
}

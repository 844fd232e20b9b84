import Identity
import Sealing
import Storage
import Synchronization
import Vocabulary

/// The records of each tenant that are traps, kept in memory, so that an ordinary read asks nothing more of the database.
///
/// They are read when a tenant is first met, at once by the gateway that changes them, and every few seconds, which brings in what others did.
final class HoneyMarks: Sendable {
    struct Marks: Sendable {
        var records: [UUIDv7: HoneyMark] = [:]
        /// Of records that are people: what the trail calls them, for events that name no record.
        var people: [[UInt8]: HoneyMark] = [:]

        /// The first trap among what an event tells of.
        func first(among ids: [RecordID], _ pseudonyms: [Pseudonym]) -> HoneyMark? {
            if records.isEmpty { return nil }
            return ids.lazy.compactMap { self.records[$0.uuid] }.first ?? pseudonyms.lazy.compactMap { self.people[$0.bytes] }.first
        }
    }

    private let tenants = Mutex<[TenantID: Marks]>([:])

    subscript(tenant: TenantID) -> Marks? { tenants.withLock { $0[tenant] } }
    var known: [TenantID] { tenants.withLock { Array($0.keys) } }
    func learn(_ marks: Marks, of tenant: TenantID) { tenants.withLock { $0[tenant] = marks } }
}

/// Whoever touched a trap and is to be stopped.
struct HoneyThief: Sendable {
    let tenant: TenantID
    let liveness: Liveness
    let request: TraceID
}

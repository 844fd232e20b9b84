import Sealing
import Synchronization
import Vocabulary

/// Opened subject keys: at most so many, none older than so long, gone at once when told so.
///
/// Who is evicted: the first that was not used since the hand of the clock last passed it.
final class SubjectKeyCache: Sendable {
    private struct Place: Hashable {
        let tenant: TenantID
        let subject: SubjectID
    }

    private struct Entry {
        let key: DataKey
        let slot: Int
        let openedAt: ContinuousClock.Instant
        var isUsed: Bool
    }

    private struct State {
        var entries: [Place: Entry] = [:]
        var ring: [Place?] = []
        var hand = 0
        /// Of whom there may be entries.
        var tenants: Set<TenantID> = []
        /// How often something was taken out by order; see ``turn``.
        var evictions = 0
    }

    private let state = Mutex(State())
    private let capacity: Int
    private let maximumAge: Duration

    init(capacity: Int, maximumAge: Duration) {
        self.capacity = capacity
        self.maximumAge = maximumAge
    }

    func key(of subject: SubjectID, tenant: TenantID, at now: ContinuousClock.Instant) -> DataKey? {
        let place = Place(tenant: tenant, subject: subject)
        return state.withLock { state in
            guard let entry = state.entries[place] else { return nil }
            guard entry.openedAt + maximumAge > now else {
                Self.remove(place, &state)
                return nil
            }
            if !entry.isUsed { state.entries[place]?.isUsed = true }
            return entry.key
        }
    }

    /// To be asked before the vault is read: what is read is kept only if nothing was evicted meanwhile, because it may be just
    /// what was evicted.
    var turn: Int { state.withLock { $0.evictions } }

    func keep(_ key: DataKey, of subject: SubjectID, tenant: TenantID, at now: ContinuousClock.Instant, turn: Int) {
        let place = Place(tenant: tenant, subject: subject)
        state.withLock { state in
            guard state.evictions == turn else { return }
            if state.entries[place] != nil { Self.remove(place, &state) }
            let slot = freeSlot(&state)
            state.ring[slot] = place
            state.tenants.insert(tenant)
            state.entries[place] = Entry(key: key, slot: slot, openedAt: now, isUsed: true)
        }
    }

    /// Drops subjects' keys in every tenant: the notification names the holders alone.
    func evict(_ subjects: [SubjectID]) {
        state.withLock { state in
            state.evictions += 1
            for tenant in state.tenants { for subject in subjects { Self.remove(Place(tenant: tenant, subject: subject), &state) } }
        }
    }

    func evict(_ tenant: TenantID) {
        state.withLock { state in
            state.evictions += 1
            for place in state.entries.keys where place.tenant == tenant { Self.remove(place, &state) }
        }
    }

    func evictAll() {
        state.withLock { $0 = State(evictions: $0.evictions + 1) }
    }

    private func freeSlot(_ state: inout State) -> Int {
        if state.ring.count < capacity {
            state.ring.append(nil)
            return state.ring.count - 1
        }
        while true {
            let slot = state.hand
            state.hand = (state.hand + 1) % capacity
            guard let place = state.ring[slot] else { return slot }
            if state.entries[place]?.isUsed == true {
                state.entries[place]?.isUsed = false
            } else {
                Self.remove(place, &state)
                return slot
            }
        }
    }

    private static func remove(_ place: Place, _ state: inout State) {
        guard let entry = state.entries.removeValue(forKey: place) else { return }
        state.ring[entry.slot] = nil
    }
}

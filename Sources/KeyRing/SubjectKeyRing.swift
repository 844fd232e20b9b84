package import KeyProviders
package import Sealing
package import Storage
import Synchronization
package import Vocabulary

/// How long and how many keys are kept open.
package struct KeyRingSettings: Sendable {
    /// Opened subject keys kept at most.
    package var capacity = 65_536
    /// How long an opened key is kept at most: a gateway that missed the word of its destruction lets go of it by then. The same
    /// in every gateway of a vault, because rotations wait that long before they take an old key for unused.
    package var maximumAge: Duration = .seconds(60)
    /// How long a change may take, from its beginning to its commit: longer ones are taken back, so that none seals under a key
    /// that was replaced meanwhile.
    package var changeDeadline: Duration = .seconds(30)

    /// When this long has passed since a key was replaced, nobody uses the old one any more.
    package var settlingTime: Duration { maximumAge + changeDeadline + .seconds(1) }

    package init() {}
}

/// Provider → epoch key of a tenant → data keys of its subjects; opened keys are lent, kept for a while and wiped.
package final class SubjectKeyRing: Sendable {
    /// The gateway's own keys hang on a tenant that no company can be.
    package static let system = TenantID(UUIDv7(high: 0, low: 0))

    package let settings: KeyRingSettings
    let provider: any KeyProvider
    package let vault: VaultDatabase
    package let escrow: RecoveryEscrow
    let observe: Observer
    private let slab: DataKeySlab
    private let cache: SubjectKeyCache
    private let tenants = Mutex<[TenantID: (keys: TenantKeys, openedAt: ContinuousClock.Instant)]>([:])

    package init(
        provider: any KeyProvider, vault: VaultDatabase, escrow: RecoveryEscrow, settings: KeyRingSettings = KeyRingSettings(),
        observe: @escaping Observer
    ) {
        self.provider = provider
        self.vault = vault
        self.escrow = escrow
        self.settings = settings
        self.observe = observe
        // While a rotation runs each subject has two versions.
        self.slab = DataKeySlab(capacity: settings.capacity * 2 + 16_384)
        self.cache = SubjectKeyCache(capacity: settings.capacity, maximumAge: settings.maximumAge)
    }

    /// The kind of the key provider that a vault was made with; `nil` when it has never held a key. Only that one will do.
    package static func providerKind(of vault: VaultDatabase) async throws(StorageError) -> String? {
        try await vault.tenantKeys(of: system).epochs.last?.provider
    }

    // MARK: Tenants

    /// The keys of a tenant, made on first use.
    package func keys(of tenant: TenantID) async throws(KeyRingError) -> TenantKeys {
        let known = tenants.withLock { $0[tenant] }
        if let known, known.openedAt + settings.maximumAge > .now { return known.keys }
        return try await reload(tenant, known: known?.keys)
    }

    /// The keys of a tenant as the vault has them now.
    @discardableResult
    func reload(_ tenant: TenantID) async throws(KeyRingError) -> TenantKeys {
        try await reload(tenant, known: tenants.withLock { $0[tenant]?.keys })
    }

    private func reload(_ tenant: TenantID, known: TenantKeys?) async throws(KeyRingError) -> TenantKeys {
        let now = ContinuousClock.now
        let keys: TenantKeys
        do throws(KeyRingError) { keys = try await open(tenant, known: known, in: slab) } catch {
            // Callers hear that it is so, the operator why; that a database is away is told by who waits for it.
            if case .vault = error { throw error }
            observe(.tenantKeysUnopened(tenant: tenant.description, reason: error.description))
            throw error
        }
        tenants.withLock { $0[tenant] = (keys, now) }
        return keys
    }

    /// A key of the gateway itself: for API key codes, cursors, entity tags.
    package func systemKey(_ info: StaticString) async throws(KeyRingError) -> SymmetricKey {
        try await keys(of: Self.system).derive(info)
    }

    // MARK: Subjects

    /// The opened keys of those subjects that have one, and those whose key is gone without having been destroyed on purpose.
    /// A subject in neither was erased: nothing opens its fields.
    package func keys(
        of subjects: some Collection<SubjectID>, tenant: TenantID
    ) async throws(KeyRingError) -> (keys: [SubjectID: DataKey], lost: Set<SubjectID>) {
        let now = ContinuousClock.now
        let turn = cache.turn
        var found: [SubjectID: DataKey] = [:]
        var missing: [UUIDv7] = []
        for subject in subjects where found[subject] == nil {
            if let key = cache.key(of: subject, tenant: tenant, at: now) { found[subject] = key } else { missing.append(subject.uuid) }
        }
        if missing.isEmpty { return (found, []) }
        let asked = missing
        let opened = try await lookingAgain { () async throws(KeyRingError) in try await open(asked, tenant) }
        found.merge(opened) { $1 }
        for holder in missing {
            if let key = found[SubjectID(holder)] { cache.keep(key, of: SubjectID(holder), tenant: tenant, at: now, turn: turn) }
        }
        let without = missing.filter { found[SubjectID($0)] == nil }
        if without.isEmpty { return (found, []) }
        let destroyed: Set<UUIDv7>
        do { destroyed = try await vault.tombstones(of: without, tenant: tenant) } catch { throw .vault(error) }
        return (found, Set(without.filter { !destroyed.contains($0) }.map { SubjectID($0) }))
    }

    private func open(_ holders: [UUIDv7], _ tenant: TenantID) async throws(KeyRingError) -> [SubjectID: DataKey] {
        var tenantKeys = try await keys(of: tenant)
        let stored = try await dataKeys(holders, tenant)
        if stored.contains(where: { tenantKeys.epochs[$0.epoch] == nil }) { tenantKeys = try await reload(tenant) }
        var found: [SubjectID: DataKey] = [:]
        for wrapped in stored {
            let subject = SubjectID(wrapped.holder)
            // In the order of their versions: each has the one before it behind it.
            let key = try unwrap(wrapped, previous: found[subject], holder: .subject(subject), tenantKeys.epochs)
            found[subject] = key
        }
        return found
    }

    /// What the vault says is of several moments. While an epoch ends, a key that was read may be under another epoch key a moment later, and the
    /// one that it was under be gone: looked at again, it opens. What still does not after a few looks is damaged.
    func lookingAgain<Value>(_ look: () async throws(KeyRingError) -> Value) async throws(KeyRingError) -> Value {
        for _ in 0..<3 {
            do throws(KeyRingError) { return try await look() } catch {
                guard case .unreadable = error else { throw error }
            }
        }
        return try await look()
    }

    /// A new key for a new subject, and its wrapped form, which has to be durable in the vault before anything sealed under it is.
    package func makeKey(for subject: SubjectID, tenant: TenantID) async throws(KeyRingError) -> (key: DataKey, wrapped: WrappedDataKey) {
        let tenantKeys = try await keys(of: tenant)
        let master = SymmetricKey.random()
        let wrapped = tenantKeys.epochs.wrap(master, holder: subject.uuid, version: 1)
        let key = master.withBytes {
            DataKey(master: $0, holder: .subject(subject), version: 1, suite: tenantKeys.suite, previous: nil, in: slab)
        }
        guard let key else { throw .exhausted }
        return (key, wrapped)
    }

    /// A moment before new keys become durable.
    package struct Moment: Sendable {
        let turn: Int
        let instant: ContinuousClock.Instant
    }

    package var moment: Moment { Moment(turn: cache.turn, instant: .now) }

    /// Keeps a key whose wrapped form has become durable, unless it may have been destroyed since. Its age counts from before it was
    /// to be had: somebody who was held up in between would else keep it beyond the time that rotations wait for.
    package func keep(_ key: DataKey, of subject: SubjectID, tenant: TenantID, since moment: Moment) {
        cache.keep(key, of: subject, tenant: tenant, at: moment.instant, turn: moment.turn)
    }

    /// Destroys a subject's key, in the vault and here; other gateways are told. Nothing sealed under it opens any more.
    ///
    /// - Returns: whether there was one.
    package func destroyKey(of subject: SubjectID, tenant: TenantID) async throws(KeyRingError) -> Bool {
        defer { cache.evict([subject]) }
        do { return try await vault.destroyKey(of: subject.uuid, tenant: tenant) } catch { throw .vault(error) }
    }

    /// The same for many at once, and for those whose key is gone already: each has a tombstone afterwards, and no search token.
    ///
    /// - Parameter keepsRecords: whether their records stay, as with ``destroyKey(of:tenant:)``; else they are erased.
    /// - Returns: how many keys and tokens went.
    package func destroyKeys(
        of subjects: [SubjectID], keepsRecords: Bool = false, tenant: TenantID
    ) async throws(KeyRingError) -> (keys: Int, tokens: Int) {
        defer { cache.evict(subjects) }
        do { return try await vault.destroyKeys(of: subjects.map(\.uuid), keepsRecords: keepsRecords, tenant: tenant) } catch { throw .vault(error) }
    }

    // MARK: What others have changed

    /// A subject's key was destroyed somewhere.
    package func evict(_ subject: SubjectID) { cache.evict([subject]) }

    /// Keys of subjects were destroyed somewhere.
    package func evict(_ subjects: [SubjectID]) { cache.evict(subjects) }

    /// The data keys of a tenant's subjects were changed somewhere, or what they seal with.
    package func evict(_ tenant: TenantID) {
        cache.evict(tenant)
        expire(tenant)
    }

    /// What rests above a tenant's data keys was changed somewhere.
    package func expire(_ tenant: TenantID) {
        // What is opened stays known, so that the provider is asked again only for what has changed.
        tenants.withLock { tenants in
            if let known = tenants[tenant] { tenants[tenant] = (known.keys, known.openedAt - settings.maximumAge) }
        }
    }

    /// Notifications may have been missed.
    package func evictAll() {
        for tenant in tenants.withLock({ Array($0.keys) }) { evict(tenant) }
        cache.evictAll()
    }

    // MARK: Wrapping

    func unwrap(
        _ wrapped: WrappedDataKey, previous: DataKey?, holder: KeyHolder, _ epochs: TenantEpochs
    ) throws(KeyRingError) -> DataKey {
        guard let epochKey = epochs[wrapped.epoch] else { throw .unreadable }
        let label = KeyLabel.dataKey(epochs.tenant, wrapped.holder, version: wrapped.version, epoch: wrapped.epoch)
        let opened = KeyEnvelope.withUnwrapped(wrapped.wrapped, under: epochKey, label: label) { [slab] master in
            DataKey(master: master, holder: holder, version: UInt32(wrapped.version), suite: epochs.suite, previous: previous, in: slab)
        }
        guard let opened else { throw .unreadable }
        guard let key = opened else { throw .exhausted }
        return key
    }

    private func dataKeys(_ holders: [UUIDv7], _ tenant: TenantID) async throws(KeyRingError) -> [WrappedDataKey] {
        do { return try await vault.dataKeys(of: holders, tenant: tenant) } catch { throw .vault(error) }
    }
}

package import Sealing
package import Storage
import Synchronization
package import Vocabulary

/// Why a key could not be had.
package enum KeyRingError: Error, Sendable, Equatable, CustomStringConvertible {
    case vault(StorageError)
    /// A wrapped key does not open: this is not the root key that the vault was made with, or somebody changed the vault.
    case unreadable
    /// All of the guarded memory is in use.
    case exhausted

    package var description: String {
        switch self {
        case .vault(let error): "vault: \(error)"
        case .unreadable: "a key in the vault does not open under this root key"
        case .exhausted: "no guarded memory left for keys"
        }
    }
}

/// Root key → epoch key of a tenant → data keys of its subjects; opened keys are lent, kept for a while and wiped.
package final class SubjectKeyRing: Sendable {
    /// The gateway's own keys hang on a tenant that no company can be.
    private static let system = TenantID(UUIDv7(high: 0, low: 0))

    private let root: SymmetricKey
    private let vault: VaultDatabase
    private let slab: DataKeySlab
    private let cache: SubjectKeyCache
    private let tenants = Mutex<[TenantID: TenantKeys]>([:])

    /// - Parameters:
    ///   - capacity: opened subject keys kept at most.
    ///   - maximumAge: how long an opened key is kept at most.
    package init(root: SymmetricKey, vault: VaultDatabase, capacity: Int = 65_536, maximumAge: Duration = .seconds(600)) {
        self.root = root
        self.vault = vault
        self.slab = DataKeySlab(capacity: capacity + 16_384)
        self.cache = SubjectKeyCache(capacity: capacity, maximumAge: maximumAge)
    }

    /// Whether keys were made in this vault before: then only the root key they were made with will do.
    package static func isInUse(_ vault: VaultDatabase) async throws(StorageError) -> Bool { try await !vault.tenantKeys(of: system).epochs.isEmpty }

    // MARK: Tenants

    /// The keys of a tenant, made on first use.
    package func keys(of tenant: TenantID) async throws(KeyRingError) -> TenantKeys {
        if let known = tenants.withLock({ $0[tenant] }) { return known }
        let keys = try await openTenant(tenant)
        tenants.withLock { $0[tenant] = keys }
        return keys
    }

    /// A key of the gateway itself: for API key codes, cursors, entity tags.
    package func systemKey(_ info: StaticString) async throws(KeyRingError) -> SymmetricKey {
        try await keys(of: Self.system).derive(info)
    }

    private func openTenant(_ tenant: TenantID) async throws(KeyRingError) -> TenantKeys {
        var stored = try await stored(tenant)
        if stored.epochs.isEmpty {
            let wrapped = KeyEnvelope.wrap(.random(), under: root, label: KeyLabel.epochKey(tenant, 1))
            do {
                try await vault.addEpochKey(WrappedEpochKey(epoch: 1, provider: "file", generation: 1, wrapped: wrapped), of: tenant)
            } catch {
                throw .vault(error)
            }
            // Read back what is there: another gateway may have been first.
            stored = try await self.stored(tenant)
        }
        var epochKeys: [Int32: SymmetricKey] = [:]
        for wrapped in stored.epochs {
            guard let key = KeyEnvelope.unwrap(wrapped.wrapped, under: root, label: KeyLabel.epochKey(tenant, wrapped.epoch)) else {
                throw .unreadable
            }
            epochKeys[wrapped.epoch] = key
        }
        guard let epoch = epochKeys.keys.max(), let epochKey = epochKeys[epoch] else { throw .unreadable }
        if stored.dataKeys.isEmpty || stored.searchKeys.isEmpty {
            do {
                _ = try await vault.add([wrap(.random(), holder: tenant.uuid, tenant, epoch, epochKey)], [], of: tenant)
                let wrapped = KeyEnvelope.wrap(.random(), under: epochKey, label: KeyLabel.searchKey(tenant, generation: 1, epoch: epoch))
                _ = try await vault.addSearchKey(WrappedSearchKey(generation: 1, epoch: epoch, wrapped: wrapped), of: tenant)
            } catch {
                throw .vault(error)
            }
            stored = try await self.stored(tenant)
        }
        guard let last = stored.dataKeys.last, let master = unwrap(last, tenant, epochKeys) else { throw .unreadable }
        let dataKey = master.withBytes { DataKey(master: $0, holder: .tenant(tenant), version: UInt32(last.version), in: slab) }
        guard let dataKey else { throw .exhausted }
        var generations: [TenantKeys.SearchGeneration] = []
        for wrapped in stored.searchKeys {
            let label = KeyLabel.searchKey(tenant, generation: wrapped.generation, epoch: wrapped.epoch)
            guard let above = epochKeys[wrapped.epoch], let key = KeyEnvelope.unwrap(wrapped.wrapped, under: above, label: label) else {
                throw .unreadable
            }
            generations.append(TenantKeys.SearchGeneration(number: wrapped.generation, master: key))
        }
        return TenantKeys(
            tenant: tenant, epoch: epoch, epochKeys: epochKeys, master: master, dataKey: dataKey, searchGenerations: generations
        )
    }

    private func stored(_ tenant: TenantID) async throws(KeyRingError) -> StoredTenantKeys {
        do { return try await vault.tenantKeys(of: tenant) } catch { throw .vault(error) }
    }

    // MARK: Subjects

    /// The opened keys of those subjects that have one. A subject without a key has been erased: nothing opens its fields.
    package func keys(of subjects: some Collection<SubjectID>, tenant: TenantID) async throws(KeyRingError) -> [SubjectID: DataKey] {
        let now = ContinuousClock.now
        var found: [SubjectID: DataKey] = [:]
        var missing: [UUIDv7] = []
        for subject in subjects where found[subject] == nil {
            if let key = cache.key(of: subject, tenant: tenant, at: now) { found[subject] = key } else { missing.append(subject.uuid) }
        }
        if missing.isEmpty { return found }
        let epochKeys = try await keys(of: tenant).epochKeys
        for wrapped in try await dataKeys(missing, tenant) {
            let subject = SubjectID(wrapped.holder)
            guard let master = unwrap(wrapped, tenant, epochKeys) else { throw .unreadable }
            let key = master.withBytes { DataKey(master: $0, holder: .subject(subject), version: UInt32(wrapped.version), in: slab) }
            guard let key else { throw .exhausted }
            cache.keep(key, of: subject, tenant: tenant, at: now)
            found[subject] = key
        }
        return found
    }

    /// A new key for a new subject, and its wrapped form, which has to be durable in the vault before anything sealed under it is.
    package func makeKey(for subject: SubjectID, tenant: TenantID) async throws(KeyRingError) -> (key: DataKey, wrapped: WrappedDataKey) {
        let tenantKeys = try await keys(of: tenant)
        guard let epochKey = tenantKeys.epochKeys[tenantKeys.epoch] else { throw .unreadable }
        let master = SymmetricKey.random()
        let wrapped = wrap(master, holder: subject.uuid, tenant, tenantKeys.epoch, epochKey)
        let key = master.withBytes { DataKey(master: $0, holder: .subject(subject), version: 1, in: slab) }
        guard let key else { throw .exhausted }
        return (key, wrapped)
    }

    /// Keeps a key whose wrapped form has become durable.
    package func keep(_ key: DataKey, of subject: SubjectID, tenant: TenantID) {
        cache.keep(key, of: subject, tenant: tenant, at: .now)
    }

    /// A subject's key was destroyed somewhere.
    package func evict(_ subject: SubjectID) { cache.evict(subject) }

    /// Notifications may have been missed.
    package func evictAll() { cache.evictAll() }

    // MARK: Wrapping

    private func wrap(
        _ key: SymmetricKey, holder: UUIDv7, _ tenant: TenantID, _ epoch: Int32, _ epochKey: SymmetricKey
    ) -> WrappedDataKey {
        let label = KeyLabel.dataKey(tenant, holder, version: 1, epoch: epoch)
        return WrappedDataKey(holder: holder, version: 1, epoch: epoch, wrapped: KeyEnvelope.wrap(key, under: epochKey, label: label))
    }

    private func unwrap(_ wrapped: WrappedDataKey, _ tenant: TenantID, _ epochKeys: [Int32: SymmetricKey]) -> SymmetricKey? {
        guard let epochKey = epochKeys[wrapped.epoch] else { return nil }
        let label = KeyLabel.dataKey(tenant, wrapped.holder, version: wrapped.version, epoch: wrapped.epoch)
        return KeyEnvelope.unwrap(wrapped.wrapped, under: epochKey, label: label)
    }

    private func dataKeys(_ holders: [UUIDv7], _ tenant: TenantID) async throws(KeyRingError) -> [WrappedDataKey] {
        do { return try await vault.dataKeys(of: holders, tenant: tenant) } catch { throw .vault(error) }
    }
}

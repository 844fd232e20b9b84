import KeyProviders
import Sealing
import Storage
import Vocabulary

extension SubjectKeyRing {
    /// Opens what rests above a tenant's data keys; makes what is not there yet.
    ///
    /// - Parameter known: what was opened before: the provider is asked only for what is not the same.
    func open(_ tenant: TenantID, known: TenantKeys?, in slab: DataKeySlab) async throws(KeyRingError) -> TenantKeys {
        try await lookingAgain { () async throws(KeyRingError) in try await openOnce(tenant, known: known, in: slab) }
    }

    private func openOnce(_ tenant: TenantID, known: TenantKeys?, in slab: DataKeySlab) async throws(KeyRingError) -> TenantKeys {
        var stored = try await stored(tenant)
        if stored.epochs.isEmpty {
            try await makeEpoch(1, of: tenant)
            // Read back what is there: another gateway may have been first.
            stored = try await self.stored(tenant)
        }
        do throws(KeyRingError) { return try await open(stored, tenant, known, slab) } catch {
            // The key may have been wrapped anew between reading the row and asking the provider.
            guard case .provider(let failure) = error, failure.code == .unknown || failure.code == .unopened else { throw error }
            let again = try await self.stored(tenant)
            guard again.epochs != stored.epochs else { throw error }
            return try await open(again, tenant, known, slab)
        }
    }

    private func open(
        _ stored: StoredTenantKeys, _ tenant: TenantID, _ known: TenantKeys?, _ slab: DataKeySlab
    ) async throws(KeyRingError) -> TenantKeys {
        var stored = stored
        var opened: [Int32: SymmetricKey] = [:]
        for wrapped in stored.epochs {
            if let known = known?.epochs, known.stored.contains(wrapped) {
                opened[wrapped.epoch] = known[wrapped.epoch]
            } else {
                opened[wrapped.epoch] = try await epochKey(wrapped, of: tenant)
            }
        }
        guard let newest = opened.keys.max(), let newestKey = opened[newest] else { throw .unreadable }
        // Recovery has a key before anything is wrapped under it.
        try escrow.keep(opened, of: tenant)
        let epochs = TenantEpochs(
            tenant: tenant, stored: stored.epochs, keys: opened, newest: newest, newestKey: newestKey,
            suite: stored.suite.flatMap { UInt8(exactly: $0) }.flatMap { Envelope.Suite(rawValue: $0) } ?? .xchacha20Poly1305
        )
        if stored.dataKeys.isEmpty || stored.searchKeys.isEmpty {
            do {
                _ = try await vault.add([epochs.wrap(.random(), holder: tenant.uuid, version: 1)], [], of: tenant)
                _ = try await vault.addSearchKey(epochs.wrap(searchKey: .random(), generation: 1), of: tenant)
            } catch {
                throw .vault(error)
            }
            stored = try await self.stored(tenant)
        }
        var generations: [TenantKeys.SearchGeneration] = []
        for wrapped in stored.searchKeys {
            let label = KeyLabel.searchKey(tenant, generation: wrapped.generation, epoch: wrapped.epoch)
            guard let above = epochs[wrapped.epoch], let key = KeyEnvelope.unwrap(wrapped.wrapped, under: above, label: label) else {
                throw .unreadable
            }
            generations.append(TenantKeys.SearchGeneration(number: wrapped.generation, master: key))
        }
        // The first version is what the gateway's own keys are derived from: it stays for as long as the tenant does.
        guard let first = stored.dataKeys.first, let above = epochs[first.epoch] else { throw .unreadable }
        let label = KeyLabel.dataKey(tenant, first.holder, version: first.version, epoch: first.epoch)
        guard let master = KeyEnvelope.unwrap(first.wrapped, under: above, label: label) else { throw .unreadable }
        var dataKey: DataKey?
        for wrapped in stored.dataKeys { dataKey = try unwrap(wrapped, previous: dataKey, holder: .tenant(tenant), epochs) }
        guard let dataKey else { throw .unreadable }
        return TenantKeys(epochs: epochs, master: master, dataKey: dataKey, searchGenerations: generations)
    }

    /// Makes an epoch key: wrapped by the provider, copied to recovery, then written into the vault, in this order. Whatever dies
    /// in between leaves a wrapping key that nothing is wrapped under.
    func makeEpoch(_ epoch: Int32, of tenant: TenantID) async throws(KeyRingError) {
        let name = WrappingKeyName(tenant: tenant, epoch: epoch, generation: 1)
        let key = SymmetricKey.random()
        let wrapped: [UInt8]
        do throws(KeyProviderError) {
            try await provider.makeKey(name)
            wrapped = try await provider.wrap(key, under: name, label: KeyLabel.epochKey(tenant, epoch))
        } catch {
            throw .provider(error)
        }
        do {
            try await vault.addEpochKey(
                WrappedEpochKey(epoch: epoch, provider: provider.kind, generation: name.generation, wrapped: wrapped), of: tenant
            )
        } catch {
            throw .vault(error)
        }
    }

    func epochKey(_ wrapped: WrappedEpochKey, of tenant: TenantID) async throws(KeyRingError) -> SymmetricKey {
        guard wrapped.provider == provider.kind else { throw .otherProvider(vault: wrapped.provider, configured: provider.kind) }
        let name = WrappingKeyName(tenant: tenant, epoch: wrapped.epoch, generation: wrapped.generation)
        do { return try await provider.unwrap(wrapped.wrapped, under: name, label: KeyLabel.epochKey(tenant, wrapped.epoch)) } catch {
            throw .provider(error)
        }
    }

    func stored(_ tenant: TenantID) async throws(KeyRingError) -> StoredTenantKeys {
        do { return try await vault.tenantKeys(of: tenant) } catch { throw .vault(error) }
    }
}

package import KeyProviders
package import Sealing
package import Storage
package import Vocabulary

/// Opens the vault without the key provider that it was made with: by recovery copies and an offline identity.
package struct KeyRecovery: Sendable {
    /// What became of one epoch key.
    package struct Finding: Sendable, Equatable {
        package enum State: String, Sendable {
            /// The copy opens, and what rests in the vault opens under it.
            case proved
            /// There is no copy of this epoch's key.
            case missing
            /// None of the identities opens the copy.
            case unopened
            /// The copy opens, but the vault does not open under it: it belongs to another vault, or was changed.
            case wrong
        }

        package let tenant: TenantID
        package let epoch: Int32
        package let state: State
    }

    private let vault: VaultDatabase
    private let copies: [RecoveryEscrow.Copy]
    private let identities: [AgeIdentity]

    /// - Parameter folder: where the recovery copies are.
    package init(vault: VaultDatabase, folder: String, identities: [AgeIdentity]) {
        self.vault = vault
        self.copies = RecoveryEscrow.copies(in: folder)
        self.identities = identities
    }

    /// Whether everything in the vault could be opened, epoch by epoch. Changes nothing.
    package func check(_ tenants: [TenantID]) async throws(KeyRingError) -> [Finding] {
        var findings: [Finding] = []
        for tenant in tenants {
            let stored = try await stored(tenant)
            for epoch in stored.epochs {
                findings.append(Finding(tenant: tenant, epoch: epoch.epoch, state: try await open(epoch, stored, of: tenant).state))
            }
        }
        return findings
    }

    /// Gives the epoch keys to a provider: wraps them there and writes them into the vault, in the place of those that the lost
    /// provider held. Does nothing unless all of them are proved.
    package func install(into provider: any KeyProvider, _ tenants: [TenantID]) async throws(KeyRingError) -> [Finding] {
        let findings = try await check(tenants)
        guard findings.allSatisfy({ $0.state == .proved }) else { return findings }
        for tenant in tenants {
            let stored = try await stored(tenant)
            for epoch in stored.epochs {
                guard let key = try await open(epoch, stored, of: tenant).key else { continue }
                // Names of the lost provider's keys are not used again.
                let name = WrappingKeyName(tenant: tenant, epoch: epoch.epoch, generation: epoch.generation + 1)
                do {
                    try await provider.makeKey(name)
                    let wrapped = try await provider.wrap(key, under: name, label: KeyLabel.epochKey(tenant, epoch.epoch))
                    let new = WrappedEpochKey(epoch: epoch.epoch, provider: provider.kind, generation: name.generation, wrapped: wrapped)
                    _ = try await vault.replaceEpochKey(epoch, by: new, of: tenant)
                } catch let error as KeyProviderError {
                    throw .provider(error)
                } catch let error as StorageError {
                    throw .vault(error)
                } catch {
                    throw .unreadable
                }
            }
        }
        return findings
    }

    private func open(
        _ epoch: WrappedEpochKey, _ stored: StoredTenantKeys, of tenant: TenantID
    ) async throws(KeyRingError) -> (key: SymmetricKey?, state: Finding.State) {
        guard let copy = copies.first(where: { $0.tenant == tenant && $0.epoch == epoch.epoch }) else { return (nil, .missing) }
        guard let key = RecoveryEscrow.open(copy, with: identities) else { return (nil, .unopened) }
        for search in stored.searchKeys where search.epoch == epoch.epoch {
            let label = KeyLabel.searchKey(tenant, generation: search.generation, epoch: search.epoch)
            return KeyEnvelope.unwrap(search.wrapped, under: key, label: label) == nil ? (nil, .wrong) : (key, .proved)
        }
        // While a rotation runs, only subjects' keys may be left under the old epoch.
        let newest = stored.epochs.last?.epoch ?? epoch.epoch
        let left: [WrappedDataKey]
        do {
            left = try await vault.dataKeys(notUnder: newest == epoch.epoch ? 0 : newest, after: nil, limit: 1000, of: tenant)
        } catch {
            throw .vault(error)
        }
        for data in left where data.epoch == epoch.epoch {
            let label = KeyLabel.dataKey(tenant, data.holder, version: data.version, epoch: data.epoch)
            return KeyEnvelope.unwrap(data.wrapped, under: key, label: label) == nil ? (nil, .wrong) : (key, .proved)
        }
        // Nothing rests under it: there is nothing to open.
        return (key, .proved)
    }

    private func stored(_ tenant: TenantID) async throws(KeyRingError) -> StoredTenantKeys {
        do { return try await vault.tenantKeys(of: tenant) } catch { throw .vault(error) }
    }
}

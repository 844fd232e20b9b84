package import KeyProviders
package import Sealing
package import Storage
package import Vocabulary

/// The parts of rotations that are about keys alone. Each can be repeated after a crash, and be done by two gateways at once.
extension SubjectKeyRing {
    // MARK: Epochs

    /// Makes the next epoch of a tenant, unless the newest is beyond the one that is to end.
    ///
    /// - Returns: the newest epoch.
    package func beginEpoch(after old: Int32, of tenant: TenantID) async throws(KeyRingError) -> Int32 {
        if let newest = try await stored(tenant).epochs.last?.epoch, newest > old { return newest }
        try await makeEpoch(old + 1, of: tenant)
        // Opened before anything is wrapped under it, here and, on the word of the vault, elsewhere.
        return try await reload(tenant).epochs.newest
    }

    /// Wraps a batch of data keys under the newest epoch, in the order of their holders.
    ///
    /// - Returns: where the batch ends and how many it had; `nil` when none was left.
    package func rewrapKeys(
        after position: DataKeyPosition?, limit: Int, of tenant: TenantID
    ) async throws(KeyRingError) -> (end: DataKeyPosition, count: Int)? {
        try await lookingAgain { () async throws(KeyRingError) in try await rewrapOnce(after: position, limit: limit, of: tenant) }
    }

    private func rewrapOnce(
        after position: DataKeyPosition?, limit: Int, of tenant: TenantID
    ) async throws(KeyRingError) -> (end: DataKeyPosition, count: Int)? {
        var epochs = try await keys(of: tenant).epochs
        let old: [WrappedDataKey]
        do { old = try await vault.dataKeys(notUnder: epochs.newest, after: position, limit: limit, of: tenant) } catch { throw .vault(error) }
        guard let last = old.last else { return nil }
        if old.contains(where: { epochs[$0.epoch] == nil }) { epochs = try await reload(tenant).epochs }
        var new: [WrappedDataKey] = []
        new.reserveCapacity(old.count)
        for key in old {
            let (from, to) = (
                KeyLabel.dataKey(tenant, key.holder, version: key.version, epoch: key.epoch),
                KeyLabel.dataKey(tenant, key.holder, version: key.version, epoch: epochs.newest)
            )
            guard let above = epochs[key.epoch],
                let wrapped = KeyEnvelope.rewrap(
                    key.wrapped, under: above, label: from, to: epochs.newestKey, label: to, suite: epochs.suite
                )
            else { throw .unreadable }
            new.append(WrappedDataKey(holder: key.holder, version: key.version, epoch: epochs.newest, wrapped: wrapped))
        }
        do {
            guard try await vault.replaceDataKeys(new, under: epochs.newest, of: tenant) else {
                try await reload(tenant)
                return (position ?? DataKeyPosition(holder: UUIDv7(high: 0, low: 0), version: 0), 0)
            }
        } catch let error as KeyRingError {
            throw error
        } catch let error as StorageError {
            throw .vault(error)
        } catch {
            throw .unreadable
        }
        return (DataKeyPosition(holder: last.holder, version: last.version), old.count)
    }

    /// Wraps the tenant's search keys under the newest epoch.
    package func rewrapSearchKeys(of tenant: TenantID) async throws(KeyRingError) {
        try await lookingAgain { () async throws(KeyRingError) in try await rewrapSearchKeysOnce(of: tenant) }
    }

    private func rewrapSearchKeysOnce(of tenant: TenantID) async throws(KeyRingError) {
        let epochs = try await reload(tenant).epochs
        for key in try await stored(tenant).searchKeys where key.epoch != epochs.newest {
            let label = KeyLabel.searchKey(tenant, generation: key.generation, epoch: key.epoch)
            guard let above = epochs[key.epoch], let opened = KeyEnvelope.unwrap(key.wrapped, under: above, label: label) else {
                throw .unreadable
            }
            do {
                try await vault.replaceSearchKey(key, by: epochs.wrap(searchKey: opened, generation: key.generation), of: tenant)
            } catch {
                throw .vault(error)
            }
        }
    }

    /// Closes every epoch but the newest that nothing is wrapped under any more.
    ///
    /// - Returns: whether all of them are closed; else a key came in meanwhile, and has to be wrapped anew first.
    package func closeOldEpochs(of tenant: TenantID) async throws(KeyRingError) -> Bool {
        let epochs = try await stored(tenant).epochs
        var areAllClosed = true
        do {
            for epoch in epochs.dropLast() where try await !vault.closeEpoch(epoch.epoch, of: tenant) { areAllClosed = false }
        } catch {
            throw .vault(error)
        }
        return areAllClosed
    }

    /// Destroys the keys of ended epochs, in the provider and in recovery, and has the vault's old rows overwritten.
    ///
    /// - Returns: the epochs that nobody has a key of from now on.
    package func destroyEndedEpochs(of tenant: TenantID) async throws(KeyRingError) -> [Int32] {
        let stored = try await stored(tenant)
        let open = Set(stored.epochs.map(\.epoch))
        let ended: [EndedEpoch]
        do { ended = try await vault.endedEpochs(of: tenant).filter { $0.destroyedAt == nil } } catch { throw .vault(error) }
        if ended.isEmpty { return [] }
        // What is opened goes first: this process, too, is somebody who has the key.
        try await reload(tenant)
        let numbers = Set(ended.map(\.epoch))
        do throws(KeyProviderError) {
            for name in try await provider.keyNames() where name.tenant == tenant && numbers.contains(name.epoch) {
                try await provider.destroyKey(name)
            }
        } catch {
            throw .provider(error)
        }
        try escrow.sweep(tenant, keeping: open)
        do {
            try await vault.vacuumKeys()
            for epoch in ended { try await vault.noteDestroyed(epoch.epoch, of: tenant) }
        } catch {
            throw .vault(error)
        }
        return numbers.sorted()
    }

    /// Writes the recovery copies of a tenant's epoch keys again.
    package func renewRecovery(of tenant: TenantID) async throws(KeyRingError) -> Int {
        let keys = try await reload(tenant).epochs.keys
        try escrow.renew(keys, of: tenant)
        return keys.count
    }

    // MARK: Root

    package func beginRootReplacement() async throws(KeyRingError) {
        do { try await provider.beginRootReplacement() } catch { throw .provider(error) }
    }

    /// Wraps a tenant's epoch keys under wrapping keys of a new generation, and destroys those of the old one.
    package func renewWrappingKeys(of tenant: TenantID) async throws(KeyRingError) -> Int {
        var count = 0
        for old in try await stored(tenant).epochs {
            let key = try await epochKey(old, of: tenant)
            let name = WrappingKeyName(tenant: tenant, epoch: old.epoch, generation: old.generation + 1)
            let isReplaced: Bool
            do {
                try await provider.makeKey(name)
                let wrapped = try await provider.wrap(key, under: name, label: KeyLabel.epochKey(tenant, old.epoch))
                let new = WrappedEpochKey(epoch: old.epoch, provider: provider.kind, generation: name.generation, wrapped: wrapped)
                isReplaced = try await vault.replaceEpochKey(old, by: new, of: tenant)
                if isReplaced {
                    try await provider.destroyKey(WrappingKeyName(tenant: tenant, epoch: old.epoch, generation: old.generation))
                }
            } catch let error as KeyProviderError {
                throw .provider(error)
            } catch let error as StorageError {
                throw .vault(error)
            } catch {
                throw .unreadable
            }
            count += isReplaced ? 1 : 0
        }
        try await reload(tenant)
        return count
    }

    /// What became of a try to end the replacement of the root.
    package struct RootReplacementEnd: Sendable {
        /// False when something still hangs on the old root: then the wrapping keys have to be renewed once more.
        package let isFinished: Bool
        /// Wrapping keys of epochs that the vault does not know. Somebody is just making such an epoch, or has died while doing so.
        package let unknown: Set<WrappingKeyName>
    }

    /// Ends the replacement of the root, once nothing hangs on the old one.
    ///
    /// What the vault says was so a moment ago: another process may be putting a wrapping key to use right now, and destroying that
    /// one would lose the tenant. So only those are destroyed that can never be used again, because generations and epochs only rise.
    /// - Parameters:
    ///   - tenants: all there are.
    ///   - abandoned: wrapping keys of epochs that the vault has not known for so long that nobody is still at making them.
    package func finishRootReplacement(
        tenants: [TenantID], abandoned: Set<WrappingKeyName>
    ) async throws(KeyRingError) -> RootReplacementEnd {
        var open: [TenantID: [Int32: Int32]] = [:]
        for tenant in tenants {
            let generations = try await stored(tenant).epochs.map { ($0.epoch, $0.generation) }
            open[tenant] = Dictionary(generations) { _, last in last }
        }
        var unknown: Set<WrappingKeyName> = []
        do throws(KeyProviderError) {
            for name in try await provider.keyNames() {
                guard let epochs = open[name.tenant], let newest = epochs.keys.max() else { continue }
                let isOver: Bool
                if let generation = epochs[name.epoch] {
                    isOver = name.generation < generation
                } else if name.epoch > newest {
                    isOver = abandoned.contains(name)
                    if !isOver { unknown.insert(name) }
                } else {
                    isOver = true
                }
                if isOver { try await provider.destroyKey(name) }
            }
            try await provider.finishRootReplacement()
            return RootReplacementEnd(isFinished: true, unknown: unknown)
        } catch {
            if error.code == .inUse { return RootReplacementEnd(isFinished: false, unknown: unknown) }
            throw .provider(error)
        }
    }

    // MARK: Data keys

    /// Gives a batch of holders whose keys are older than a moment a further version of theirs.
    ///
    /// - Returns: the last holder and how many there were; `nil` when none was left.
    package func addVersions(
        olderThan moment: Instant, after holder: UUIDv7?, limit: Int, of tenant: TenantID
    ) async throws(KeyRingError) -> (last: UUIDv7, count: Int)? {
        try await lookingAgain { () async throws(KeyRingError) in try await addOnce(olderThan: moment, after: holder, limit: limit, of: tenant) }
    }

    private func addOnce(
        olderThan moment: Instant, after holder: UUIDv7?, limit: Int, of tenant: TenantID
    ) async throws(KeyRingError) -> (last: UUIDv7, count: Int)? {
        var epochs = try await keys(of: tenant).epochs
        let old: [WrappedDataKey]
        do { old = try await vault.newestDataKeys(olderThan: moment, after: holder, limit: limit, of: tenant) } catch { throw .vault(error) }
        guard let last = old.last else { return nil }
        if old.contains(where: { epochs[$0.epoch] == nil }) { epochs = try await reload(tenant).epochs }
        var new: [WrappedDataKey] = []
        new.reserveCapacity(old.count)
        for key in old {
            let pseudonym = try unwrap(key, previous: nil, holder: .subject(SubjectID(key.holder)), epochs).pseudonym
            new.append(epochs.wrap(.random(), pseudonym: pseudonym, holder: key.holder, version: key.version + 1))
        }
        let isAdded: Bool
        do { isAdded = try await vault.addVersions(new, under: epochs.newest, of: tenant) } catch { throw .vault(error) }
        if isAdded { return (last.holder, old.count) }
        try await reload(tenant)
        return (holder ?? UUIDv7(high: 0, low: 0), 0)
    }

    /// Chooses the suite that new values of a tenant are sealed with.
    package func setSuite(_ suite: Envelope.Suite, of tenant: TenantID) async throws(KeyRingError) {
        do { try await vault.setSuite(Int32(suite.rawValue), of: tenant) } catch { throw .vault(error) }
        try await reload(tenant)
    }

    // MARK: Search keys

    /// Makes the next search key, beside the one that is to go: tokens are written under both from now on.
    package func beginSearchKey(after old: Int32, of tenant: TenantID) async throws(KeyRingError) -> Int32 {
        let newest = try await stored(tenant).searchKeys.last?.generation ?? old
        if newest > old { return newest }
        while true {
            let epochs = try await reload(tenant).epochs
            do {
                if try await vault.addSearchKey(epochs.wrap(searchKey: .random(), generation: old + 1), of: tenant) { break }
            } catch {
                throw .vault(error)
            }
        }
        return try await reload(tenant).searchGenerations.last?.number ?? old + 1
    }

    /// Looks tokens up under the next search key from now on.
    package func removeSearchKey(_ generation: Int32, of tenant: TenantID) async throws(KeyRingError) {
        do { try await vault.removeSearchKey(generation, of: tenant) } catch { throw .vault(error) }
        try await reload(tenant)
    }
}

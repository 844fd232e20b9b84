package import Sealing
import Storage
package import Vocabulary

/// The opened epoch keys of one tenant, and what new keys are made with.
struct TenantEpochs: Sendable {
    let tenant: TenantID
    /// As they rest, to find out what has changed.
    let stored: [WrappedEpochKey]
    let keys: [Int32: SymmetricKey]
    /// The epoch that new keys are wrapped under, and its key.
    let newest: Int32
    let newestKey: SymmetricKey
    /// What new values are sealed with.
    let suite: Envelope.Suite

    /// Wraps a data key under the newest epoch key.
    ///
    /// - Parameter pseudonym: that of the versions before; the first one makes its own.
    func wrap(_ key: SymmetricKey, pseudonym: Pseudonym? = nil, holder: UUIDv7, version: Int32) -> WrappedDataKey {
        let label = KeyLabel.dataKey(tenant, holder, version: version, epoch: newest)
        return WrappedDataKey(
            holder: holder, version: version, epoch: newest,
            wrapped: KeyEnvelope.wrap(key, pseudonym: pseudonym, under: newestKey, label: label, suite: suite)
        )
    }

    func wrap(searchKey key: SymmetricKey, generation: Int32) -> WrappedSearchKey {
        let label = KeyLabel.searchKey(tenant, generation: generation, epoch: newest)
        return WrappedSearchKey(
            generation: generation, epoch: newest, wrapped: KeyEnvelope.wrap(key, under: newestKey, label: label, suite: suite)
        )
    }

    /// The key that something under an epoch key is wrapped under; nothing when that epoch is not known here.
    subscript(epoch: Int32) -> SymmetricKey? { keys[epoch] }
}

/// The opened keys of one tenant.
package final class TenantKeys: Sendable {
    /// What makes the search tokens of a tenant, under one of its search keys.
    package struct SearchGeneration: Sendable {
        package let number: Int32
        let master: SymmetricKey

        /// The key that makes the search tokens of one field and kind.
        package func key(entity: String, field: String, kind: String, bits: Int) -> SearchKey {
            SearchKey(master: master, entity: entity, field: field, kind: kind, bits: bits)
        }
    }

    package let tenant: TenantID
    let epochs: TenantEpochs
    private let master: SymmetricKey
    /// Seals fields of records that are about nobody.
    package let dataKey: DataKey
    /// Tokens are written under every one of these, and looked up under the first: the others are still being filled.
    package let searchGenerations: [SearchGeneration]

    init(epochs: TenantEpochs, master: SymmetricKey, dataKey: DataKey, searchGenerations: [SearchGeneration]) {
        self.tenant = epochs.tenant
        self.epochs = epochs
        self.master = master
        self.dataKey = dataKey
        self.searchGenerations = searchGenerations
    }

    package var suite: Envelope.Suite { epochs.suite }

    /// A key for one use beside sealing.
    package func derive(_ info: StaticString) -> SymmetricKey { master.derive(info) }
}

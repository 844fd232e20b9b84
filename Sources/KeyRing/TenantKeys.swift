package import Sealing
import Storage
package import Vocabulary

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
    /// The epoch that new keys are wrapped under.
    let epoch: Int32
    let epochKeys: [Int32: SymmetricKey]
    private let master: SymmetricKey
    /// Seals fields of records that are about nobody.
    package let dataKey: DataKey
    /// Tokens are written under every one of these, and looked up under the first: the others are still being filled.
    package let searchGenerations: [SearchGeneration]

    init(
        tenant: TenantID, epoch: Int32, epochKeys: [Int32: SymmetricKey], master: SymmetricKey, dataKey: DataKey,
        searchGenerations: [SearchGeneration]
    ) {
        self.tenant = tenant
        self.epoch = epoch
        self.epochKeys = epochKeys
        self.master = master
        self.dataKey = dataKey
        self.searchGenerations = searchGenerations
    }

    /// A key for one use beside sealing.
    package func derive(_ info: StaticString) -> SymmetricKey { master.derive(info) }
}

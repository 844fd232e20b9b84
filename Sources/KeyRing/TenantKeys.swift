package import Sealing
package import Vocabulary

/// The opened keys of one tenant.
package final class TenantKeys: Sendable {
    package let tenant: TenantID
    let epoch: Int32
    let epochKeys: [Int32: SymmetricKey]
    private let master: SymmetricKey
    /// Seals fields of records that are about nobody.
    package let dataKey: DataKey

    init(tenant: TenantID, epoch: Int32, epochKeys: [Int32: SymmetricKey], master: SymmetricKey, dataKey: DataKey) {
        self.tenant = tenant
        self.epoch = epoch
        self.epochKeys = epochKeys
        self.master = master
        self.dataKey = dataKey
    }

    /// The key that makes the search tokens of one field.
    package func searchKey(entity: String, field: String, kind: String, bits: Int) -> SearchKey {
        SearchKey(master: master, entity: entity, field: field, kind: kind, bits: bits)
    }

    /// A key for one use beside sealing.
    package func derive(_ info: StaticString) -> SymmetricKey { master.derive(info) }
}

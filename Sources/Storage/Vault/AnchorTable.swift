import PostgresLink
package import Vocabulary

/// The newest head that may have been signed.
package struct AuditAnchor: Sendable, Equatable {
    package let epoch: Int
    package let size: Int
    package let root: [UInt8]

    package init(epoch: Int, size: Int, root: [UInt8]) {
        self.epoch = epoch
        self.size = size
        self.root = root
    }
}

extension VaultDatabase {
    package func anchor(of tenant: TenantID) async throws(StorageError) -> AuditAnchor? {
        let rows = try await read(tenant, ["SELECT epoch, size, root FROM audit_anchor WHERE tenant_id = \(.uuid(tenant.uuid))"])[0]
        guard rows.rowCount == 1, let epoch = rows.int64(0, 0), let size = rows.int64(0, 1), let root = rows.bytes(0, 2) else { return nil }
        return AuditAnchor(epoch: Int(epoch), size: Int(size), root: root)
    }

    /// Moves the anchor on from where the caller has seen it.
    ///
    /// - Returns: whether it was still there. Else somebody else has moved it, and the caller has to look whether its log goes on from that.
    package func moveAnchor(from seen: AuditAnchor?, to anchor: AuditAnchor, of tenant: TenantID) async throws(StorageError) -> Bool {
        let (id, epoch) = (SQLParameter.uuid(tenant.uuid), SQLParameter.int4(Int32(anchor.epoch)))
        let (size, root) = (SQLParameter.int8(Int64(anchor.size)), SQLParameter.bytes(anchor.root))
        let statement: SQL
        if let seen {
            statement = """
                UPDATE audit_anchor SET epoch = \(epoch), size = \(size), root = \(root)
                WHERE tenant_id = \(id) AND epoch = \(.int4(Int32(seen.epoch))) AND size = \(.int8(Int64(seen.size))) AND root = \(.bytes(seen.root))
                """
        } else {
            statement = "INSERT INTO audit_anchor (tenant_id, epoch, size, root) VALUES (\(id), \(epoch), \(size), \(root)) ON CONFLICT DO NOTHING"
        }
        return try await write(tenant, [statement])[0].affectedRows == 1
    }
}

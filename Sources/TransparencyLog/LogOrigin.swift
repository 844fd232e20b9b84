package import Vocabulary

/// The name of one log: `NAME/TENANT/EPOCH`.
///
/// A tenant's trail is a chain of logs. A further epoch begins when the database was taken back to an earlier state than one that was
/// signed: its log has another name, so that nothing it signs contradicts what its predecessor did, and its first entry names the head that was lost.
package struct LogOrigin: Sendable, Hashable, CustomStringConvertible {
    /// As the operator calls the gateway: like a URL without scheme, no spaces, no `+`.
    package let name: String
    package let tenant: TenantID
    /// From 1.
    package let epoch: Int

    package init(name: String, tenant: TenantID, epoch: Int) {
        self.name = name
        self.tenant = tenant
        self.epoch = epoch
    }

    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 3, let epoch = Int(parts[parts.count - 1]), epoch >= 1, String(epoch) == parts[parts.count - 1],
            let tenant = UUIDv7(parts[parts.count - 2]), tenant.description == parts[parts.count - 2]
        else { return nil }
        self.init(name: parts.dropLast(2).joined(separator: "/"), tenant: TenantID(tenant), epoch: epoch)
        guard !name.isEmpty, !text.contains(where: { $0.isWhitespace || $0 == "+" }) else { return nil }
    }

    package var description: String { "\(name)/\(tenant)/\(epoch)" }
    package func epoch(_ epoch: Int) -> LogOrigin { LogOrigin(name: name, tenant: tenant, epoch: epoch) }
}

import AuditTrail
import Foundation
import Storage
import Vocabulary

/// The key that signs heads of the log: `keys/audit.key`, 32 bytes in hexadecimal, for its owner's eyes only. Its public half is `gatehouse audit key`.
///
/// Gateways of one store have the same file. It is made when no log was ever signed; when one was and the file is missing, heads are not
/// signed until it is back, because signing with another key would look like another log.
enum AuditKeyFile {
    static func signer(_ state: StateDirectory, _ store: StoreDatabase) async throws -> LogSigner? {
        let path = state.auditKey
        if !FileManager.default.fileExists(atPath: path) {
            for tenant in try await store.tenants() {
                let rows = try await store.read(Scope(tenant: tenant), [StoreDatabase.log(of: tenant)])[0]
                if StoreDatabase.storedLog(rows)?.signer != nil { return nil }
            }
            try SigningKeyFile.make(path)
        }
        return LogSigner(try SigningKeyFile.read(path, signs: "the audit log"))
    }

    /// The key that is there; `nil` when there is none, and none is made.
    static func present(_ state: StateDirectory) throws(CommandFailure) -> LogSigner? {
        guard FileManager.default.fileExists(atPath: state.auditKey) else { return nil }
        return LogSigner(try SigningKeyFile.read(state.auditKey, signs: "the audit log"))
    }
}

import AuditTrail
import DataFormats
import Foundation
import Sealing
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
            let key = SigningKey.make()
            let text = key.withSeed { Hex.encode(Array($0)) }
            do { try StateDirectory.writeSecret(text, to: path) } catch {
                // Another process of this host was first.
                guard FileManager.default.fileExists(atPath: path) else { throw error }
            }
        }
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(), status.st_mode & 0o077 == 0 else {
            throw CommandFailure(
                .unfit, "\(path) is not this account's own file with mode 0600", hint: "whoever else can read it can sign another history")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(.unfit, "\(path) cannot be read", hint: "it signs the audit log, and has to belong to this account")
        }
        var digits = Array(data.filter { !($0 == 0x0A || $0 == 0x0D) })
        defer { wipe(&digits) }
        var seed = Hex.decode(digits) ?? []
        defer { wipe(&seed) }
        guard let key = SigningKey(seed: SecretBytes(copying: seed)) else { throw malformed(path) }
        return LogSigner(key)
    }

    private static func malformed(_ path: String) -> CommandFailure {
        CommandFailure(.unfit, "\(path) is no signing key of 64 hexadecimal digits", hint: "put back the file that the log was begun with")
    }
}

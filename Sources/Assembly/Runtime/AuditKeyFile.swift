import AuditTrail
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
            var text = ""
            key.withSeed { seed in text = seed.map { byte in String(format: "%02x", byte) }.joined() }
            do { try StateDirectory.writeSecret(text, to: path) } catch {
                // Another process of this host was first.
                guard FileManager.default.fileExists(atPath: path) else { throw error }
            }
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(.unfit, "\(path) cannot be read", hint: "it signs the audit log, and has to belong to this account")
        }
        var digits = data.filter { !($0 == 0x0A || $0 == 0x0D) }
        defer { digits.resetBytes(in: 0..<digits.count) }
        guard digits.count == 64 else { throw malformed(path) }
        var seed: [UInt8] = []
        for pair in stride(from: 0, to: 64, by: 2) {
            guard let high = nibble(digits[digits.startIndex + pair]), let low = nibble(digits[digits.startIndex + pair + 1]) else { throw malformed(path) }
            seed.append(high << 4 | low)
        }
        let key = seed.withUnsafeBytes { SigningKey(seed: $0) }
        for index in seed.indices { seed[index] = 0 }
        guard let key else { throw malformed(path) }
        return LogSigner(key)
    }

    private static func malformed(_ path: String) -> CommandFailure {
        CommandFailure(.unfit, "\(path) is no signing key of 64 hexadecimal digits", hint: "put back the file that the log was begun with")
    }

    private static func nibble(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

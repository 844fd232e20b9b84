import DataFormats
import Sealing

/// A secret of one host: a file with the one line `gatehouse-credential-1 <Base64URL of 32 bytes>`.
struct HostCredential: Sendable {
    private static let word = "gatehouse-credential-1"
    private static let fileName = "host.credential"

    private let secret: SymmetricKey

    static func file(in folder: KeyFolder) -> SecretFile { SecretFile(folder.path(of: fileName)) }

    static func read(_ file: SecretFile) throws(KeyProviderError) -> HostCredential {
        let line = try file.read("credential")
        var text = line.withBytes { Array($0) }
        defer { wipe(&text) }
        let prefix = Array("\(word) ".utf8)
        guard text.starts(with: prefix), var bytes = Base64URL.decode(Array(text[prefix.count...])) else { throw malformed(file) }
        defer { wipe(&bytes) }
        guard bytes.count == SymmetricKey.byteCount else { throw malformed(file) }
        return HostCredential(secret: SymmetricKey(SecretBytes(copying: bytes)))
    }

    private static func malformed(_ file: SecretFile) -> KeyProviderError {
        KeyProviderError(
            .malformed, "\(file.path) is no credential: it was cut short or changed, or is something else",
            hint: "it has one line, '\(word)' and 32 random bytes in Base64URL without padding; put the right one back, nothing was changed"
        )
    }

    /// Makes the credential of a keys folder; one that is there already stays as it is.
    static func make(in folder: KeyFolder, _ lock: borrowing KeyFolder.Lock) throws(KeyProviderError) {
        var bytes = randomBytes(count: SymmetricKey.byteCount)
        defer { wipe(&bytes) }
        var line = Array("\(word) \(Base64URL.encode(bytes))\n".utf8)
        defer { wipe(&line) }
        _ = try folder.create(fileName, line, lock)
    }

    /// What a root key with this salt is sealed under.
    func sealingKey(_ salt: [UInt8]) -> SymmetricKey { secret.derive(Array("gatehouse/v1/root-seal".utf8) + salt) }
}

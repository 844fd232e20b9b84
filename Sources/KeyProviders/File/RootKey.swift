import DataFormats
import Sealing

/// The key at the top, opened: what wrapping keys are sealed under, and the public name by which their files call it.
struct RootKey: Sendable {
    /// 16 bytes that only the root key gives, and that tell nothing of it; in hexadecimal digits.
    typealias ID = String

    let id: ID
    /// The root key is not used itself: each use has a key of its own, derived from it.
    let wrapping: SymmetricKey

    init(_ key: SymmetricKey) {
        id = Hex.encode(key.derive("gatehouse/v1/root-id").withBytes { Blake2b.hash(Array($0), byteCount: 16) })
        wrapping = key.derive("gatehouse/v1/wrapping-keys")
    }
}

/// What a root key file is sealed by.
package enum RootSecret: Sendable, Equatable {
    /// A file with a passphrase that somebody chose.
    case passphrase(SecretFile)
    /// A file with a credential of this host: one line, see ``HostCredential``.
    case credential(SecretFile)
    /// The credential `host.credential` in the keys folder itself, made with the first root key. It keeps the root key from being read in a
    /// copy of `root.key` alone; whoever copies the whole folder has both.
    case ownCredential
}

/// The root key as a file, sealed by a passphrase (Argon2id) or by a credential of the host.
///
/// The fields are `id`, `seal` and `salt`; with a passphrase also `passes` and `memory`, the cost of Argon2id in passes and bytes.
enum RootKeyText {
    static let word = "gatehouse-sealed-root-1"
    private static let passphraseFields = ["id", "seal", "salt", "passes", "memory"]
    private static let credentialFields = ["id", "seal", "salt"]

    /// What a changed file may cost at most before it is found out.
    private static let greatestCost = PassphraseKey.Cost(passes: 64, memoryBytes: 4 << 30)

    static func read(_ bytes: [UInt8], path: String) throws(KeyProviderError) -> SealedKeyText {
        try SealedKeyText(reading: bytes, word: word, names: [passphraseFields, credentialFields], path: path)
    }

    static func id(of text: SealedKeyText) -> RootKey.ID { text["id"] ?? "" }

    // MARK: Sealing

    /// Makes a root key that is sealed so.
    static func make(_ secret: RootSecret, in folder: KeyFolder, cost: PassphraseKey.Cost) throws(KeyProviderError) -> (SealedKeyText, RootKey) {
        let key = SymmetricKey.random()
        let root = RootKey(key)
        let salt = randomBytes(count: PassphraseKey.saltByteCount)
        var fields = [
            SealedKeyText.Field(name: "id", value: root.id), SealedKeyText.Field(name: "seal", value: kind(of: secret)),
            SealedKeyText.Field(name: "salt", value: Base64URL.encode(salt)),
        ]
        let sealing: SymmetricKey
        switch secret {
        case .passphrase(let file):
            fields.append(SealedKeyText.Field(name: "passes", value: "\(cost.passes)"))
            fields.append(SealedKeyText.Field(name: "memory", value: "\(cost.memoryBytes)"))
            sealing = try derive(file.read("passphrase"), salt, cost)
        case .credential(let file):
            sealing = try HostCredential.read(file).sealingKey(salt)
        case .ownCredential:
            sealing = try HostCredential.read(HostCredential.file(in: folder)).sealingKey(salt)
        }
        return (SealedKeyText(word: word, fields: fields, sealing: key, under: sealing), root)
    }

    // MARK: Opening

    /// Opens a root key with the first of these secrets that fits.
    ///
    /// - Throws: `misconfigured` when the file is sealed by something of another kind, `refused` when none fits.
    static func open(
        _ text: SealedKeyText, with secrets: [RootSecret], in folder: KeyFolder, path: String
    ) throws(KeyProviderError) -> RootKey {
        guard let seal = text["seal"], let salt = text["salt"].flatMap(Base64URL.decode), salt.count == PassphraseKey.saltByteCount else {
            throw .damaged(path)
        }
        let fitting = secrets.filter { kind(of: $0) == seal }
        guard !fitting.isEmpty else { throw otherKind(seal, path) }
        for secret in fitting {
            let sealing: SymmetricKey
            switch secret {
            case .passphrase(let file): sealing = try derive(file.read("passphrase"), salt, cost(of: text, path))
            case .credential(let file): sealing = try HostCredential.read(file).sealingKey(salt)
            case .ownCredential: sealing = try HostCredential.read(HostCredential.file(in: folder)).sealingKey(salt)
            }
            guard let key = text.open(under: sealing) else { continue }
            let root = RootKey(key)
            guard root.id == id(of: text) else { throw .damaged(path) }
            return root
        }
        throw KeyProviderError(
            .refused, "the \(seal) is not the one that \(path) was sealed by", hint: "use the \(seal) that was in force when it was made or replaced"
        )
    }

    private static func otherKind(_ seal: String, _ path: String) -> KeyProviderError {
        switch seal {
        case "passphrase":
            KeyProviderError(
                .misconfigured, "\(path) is sealed by a passphrase, and none is configured", hint: "name its file in GATEHOUSE_PASSPHRASE_FILE"
            )
        case "credential":
            KeyProviderError(
                .misconfigured, "\(path) is sealed by a credential, and a passphrase is configured",
                hint: "name its file in GATEHOUSE_CREDENTIAL_FILE, or nothing if it is host.credential beside it"
            )
        default: .damaged(path)
        }
    }

    private static func kind(of secret: RootSecret) -> String {
        if case .passphrase = secret { "passphrase" } else { "credential" }
    }

    private static func cost(of text: SealedKeyText, _ path: String) throws(KeyProviderError) -> PassphraseKey.Cost {
        guard let passes = text["passes"].flatMap({ UInt64($0) }), let memory = text["memory"].flatMap({ Int($0) }),
            1...greatestCost.passes ~= passes, 8 << 10...greatestCost.memoryBytes ~= memory
        else { throw .damaged(path) }
        return PassphraseKey.Cost(passes: passes, memoryBytes: memory)
    }

    private static func derive(
        _ passphrase: borrowing SecretBytes, _ salt: [UInt8], _ cost: PassphraseKey.Cost
    ) throws(KeyProviderError) -> SymmetricKey {
        guard let key = PassphraseKey.derive(passphrase, salt: salt, cost: cost) else {
            throw KeyProviderError(
                .unavailable, "the key of the passphrase cannot be derived", hint: "it takes \(cost.memoryBytes >> 20) MiB of memory for a moment"
            )
        }
        return key
    }
}

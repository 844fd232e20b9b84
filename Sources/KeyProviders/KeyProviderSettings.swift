/// Which key provider there is, and where: read from the environment.
///
/// | variable | meaning |
/// |---|---|
/// | `GATEHOUSE_KEY_PROVIDER` | `file` (when not set), `pkcs11` or `transit` |
/// | `GATEHOUSE_PASSPHRASE_FILE` | `file`: the file with the passphrase that seals the root key |
/// | `GATEHOUSE_CREDENTIAL_FILE` | `file`: the file with the credential that does; without either, `host.credential` in the keys folder |
/// | `GATEHOUSE_NEXT_PASSPHRASE_FILE`, `GATEHOUSE_NEXT_CREDENTIAL_FILE` | `file`: the same for the next root key, when the root is replaced |
/// | `GATEHOUSE_PKCS11_MODULE` | `pkcs11`: the absolute path of the token's library |
/// | `GATEHOUSE_PKCS11_TOKEN` | `pkcs11`: the token's label |
/// | `GATEHOUSE_PKCS11_PIN_FILE` | `pkcs11`: the file with the user's PIN |
/// | `GATEHOUSE_TRANSIT_URL` | `transit`: the server, `https://host:port` |
/// | `GATEHOUSE_TRANSIT_MOUNT` | `transit`: the path of the engine; `transit` when not set |
/// | `GATEHOUSE_TRANSIT_TOKEN_FILE` | `transit`: the file with the token; read again when it is refused. An agent that writes it has to give it the mode 0600 |
///
/// A variable that is empty counts as not set. Files that systemd lends this service (in `CREDENTIALS_DIRECTORY`) may belong to root.
package struct KeyProviderSettings: Sendable, Equatable {
    enum Choice: Sendable, Equatable {
        case file(RootSecret, next: RootSecret?)
        case pkcs11(module: String, token: String, pin: SecretFile)
        case transit(url: String, mount: String, token: SecretFile)
    }

    let choice: Choice

    /// The word that rests beside the epoch keys of a vault.
    package var kind: String {
        switch choice {
        case .file: "file"
        case .transit: "transit"
        case .pkcs11: "pkcs11"
        }
    }

    /// - Throws: `misconfigured` for settings that are missing, contradict each other, or belong to another provider than the chosen one.
    package init(environment: [String: String]) throws(KeyProviderError) {
        var variables = Variables(environment)
        let kind = variables.take("KEY_PROVIDER") ?? "file"
        switch kind {
        case "file":
            choice = .file(
                try Self.secret(&variables, "PASSPHRASE_FILE", "CREDENTIAL_FILE") ?? .ownCredential,
                next: try Self.secret(&variables, "NEXT_PASSPHRASE_FILE", "NEXT_CREDENTIAL_FILE")
            )
        case "pkcs11":
            choice = .pkcs11(
                module: try variables.expect("PKCS11_MODULE", kind), token: try variables.expect("PKCS11_TOKEN", kind),
                pin: try variables.expectFile("PKCS11_PIN_FILE", kind)
            )
        case "transit":
            choice = .transit(
                url: try variables.expect("TRANSIT_URL", kind), mount: variables.take("TRANSIT_MOUNT") ?? "transit",
                token: try variables.expectFile("TRANSIT_TOKEN_FILE", kind)
            )
        default:
            throw KeyProviderError(
                .misconfigured, "there is no key provider '\(kind)'", hint: "GATEHOUSE_KEY_PROVIDER is one of: file, pkcs11, transit"
            )
        }
        try variables.expectNoneLeft(kind)
    }

    /// Opens the provider that the environment names, for a keys folder.
    ///
    /// - Parameter isFresh: whether the vault has never held a key.
    package static func open(
        environment: [String: String], keysFolder: String, isFresh: Bool
    ) async throws(KeyProviderError) -> any KeyProvider {
        switch try KeyProviderSettings(environment: environment).choice {
        case .file(let secret, let next):
            try await FileKeyProvider.open(folder: keysFolder, secret: secret, nextSecret: next, isFresh: isFresh)
        case .pkcs11(let module, let token, let pin):
            try await PKCS11KeyProvider.open(module: module, token: token, pin: pin)
        case .transit(let url, let mount, let token):
            try await TransitKeyProvider.open(url: url, mount: mount, token: token)
        }
    }

    private static func secret(
        _ variables: inout Variables, _ passphrase: String, _ credential: String
    ) throws(KeyProviderError) -> RootSecret? {
        switch (variables.takeFile(passphrase), variables.takeFile(credential)) {
        case (nil, nil): nil
        case (let file?, nil): .passphrase(file)
        case (nil, let file?): .credential(file)
        case (_?, _?):
            throw KeyProviderError(
                .misconfigured, "GATEHOUSE_\(passphrase) and GATEHOUSE_\(credential) are both set", hint: "a root key is sealed by one of them"
            )
        }
    }
}

/// The variables of key providers, each taken once.
private struct Variables {
    /// All there are, with the provider that each belongs to.
    private static let owners = [
        "KEY_PROVIDER": "", "PASSPHRASE_FILE": "file", "CREDENTIAL_FILE": "file", "NEXT_PASSPHRASE_FILE": "file", "NEXT_CREDENTIAL_FILE": "file",
        "PKCS11_MODULE": "pkcs11", "PKCS11_TOKEN": "pkcs11", "PKCS11_PIN_FILE": "pkcs11",
        "TRANSIT_URL": "transit", "TRANSIT_MOUNT": "transit", "TRANSIT_TOKEN_FILE": "transit",
    ]

    private var values: [String: String] = [:]
    private let credentialsDirectory: String?

    init(_ environment: [String: String]) {
        for name in Self.owners.keys {
            if let value = environment["GATEHOUSE_\(name)"], !value.isEmpty { values[name] = value }
        }
        credentialsDirectory = environment["CREDENTIALS_DIRECTORY"]
    }

    mutating func take(_ name: String) -> String? { values.removeValue(forKey: name) }

    mutating func takeFile(_ name: String) -> SecretFile? {
        take(name).map { SecretFile($0, credentialsDirectory: credentialsDirectory) }
    }

    mutating func expect(_ name: String, _ kind: String) throws(KeyProviderError) -> String {
        guard let value = take(name) else {
            throw KeyProviderError(.misconfigured, "the key provider '\(kind)' needs GATEHOUSE_\(name)", hint: "set it, or choose another provider")
        }
        return value
    }

    mutating func expectFile(_ name: String, _ kind: String) throws(KeyProviderError) -> SecretFile {
        SecretFile(try expect(name, kind), credentialsDirectory: credentialsDirectory)
    }

    func expectNoneLeft(_ kind: String) throws(KeyProviderError) {
        guard let name = values.keys.min(), let owner = Self.owners[name] else { return }
        throw KeyProviderError(
            .misconfigured, "GATEHOUSE_\(name) belongs to the key provider '\(owner)', and the one in use is '\(kind)'",
            hint: "unset it, or set GATEHOUSE_KEY_PROVIDER to \(owner)"
        )
    }
}

package import KeyProviders
package import Storage

/// Why a key could not be had.
package enum KeyRingError: Error, Sendable, Equatable, CustomStringConvertible {
    case vault(StorageError)
    case provider(KeyProviderError)
    /// The vault was made with another provider than the one that is configured.
    case otherProvider(vault: String, configured: String)
    /// A wrapped key does not open: somebody changed the vault, or put it beside the keys of another one.
    case unreadable
    /// All of the guarded memory is in use.
    case exhausted
    /// The recovery copy of an epoch key could not be written.
    case escrow(String)

    package var description: String {
        switch self {
        case .vault(let error): "vault: \(error)"
        case .provider(let error): error.description
        case .otherProvider(let vault, let configured):
            "the vault's keys are held by the key provider '\(vault)', and '\(configured)' is configured"
        case .unreadable: "a key in the vault does not open under the key above it"
        case .exhausted: "no guarded memory left for keys"
        case .escrow(let message): message
        }
    }
}

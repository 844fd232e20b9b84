package import Sealing
package import Vocabulary

/// Whoever holds the keys that epoch keys are wrapped under: the top of the hierarchy, outside both databases.
///
/// A provider keeps *wrapping keys* by name. An epoch key rests in the vault, wrapped under one of them; when an epoch ends, its
/// wrapping key is destroyed here, and no copy of the vault, however old, opens any more. So a provider must be able to destroy
/// a key for good, and its own copies (backups of the key files, snapshots of a token) count as keys that still exist.
///
/// Every implementation passes the same contract suite. All calls are safe to repeat: the process may die after any of them.
package protocol KeyProvider: Sendable {
    /// A word of configuration that rests beside each wrapped epoch key: `file`, `pkcs11`, `transit`.
    var kind: String { get }

    /// Makes a wrapping key; durable when this returns. One that is there already stays as it is.
    func makeKey(_ name: WrappingKeyName) async throws(KeyProviderError)

    /// Wraps an epoch key. The label says which key it is, and has to be the same when it is unwrapped.
    func wrap(_ key: SymmetricKey, under name: WrappingKeyName, label: [UInt8]) async throws(KeyProviderError) -> [UInt8]

    /// - Throws: `unopened` when the bytes were not wrapped under this key and label, `unknown` when there is no such key.
    func unwrap(_ wrapped: [UInt8], under name: WrappingKeyName, label: [UInt8]) async throws(KeyProviderError) -> SymmetricKey

    /// Destroys a wrapping key for good, in memory, too. One that is gone already is no error.
    func destroyKey(_ name: WrappingKeyName) async throws(KeyProviderError)

    /// The names of the wrapping keys that there are, in no order.
    func keyNames() async throws(KeyProviderError) -> [WrappingKeyName]

    /// Begins to replace the root, if the provider has one of its own: keys made from now on hang on the new one, those made before
    /// still open. Does nothing when a replacement is under way.
    func beginRootReplacement() async throws(KeyProviderError)

    /// Ends a replacement once no wrapping key hangs on the old root any more, and destroys that. Does nothing when none is under way.
    ///
    /// - Throws: `inUse` while a wrapping key hangs on the old root.
    func finishRootReplacement() async throws(KeyProviderError)
}

/// The name of a wrapping key: `<tenant>-<epoch>-<generation>`. Names no person and no company.
///
/// The generation rises each time the root is rotated.
package struct WrappingKeyName: Sendable, Hashable, CustomStringConvertible {
    package let tenant: TenantID
    package let epoch: Int32
    package let generation: Int32

    package init(tenant: TenantID, epoch: Int32, generation: Int32) {
        self.tenant = tenant
        self.epoch = epoch
        self.generation = generation
    }

    /// `nil` for a text that is no such name.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 7, let tenant = UUIDv7(parts[0..<5].joined(separator: "-")), let epoch = Int32(parts[5]),
            let generation = Int32(parts[6])
        else { return nil }
        self.init(tenant: TenantID(tenant), epoch: epoch, generation: generation)
        guard description == text else { return nil }
    }

    package var description: String { "\(tenant)-\(epoch)-\(generation)" }
}

/// Why a provider did not do what it was asked: one sentence, and what to do about it.
package struct KeyProviderError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        /// What should be there (a key file, a token, a server) is not.
        case missing
        /// There is no wrapping key of that name.
        case unknown
        /// The passphrase, PIN, token or credential is not the right one.
        case refused
        /// Others may read what only its owner should, or it belongs to somebody else.
        case exposed
        /// A file is cut short, changed, or of another kind.
        case malformed
        /// A wrapped key does not open under this wrapping key and label.
        case unopened
        /// The provider cannot be reached or written to at the moment.
        case unavailable
        /// Something still hangs on what should go.
        case inUse
        /// The configuration does not say what is needed.
        case misconfigured
    }

    package let code: Code
    package let message: String
    package let hint: String?

    package init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    package var description: String { message }
}

import DurableFiles
package import Sealing
import Vocabulary

/// Keeps wrapping keys as files, each sealed under a root key that is itself sealed by a passphrase or a credential of the host.
///
/// The folder holds `root.key`, while the root is replaced `root.next`, and `wrapping/<name>.key` for each wrapping key; it belongs to the
/// process's user alone. Several processes may use one folder: each reads the files again when it needs them.
///
/// An opened wrapping key is in memory for the length of one call, so that a key destroyed by one process is gone for all of them. The
/// opened root key stays in memory; a process that did not replace it itself learns of the new one with the first wrapping key that hangs
/// on it, and forgets the old one then.
///
/// Cancellation has no effect: a call that has begun comes to its end.
package actor FileKeyProvider: KeyProvider {
    package nonisolated let kind = "file"

    private static let rootName = "root.key"
    private static let nextRootName = "root.next"

    private let folder: KeyFolder
    private let secret: RootSecret
    private let nextSecret: RootSecret?
    private let cost: PassphraseKey.Cost
    private let executor = BlockingExecutor("gatehouse.key-files")
    /// The opened roots that `root.key` and `root.next` held when they were read last.
    private var roots: [RootKey.ID: RootKey] = [:]

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    // MARK: Opening

    /// Opens the key files of a folder.
    ///
    /// - Parameters:
    ///   - secret: opens the root key, and seals a new one.
    ///   - nextSecret: seals the next root key when the root is replaced, and opens it; without one, `secret` does.
    ///   - cost: what a new seal by passphrase costs. An old one says itself what it did.
    ///   - isFresh: whether nothing was ever wrapped under these keys. Only then is a root key made that is not there.
    package static func open(
        folder: String, secret: RootSecret, nextSecret: RootSecret? = nil, cost: PassphraseKey.Cost = .moderate, isFresh: Bool
    ) async throws(KeyProviderError) -> FileKeyProvider {
        let provider = FileKeyProvider(try KeyFolder(folder), secret, nextSecret, cost)
        try await provider.start(isFresh: isFresh)
        return provider
    }

    private init(_ folder: KeyFolder, _ secret: RootSecret, _ nextSecret: RootSecret?, _ cost: PassphraseKey.Cost) {
        self.folder = folder
        self.secret = secret
        self.nextSecret = nextSecret
        self.cost = cost
    }

    private func start(isFresh: Bool) throws(KeyProviderError) {
        let lock = try folder.lock()
        try folder.removeUnfinished(lock)
        if isFresh, try folder.read(Self.rootName) == nil { try makeRoot(lock) }
        _ = try readRoots(lock)
    }

    private func makeRoot(_ lock: borrowing KeyFolder.Lock) throws(KeyProviderError) {
        // A `root.next` or wrapping keys without a root key are what is left of a folder that lost it.
        guard try folder.read(Self.nextRootName) == nil, try names().isEmpty else { return }
        if secret == .ownCredential { try HostCredential.make(in: folder, lock) }
        let (text, root) = try RootKeyText.make(secret, in: folder, cost: cost)
        _ = try folder.create(Self.rootName, text.text, lock)
        roots[root.id] = root
    }

    // MARK: Roots

    private struct RootIDs {
        let current: RootKey.ID
        let next: RootKey.ID?
    }

    /// Reads which roots there are, opens those that are not open yet, and forgets the others.
    private func readRoots(_ lock: borrowing KeyFolder.Lock) throws(KeyProviderError) -> RootIDs {
        guard let current = try openRoot(Self.rootName) else {
            throw KeyProviderError(
                .missing, "there is no root key at \(folder.path(of: Self.rootName))",
                hint: "put back the one that the vault was made with: a new one would open nothing"
            )
        }
        let next = try openRoot(Self.nextRootName)
        roots = [current.id: current]
        if let next { roots[next.id] = next }
        return RootIDs(current: current.id, next: next?.id)
    }

    /// Opens the root key of a file; `nil` when there is no such file.
    private func openRoot(_ name: String) throws(KeyProviderError) -> RootKey? {
        let path = folder.path(of: name)
        guard let bytes = try folder.read(name) else { return nil }
        let text = try RootKeyText.read(bytes, path: path)
        if let root = roots[RootKeyText.id(of: text)] { return root }
        return try RootKeyText.open(text, with: [secret] + (nextSecret.map { [$0] } ?? []), in: folder, path: path)
    }

    package func beginRootReplacement() throws(KeyProviderError) {
        let lock = try folder.lock()
        guard try readRoots(lock).next == nil else { return }
        let (text, root) = try RootKeyText.make(nextSecret ?? secret, in: folder, cost: cost)
        _ = try folder.create(Self.nextRootName, text.text, lock)
        roots[root.id] = root
    }

    /// - Throws: `inUse` while a wrapping key hangs on the old root.
    package func finishRootReplacement() throws(KeyProviderError) {
        let lock = try folder.lock()
        let ids = try readRoots(lock)
        guard let next = ids.next else { return }
        var remaining = 0
        for name in try names() {
            if let text = try readKey(name), text["root"] != next { remaining += 1 }
        }
        guard remaining == 0 else {
            throw KeyProviderError(
                .inUse, "\(remaining) wrapping \(remaining == 1 ? "key hangs" : "keys hang") on the old root key",
                hint: "wrap what is under them under new keys, destroy them, and end the replacement then"
            )
        }
        try folder.replace(Self.rootName, with: Self.nextRootName, lock)
        roots[ids.current] = nil
    }

    // MARK: Wrapping keys

    package func makeKey(_ name: WrappingKeyName) throws(KeyProviderError) {
        let lock = try folder.lock()
        let ids = try readRoots(lock)
        if let text = try readKey(name) {
            _ = try openKey(text, name, lock)
            return
        }
        guard let root = roots[ids.next ?? ids.current] else { preconditionFailure("roots that were read are open") }
        // What an interrupted destruction left has no key in it.
        try folder.destroy(Self.file(name), lock)
        let text = SealedKeyText(
            word: Self.word, fields: [.init(name: "name", value: "\(name)"), .init(name: "root", value: root.id)], sealing: .random(),
            under: root.wrapping
        )
        _ = try folder.create(Self.file(name), text.text, lock)
    }

    package func wrap(_ key: SymmetricKey, under name: WrappingKeyName, label: [UInt8]) throws(KeyProviderError) -> [UInt8] {
        KeyEnvelope.wrap(key, under: try wrappingKey(name), label: label)
    }

    package func unwrap(_ wrapped: [UInt8], under name: WrappingKeyName, label: [UInt8]) throws(KeyProviderError) -> SymmetricKey {
        guard let key = KeyEnvelope.unwrap(wrapped, under: try wrappingKey(name), label: label) else { throw .unopened(name) }
        return key
    }

    package func destroyKey(_ name: WrappingKeyName) throws(KeyProviderError) {
        let lock = try folder.lock()
        try folder.destroy(Self.file(name), lock)
    }

    package func keyNames() throws(KeyProviderError) -> [WrappingKeyName] { try names() }

    // MARK: Files of wrapping keys

    private static let word = "gatehouse-wrapping-key-1"
    private static let suffix = ".key"

    private static func file(_ name: WrappingKeyName) -> String { "\(KeyFolder.wrapping)/\(name)\(suffix)" }

    /// A key whose destruction was interrupted is among them, so that somebody who compares names comes to destroy it again.
    private func names() throws(KeyProviderError) -> [WrappingKeyName] {
        try folder.names(in: KeyFolder.wrapping).compactMap { file in
            file.hasSuffix(Self.suffix) ? WrappingKeyName(String(file.dropLast(Self.suffix.count))) : nil
        }
    }

    private func readKey(_ name: WrappingKeyName) throws(KeyProviderError) -> SealedKeyText? {
        let path = folder.path(of: Self.file(name))
        guard let bytes = try folder.read(Self.file(name)), !KeyFolder.isDestroyed(bytes) else { return nil }
        let text = try SealedKeyText(reading: bytes, word: Self.word, names: [["name", "root"]], path: path)
        guard text["name"] == "\(name)" else {
            throw KeyProviderError(.malformed, "\(path) is the file of another key", hint: "give it back the name that stands in it")
        }
        return text
    }

    private func wrappingKey(_ name: WrappingKeyName) throws(KeyProviderError) -> SymmetricKey {
        if let text = try? readKey(name), let root = text["root"], roots[root] != nil { return try openKey(text, name) }
        // Its root is new to this process, or it is being destroyed at this moment: without others in between, the files say which.
        let lock = try folder.lock()
        guard let text = try readKey(name) else { throw .unknown(name) }
        return try openKey(text, name, lock)
    }

    /// Opens a key after reading the roots again, if its own is not known.
    private func openKey(_ text: SealedKeyText, _ name: WrappingKeyName, _ lock: borrowing KeyFolder.Lock) throws(KeyProviderError) -> SymmetricKey {
        if let root = text["root"], roots[root] == nil { _ = try readRoots(lock) }
        return try openKey(text, name)
    }

    private func openKey(_ text: SealedKeyText, _ name: WrappingKeyName) throws(KeyProviderError) -> SymmetricKey {
        let path = folder.path(of: Self.file(name))
        guard let id = text["root"], let root = roots[id] else {
            throw KeyProviderError(
                .missing, "the root key that \(path) is sealed under is not there",
                hint: "put back the root.key of the same backup, or this file from one that was made since the root was replaced"
            )
        }
        guard let key = text.open(under: root.wrapping) else { throw .damaged(path) }
        return key
    }
}

extension KeyProviderError {
    static func unknown(_ name: WrappingKeyName) -> KeyProviderError {
        KeyProviderError(
            .unknown, "there is no wrapping key \(name)",
            hint: "it was destroyed when its epoch ended (an older vault opens no more), or is kept by another key provider"
        )
    }

    static func unopened(_ name: WrappingKeyName) -> KeyProviderError {
        KeyProviderError(.unopened, "a wrapped key does not open under the wrapping key \(name)", hint: "it was changed, or belongs elsewhere")
    }
}

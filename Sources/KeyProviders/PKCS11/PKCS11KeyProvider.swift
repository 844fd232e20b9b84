import CPKCS11
import DurableFiles
import Glibc
package import Sealing
import Vocabulary

/// Keeps wrapping keys on a token (a hardware security module, a smart card, SoftHSM), which they never leave.
///
/// Each wrapping key is an AES-256 key object with the label `gatehouse/<name>`, sensitive and not extractable. A wrapped key is
/// `0x01 ‖ nonce, 12 bytes ‖ ciphertext ‖ tag, 16 bytes` of AES-GCM with the label as associated data.
///
/// A token does not keep labels unique: when two processes make the same key at the same moment there are two objects. Then either
/// wraps, both are tried to unwrap, and both are destroyed; so whatever a process wrapped opens everywhere. (SoftHSM 2.6 does not
/// always keep its side: a process that reads the token at the moment when another makes a key may not see that key until the token
/// changes again or the process starts anew. It answers `unknown` or `unopened` then; nothing is lost.)
///
/// The token has its own root, so there is none to replace here. A key destroyed there is gone for all processes at once; backups that
/// the token's own tools made keep it.
///
/// The module's calls block, and run on a queue of this provider. Cancellation has no effect: a call that has begun comes to its end.
package actor PKCS11KeyProvider: KeyProvider {
    package nonisolated let kind = "pkcs11"

    private static let prefix = "gatehouse/"
    private static let format: UInt8 = 1
    private static let wrappedByteCount = 1 + PKCS11Session.nonceByteCount + SymmetricKey.byteCount + PKCS11Session.tagByteCount

    private let path: String
    private let token: String
    private let pin: SecretFile
    private let executor = BlockingExecutor("gatehouse.pkcs11")
    private var session: PKCS11Session?
    /// The token refused the PIN: to try it again could lock the token.
    private var refusal: KeyProviderError?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    // MARK: Opening

    /// Opens the module, finds the token and logs in.
    ///
    /// - Parameters:
    ///   - module: the absolute path of the token's library.
    ///   - token: the token's label.
    ///   - pin: the file with the user's PIN; read at each login, and not kept.
    package static func open(module: String, token: String, pin: SecretFile) async throws(KeyProviderError) -> PKCS11KeyProvider {
        let provider = PKCS11KeyProvider(module, token, pin)
        try await provider.start()
        return provider
    }

    private init(_ module: String, _ token: String, _ pin: SecretFile) {
        path = module
        self.token = token
        self.pin = pin
    }

    private func start() throws(KeyProviderError) { _ = try connect() }

    private func connect() throws(KeyProviderError) -> PKCS11Session {
        if let session { return session }
        if let refusal { throw refusal }
        let module = try PKCS11Module.open(path)
        var failure = KeyProviderError(
            .missing, "there is no token with the label '\(token)'", hint: "put it in, or correct GATEHOUSE_PKCS11_TOKEN"
        )
        // While another process logs in, a token may not tell its label, or not open a session.
        for attempt in 0..<4 {
            if attempt > 0 { usleep(useconds_t(20_000 << attempt)) }
            guard let slot = try module.slot(ofToken: token) else { continue }
            guard PKCS11Session.isCapable(module, slot: slot) else { throw PKCS11Failure(CKR_MECHANISM_INVALID).told }
            let pin = try pin.read("PIN")
            do throws(PKCS11Failure) {
                let session = try PKCS11Session(module, slot: slot, pin: pin)
                self.session = session
                return session
            } catch {
                failure = error.told
            }
            if failure.code == .refused {
                refusal = failure
                break
            }
        }
        throw failure
    }

    /// Runs calls in the session. What fails runs again in a new one, at most three times, so it must be safe to repeat: the session may
    /// have been lost, and modules fail for a moment, with codes of all kinds, while another process changes the token.
    private func run<Value>(_ body: (PKCS11Session) throws(PKCS11Failure) -> Value) throws(KeyProviderError) -> Value {
        var attempt = 1
        while true {
            let used = try connect()
            do throws(PKCS11Failure) {
                return try body(used)
            } catch {
                session = nil
                guard attempt < 3 else { throw error.told }
            }
            usleep(useconds_t(20_000 * attempt))
            attempt += 1
        }
    }

    // MARK: Keys

    package func makeKey(_ name: WrappingKeyName) throws(KeyProviderError) {
        let isKept = try run { session throws(PKCS11Failure) in
            if try session.keys(label: Self.label(name)).isEmpty { try session.makeKey(label: Self.label(name)) }
            for key in try session.keys(label: Self.label(name)) {
                // While another process makes it, a key may be there without its attributes.
                guard let isExtractable = try session.value(CKA_EXTRACTABLE, of: key), let isSensitive = try session.value(CKA_SENSITIVE, of: key)
                else { throw PKCS11Failure(CKR_FUNCTION_FAILED) }
                guard isExtractable == [0], isSensitive == [1] else { return false }
            }
            return true
        }
        guard isKept else {
            throw KeyProviderError(
                .exposed, "the key \(Self.prefix)\(name) may leave the token", hint: "a key that can leave the token cannot be destroyed for good"
            )
        }
    }

    package func wrap(_ key: SymmetricKey, under name: WrappingKeyName, label: [UInt8]) throws(KeyProviderError) -> [UInt8] {
        let nonce = randomBytes(count: PKCS11Session.nonceByteCount)
        let sealed = try run { session throws(PKCS11Failure) -> [UInt8]? in
            guard let object = try session.keys(label: Self.label(name)).first else { return nil }
            return try session.encrypt(key, under: object, nonce: nonce, associatedData: label)
        }
        guard let sealed else { throw .unknown(name) }
        return [Self.format] + nonce + sealed
    }

    package func unwrap(_ wrapped: [UInt8], under name: WrappingKeyName, label: [UInt8]) throws(KeyProviderError) -> SymmetricKey {
        let isWhole = wrapped.count == Self.wrappedByteCount && wrapped.first == Self.format
        let nonce = Array(wrapped.dropFirst().prefix(PKCS11Session.nonceByteCount))
        let sealed = Array(wrapped.dropFirst(1 + PKCS11Session.nonceByteCount))
        let (isKnown, key) = try run { session throws(PKCS11Failure) -> (Bool, SymmetricKey?) in
            let objects = try session.keys(label: Self.label(name))
            for object in isWhole ? objects : [] {
                if let key = try session.decrypt(sealed, under: object, nonce: nonce, associatedData: label) { return (true, key) }
            }
            return (!objects.isEmpty, nil)
        }
        guard isKnown else { throw .unknown(name) }
        guard let key else { throw .unopened(name) }
        return key
    }

    package func destroyKey(_ name: WrappingKeyName) throws(KeyProviderError) {
        try run { session throws(PKCS11Failure) in
            for object in try session.keys(label: Self.label(name)) { try session.destroy(object) }
        }
    }

    package func keyNames() throws(KeyProviderError) -> [WrappingKeyName] {
        let labels = try run { session throws(PKCS11Failure) in
            var labels: [String] = []
            for key in try session.keys() { labels.append(String(decoding: try session.value(CKA_LABEL, of: key) ?? [], as: UTF8.self)) }
            return labels
        }
        let names = labels.compactMap { $0.hasPrefix(Self.prefix) ? WrappingKeyName(String($0.dropFirst(Self.prefix.count))) : nil }
        return Array(Set(names))
    }

    /// Nothing: the token has its own root.
    package func beginRootReplacement() {}
    package func finishRootReplacement() {}

    private static func label(_ name: WrappingKeyName) -> [UInt8] { Array("\(prefix)\(name)".utf8) }
}

import DataFormats
import Foundation
package import Sealing
import Vocabulary

/// Keeps wrapping keys in the transit engine of an OpenBao or Vault server, from which they never come out.
///
/// Each wrapping key is a transit key `gatehouse-<name>` of the type `aes256-gcm96` that cannot be exported or backed up in the clear;
/// the label is the associated data. The engine keeps its keys under its own root, so there is none to replace here. Epoch keys cross the
/// connection, and the memory of the HTTP client, in the clear of TLS: the server does the wrapping.
///
/// The token needs this policy (for the mount `transit`):
///
/// ```
/// path "transit/keys"                { capabilities = ["list"] }
/// path "transit/keys/gatehouse-*"    { capabilities = ["create", "read", "update", "delete"] }
/// path "transit/encrypt/gatehouse-*" { capabilities = ["update"] }
/// path "transit/decrypt/gatehouse-*" { capabilities = ["update"] }
/// ```
///
/// A key destroyed there is gone for all processes at once; backups of the server's storage keep it.
///
/// When a task is cancelled its request is given up, and throws `unavailable`; whether it was carried out is then unknown.
package struct TransitKeyProvider: KeyProvider {
    package let kind = "transit"

    private static let prefix = "gatehouse-"
    private static let keyType = "aes256-gcm96"

    private let engine: TransitEngine

    /// Looks whether the engine is there and takes the token.
    ///
    /// - Parameters:
    ///   - url: `https://host:port`; plain HTTP to this host only.
    ///   - mount: the path of the engine.
    ///   - token: read again when it is refused.
    package static func open(url: String, mount: String, token: SecretFile) async throws(KeyProviderError) -> TransitKeyProvider {
        let engine = TransitEngine(address: try TransitAddress(url: url, mount: mount), token: try TransitToken(token))
        let provider = TransitKeyProvider(engine: engine)
        _ = try await provider.keyNames()
        return provider
    }

    // MARK: Keys

    package func makeKey(_ name: WrappingKeyName) async throws(KeyProviderError) {
        // The engine leaves a key alone that is there.
        let wish: JSONObject = ["type": .string(Self.keyType), "exportable": .bool(false), "allow_plaintext_backup": .bool(false)]
        _ = try await done(engine.send(.post, Self.path(name), wish))
        guard let made = try await find(name) else { throw .unknown(name) }
        guard made["type"]?.stringValue == Self.keyType, made["derived"] != .bool(true) else {
            throw KeyProviderError(
                .malformed, "the transit key \(Self.prefix)\(name) is of another type than \(Self.keyType)",
                hint: "keys of the gateway are made by it"
            )
        }
        guard made["exportable"] == .bool(false), made["allow_plaintext_backup"] == .bool(false) else {
            throw KeyProviderError(
                .exposed, "the transit key \(Self.prefix)\(name) may be exported",
                hint: "a key that can leave the server cannot be destroyed for good"
            )
        }
    }

    package func wrap(_ key: SymmetricKey, under name: WrappingKeyName, label: [UInt8]) async throws(KeyProviderError) -> [UInt8] {
        let plaintext = key.withBytes { Data($0).base64EncodedString() }
        // A key that does not exist is not made by using it, as the engine would otherwise: there is no such type to make it of.
        let question: JSONObject = [
            "plaintext": .string(plaintext), "associated_data": .string(Self.encode(label)), "type": .string("made-by-its-owner-only"),
        ]
        let answer = try await engine.send(.post, "encrypt/\(Self.prefix)\(name)", question)
        guard case .done(let object) = answer else { throw try await reason(answer, name, declined: engine.senseless) }
        guard let text = object["data"]?.objectValue?["ciphertext"]?.stringValue, let ciphertext = TransitCiphertext(text: text) else {
            throw engine.senseless
        }
        return ciphertext.wrapped
    }

    package func unwrap(_ wrapped: [UInt8], under name: WrappingKeyName, label: [UInt8]) async throws(KeyProviderError) -> SymmetricKey {
        guard let ciphertext = TransitCiphertext(wrapped: wrapped) else {
            guard try await find(name) != nil else { throw .unknown(name) }
            throw .unopened(name)
        }
        let question: JSONObject = ["ciphertext": .string(ciphertext.text), "associated_data": .string(Self.encode(label))]
        let answer = try await engine.send(.post, "decrypt/\(Self.prefix)\(name)", question)
        guard case .done(let object) = answer else { throw try await reason(answer, name, declined: .unopened(name)) }
        guard let text = object["data"]?.objectValue?["plaintext"]?.stringValue, let data = Data(base64Encoded: text) else { throw engine.senseless }
        var bytes = Array(data)
        defer { wipe(&bytes) }
        guard bytes.count == SymmetricKey.byteCount else { throw .unopened(name) }
        return SymmetricKey(SecretBytes(copying: bytes))
    }

    package func destroyKey(_ name: WrappingKeyName) async throws(KeyProviderError) {
        guard try await find(name) != nil else { return }
        var answer = try await engine.send(.post, Self.path(name) + "/config", ["deletion_allowed": .bool(true)])
        if case .done = answer { answer = try await engine.send(.delete, Self.path(name)) }
        if case .forbidden = answer { throw engine.refusal }
        // Whatever the engine says, what counts is that the key is not there: somebody else may have been faster.
        guard try await find(name) == nil else {
            throw KeyProviderError(
                .unavailable, "the transit key \(Self.prefix)\(name) is still there", hint: "try again; the server's own log says why it kept it"
            )
        }
    }

    package func keyNames() async throws(KeyProviderError) -> [WrappingKeyName] {
        let answer = try await engine.send(.list, "keys")
        // The engine answers an empty list as if there were none.
        if case .absent(hasEngine: true) = answer { return [] }
        let keys = try done(answer)["data"]?.objectValue?["keys"]?.arrayValue
        guard let keys else { throw engine.senseless }
        return keys.compactMap { key in
            guard let text = key.stringValue, text.hasPrefix(Self.prefix) else { return nil }
            return WrappingKeyName(String(text.dropFirst(Self.prefix.count)))
        }
    }

    /// Nothing: the engine has its own root.
    package func beginRootReplacement() async throws(KeyProviderError) {}
    package func finishRootReplacement() async throws(KeyProviderError) {}

    // MARK: Answers

    private static func path(_ name: WrappingKeyName) -> String { "keys/\(prefix)\(name)" }

    private static func encode(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    /// The properties of a key; `nil` when there is none of that name.
    private func find(_ name: WrappingKeyName) async throws(KeyProviderError) -> JSONObject? {
        let answer = try await engine.send(.get, Self.path(name))
        if case .absent(hasEngine: true) = answer { return nil }
        guard let data = try done(answer)["data"]?.objectValue else { throw engine.senseless }
        return data
    }

    /// Why the engine did not wrap or unwrap. It does not tell a missing key from other reasons in a way to rely on, so that is asked.
    private func reason(
        _ answer: TransitEngine.Answer, _ name: WrappingKeyName, declined: KeyProviderError
    ) async throws(KeyProviderError) -> KeyProviderError {
        guard try await find(name) != nil else { return .unknown(name) }
        if case .forbidden = answer { return engine.refusal }
        return declined
    }

    private func done(_ answer: TransitEngine.Answer) throws(KeyProviderError) -> JSONObject {
        switch answer {
        case .done(let object): return object
        case .forbidden: throw engine.refusal
        case .absent(hasEngine: false): throw engine.noEngine
        case .absent(hasEngine: true), .declined: throw engine.senseless
        }
    }
}

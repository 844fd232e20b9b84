import DataFormats
import Sealing

/// What signs webhooks to one recipient (Standard Webhooks 1.0.0): one secret, or an old and a new one while they are exchanged.
package struct WebhookSecrets: Sendable {
    private let secrets: [Secret]

    private enum Secret: Sendable {
        case shared(SymmetricKeyBytes)
        case key(SharedKey)
    }

    /// SAFETY: immutable, and wiped when it goes.
    private final class SymmetricKeyBytes: @unchecked Sendable {
        var bytes: [UInt8]
        init(_ bytes: [UInt8]) { self.bytes = bytes }
        deinit { wipe(&bytes) }
    }

    /// SAFETY: the key is only read after it was made; libsodium signs without changing it.
    private final class SharedKey: @unchecked Sendable {
        let key: SigningKey
        init(_ key: consuming SigningKey) { self.key = key }
    }

    /// Reads `whsec_` (24 to 64 bytes) and `whsk_` (an Ed25519 seed of 32), in base64, one a line; `nil` when a line is neither, or there is none.
    package init?(_ text: String) {
        var secrets: [Secret] = []
        for line in text.split(whereSeparator: \.isNewline) where !line.isEmpty {
            if line.hasPrefix("whsec_"), let bytes = Base64.decode(Array(line.utf8.dropFirst(6))), (24...64).contains(bytes.count) {
                secrets.append(.shared(SymmetricKeyBytes(bytes)))
            } else if line.hasPrefix("whsk_"), let seed = Base64.decode(Array(line.utf8.dropFirst(5))), seed.count == 32,
                let key = SigningKey(seed: SecretBytes(copying: seed))
            {
                secrets.append(.key(SharedKey(key)))
            } else {
                return nil
            }
        }
        if secrets.isEmpty { return nil }
        self.secrets = secrets
    }

    /// The value of `webhook-signature`.
    ///
    /// - Parameter timestamp: seconds of this try.
    package func signature(id: String, timestamp: Int64, body: [UInt8]) -> String {
        let signed = Array("\(id).\(timestamp).".utf8) + body
        return secrets.map { secret in
            switch secret {
            case .shared(let key): "v1," + Base64.encode(key.bytes.withUnsafeBytes { HMACSHA256.authenticate(signed, key: $0) })
            case .key(let shared): "v1a," + Base64.encode(shared.key.sign(signed))
            }
        }.joined(separator: " ")
    }
}

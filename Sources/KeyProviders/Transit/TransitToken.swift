import Sealing
import Synchronization

/// The token that a transit engine lets this gateway in by: what its file held when it was read last.
final class TransitToken: Sendable, CustomStringConvertible, CustomReflectable {
    private let file: SecretFile
    private let value: Mutex<String>

    init(_ file: SecretFile) throws(KeyProviderError) {
        self.file = file
        value = Mutex(try Self.read(file))
    }

    var path: String { file.path }

    var current: String { value.withLock { $0 } }

    /// Reads the file again: an agent that renews tokens writes them there.
    ///
    /// - Returns: the new token, or `nil` when it is the one that was refused.
    func renewed(after refused: String) throws(KeyProviderError) -> String? {
        let read = try Self.read(file)
        value.withLock { $0 = read }
        return read == refused ? nil : read
    }

    private static func read(_ file: SecretFile) throws(KeyProviderError) -> String {
        let secret = try file.read("token")
        let isToken = secret.withBytes { bytes in bytes.allSatisfy { (0x21...0x7E).contains($0) } }
        guard isToken else {
            throw KeyProviderError(.malformed, "the token file \(file.path) holds something else", hint: "a token is one word on one line")
        }
        return secret.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    var description: String { "redacted" }
    var customMirror: Mirror { Mirror(self, children: []) }
}

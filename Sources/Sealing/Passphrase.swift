/// A passphrase that somebody else will type: in guarded memory, lent and never printed.
///
/// SAFETY: the memory is written in `init` and read-only afterwards.
package final class Passphrase: @unchecked Sendable, CustomStringConvertible, CustomReflectable {
    /// Shorter ones can be tried out by whoever has the file.
    package static let minimumByteCount = 12
    private let secret: SecretBytes

    /// `nil` when it is too short to keep anything, or longer than a kilobyte. Wiping the source is the caller's duty.
    package init?(_ bytes: [UInt8]) {
        guard (Self.minimumByteCount...1024).contains(bytes.count) else { return nil }
        secret = SecretBytes(copying: bytes)
    }

    package func withSecret<Value>(_ body: (borrowing SecretBytes) -> Value) -> Value { body(secret) }

    package var description: String { "redacted" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

import CSodium

/// A 256-bit key for sealing, wrapping or deriving; immutable, in guarded memory, shared by reference.
///
/// SAFETY: the memory is written in `init` and read-only afterwards.
package final class SymmetricKey: @unchecked Sendable, CustomStringConvertible, CustomReflectable {
    package static let byteCount = 32
    private let bytes: SecretBytes

    package init(_ bytes: consuming SecretBytes) {
        precondition(bytes.count == Self.byteCount, "a key has 32 bytes")
        self.bytes = bytes
    }

    package static func random() -> SymmetricKey { SymmetricKey(.random(count: byteCount)) }

    package func withBytes<Value, Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Value) throws(Failure) -> Value {
        try bytes.withBytes(body)
    }

    /// HKDF-SHA-256 (RFC 5869) with an empty salt: a key for one use, named by `info`.
    package func derive(_ info: [UInt8]) -> SymmetricKey {
        SymmetricKey(
            SecretBytes(count: Self.byteCount) { output in
                self.withBytes { HKDF.expand(input: $0, salt: [], info: info, into: output) }
            })
    }

    package func derive(_ info: StaticString) -> SymmetricKey { derive(Array(info.description.utf8)) }

    package var description: String { "redacted" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

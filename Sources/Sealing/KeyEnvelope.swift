/// How one key rests under the key above it: an ``Envelope`` of its 32 bytes whose associated data is a label, which says what the
/// key is and where it belongs. A wrapped key that was put in another's place does not open.
///
/// Behind the key of a data subject that was rotated stands the pseudonym of the subject (16 bytes): a further version of the key
/// would make another one, and the trail would lose the person.
package enum KeyEnvelope {
    package static func wrap(
        _ key: SymmetricKey, pseudonym: Pseudonym? = nil, under wrapping: SymmetricKey, label: [UInt8],
        suite: Envelope.Suite = .xchacha20Poly1305
    ) -> [UInt8] {
        wrapping.withBytes { wrapping in
            key.withBytes { key in
                guard let pseudonym else { return Envelope.seal(key, keyVersion: 0, associatedData: label, key: wrapping, suite: suite) }
                return withUnsafeTemporaryAllocation(byteCount: SymmetricKey.byteCount + Pseudonym.byteCount, alignment: 16) { bytes in
                    defer { wipe(bytes) }
                    bytes.copyMemory(from: key)
                    for (index, byte) in pseudonym.bytes.enumerated() { bytes[SymmetricKey.byteCount + index] = byte }
                    return Envelope.seal(UnsafeRawBufferPointer(bytes), keyVersion: 0, associatedData: label, key: wrapping, suite: suite)
                }
            }
        }
    }

    /// `nil` when the bytes were not wrapped by this key under this label.
    package static func unwrap(_ wrapped: [UInt8], under wrapping: SymmetricKey, label: [UInt8]) -> SymmetricKey? {
        withUnwrapped(wrapped, under: wrapping, label: label) { bytes in
            SymmetricKey(SecretBytes(count: SymmetricKey.byteCount) { $0.copyBytes(from: bytes.prefix(SymmetricKey.byteCount)) })
        }
    }

    /// Lends a wrapped key, and the pseudonym behind it if there is one, in memory that is wiped afterwards; much cheaper than a
    /// ``SymmetricKey`` of its own.
    package static func withUnwrapped<Value>(
        _ wrapped: [UInt8], under wrapping: SymmetricKey, label: [UInt8], _ body: (UnsafeRawBufferPointer) -> Value
    ) -> Value? {
        guard let count = wrapped.withUnsafeBytes({ Envelope.openedByteCount($0) }),
            count == SymmetricKey.byteCount || count == SymmetricKey.byteCount + Pseudonym.byteCount
        else { return nil }
        return withUnsafeTemporaryAllocation(byteCount: count, alignment: 16) { bytes in
            defer { wipe(bytes) }
            let isGenuine = wrapping.withBytes { wrapping in
                wrapped.withUnsafeBytes { wrapped in
                    label.withUnsafeBufferPointer { Envelope.open(wrapped, keyVersion: 0, associatedData: $0, key: wrapping, into: bytes) }
                }
            }
            return isGenuine ? body(UnsafeRawBufferPointer(bytes)) : nil
        }
    }

    /// Wraps under another key, and another label, what is wrapped under this one; `nil` when it is not.
    package static func rewrap(
        _ wrapped: [UInt8], under old: SymmetricKey, label: [UInt8], to new: SymmetricKey, label newLabel: [UInt8],
        suite: Envelope.Suite = .xchacha20Poly1305
    ) -> [UInt8]? {
        withUnwrapped(wrapped, under: old, label: label) { bytes in
            new.withBytes { Envelope.seal(bytes, keyVersion: 0, associatedData: newLabel, key: $0, suite: suite) }
        }
    }
}

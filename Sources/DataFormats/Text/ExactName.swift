import Glibc

/// A name told apart by its UTF-8 bytes; `String` as a key would join canonically equivalent spellings.
struct ExactName: Hashable, Sendable {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    static func == (left: ExactName, right: ExactName) -> Bool {
        left.text.hasSameBytes(as: right.text)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(text.utf8.count)
        text.withUTF8Bytes { hasher.combine(bytes: $0) }
    }
}

extension String {
    /// Copies the bytes; nil when they are not valid UTF-8. Much faster than `String(validating:as:)`, which the standard
    /// library runs unspecialized.
    @inline(__always)
    init?(validUTF8 bytes: UnsafeBufferPointer<UInt8>) {
        do throws(UTF8.ValidationError) {
            self = String(copying: try UTF8Span(validating: bytes.span))
        } catch {
            return nil
        }
    }

    func hasSameBytes(as other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        return withUTF8Bytes { left in
            other.withUTF8Bytes { right in
                guard let left = left.baseAddress, let right = right.baseAddress else { return true }
                // SAFETY: both regions hold `utf8.count` bytes, which were just found equal.
                return memcmp(left, right, utf8.count) == 0
            }
        }
    }

    /// Lends the UTF-8 bytes; the pointer is dead when `body` returns. Copies only strings that are not stored as UTF-8.
    @inline(__always)
    func withUTF8Bytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable({ body(UnsafeRawBufferPointer($0)) }) {
            return result
        }
        var copy = self
        return copy.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }
}

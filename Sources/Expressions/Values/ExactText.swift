import Glibc

/// A string told apart by its code points; `String` itself joins canonically equivalent spellings, which CEL and PostgreSQL do not.
package struct ExactText: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (left: ExactText, right: ExactText) -> Bool { left.text.isSameText(as: right.text) }

    package func hash(into hasher: inout Hasher) { text.hashExactly(into: &hasher) }
}

extension String {
    /// Whether both have the same code points.
    @inline(__always)
    package func isSameText(as other: String) -> Bool {
        let count = utf8.count
        guard count == other.utf8.count else { return false }
        return withUTF8Bytes { left in
            other.withUTF8Bytes { right in
                guard let left = left.baseAddress, let right = right.baseAddress else { return true }
                // SAFETY: both regions hold `count` bytes.
                return memcmp(left, right, count) == 0
            }
        }
    }

    /// The order of the code points, which is that of the UTF-8 bytes: negative, zero or positive.
    func exactOrder(against other: String) -> Int {
        withUTF8Bytes { left in other.withUTF8Bytes { right in Self.order(left, right) } }
    }

    func hashExactly(into hasher: inout Hasher) {
        hasher.combine(utf8.count)
        withUTF8Bytes { hasher.combine(bytes: $0) }
    }

    /// In time linear in both, whatever they are. In UTF-8 no character's bytes occur inside another's.
    func contains(exactly part: String) -> Bool {
        withUTF8Bytes { whole in part.withUTF8Bytes { part in Self.contains(whole, part) } }
    }

    func starts(exactlyWith part: String) -> Bool { hasBytes(of: part) { _, _ in 0 } }
    func ends(exactlyWith part: String) -> Bool { hasBytes(of: part) { $0 - $1 } }

    private func hasBytes(of part: String, at offset: (Int, Int) -> Int) -> Bool {
        withUTF8Bytes { whole in
            part.withUTF8Bytes { part in
                guard part.count <= whole.count else { return false }
                guard let wholeStart = whole.baseAddress, let partStart = part.baseAddress else { return true }
                // SAFETY: `offset` is 0 or the difference of the counts, so `part.count` bytes follow it.
                return memcmp(wholeStart + offset(whole.count, part.count), partStart, part.count) == 0
            }
        }
    }

    /// The search of Knuth, Morris and Pratt.
    private static func contains(_ whole: UnsafeRawBufferPointer, _ part: UnsafeRawBufferPointer) -> Bool {
        guard part.count <= whole.count else { return false }
        guard let first = part.first else { return true }
        if part.count == 1 { return whole.contains(first) }
        // For each prefix of the part, the length of its longest proper prefix that it also ends with.
        var borders = [0]
        borders.reserveCapacity(part.count)
        var length = 0
        for byte in part.dropFirst() {
            while length > 0, part[length] != byte { length = borders[length - 1] }
            if part[length] == byte { length += 1 }
            borders.append(length)
        }
        length = 0
        for byte in whole {
            while length > 0, part[length] != byte { length = borders[length - 1] }
            if part[length] == byte { length += 1 }
            if length == part.count { return true }
        }
        return false
    }

    private static func order(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        let common = Swift.min(left.count, right.count)
        if common > 0, let leftStart = left.baseAddress, let rightStart = right.baseAddress {
            // SAFETY: `common` is the smaller count of the two.
            let order = memcmp(leftStart, rightStart, common)
            if order != 0 { return Int(order) }
        }
        return left.count - right.count
    }

    /// Lends the UTF-8 bytes; the pointer is dead when `body` returns. Copies only strings that are not stored as UTF-8.
    @inline(__always)
    func withUTF8Bytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable({ body(UnsafeRawBufferPointer($0)) }) { return result }
        var copy = self
        return copy.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }
}

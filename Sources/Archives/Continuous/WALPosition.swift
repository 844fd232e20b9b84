/// A position in a write-ahead log, as PostgreSQL writes it: `0/5000028`.
package struct WALPosition: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let byte: UInt64

    package init(byte: UInt64) { self.byte = byte }

    package init?(_ text: some StringProtocol) {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, let high = Self.number(halves[0]), let low = Self.number(halves[1]) else { return nil }
        byte = UInt64(high) << 32 | UInt64(low)
    }

    private static func number(_ text: some StringProtocol) -> UInt32? {
        // Of a sign, which the reader of numbers would take, a position has none.
        guard (1...8).contains(text.utf8.count), text.allSatisfy(\.isHexDigit) else { return nil }
        return UInt32(text, radix: 16)
    }

    package var description: String {
        String(byte >> 32, radix: 16, uppercase: true) + "/" + String(byte & 0xFFFF_FFFF, radix: 16, uppercase: true)
    }

    package static func < (first: WALPosition, second: WALPosition) -> Bool { first.byte < second.byte }
}

import Glibc
import Synchronization

/// A 128-bit identifier as RFC 9562 describes it; new ones are version 7, so that ids made later sort later.
package struct UUIDv7: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Makes a new id: 48 bits of milliseconds, then 74 random bits.
    package static func make(at now: Instant = .now()) -> UUIDv7 {
        let milliseconds = UInt64(bitPattern: now.microseconds / 1000)
        let (first, second) = RandomWords.take()
        return UUIDv7(
            high: (milliseconds << 16) | 0x7000 | (first & 0x0FFF),
            low: (second & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
        )
    }

    /// Reads the canonical 8-4-4-4-12 form, in either case; anything else is `nil`.
    package init?(_ text: some StringProtocol) {
        var high: UInt64 = 0
        var low: UInt64 = 0
        var digits = 0
        var position = 0
        for byte in text.utf8 {
            defer { position += 1 }
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            if digits < 16 { high = high << 4 | UInt64(digit) } else { low = low << 4 | UInt64(digit) }
            digits += 1
            if digits > 32 { return nil }
        }
        guard position == 36, digits == 32 else { return nil }
        self.init(high: high, low: low)
    }

    /// The 16 bytes, most significant first.
    package var bytes: [UInt8] {
        var result = [UInt8]()
        result.reserveCapacity(16)
        append(to: &result)
        return result
    }

    package func append(to bytes: inout [UInt8]) {
        withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { bytes.append(contentsOf: $0) }
    }

    /// Reads exactly 16 bytes.
    package init?(bytes: some Collection<UInt8>) {
        let words = bytes.withContiguousStorageIfAvailable { bytes -> (high: UInt64, low: UInt64)? in
            let raw = UnsafeRawBufferPointer(bytes)
            guard raw.count == 16 else { return nil }
            return (raw.loadUnaligned(as: UInt64.self).bigEndian, raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self).bigEndian)
        }
        if let words {
            guard let words else { return nil }
            self.init(high: words.high, low: words.low)
            return
        }
        guard bytes.count == 16 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for (offset, byte) in bytes.enumerated() {
            if offset < 8 { high = high << 8 | UInt64(byte) } else { low = low << 8 | UInt64(byte) }
        }
        self.init(high: high, low: low)
    }

    /// Appends the 36 characters of the canonical form.
    package func appendText(to bytes: inout [UInt8]) {
        // Put together on the stack: appending byte by byte was two hundredths of a page of records.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 36) { text in
            var place = 0
            for nibble in 0..<32 {
                if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 {
                    text[place] = UInt8(ascii: "-")
                    place += 1
                }
                let word = nibble < 16 ? high : low
                let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (nibble & 15))) & 0xF
                text[place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                place += 1
            }
            bytes.append(contentsOf: text)
        }
    }

    package var description: String {
        var text = [UInt8]()
        text.reserveCapacity(36)
        appendText(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    package static func < (left: UUIDv7, right: UUIDv7) -> Bool {
        left.high != right.high ? left.high < right.high : left.low < right.low
    }
}

/// Random words drawn from the operating system by the block: a system call for each id costs more than the id.
private enum RandomWords {
    private static let block = Mutex<(words: [UInt64], next: Int)>(([], 0))

    static func take() -> (UInt64, UInt64) {
        block.withLock { block in
            if block.next + 2 > block.words.count {
                block.words = [UInt64](unsafeUninitializedCapacity: 512) { words, count in
                    // 256 bytes is what getentropy(3) gives at once.
                    for offset in stride(from: 0, to: 512, by: 32) {
                        let isFilled = words.baseAddress.map { getentropy($0 + offset, 256) == 0 } ?? false
                        precondition(isFilled, "the operating system gives no randomness")
                    }
                    count = 512
                }
                block.next = 0
            }
            defer { block.next += 2 }
            return (block.words[block.next], block.words[block.next + 1])
        }
    }
}
